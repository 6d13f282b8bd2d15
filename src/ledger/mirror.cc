#include "ledger/mirror.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/log.h"
#include "ledger/published.h"
#include "ledger/tile_reader.h"

namespace weir::ledger {
namespace {

constexpr std::size_t kBatchBytes = 8 * limits::kMiB;

std::size_t bytes_max_of(const TileId& id) {
  return id.level == kEntriesLevel ? kBundleBytesMax : kTileBytesMax;
}

// Copies tile by tile, in batches that are made durable together.
class Copy {
 public:
  Copy(Disk& disk, const std::string& from, const std::string& to, std::uint64_t size)
      : disk_(disk), to_(to), reader_(disk, from, size), writer_(disk, to) {}

  Status tiles() {
    TRY_STATUS(level(kEntriesLevel, reader_.size()));
    for (unsigned at = 0; at < levels_of(reader_.size()); ++at)
      TRY_STATUS(level(at, reader_.size() >> (8 * at)));
    return flush();
  }
  Status add(std::string_view name, std::string bytes) {
    batch_bytes_ += bytes.size();
    batch_.push_back({to_ + "/" + std::string(name), std::move(bytes)});
    return batch_bytes_ < kBatchBytes ? Status() : flush();
  }
  Status flush() {
    TRY_STATUS(writer_.write(batch_));
    report.written += batch_.size();
    batch_.clear();
    batch_bytes_ = 0;
    return {};
  }

  MirrorReport report;

 private:
  Status level(unsigned level, std::uint64_t count) {
    for (std::uint64_t at = 0; at < count; at += kTileWidth) {
      const TileId id = tile_of(at, level, reader_.size());
      const std::string path = tile_path(id);
      // Written from what was decoded, so that a partial tile whose full form alone is left stays partial.
      std::string bytes;
      if (level == kEntriesLevel) {
        TRY(const auto entries, reader_.bundle(id));
        for (const std::string& entry : entries)
          append_to_bundle(bytes, entry);
      } else {
        TRY(const auto hashes, reader_.tile(id));
        bytes = encode_tile(hashes);
      }
      const auto old = disk_.read(to_ + "/" + path, bytes_max_of(id));
      if (old && *old == bytes)
        ++report.kept;
      else
        TRY_STATUS(add(path, std::move(bytes)));
    }
    return {};
  }

  Disk& disk_;
  const std::string& to_;
  TileReader reader_;
  DurableWriter writer_;
  std::vector<WholeFile> batch_;
  std::size_t batch_bytes_ = 0;
};

// `to` must be absent, empty, or an earlier copy of this log.
Status check_target(Disk& disk, const std::string& dir, const std::string& to, const Published& log) {
  const std::string hint = "name an empty directory or an earlier copy of this ledger";
  const auto names = disk.list(to);
  if (names.empty()) return {};
  // A copy that was interrupted before its first checkpoint.
  const auto of_a_copy = [](const std::string& name) {
    return name == "tile" || name == kVkeyFile || name.ends_with(kTemporarySuffix);
  };
  if (std::all_of(names.begin(), names.end(), of_a_copy)) return {};
  const auto old = read_published(disk, to, log.key);
  if (!old)
    return fail(ErrorCode::exists, "the directory holds something else than a copy of this ledger", to, hint);
  if (disk.exists(to + "/" + std::string(kSignedFile)))
    return fail(ErrorCode::exists, "the directory is a ledger that is written to, not a copy", to, hint);
  if (old->checkpoint.size > log.checkpoint.size)
    return fail(
        ErrorCode::exists,
        fmt::format("the copy has {} entries, the ledger only {}", old->checkpoint.size, log.checkpoint.size),
        to, "the ledger was rolled back: keep the copy as evidence");
  TileReader reader(disk, dir, log.checkpoint.size);
  TRY(const Digest root, tree_root(old->checkpoint.size, reader.hashes()));
  if (root != old->checkpoint.root)
    return fail(ErrorCode::exists, "the ledger does not extend the copy", to,
                "the ledger was forked: keep the copy as evidence");
  return {};
}

}  // namespace

Result<MirrorReport> mirror(Disk& disk, const std::string& dir, const std::string& to) {
  TRY(const Published log, read_published(disk, dir, std::nullopt));
  TRY_STATUS(check_target(disk, dir, to, log));
  Copy copy(disk, dir, to, log.checkpoint.size);
  TRY_STATUS(copy.tiles());
  TRY_STATUS(copy.add(kVkeyFile, log.key.text() + "\n"));
  TRY_STATUS(copy.flush());
  TRY_STATUS(copy.add(kCheckpointFile, log.bytes));
  TRY_STATUS(copy.flush());
  copy.report.size = log.checkpoint.size;
  return copy.report;
}

}  // namespace weir::ledger
