#include "ledger/log.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/tile_reader.h"

namespace weir::ledger {
namespace {

constexpr std::size_t kVkeyBytesMax = 4096;

}  // namespace

Log::Log(std::string dir, Signer signer, std::unique_ptr<Disk> owned, Disk& disk, LogOptions options)
    : dir_(std::move(dir)),
      signer_(std::move(signer)),
      owned_(std::move(owned)),
      disk_(&disk),
      options_(options),
      writer_(disk, dir_) {}

Result<Log> Log::open(const std::string& dir, Signer signer, LogOptions options) {
  std::unique_ptr<Disk> owned = options.disk == nullptr ? real_disk() : nullptr;
  Disk& disk = options.disk == nullptr ? *owned : *options.disk;
  Log log(dir, std::move(signer), std::move(owned), disk, options);
  TRY_STATUS(log.restore());
  return log;
}

std::optional<std::uint64_t> Log::published_size() const {
  return published_;
}

Status Log::restore() {
  TRY_STATUS(writer_.make_base());
  auto lock = disk_->lock(path(kLockFile));
  if (!lock) {
    if (lock.error().code == ErrorCode::unavailable)
      lock.error().hint = "only one process may write to a ledger; stop the other one";
    return std::unexpected(std::move(lock.error()));
  }
  lock_ = *std::move(lock);
  TRY_STATUS(check_vkey());
  TRY(signed_, read_checkpoint(std::string(kSignedFile), signed_bytes_));
  std::string unused;
  TRY(const auto published, read_checkpoint(std::string(kCheckpointFile), unused));
  if (!signed_ && published)
    return fail(ErrorCode::corrupt, "the checkpoint is there, but the record of what was signed last is gone",
                path(kSignedFile),
                "restore it; only if this checkpoint is surely the newest ever signed, copy it to that name");
  if (!signed_) return {};
  if (published && published->size > signed_->size)
    return fail(ErrorCode::corrupt,
                fmt::format("the checkpoint has {} entries, but the last one signed had {}", published->size,
                            signed_->size),
                path(kCheckpointFile), "a part of the directory was replaced; restore the whole of it");
  TRY_STATUS(restore_tree(*signed_));
  if (published) TRY_STATUS(check_extends(*published));
  // If signed_ is ahead, the next checkpoint() publishes it, or one that extends it.
  signed_durable_ = true;
  if (published) published_ = published->size;
  return {};
}

Status Log::check_vkey() {
  const std::string own = verifier().text() + "\n";
  const auto stored = disk_->read(path(kVkeyFile), kVkeyBytesMax);
  if (stored && *stored == own) return {};
  if (stored)
    return fail(ErrorCode::denied, "this ledger belongs to another key", path(kVkeyFile),
                "use the key it was created with, or begin a new ledger in another directory");
  if (stored.error().code != ErrorCode::not_found) return std::unexpected(stored.error());
  return writer_.write({{path(kVkeyFile), own}});
}

Result<std::optional<Checkpoint>> Log::read_checkpoint(const std::string& name, std::string& bytes) {
  auto read = disk_->read(path(name), limits::kLedgerNoteBytesMax);
  if (!read && read.error().code == ErrorCode::not_found) return std::nullopt;
  if (!read) return std::unexpected(std::move(read.error()));
  auto checkpoint = open_checkpoint(*read, verifier());
  if (!checkpoint)
    return fail(ErrorCode::corrupt, checkpoint.error().what, path(name),
                "the file was altered; restore it from a backup");
  bytes = *std::move(read);
  return *std::move(checkpoint);
}

Status Log::restore_tree(const Checkpoint& last) {
  TileReader reader(*disk_, dir_, last.size);
  std::vector<std::vector<Digest>> levels(levels_of(last.size));
  for (const TileId& id : partial_tiles(last.size)) {
    if (id.level != kEntriesLevel) {
      TRY(levels[id.level], reader.tile(id));
      continue;
    }
    TRY(const auto entries, reader.bundle(id));
    for (const std::string& entry : entries)
      append_to_bundle(bundle_, entry);
  }
  edge_ = Edge(last.size, std::move(levels));
  const std::string hint = "run `weir ledger verify` to find the damaged file, restore it from a backup";
  if (edge_.root() != last.root)
    return fail(ErrorCode::corrupt,
                fmt::format("the stored tree of {} entries has another root than the one signed", last.size),
                dir_, hint);
  const unsigned width = partial_width(last.size, kEntriesLevel);
  TRY(const auto entries, decode_bundle(bundle_, width, true));
  for (unsigned i = 0; i < width; ++i)
    if (leaf_hash(as_bytes(entries[i])) != edge_.levels()[0][i])
      return fail(ErrorCode::corrupt,
                  fmt::format("entry {} is not what its hash says", last.size - width + i),
                  path(tile_path({kEntriesLevel, last.size / kTileWidth, width})), hint);
  return {};
}

Status Log::check_extends(const Checkpoint& published) {
  if (published.size == signed_->size) {
    if (published.root == signed_->root) return {};
    return fail(ErrorCode::corrupt,
                fmt::format("two checkpoints of {} entries with different roots were signed", published.size),
                path(kCheckpointFile), "the log was forked; keep both files as evidence");
  }
  TileReader reader(*disk_, dir_, signed_->size);
  TRY(const Digest root, tree_root(published.size, reader.hashes()));
  if (root == published.root) return {};
  return fail(ErrorCode::corrupt,
              fmt::format("the tree does not extend the checkpoint of {} entries", published.size),
              path(kCheckpointFile), "the log was forked or a tile damaged; run `weir ledger verify`");
}

Status Log::append(std::uint64_t first_index, std::span<const std::string> entries) {
  if (first_index > size())
    return fail(fmt::format("entries from {} on leave a gap: the log has {}", first_index, size()), dir_,
                "hand over all entries from size() on");
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i].size() > limits::kLedgerEntryBytesMax)
      return fail(ErrorCode::limit,
                  fmt::format("entry {} has {} bytes, at most {} fit", first_index + i, entries[i].size(),
                              limits::kLedgerEntryBytesMax),
                  dir_, "log a digest of what is large");
  const std::uint64_t known = std::min<std::uint64_t>(size() - first_index, entries.size());
  TRY_STATUS(verify_integrated(first_index, entries.first(known)));
  for (const std::string& entry : entries.subspan(known)) {
    // Before, not after: what cannot be written is not taken, so memory stays bounded on a full disk.
    if (pending_bytes_ >= options_.pending_bytes_max) TRY_STATUS(write_pending());
    integrate(entry);
  }
  return {};
}

