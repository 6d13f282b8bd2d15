#include "store/store.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "base/time_text.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "store/codec.h"

namespace weir::store {
namespace {

// "pid 4711 (weir)", as the holder wrote it into the lock file; kept short and printable.
std::string holder_of(const std::string& lock_path) {
  const auto text = os::read_file(lock_path, 256);
  return text && !text->empty() ? printable(trim(*text), 64) : std::string("unknown");
}

Result<os::Fd> lock_writer(const std::string& dir) {
  const std::string path = dir + "/lock";
  auto lock = os::lock_file(path);
  if (!lock) {
    if (lock.error().code == ErrorCode::unavailable)
      return fail(ErrorCode::unavailable, "another process writes to this store: " + holder_of(path), dir,
                  "stop it, or let it do this");
    return lock;
  }
  // Only for the message above, so a full disk may keep it from being written.
  const auto self = os::process_info(::getpid());
  const std::string text = "pid " + std::to_string(::getpid()) + " (" + (self ? self->name : "weir") + ")\n";
  if (::ftruncate(lock->get(), 0) != 0 || !os::write_all(lock->get(), text)) return lock;
  return lock;
}

Frame ledger_frame(std::uint64_t index, const std::string& entry) {
  Frame frame{.type = FrameType::ledger, .payload = {}};
  put(frame.payload, index);
  frame.payload += entry;
  frame.plain_bytes = static_cast<std::uint32_t>(frame.payload.size());
  return frame;
}

}  // namespace

Options options_at(const os::Places& places) {
  return {.dir = places.store_dir(), .keys_dir = places.keys_dir() + "/sessions"};
}

Result<std::unique_ptr<Store>> Store::open(const Options& options) {
  std::unique_ptr<Store> store(new Store(options));
  if (!options.read_only) {
    TRY_STATUS(os::make_dirs(options.dir));
    TRY(store->lock_, lock_writer(options.dir));
  } else if (!os::exists(options.segments_dir())) {
    return fail(ErrorCode::not_found, "there is no store", options.dir,
                "`weir daemon` or `weir run` makes one");
  }
  TRY(store->keys_,
      KeyRing::open(options.keys_dir, options.read_only ? KeyRing::Access::read : KeyRing::Access::write));
  if (!options.read_only) {
    TRY_STATUS(store->open_writer());
    TRY_STATUS(store->finish_erasures());
    return store;
  }
  const auto numbers = list_segments(options.segments_dir());
  if (numbers.empty()) return store;
  TRY(auto source, FileSource::open(segment_path(options.segments_dir(), numbers.back())));
  // A header that cannot be read is told by whoever reads; the id only matters to indexes.
  const auto reader = SegmentReader::open(std::move(source), segment_name(numbers.back()));
  if (reader) store->id_ = reader->header().store;
  return store;
}

Status Store::open_writer() {
  SegmentWriter::Options writing{.dir = options_.segments_dir(),
                                 .segment_bytes = options_.segment_bytes,
                                 .accept_damage = options_.accept_damage};
  TRY(writer_, SegmentWriter::open(writing, [this](const SegmentReader& reader, const Batch& batch) {
        return note_batch(reader, batch);
      }));
  cut_ = writer_->cut();
  id_ = writer_->header().store;
  end_ = writer_->end();
  if (next_ledger_ == kNoLedgerEntry) next_ledger_ = writer_->header().next_ledger;
  return {};
}

// What appending needs to know of what is there already.
Status Store::note_batch(const SegmentReader& reader, const Batch& batch) {
  for (const StoredFrame& frame : batch.frames) {
    const ByteView payload = as_bytes(frame.payload);
    if (frame.is(FrameType::ledger) && payload.size() >= sizeof(std::uint64_t)) {
      next_ledger_ = get<std::uint64_t>(payload, 0) + 1;
    } else if (frame.is(FrameType::body)) {
      TRY(const BodyHead head, decode_body_head(payload));
      recent_.insert(head.ref, {reader.header().number, frame.offset});
    }
  }
  return {};
}

Result<Sealed> Store::seal(Draft draft) {
  return store::seal(*keys_, std::move(draft));
}

Status Store::check_ledger(std::size_t count, std::uint64_t first_index) const {
  if (count == 0) return {};
  const std::lock_guard lock(state_mutex_);
  if (next_ledger_ != kNoLedgerEntry && first_index != next_ledger_)
    return fail("ledger entry " + std::to_string(first_index) +
                    " does not follow the stored ones, which end before " + std::to_string(next_ledger_),
                options_.dir, "nothing was written; open ledger and store anew");
  return {};
}

bool Store::remembers(const Digest& ref) const {
  const std::lock_guard lock(state_mutex_);
  return recent_.find(ref).has_value();
}

Result<Position> Store::append(std::span<const Sealed> records, std::span<const std::string> ledger_entries,
                               std::uint64_t first_ledger_index) {
  if (options_.read_only) return fail(ErrorCode::denied, "the store is open for reading only", options_.dir);
  const std::lock_guard append_lock(append_mutex_);
  TRY_STATUS(check_ledger(ledger_entries.size(), first_ledger_index));
  if (records.empty() && ledger_entries.empty()) return end();

  // A body comes before the record that names it, and only when it is not there yet.
  std::vector<const Frame*> frames;
  std::map<Digest, std::size_t> new_bodies;  // address -> index into frames
  for (const Sealed& sealed : records) {
    if (sealed.body && !new_bodies.contains(sealed.ref) && !remembers(sealed.ref)) {
      new_bodies.emplace(sealed.ref, frames.size());
      frames.push_back(&*sealed.body);
    }
    frames.push_back(&sealed.record);
  }
  std::vector<Frame> ledger;
  ledger.reserve(ledger_entries.size());
  for (std::size_t i = 0; i < ledger_entries.size(); ++i) {
    if (ledger_entries[i].size() > limits::kLedgerEntryBytesMax)
      return fail(ErrorCode::limit, "a ledger entry is longer than 65535 bytes", options_.dir);
    ledger.push_back(ledger_frame(first_ledger_index + i, ledger_entries[i]));
    frames.push_back(&ledger.back());
  }
  std::uint64_t next_ledger;
  {
    const std::lock_guard lock(state_mutex_);
    next_ledger = next_ledger_;
  }
  TRY(const SegmentWriter::Written written, writer_->append(frames, next_ledger));

  {
    const std::lock_guard lock(state_mutex_);
    for (const auto& [ref, index] : new_bodies)
      recent_.insert(ref, {written.begin.segment, written.offsets[index]});
    if (!ledger_entries.empty()) next_ledger_ = first_ledger_index + ledger_entries.size();
    end_ = written.end;
  }
  grew_.notify_all();
  return written.end;
}

Position Store::end() const {
  if (!options_.read_only) {
    const std::lock_guard lock(state_mutex_);
    return end_;
  }
  const auto numbers = list_segments(options_.segments_dir());
  if (numbers.empty()) return {};
  const auto info = os::file_info(segment_path(options_.segments_dir(), numbers.back()));
  return {numbers.back(), info ? info->size : 0};
}

bool Store::wait_beyond(const Position& position, int timeout_ms, std::stop_token stop) const {
  std::unique_lock lock(state_mutex_);
  return grew_.wait_for(lock, std::move(stop), std::chrono::milliseconds(timeout_ms),
                        [&] { return end_ > position; });
}

Result<bool> Store::erase(const std::string& root, std::span<const std::string> ledger_entries,
                          std::uint64_t first_ledger_index) {
  if (options_.read_only) return fail(ErrorCode::denied, "the store is open for reading only", options_.dir);
  // Destroying needs no disk space, recording does: the key goes first. The file moved aside reminds the next
  // start when the record could not be written.
  TRY(const bool had_key, keys_->wipe(root));
  if (!had_key) return false;
  TRY_STATUS(append_tombstone(root, ledger_entries, first_ledger_index));
  TRY_STATUS(keys_->forget(root));
  return true;
}

Result<Position> Store::append_tombstone(const std::string& root, std::span<const std::string> ledger_entries,
                                         std::uint64_t first_ledger_index) {
  const std::string id = os::new_uuid();
  Draft draft{.kind = RecordKind::erased, .id = id, .root = root, .session = root};
  draft.envelope = Json::object({{"v", 1},
                                 {"id", id},
                                 {"kind", "session.erased"},
                                 {"root", root},
                                 {"session", root},
                                 {"time", Json::object({{"wall", rfc3339(os::wall_ns())}})}});
  TRY(const Sealed sealed, seal(std::move(draft)));
  return append({&sealed, 1}, ledger_entries, first_ledger_index);
}

Status Store::finish_erasures() {
  TRY(const auto roots, keys_->unfinished());
  for (const std::string& root : roots) {
    const auto recorded = append_tombstone(root, {}, 0);
    // On a full disk the reminder stays for the next start; the content is gone in any case.
    if (!recorded && recorded.error().code == ErrorCode::unavailable) continue;
    if (!recorded) return std::unexpected(recorded.error());
    TRY_STATUS(keys_->forget(root));
  }
  return {};
}

}  // namespace weir::store
