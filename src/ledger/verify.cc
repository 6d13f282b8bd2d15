#include "ledger/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ledger/edge.h"
#include "ledger/log.h"
#include "ledger/published.h"
#include "ledger/tile_reader.h"

namespace weir::ledger {
namespace {

using Hashes = std::vector<std::optional<Digest>>;  // none: could not be computed

// Walks the tree from the entries up. Each file is checked against its neighbours: bundles hash to level 0
// tiles, tiles to a hash in the tile above, the last tile of each level to the signed root. So every byte is
// chained to the signature, and a damaged file is named by the two checks that fail around it.
class Verification {
 public:
  Verification(Disk& disk, const std::string& dir, const VerifyOptions& options, Published published)
      : disk_(disk),
        dir_(dir),
        options_(options),
        published_(std::move(published)),
        size_(published_.checkpoint.size),
        reader_(disk, dir, size_) {
    report_.origin = published_.checkpoint.origin;
    report_.size = size_;
    report_.root = published_.checkpoint.root;
    report_.vkey = published_.key.text();
    report_.pinned = published_.pinned;
  }

  Result<VerifyReport> run() {
    check_tree();
    if (!report_.cut) check_other_files();
    check_signed();
    if (options_.since) TRY_STATUS(check_since(*options_.since));
    return std::move(report_);
  }

 private:
  void problem(std::string what, std::string where, std::optional<std::uint64_t> entry = std::nullopt) {
    if (report_.problems.size() < limits::kLedgerProblemsMax)
      report_.problems.push_back({std::move(what), std::move(where), entry});
    else
      report_.cut = true;
  }
  void problem(const Error& error, std::string_view path) {
    problem(error.what, error.where.empty() ? std::string(path) : relative(error.where));
  }
  std::string relative(const std::string& path) const {
    return path.starts_with(dir_ + "/") ? path.substr(dir_.size() + 1) : path;
  }

  void check_tree();
  Hashes check_bundle(const TileId& id);
  std::vector<Digest> check_tile(const TileId& id, const Hashes& computed);
  void push(unsigned level, std::optional<Digest> hash);
  void check_root();

  void check_other_files();
  void check_extra_tile(const TileId& id, const std::string& path, unsigned signed_width);
  Status same_prefix(const TileId& id, const std::string& bytes, unsigned signed_width);
  void check_signed();
  Status check_since(const std::string& bytes);

  Disk& disk_;
  const std::string& dir_;
  const VerifyOptions& options_;
  Published published_;
  std::uint64_t size_;
  TileReader reader_;
  VerifyReport report_;

