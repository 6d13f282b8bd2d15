// The right edge of a growing tree: for each tile level the hashes of its last, not yet full tile. That is
// all that appending and the current root need, at most 8 x 255 hashes. Pure.
//
//   Edge edge;
//   std::vector<FullTile> full;
//   edge.push(leaf_hash(entry), full);   // full: tiles that this leaf completed, lowest level first
//   Digest root = edge.root();
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/merkle.h"

namespace weir::ledger {

struct FullTile {
  unsigned level = 0;
  std::uint64_t index = 0;
  std::vector<Digest> hashes;  // 256
};

class Edge {
 public:
  Edge() = default;
  // The edge of a stored tree: levels[L] holds the floor(size / 256^L) mod 256 hashes of the partial tile at
  // level L; one vector for each level with floor(size / 256^L) > 0. CHECKs the counts.
  Edge(std::uint64_t size, std::vector<std::vector<Digest>> levels);

  void push(const Digest& leaf, std::vector<FullTile>& completed);

  std::uint64_t size() const { return size_; }
  Digest root() const;
  // Hashes of the partial tile at each level; empty where the last tile is just full.
  const std::vector<std::vector<Digest>>& levels() const { return levels_; }

 private:
  std::uint64_t size_ = 0;
  std::vector<std::vector<Digest>> levels_;
};

}  // namespace weir::ledger
