// Hashes and entries of a stored tree of a known size. Keeps the last tile of each level, so that a walk in
// order reads each file once. What it returns is what the files say; trust comes from a proof to a signed
// root.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/disk.h"
#include "ledger/merkle.h"
#include "ledger/tiles.h"

namespace weir::ledger {

class TileReader {
 public:
  // `disk` is borrowed.
  TileReader(Disk& disk, std::string dir, std::uint64_t size)
      : disk_(&disk), dir_(std::move(dir)), size_(size) {}

  std::uint64_t size() const { return size_; }

  // A tile's hashes, `id.width` of them; a wider form of the same tile serves as well, because the partial
  // form may go when the full one is there. Errors: `corrupt` when no form exists or one is malformed.
  Result<std::vector<Digest>> tile(const TileId& id);
  // The entries of a bundle, likewise.
  Result<std::vector<std::string>> bundle(const TileId& id);

  // For merkle.h: any complete subtree of the tree.
  Result<Digest> hash(unsigned height, std::uint64_t index);
  HashReader hashes() {
    return [this](unsigned height, std::uint64_t index) { return hash(height, index); };
  }
  // One entry. Error `invalid` when the tree has none with this index.
  Result<std::string> entry(std::uint64_t index);

 private:
  struct Stored {
    std::string bytes;
    std::string path;
    bool exact = false;  // it is `id` itself, not a wider form
  };
  Result<Stored> read(const TileId& id, std::size_t bytes_max);

  Disk* disk_;
  std::string dir_;
  std::uint64_t size_;
  std::map<unsigned, std::pair<TileId, std::vector<Digest>>> last_;  // by level
  std::optional<std::pair<TileId, std::vector<std::string>>> last_bundle_;
};

}  // namespace weir::ledger