  // By level: the hashes of the tile that is being filled, and how many tiles were filled before it.
  struct Level {
    Hashes hashes;
    std::uint64_t filled = 0;
  };
  std::vector<Level> levels_;
};

// Where the hashes of `id` begin, as an index of entries.
std::uint64_t first_entry(const TileId& id, std::size_t slot) {
  const unsigned level = id.level == kEntriesLevel ? 0 : id.level;
  return (id.index * kTileWidth + slot) << (8 * level);
}

void Verification::check_tree() {
  for (std::uint64_t at = 0; at < size_ && !report_.cut; at += kTileWidth) {
    const TileId id = tile_of(at, kEntriesLevel, size_);
    for (const auto& hash : check_bundle(id))
      push(0, hash);
    if (options_.progress && at % (kTileWidth * kTileWidth) == 0) options_.progress(at, size_);
  }
  if (!report_.cut) check_root();
}

// The leaf hashes of a bundle; unknown ones when it cannot be read.
Hashes Verification::check_bundle(const TileId& id) {
  ++report_.bundles;
  const auto entries = reader_.bundle(id);
  if (!entries) {
    problem(entries.error().what, relative(entries.error().where), first_entry(id, 0));
    return Hashes(id.width);
  }
  Hashes hashes;
  for (const std::string& entry : *entries)
    hashes.push_back(leaf_hash(as_bytes(entry)));
  return hashes;
}

// The tile's hashes as stored, compared with those computed from below; empty when it cannot be read.
std::vector<Digest> Verification::check_tile(const TileId& id, const Hashes& computed) {
  ++report_.tiles;
  auto stored = reader_.tile(id);
  if (!stored) {
    problem(stored.error().what, relative(stored.error().where), first_entry(id, 0));
    return {};
  }
  for (std::size_t slot = 0; slot < computed.size(); ++slot) {
    if (!computed[slot] || *computed[slot] == (*stored)[slot]) continue;
    const std::uint64_t entry = first_entry(id, slot);
    if (id.level == 0)
      problem(fmt::format("entry {} in {} does not have the hash that the tile says", entry,
                          tile_path({kEntriesLevel, id.index, id.width})),
              tile_path(id), entry);
    else
      problem(fmt::format("hash {} of the tile is not the root of {}", slot,
                          tile_path({id.level - 1, id.index * kTileWidth + slot, kTileWidth})),
              tile_path(id), entry);
  }
  return *std::move(stored);
}

void Verification::push(unsigned level, std::optional<Digest> hash) {
  if (level == levels_.size()) levels_.emplace_back();
  levels_[level].hashes.push_back(hash);
  if (levels_[level].hashes.size() < kTileWidth) return;
  const Hashes computed = std::exchange(levels_[level].hashes, {});
  const auto stored = check_tile({level, levels_[level].filled++, kTileWidth}, computed);
  push(level + 1, stored.empty() ? std::nullopt : std::optional(root_over(stored)));
}

void Verification::check_root() {
  std::vector<std::vector<Digest>> edge(levels_of(size_));
  bool complete = true;
  for (unsigned level = 0; level < edge.size(); ++level) {
    const unsigned width = partial_width(size_, level);
    if (width == 0) continue;
    edge[level] = check_tile({level, (size_ >> (8 * level)) / kTileWidth, width}, levels_[level].hashes);
    complete = complete && !edge[level].empty();
  }
  if (complete && Edge(size_, std::move(edge)).root() != report_.root)
    problem("the tiles do not combine to the signed root", std::string(kCheckpointFile));
}

void Verification::check_other_files() {
  constexpr std::size_t kStraysMax = 100;
  for (const std::string& name : disk_.files_below(dir_ + "/tile")) {
    const std::string path = "tile/" + name;
    if (path.ends_with(kTemporarySuffix)) continue;  // a write under way or interrupted
    const auto id = parse_tile_path(path);
    if (!id) {
      if (report_.strays.size() < kStraysMax) report_.strays.push_back(path);
      continue;
    }
    const unsigned shift = id->level == kEntriesLevel ? 0 : 8 * id->level;
    const std::uint64_t total = shift < 64 ? size_ >> shift : 0;
    const std::uint64_t first = id->index * kTileWidth;
    if (first >= total) {
      ++report_.unsigned_files;
      continue;
    }
    const auto width = static_cast<unsigned>(std::min<std::uint64_t>(kTileWidth, total - first));
    if (id->width != width) check_extra_tile(*id, path, width);
  }
}

// An older partial form of a tile, or one that is wider than the checkpoint says: where both have hashes or
// entries they must be the same.
void Verification::check_extra_tile(const TileId& id, const std::string& path, unsigned signed_width) {
  const bool entries = id.level == kEntriesLevel;
  const auto bytes = disk_.read(dir_ + "/" + path, entries ? kBundleBytesMax : kTileBytesMax);
  if (!bytes && bytes.error().code == ErrorCode::not_found) return;  // its full form came meanwhile
  if (!bytes) return problem(bytes.error(), path);
  (entries ? report_.bundles : report_.tiles) += 1;
  if (id.width > signed_width) ++report_.unsigned_files;
  if (Status same = same_prefix(id, *bytes, signed_width); !same) problem(same.error(), path);
}

Status Verification::same_prefix(const TileId& id, const std::string& bytes, unsigned signed_width) {
  const TileId known{id.level, id.index, signed_width};
  const unsigned common = std::min(id.width, signed_width);
  const Error differs{ErrorCode::corrupt,
                      fmt::format("the file differs from {}, which is signed", tile_path(known)), "", ""};
  if (id.level == kEntriesLevel) {
    TRY(const auto views, decode_bundle(bytes, id.width, true));
    const auto entries = reader_.bundle(known);
    if (entries && !std::equal(views.begin(), views.begin() + common, entries->begin()))
      return std::unexpected(differs);
    return {};
  }
  if (bytes.size() != id.width * sizeof(Digest))
    return fail(ErrorCode::corrupt, fmt::format("the tile is {} bytes long instead of {}", bytes.size(),
                                                id.width * sizeof(Digest)));
  TRY(const auto hashes, decode_tile(bytes, id.width));
  const auto stored = reader_.tile(known);
  if (stored && !std::equal(hashes.begin(), hashes.begin() + common, stored->begin()))
    return std::unexpected(differs);
  return {};
}

// The writer's own record of what it signed last. It may be ahead of the checkpoint, never behind.
void Verification::check_signed() {
  const std::string name(kSignedFile);
  const auto bytes = disk_.read(dir_ + "/" + name, limits::kLedgerNoteBytesMax);
  if (!bytes && bytes.error().code == ErrorCode::not_found) return;  // a mirror has none
  if (!bytes) return problem(bytes.error(), name);
  const auto last = open_checkpoint(*bytes, published_.key);
  if (!last) return problem(last.error(), name);
  if (last->size < size_) return problem("the checkpoint is newer than the last one that was signed", name);
  TileReader reader(disk_, dir_, last->size);
  const auto root =
      last->size == size_ ? Result<Digest>(report_.root) : tree_root(last->size, reader.hashes());
  if (!root) return problem(root.error(), name);
  if (*root != last->root)
    problem(fmt::format("the last checkpoint that was signed, of {} entries, is of another tree", last->size),
            name);
}

Status Verification::check_since(const std::string& bytes) {
  const auto since = open_checkpoint(bytes, published_.key);
  if (!since && since.error().code == ErrorCode::denied)
    return fail(ErrorCode::denied, "the older checkpoint was not signed with this ledger's key",
                "the older checkpoint", "it is of another ledger, or this ledger and its key were replaced");
  if (!since)
    return fail(since.error().code, since.error().what, "the older checkpoint",
                "give the bytes of a file `checkpoint` that this ledger published");
  report_.since_size = since->size;
  if (since->size > size_) {
    problem(fmt::format("the older checkpoint has {} entries, the ledger only {}: it was rolled back",
                        since->size, size_),
            std::string(kCheckpointFile));
    return {};
  }
  const auto root = tree_root(since->size, reader_.hashes());
  if (!root) {
    problem(root.error(), kCheckpointFile);
  } else if (*root != since->root) {
    problem(fmt::format("the ledger does not extend the older checkpoint of {} entries: it was forked",
                        since->size),
            std::string(kCheckpointFile));
  }
  return {};
}

}  // namespace

Result<VerifyReport> verify(Disk& disk, const std::string& dir, const VerifyOptions& options) {
  TRY(Published published, read_published(disk, dir, options.key));
  return Verification(disk, dir, options, std::move(published)).run();
}

Result<VerifyReport> verify(const std::string& dir, const VerifyOptions& options) {
  return verify(*real_disk(), dir, options);
}

}  // namespace weir::ledger
