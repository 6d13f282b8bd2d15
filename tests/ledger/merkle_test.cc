#include "ledger/merkle.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "ledger/edge.h"
#include "ledger/tiles.h"
#include "support.h"

namespace weir::ledger {
namespace {

// Stored subtrees as a log would have them, computed by definition.
const HashReader kStored = [](unsigned height, std::uint64_t index) -> Result<Digest> {
  return reference_root(index << height, (index + 1) << height);
};

Digest leaf(std::uint64_t index) {
  return leaf_hash(as_bytes(entry(index)));
}

// Eight leaves whose roots many implementations of RFC 6962 publish.
const std::vector<std::string> kLeaves = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
const std::vector<std::string> kRoots = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                         "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                         "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

TEST(Merkle, KnownRoots) {
  std::vector<Digest> leaves;
  Edge edge;
  std::vector<FullTile> full;
  EXPECT_EQ(to_hex(empty_root()), kRoots[0]);
  for (std::size_t n = 1; n <= kLeaves.size(); ++n) {
    leaves.push_back(leaf_hash(*from_hex(kLeaves[n - 1])));
    edge.push(leaves.back(), full);
    EXPECT_EQ(to_hex(root_over(leaves)), kRoots[n]);
    EXPECT_EQ(to_hex(edge.root()), kRoots[n]);
  }
}

// The example of RFC 6962 section 2.1.3: seven leaves d0..d6, their hashes named a..l.
TEST(Merkle, SevenLeavesOfTheStandard) {
  const Digest a = leaf(0), b = leaf(1), c = leaf(2), d = leaf(3), e = leaf(4), f = leaf(5), j = leaf(6);
  const Digest g = node_hash(a, b), h = node_hash(c, d), i = node_hash(e, f);
  const Digest k = node_hash(g, h), l = node_hash(i, j);
  const auto path = [](std::uint64_t index) { return *inclusion_proof(index, 7, kStored); };
  EXPECT_EQ(path(0), (std::vector{b, h, l}));
  EXPECT_EQ(path(3), (std::vector{c, g, l}));
  EXPECT_EQ(path(4), (std::vector{f, j, k}));
  EXPECT_EQ(path(6), (std::vector{i, k}));
  EXPECT_EQ(*consistency_proof(3, 7, kStored), (std::vector{c, d, g, l}));
  EXPECT_EQ(*consistency_proof(4, 7, kStored), (std::vector{l}));
  EXPECT_EQ(*consistency_proof(6, 7, kStored), (std::vector{i, j, k}));
}

TEST(Merkle, EveryInclusionProofVerifiesAndNoneForAnotherEntry) {
  for (std::uint64_t size = 1; size <= 40; ++size) {
    const Digest root = reference_root(0, size);
    EXPECT_EQ(*tree_root(size, kStored), root);
    for (std::uint64_t index = 0; index < size; ++index) {
      auto path = *inclusion_proof(index, size, kStored);
      EXPECT_TRUE(verify_inclusion(index, size, leaf(index), path, root));
      for (std::uint64_t other = 0; other < size; ++other)
        EXPECT_EQ(verify_inclusion(other, size, leaf(index), path, root).has_value(), other == index);
      EXPECT_FALSE(verify_inclusion(index, size, leaf(index + 1), path, root));
      EXPECT_FALSE(verify_inclusion(index, size, leaf(index), path, reference_root(0, size + 1)));
      auto longer = path;
      longer.push_back(root);
      EXPECT_FALSE(verify_inclusion(index, size, leaf(index), longer, root));
      for (std::size_t at = 0; at < path.size(); ++at) {
        auto changed = path;
        changed[at][at % 32] ^= 1;
        EXPECT_FALSE(verify_inclusion(index, size, leaf(index), changed, root));
      }
      if (path.empty()) continue;
      path.pop_back();
      EXPECT_FALSE(verify_inclusion(index, size, leaf(index), path, root));
    }
    EXPECT_EQ(inclusion_proof(size, size, kStored).error().code, ErrorCode::invalid);
    EXPECT_FALSE(verify_inclusion(size, size, leaf(size), {}, root));
  }
}

TEST(Merkle, EveryConsistencyProofVerifiesAndNoneForAnotherTree) {
  for (std::uint64_t size = 0; size <= 34; ++size) {
    const Digest root = reference_root(0, size);
    for (std::uint64_t old_size = 0; old_size <= size; ++old_size) {
      const Digest old_root = reference_root(0, old_size);
      auto proof = *consistency_proof(old_size, size, kStored);
      EXPECT_TRUE(verify_consistency(old_size, size, proof, old_root, root)) << old_size << " " << size;
      EXPECT_FALSE(verify_consistency(old_size, size, proof, leaf(77), root));
      if (old_size > 0) {
        EXPECT_FALSE(verify_consistency(old_size, size, proof, old_root, leaf(77)));
      }
      for (std::size_t at = 0; at < proof.size(); ++at) {
        auto changed = proof;
        changed[at][31] ^= 0x80;
        EXPECT_FALSE(verify_consistency(old_size, size, changed, old_root, root));
      }
      auto longer = proof;
      longer.push_back(root);
      EXPECT_FALSE(verify_consistency(old_size, size, longer, old_root, root));
      if (proof.empty()) continue;
      proof.pop_back();
      EXPECT_FALSE(verify_consistency(old_size, size, proof, old_root, root));
    }
    EXPECT_FALSE(consistency_proof(size + 1, size, kStored));
    EXPECT_FALSE(verify_consistency(size + 1, size, {}, root, root));
  }
}

TEST(Merkle, ReadersErrorsArePassedOn) {
  const HashReader broken = [](unsigned, std::uint64_t) -> Result<Digest> {
    return fail(ErrorCode::corrupt, "gone", "tile/0/000");
  };
  EXPECT_EQ(tree_root(5, broken).error().where, "tile/0/000");
  EXPECT_EQ(inclusion_proof(2, 5, broken).error().code, ErrorCode::corrupt);
  EXPECT_EQ(consistency_proof(2, 5, broken).error().code, ErrorCode::corrupt);
}

TEST(Edge, RootAndTilesAtEverySize) {
  Edge edge;
  std::vector<FullTile> full;
  for (std::uint64_t i = 0; i < 70'000; ++i) {
    full.clear();
    edge.push(leaf(i), full);
    EXPECT_EQ(full.size(), (i + 1) % 65536 == 0 ? 2u : (i + 1) % 256 == 0 ? 1u : 0u);
    for (const FullTile& tile : full) {
      EXPECT_EQ(tile.hashes.size(), kTileWidth);
      EXPECT_EQ(tile.index, (i + 1) / (tile.level == 0 ? 256 : 65536) - 1);
    }
    const std::uint64_t size = i + 1;
    if (size < 600 || size == 65535 || size == 65536 || size == 65537 || size == 70'000) {
      EXPECT_EQ(edge.root(), reference_root(0, size)) << size;
    }
  }
  // tlog-tiles: "a tree of size 70,000 … partial level 0 tile of width 112 … level 1 … 17 … level 2 … 1".
  ASSERT_EQ(edge.levels().size(), 3u);
  EXPECT_EQ(edge.levels()[0].size(), 112u);
  EXPECT_EQ(edge.levels()[1].size(), 17u);
  EXPECT_EQ(edge.levels()[2].size(), 1u);
  EXPECT_EQ(Edge(70'000, edge.levels()).root(), edge.root());
}

}  // namespace
}  // namespace weir::ledger
