#include "ledger/tile_reader.h"

#include <fmt/format.h>

#include <span>

namespace weir::ledger {
namespace {

template <class T>
Result<T> at(Result<T> result, const std::string& path) {
  if (!result) result.error().where = path;
  return result;
}

}  // namespace

Result<TileReader::Stored> TileReader::read(const TileId& id, std::size_t bytes_max) {
  const std::string path = tile_path(id);
  auto exact = disk_->read(dir_ + "/" + path, bytes_max);
  if (exact) return Stored{*std::move(exact), path, true};
  if (exact.error().code == ErrorCode::not_found && id.width < kTileWidth) {
    const std::string full = tile_path({id.level, id.index, kTileWidth});
    auto wider = disk_->read(dir_ + "/" + full, bytes_max);
    if (wider) return Stored{*std::move(wider), full, false};
    if (wider.error().code != ErrorCode::not_found) exact = std::move(wider);
  }
  Error error = std::move(exact.error());
  if (error.code == ErrorCode::not_found)
    error = {ErrorCode::corrupt, "a file of the log is missing", path,
             "restore it from a backup or a mirror of the log"};
  if (error.code == ErrorCode::limit) error.code = ErrorCode::corrupt;
  return std::unexpected(std::move(error));
}

Result<std::vector<Digest>> TileReader::tile(const TileId& id) {
  TRY(const Stored stored, read(id, kTileBytesMax));
  if (stored.exact && stored.bytes.size() != id.width * sizeof(Digest))
    return fail(ErrorCode::corrupt,
                fmt::format("the tile is {} bytes long instead of {}", stored.bytes.size(),
                            id.width * sizeof(Digest)),
                stored.path);
  return at(decode_tile(stored.bytes, id.width), stored.path);
}

Result<std::vector<std::string>> TileReader::bundle(const TileId& id) {
  TRY(const Stored stored, read(id, kBundleBytesMax));
  TRY(const auto views, at(decode_bundle(stored.bytes, id.width, stored.exact), stored.path));
  return std::vector<std::string>(views.begin(), views.end());
}

Result<Digest> TileReader::hash(unsigned height, std::uint64_t index) {
  const unsigned level = height / 8;
  const unsigned below = height % 8;  // heights inside a tile are hashed from its hashes
  const TileId id = tile_of(index << below, level, size_);
  auto& [known, hashes] = last_[level];
  if (hashes.empty() || known != id) {
    TRY(hashes, tile(id));
    known = id;
  }
  const std::size_t first = (index << below) % kTileWidth;
  const std::size_t count = std::size_t{1} << below;
  CHECK(first + count <= hashes.size());
  return root_over(std::span(hashes).subspan(first, count));
}

Result<std::string> TileReader::entry(std::uint64_t index) {
  if (index >= size_)
    return fail(fmt::format("there is no entry {}: the checkpoint covers {} entries", index, size_), {},
                size_ == 0 ? "" : fmt::format("name one from 0 to {}", size_ - 1));
  const TileId id = tile_of(index, kEntriesLevel, size_);
  if (!last_bundle_ || last_bundle_->first != id) {
    TRY(auto entries, bundle(id));
    last_bundle_ = {id, std::move(entries)};
  }
  return last_bundle_->second[index % kTileWidth];
}

}  // namespace weir::ledger
