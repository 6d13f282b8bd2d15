#include "ledger/edge.h"

#include <bit>
#include <optional>
#include <span>

#include "ledger/tiles.h"

namespace weir::ledger {

Edge::Edge(std::uint64_t size, std::vector<std::vector<Digest>> levels)
    : size_(size), levels_(std::move(levels)) {
  CHECK(levels_.size() == levels_of(size));
  for (unsigned level = 0; level < levels_.size(); ++level)
    CHECK(levels_[level].size() == partial_width(size, level));
}

void Edge::push(const Digest& leaf, std::vector<FullTile>& completed) {
  ++size_;
  Digest hash = leaf;
  for (unsigned level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    auto& hashes = levels_[level];
    hashes.push_back(hash);
    if (hashes.size() < kTileWidth) return;
    hash = root_over(hashes);
    completed.push_back({level, (size_ >> (8 * (level + 1))) - 1, std::move(hashes)});
    hashes.clear();
  }
}

Digest Edge::root() const {
  // The tree is a row of complete subtrees, one for each set bit of the size, the smallest at the right; the
  // root folds them from the right.
  std::optional<Digest> root;
  for (const auto& hashes : levels_) {
    std::span<const Digest> rest(hashes);
    while (!rest.empty()) {
      const std::size_t count = std::size_t{1} << std::countr_zero(rest.size());
      const Digest subtree = root_over(rest.last(count));
      root = root ? node_hash(subtree, *root) : subtree;
      rest = rest.first(rest.size() - count);
    }
  }
  return root.value_or(empty_root());
}

}  // namespace weir::ledger