Status Log::verify_integrated(std::uint64_t first_index, std::span<const std::string> entries) {
  TileReader reader(*disk_, dir_, size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::uint64_t index = first_index + i;
    TRY(const Digest stored, integrated_hash(index, reader));
    if (leaf_hash(as_bytes(entries[i])) == stored) continue;
    return fail(ErrorCode::corrupt, fmt::format("entry {} differs from the one that is in the log", index),
                path(tile_path(tile_of(index, 0, size()))),
                "the log and what fills it disagree; restore both from the same backup");
  }
  return {};
}

Result<Digest> Log::integrated_hash(std::uint64_t index, TileReader& reader) const {
  const std::size_t slot = index % kTileWidth;
  const TileId id = tile_of(index, 0, size());
  if (id.width < kTileWidth) return edge_.levels()[0][slot];
  for (const Pending& pending : pending_) {
    if (pending.id != id) continue;
    TRY(const auto hashes, decode_tile(pending.bytes, id.width));
    return hashes[slot];
  }
  return reader.hash(0, index);
}

void Log::integrate(const std::string& entry) {
  append_to_bundle(bundle_, entry);
  std::vector<FullTile> full;
  edge_.push(leaf_hash(as_bytes(entry)), full);
  if (full.empty()) return;
  pending_bytes_ += bundle_.size() + full.size() * kTileBytesMax;
  pending_.push_back({{kEntriesLevel, full.front().index, kTileWidth}, std::move(bundle_)});
  bundle_.clear();
  for (const FullTile& tile : full)
    pending_.push_back({{tile.level, tile.index, kTileWidth}, encode_tile(tile.hashes)});
}

Status Log::write_pending() {
  if (pending_.empty()) return {};
  std::vector<WholeFile> files;
  for (const Pending& pending : pending_)
    files.push_back({path(tile_path(pending.id)), pending.bytes});
  TRY_STATUS(writer_.write(files));
  // The full forms are durable: the partial ones have served. This happens before the next checkpoint, so
  // that a crash in between leaves nothing behind that nobody would look for again.
  for (const Pending& pending : pending_) {
    const std::string dir = path(partial_dir(pending.id.level, pending.id.index));
    const auto names = disk_->list(dir);
    for (const std::string& name : names)
      TRY_STATUS(disk_->remove(dir + "/" + name));
    if (!names.empty() || disk_->exists(dir)) TRY_STATUS(disk_->remove_dir(dir));
  }
  pending_.clear();
  pending_bytes_ = 0;
  return {};
}

Status Log::write_partials() {
  // Those of the last signed size are there already.
  const auto known = signed_ ? partial_tiles(signed_->size) : std::vector<TileId>();
  std::vector<WholeFile> files;
  for (const TileId& id : partial_tiles(size())) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    files.push_back(
        {path(tile_path(id)), id.level == kEntriesLevel ? bundle_ : encode_tile(edge_.levels()[id.level])});
  }
  return files.empty() ? Status() : writer_.write(files);
}

Status Log::checkpoint() {
  if (published_ == size()) return {};
  if (!signed_ || signed_->size != size()) {
    TRY_STATUS(write_pending());
    TRY_STATUS(write_partials());
    CHECK(!signed_ || signed_->size < size());
    // Even if the next write fails its bytes may have reached the disk: from here on this size counts as
    // signed. The tree in memory only grows, so whatever is signed later extends it.
    signed_ = Checkpoint{verifier().name(), size(), edge_.root(), {}};
    signed_bytes_ = sign_checkpoint(signed_->size, signed_->root, signer_);
    signed_durable_ = false;
  }
  if (!signed_durable_) TRY_STATUS(writer_.write({{path(kSignedFile), signed_bytes_}}));
  signed_durable_ = true;
  TRY_STATUS(writer_.write({{path(kCheckpointFile), signed_bytes_}}));
  published_ = signed_->size;
  return {};
}

}  // namespace weir::ledger
