// C2SP tlog-tiles: the tree as static files. A tile holds up to 256 consecutive hashes of one tree height
// (0, 8, 16, …), an entry bundle the entries below a level 0 tile. Pure: names and bytes, no files.
//
//   tile_path({.level = 0, .index = 1234067, .width = 256})           "tile/0/x001/x234/067"
//   tile_path({.level = kEntriesLevel, .index = 3, .width = 17})      "tile/entries/003.p/17"
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/limits.h"
#include "base/result.h"

namespace weir::ledger {

inline constexpr std::size_t kTileWidth = 256;
inline constexpr std::size_t kTileBytesMax = kTileWidth * 32;
inline constexpr std::size_t kBundleBytesMax = kTileWidth * (2 + limits::kLedgerEntryBytesMax);
// Not a level of hashes but the bundles of entries, "tile/entries/…".
inline constexpr unsigned kEntriesLevel = 64;

struct TileId {
  unsigned level = 0;       // 0..63, or kEntriesLevel
  std::uint64_t index = 0;  // of the tile in its level
  unsigned width = 256;     // hashes or entries in it, 1..256; below 256: a partial tile
  auto operator<=>(const TileId&) const = default;
};

// Relative to the log's prefix, without a leading slash.
std::string tile_path(const TileId& id);
// The directory of a tile's partial forms: "tile/0/003.p".
std::string partial_dir(unsigned level, std::uint64_t index);
// The one TileId with this path; none for anything else, e.g. "tile/00/003" or "tile/0/x000/003".
std::optional<TileId> parse_tile_path(std::string_view path);

// Levels that a tree of this size has tiles at: 0 for size 0.
unsigned levels_of(std::uint64_t size);
// Hashes in the partial tile at `level` for a tree of `size`: floor(size / 256^level) mod 256. For
// kEntriesLevel: entries in the partial bundle.
unsigned partial_width(std::uint64_t size, unsigned level);
// The tile that hash `position` of `level` lies in, as wide as a tree of `size` makes it. The position must
// be in the tree.
TileId tile_of(std::uint64_t position, unsigned level, std::uint64_t size);
// The partial tiles and the partial bundle of a tree of this size, the bundle first.
std::vector<TileId> partial_tiles(std::uint64_t size);

std::string encode_tile(std::span<const Digest> hashes);
// Exactly `width` hashes, or the first `width` of a wider tile. Error `corrupt` when it is shorter or has a
// fraction of a hash.
Result<std::vector<Digest>> decode_tile(std::string_view bytes, unsigned width);

// Appends one entry to a bundle: big-endian 16-bit length, then the bytes. CHECKs the length.
void append_to_bundle(std::string& bundle, std::string_view entry);
// The first `width` entries, views into `bytes`. Error `corrupt` (with the entry's number in the bundle) when
// there are fewer, or when bytes after the last of 256 or of an exact bundle remain.
Result<std::vector<std::string_view>> decode_bundle(std::string_view bytes, unsigned width, bool exact);

}  // namespace weir::ledger
