#include "ledger/merkle.h"

#include <bit>

namespace weir::ledger {
namespace {

constexpr std::uint8_t kLeafPrefix[] = {0x00};
constexpr std::uint8_t kNodePrefix[] = {0x01};

// The k of RFC 6962 section 2.1: the largest power of two smaller than n, for n > 1.
std::uint64_t split_point(std::uint64_t n) {
  return std::bit_floor(n - 1);
}

// MTH over leaves [start, start + count). A range that is a complete aligned subtree is read, any other is
// split; only the ragged right edge is, so at most 64 times. count > 0.
Result<Digest> range_root(std::uint64_t start, std::uint64_t count, const HashReader& stored) {
  if (std::has_single_bit(count)) {
    const auto height = static_cast<unsigned>(std::countr_zero(count));
    return stored(height, start >> height);
  }
  const std::uint64_t k = split_point(count);
  TRY(const Digest left, range_root(start, k, stored));
  TRY(const Digest right, range_root(start + k, count - k, stored));
  return node_hash(left, right);
}

Error mismatch(const char* what) {
  return Error{ErrorCode::corrupt, what, {}, {}};
}

// The least significant set bits that a walk up the left edge of subtrees skips.
void skip_right_children(std::uint64_t& node, std::uint64_t& last) {
  while ((node & 1) == 1) {
    node >>= 1;
    last >>= 1;
  }
}

}  // namespace

Digest empty_root() {
  return sha256(std::string_view());
}

Digest leaf_hash(ByteView entry) {
  return sha256({ByteView(kLeafPrefix), entry});
}

Digest node_hash(const Digest& left, const Digest& right) {
  return sha256({ByteView(kNodePrefix), ByteView(left), ByteView(right)});
}

Result<Digest> tree_root(std::uint64_t size, const HashReader& stored) {
  if (size == 0) return empty_root();
  return range_root(0, size, stored);
}

Result<std::vector<Digest>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                            const HashReader& stored) {
  if (index >= size)
    return fail("entry " + std::to_string(index) + " is not in a tree of size " + std::to_string(size));
  // From the root down: at each split the sibling's root joins the path.
  std::vector<Digest> path;
  std::uint64_t start = 0;
  for (std::uint64_t count = size; count > 1;) {
    const std::uint64_t k = split_point(count);
    const bool left = index - start < k;
    TRY(const Digest sibling, left ? range_root(start + k, count - k, stored) : range_root(start, k, stored));
    path.push_back(sibling);
    start += left ? 0 : k;
    count = left ? k : count - k;
  }
  return std::vector<Digest>(path.rbegin(), path.rend());
}

Result<std::vector<Digest>> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                              const HashReader& stored) {
  if (old_size > new_size)
    return fail("there is no proof from size " + std::to_string(old_size) + " back to " +
                std::to_string(new_size));
  std::vector<Digest> path;
  if (old_size == 0 || old_size == new_size) return path;
  // SUBPROOF(m, D[n], b) from the root down; `whole` is its b: the old tree is the left part seen so far.
  std::uint64_t start = 0;
  std::uint64_t m = old_size;
  bool whole = true;
  for (std::uint64_t n = new_size; m != n;) {
    const std::uint64_t k = split_point(n);
    const bool left = m <= k;
    TRY(const Digest sibling, left ? range_root(start + k, n - k, stored) : range_root(start, k, stored));
    path.push_back(sibling);
    if (left) {
      n = k;
      continue;
    }
    start += k;
    m -= k;
    n -= k;
    whole = false;
  }
  if (!whole) {
    TRY(const Digest seed, range_root(start, m, stored));
    path.push_back(seed);
  }
  return std::vector<Digest>(path.rbegin(), path.rend());
}

// RFC 9162 section 2.1.3.2.
Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf,
                        std::span<const Digest> proof, const Digest& root) {
  if (index >= size) return std::unexpected(mismatch("the entry's index is not below the tree's size"));
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  Digest hash = leaf;
  for (const Digest& sibling : proof) {
    if (last == 0) return std::unexpected(mismatch("the inclusion proof is too long"));
    if ((node & 1) == 1 || node == last) {
      hash = node_hash(sibling, hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_hash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return std::unexpected(mismatch("the inclusion proof is too short"));
  if (hash != root) return std::unexpected(mismatch("the inclusion proof does not lead to the root"));
  return {};
}

// RFC 9162 section 2.1.4.2, with the trivial cases of sizes 0 and equal.
Status verify_consistency(std::uint64_t old_size, std::uint64_t new_size, std::span<const Digest> proof,
                          const Digest& old_root, const Digest& new_root) {
  if (old_size > new_size) return std::unexpected(mismatch("the older tree is larger than the newer"));
  if (old_size == 0 || old_size == new_size) {
    if (!proof.empty()) return std::unexpected(mismatch("the consistency proof is too long"));
    if (old_size == 0 && old_root != empty_root())
      return std::unexpected(mismatch("a tree without entries has another root"));
    if (old_size == new_size && old_root != new_root)
      return std::unexpected(mismatch("two trees of one size have different roots"));
    return {};
  }
  if (proof.empty()) return std::unexpected(mismatch("the consistency proof is empty"));
  std::uint64_t node = old_size - 1;
  std::uint64_t last = new_size - 1;
  skip_right_children(node, last);
  // A power of two is a complete left subtree: its root is the proof's starting point and is left out.
  const bool implied = std::has_single_bit(old_size);
  Digest old_hash = implied ? old_root : proof.front();
  Digest new_hash = old_hash;
  for (const Digest& sibling : proof.subspan(implied ? 0 : 1)) {
    if (last == 0) return std::unexpected(mismatch("the consistency proof is too long"));
    if ((node & 1) == 1 || node == last) {
      old_hash = node_hash(sibling, old_hash);
      new_hash = node_hash(sibling, new_hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = node_hash(new_hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return std::unexpected(mismatch("the consistency proof is too short"));
  if (old_hash != old_root)
    return std::unexpected(mismatch("the consistency proof does not lead to the older root"));
  if (new_hash != new_root)
    return std::unexpected(mismatch("the consistency proof does not lead to the newer root"));
  return {};
}

Digest root_over(std::span<const Digest> hashes) {
  if (hashes.empty()) return empty_root();
  if (hashes.size() == 1) return hashes.front();
  const std::size_t k = split_point(hashes.size());
  return node_hash(root_over(hashes.first(k)), root_over(hashes.subspan(k)));
}

}  // namespace weir::ledger
