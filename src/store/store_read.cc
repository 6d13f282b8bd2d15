// The reading half of store.h.
#include <algorithm>

#include "os/files.h"
#include "store/codec.h"
#include "store/store.h"

namespace weir::store {
namespace {

Result<Digest> digest_from_hex(const std::string& ref) {
  const auto bytes = from_hex(ref);
  Digest digest;
  if (!bytes || bytes->size() != digest.size())
    return fail("a body's address has 64 hex digits", printable(ref, 80));
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

// Segments whose first ledger entry comes after `from_index` need not be read from the beginning: the number
// of the last one that begins at or before it.
Result<std::uint64_t> segment_of_entry(const std::string& dir, std::uint64_t from_index) {
  std::uint64_t found = 0;
  for (const std::uint64_t number : list_segments(dir)) {
    const std::string path = segment_path(dir, number);
    TRY(auto source, FileSource::open(path));
    TRY(const auto reader, SegmentReader::open(std::move(source), path));
    const std::uint64_t next = reader.header().next_ledger;
    if (next != kNoLedgerEntry && next > from_index) break;
    found = number;
  }
  return found;
}

}  // namespace

Result<Position> Store::for_each_batch(const Position& from, const OnBatch& on_batch,
                                       std::vector<Damage>* damages) const {
  WalkOptions options{.dir = options_.segments_dir(), .from = from, .damages = damages};
  if (!options_.read_only) options.end = end();
  if (damages != nullptr) options.mode = ReadMode::scan;
  return walk(options, on_batch);
}

Result<Position> Store::for_each(const Position& from, const OnRecord& on_record,
                                 std::vector<Damage>* damages) const {
  std::optional<Position> stopped;
  const auto on_batch = [&](const SegmentReader& reader, const Batch& batch) -> Result<bool> {
    for (const StoredFrame& frame : batch.frames) {
      if (!frame.is(FrameType::record)) continue;
      if (Position{reader.header().number, frame.offset} < from) continue;
      TRY(const Record record, reader.record(frame));
      TRY(const bool go_on, on_record(record));
      // Behind this frame: the batch that holds it is found again, and this record is passed over.
      if (!go_on) {
        stopped = {reader.header().number, frame.offset + kFrameHeaderBytes + frame.header.length};
        return false;
      }
    }
    return true;
  };
  TRY(const Position end, for_each_batch(from, on_batch, damages));
  return stopped.value_or(end);
}

Status Store::for_each_ledger_entry(std::uint64_t from_index, const OnLedgerEntry& on_entry) const {
  TRY(const std::uint64_t segment, segment_of_entry(options_.segments_dir(), from_index));
  const auto walked =
      for_each_batch({segment, 0}, [&](const SegmentReader&, const Batch& batch) -> Result<bool> {
        for (const StoredFrame& frame : batch.frames) {
          if (!frame.is(FrameType::ledger) || frame.payload.size() < sizeof(std::uint64_t)) continue;
          const auto index = get<std::uint64_t>(as_bytes(frame.payload), 0);
          if (index < from_index) continue;
          TRY(const bool go_on,
              on_entry(index, std::string_view(frame.payload).substr(sizeof(std::uint64_t))));
          if (!go_on) return false;
        }
        return true;
      });
  if (!walked) return std::unexpected(walked.error());
  return {};
}

Result<std::optional<std::uint64_t>> Store::last_ledger_index() const {
  std::uint64_t next = kNoLedgerEntry;
  if (!options_.read_only) {
    const std::lock_guard lock(state_mutex_);
    next = next_ledger_;
  } else {
    const auto numbers = list_segments(options_.segments_dir());
    if (numbers.empty()) return std::nullopt;
    TRY(auto source, FileSource::open(segment_path(options_.segments_dir(), numbers.back())));
    TRY(const auto reader, SegmentReader::open(std::move(source), segment_name(numbers.back())));
    next = reader.header().next_ledger;
    TRY_STATUS(for_each_ledger_entry(next == kNoLedgerEntry ? 0 : next, [&](std::uint64_t index, auto) {
      next = index + 1;
      return true;
    }));
  }
  if (next == kNoLedgerEntry || next == 0) return std::nullopt;
  return next - 1;
}

void Store::use_locator(BodyLocator* locator) {
  const std::lock_guard lock(state_mutex_);
  locator_ = locator;
}

// Where a body lies: remembered, known to the index, or found by reading everything. An index that fails or
// lags only costs time.
Result<std::optional<Position>> Store::find_body(const std::string& root, const Digest& ref) const {
  BodyLocator* locator = nullptr;
  {
    const std::lock_guard lock(state_mutex_);
    if (const auto at = recent_.find(ref)) return at;
    locator = locator_;
  }
  if (locator != nullptr) {
    const auto at = locator->locate_body(root, ref);
    if (at && *at) return at;
  }
  std::optional<Position> found;
  TRY_STATUS(for_each_batch({}, [&](const SegmentReader& reader, const Batch& batch) -> Result<bool> {
    for (const StoredFrame& frame : batch.frames) {
      if (!frame.is(FrameType::body)) continue;
      TRY(const BodyHead head, decode_body_head(as_bytes(frame.payload)));
      if (head.ref == ref) found = Position{reader.header().number, frame.offset};
    }
    return !found;
  }));
  return found;
}

Result<std::string> Store::body(const std::string& root, const std::string& ref) const {
  TRY(const Digest digest, digest_from_hex(ref));
  // Without a key nothing else matters, and it is known at once.
  TRY_STATUS(keys_->get(root));
  TRY(const auto at, find_body(root, digest));
  if (!at) return fail(ErrorCode::not_found, "there is no such body in this store", ref);
  return body_at(root, *at);
}

Result<std::string> Store::body_at(const std::string& root, const Position& at) const {
  TRY(const auto key, keys_->get(root));
  const std::string path = segment_path(options_.segments_dir(), at.segment);
  TRY(auto source, FileSource::open(path));
  TRY(const auto reader, SegmentReader::open(std::move(source), path));
  TRY(const StoredFrame frame, reader.read_frame(at.offset));
  if (!frame.is(FrameType::body))
    return fail(ErrorCode::corrupt, "no body lies there", path + ", offset " + std::to_string(at.offset));
  return open_body(*key, as_bytes(frame.payload));
}

Result<Digest> Store::salt(const std::string& root, const std::string& ref) const {
  TRY(const Digest digest, digest_from_hex(ref));
  TRY(const auto key, keys_->get(root));
  return commitment_salt(*key, digest);
}

Result<Record> RecordReader::read(const Position& at) {
  if (!reader_ || reader_->header().number != at.segment || !reader_->holds(at.offset)) {
    const std::string path = segment_path(dir_, at.segment);
    TRY(auto source, FileSource::open(path));
    TRY(reader_, SegmentReader::open(std::move(source), path));
  }
  TRY(const StoredFrame frame, reader_->read_frame(at.offset));
  if (!frame.is(FrameType::record))
    return fail(ErrorCode::not_found, "no record lies there",
                reader_->file() + ", offset " + std::to_string(at.offset));
  return reader_->record(frame);
}

}  // namespace weir::store
