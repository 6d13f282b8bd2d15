#include "ledger/tiles.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "base/bytes.h"

namespace weir::ledger {
namespace {

unsigned tree_level(unsigned level) {
  return level == kEntriesLevel ? 0 : level;
}

// "x001/x234/067"
std::string index_path(std::uint64_t index) {
  std::string path = fmt::format("{:03}", index % 1000);
  while (index >= 1000) {
    index /= 1000;
    path = fmt::format("x{:03}/{}", index % 1000, path);
  }
  return path;
}

// A decimal without sign and leading zeroes; none when it is longer than digits_max.
std::optional<std::uint64_t> parse_decimal(std::string_view text, std::size_t digits_max) {
  if (text.empty() || text.size() > digits_max || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Three digits each, all but the last behind an "x"; the caller compares with the canonical spelling.
std::optional<std::uint64_t> parse_index(std::string_view text) {
  std::uint64_t index = 0;
  const auto parts = split(text, '/');
  if (parts.size() > 6) return std::nullopt;
  for (std::string_view part : parts) {
    if (part.starts_with('x')) part.remove_prefix(1);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.size() != 3 || error != std::errc() || end != part.data() + 3) return std::nullopt;
    index = index * 1000 + value;
  }
  return index;
}

}  // namespace

std::string tile_path(const TileId& id) {
  const std::string level = id.level == kEntriesLevel ? "entries" : std::to_string(id.level);
  std::string path = "tile/" + level + "/" + index_path(id.index);
  if (id.width < kTileWidth) path += ".p/" + std::to_string(id.width);
  return path;
}

std::string partial_dir(unsigned level, std::uint64_t index) {
  return tile_path({level, index, kTileWidth}) + ".p";
}

std::optional<TileId> parse_tile_path(std::string_view path) {
  const std::string_view whole = path;
  if (!path.starts_with("tile/")) return std::nullopt;
  path.remove_prefix(5);
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  TileId id;
  if (const std::string_view level = path.substr(0, slash); level == "entries") {
    id.level = kEntriesLevel;
  } else {
    const auto number = parse_decimal(level, 2);
    if (!number || *number > 63) return std::nullopt;
    id.level = static_cast<unsigned>(*number);
  }
  path.remove_prefix(slash + 1);
  if (const auto dot = path.find(".p/"); dot != std::string_view::npos) {
    const auto width = parse_decimal(path.substr(dot + 3), 3);
    if (!width || *width < 1 || *width >= kTileWidth) return std::nullopt;
    id.width = static_cast<unsigned>(*width);
    path = path.substr(0, dot);
  }
  const auto index = parse_index(path);
  if (!index) return std::nullopt;
  id.index = *index;
  // One tile has one path: what is spelled another way is none.
  if (tile_path(id) != whole) return std::nullopt;
  return id;
}

unsigned levels_of(std::uint64_t size) {
  unsigned levels = 0;
  for (; size > 0; size >>= 8)
    ++levels;
  return levels;
}

unsigned partial_width(std::uint64_t size, unsigned level) {
  const unsigned shift = 8 * tree_level(level);
  return shift >= 64 ? 0 : static_cast<unsigned>(size >> shift & 0xFF);
}

TileId tile_of(std::uint64_t position, unsigned level, std::uint64_t size) {
  const unsigned shift = 8 * tree_level(level);
  CHECK(shift < 64 && position < size >> shift);
  const std::uint64_t index = position / kTileWidth;
  const bool full = index < (size >> shift) / kTileWidth;
  return {level, index, full ? static_cast<unsigned>(kTileWidth) : partial_width(size, level)};
}

std::vector<TileId> partial_tiles(std::uint64_t size) {
  std::vector<TileId> ids;
  if (const unsigned width = partial_width(size, 0); width > 0)
    ids.push_back({kEntriesLevel, size / kTileWidth, width});
  for (unsigned level = 0; level < levels_of(size); ++level)
    if (const unsigned width = partial_width(size, level); width > 0)
      ids.push_back({level, (size >> (8 * level)) / kTileWidth, width});
  return ids;
}

std::string encode_tile(std::span<const Digest> hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * sizeof(Digest));
  for (const Digest& hash : hashes)
    bytes += as_text(hash);
  return bytes;
}

Result<std::vector<Digest>> decode_tile(std::string_view bytes, unsigned width) {
  if (bytes.size() % sizeof(Digest) != 0 || bytes.size() < width * sizeof(Digest) ||
      bytes.size() > kTileBytesMax)
    return fail(ErrorCode::corrupt,
                fmt::format("the tile is {} bytes long instead of {}", bytes.size(), width * sizeof(Digest)));
  std::vector<Digest> hashes(width);
  for (unsigned i = 0; i < width; ++i)
    std::memcpy(hashes[i].data(), bytes.data() + i * sizeof(Digest), sizeof(Digest));
  return hashes;
}

void append_to_bundle(std::string& bundle, std::string_view entry) {
  CHECK(entry.size() <= limits::kLedgerEntryBytesMax);
  bundle += static_cast<char>(entry.size() >> 8);
  bundle += static_cast<char>(entry.size() & 0xFF);
  bundle += entry;
}

Result<std::vector<std::string_view>> decode_bundle(std::string_view bytes, unsigned width, bool exact) {
  std::vector<std::string_view> entries;
  entries.reserve(width);
  while (entries.size() < width) {
    if (bytes.size() < 2) break;
    const auto high = static_cast<unsigned char>(bytes[0]);
    const auto low = static_cast<unsigned char>(bytes[1]);
    const std::size_t length = std::size_t{high} << 8 | low;
    if (bytes.size() - 2 < length) break;
    entries.push_back(bytes.substr(2, length));
    bytes.remove_prefix(2 + length);
  }
  if (entries.size() < width)
    return fail(ErrorCode::corrupt,
                fmt::format("the entry bundle ends inside its entry {} (of {})", entries.size(), width));
  if (exact && !bytes.empty())
    return fail(ErrorCode::corrupt,
                fmt::format("the entry bundle has {} bytes after its {} entries", bytes.size(), width));
  return entries;
}

}  // namespace weir::ledger
