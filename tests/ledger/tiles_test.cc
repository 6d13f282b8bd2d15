#include "ledger/tiles.h"

#include <gtest/gtest.h>

#include "support.h"

namespace weir::ledger {
namespace {

TEST(Tiles, PathsOfTheSpecification) {
  EXPECT_EQ(tile_path({0, 1234067, 256}), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path({0, 0, 256}), "tile/0/000");
  EXPECT_EQ(tile_path({2, 1000, 1}), "tile/2/x001/000.p/1");
  EXPECT_EQ(tile_path({kEntriesLevel, 3, 17}), "tile/entries/003.p/17");
  EXPECT_EQ(partial_dir(kEntriesLevel, 1234067), "tile/entries/x001/x234/067.p");
}

TEST(Tiles, PathsRoundTripAndHaveOneSpelling) {
  for (const unsigned level : {0u, 1u, 7u, 63u, kEntriesLevel})
    for (const std::uint64_t index :
         {0ull, 1ull, 999ull, 1000ull, 1001ull, 999'999ull, 1'000'000ull, 36028797018963967ull})
      for (const unsigned width : {1u, 255u, 256u}) {
        const TileId id{level, index, width};
        EXPECT_EQ(parse_tile_path(tile_path(id)), id) << tile_path(id);
      }
  for (const char* path : {"",
                           "tile",
                           "tile/",
                           "tile/0",
                           "tile/0/",
                           "tile/0/0",
                           "tile/0/00",
                           "tile/0/0000",
                           "tile/00/000",
                           "tile/64/000",
                           "tile/-1/000",
                           "tile/0/x000/001",
                           "tile/0/x001/x000",
                           "tile/0/001/002",
                           "tile/0/x01/002",
                           "tile/0/000.p/0",
                           "tile/0/000.p/256",
                           "tile/0/000.p/01",
                           "tile/0/000.p/",
                           "tile/0/000.p",
                           "tile/0/000.tmp",
                           "tile/Entries/000",
                           "/tile/0/000",
                           "tile/0/000/",
                           "tile/0/+01",
                           "tile/0/ 01",
                           "tile/0/x999/x999/x999/x999/x999/x999/x999/999"})
    EXPECT_FALSE(parse_tile_path(path)) << path;
}

// tlog-tiles, "Partial Tiles".
TEST(Tiles, TreeOfSeventyThousand) {
  EXPECT_EQ(levels_of(70'000), 3u);
  EXPECT_EQ(partial_tiles(70'000),
            (std::vector<TileId>{{kEntriesLevel, 273, 112}, {0, 273, 112}, {1, 1, 17}, {2, 0, 1}}));
  EXPECT_EQ(partial_tiles(256), (std::vector<TileId>{{1, 0, 1}}));
  EXPECT_TRUE(partial_tiles(0).empty());
  EXPECT_EQ(tile_of(69'999, 0, 70'000), (TileId{0, 273, 112}));
  EXPECT_EQ(tile_of(69'887, kEntriesLevel, 70'000), (TileId{kEntriesLevel, 272, 256}));
  EXPECT_EQ(tile_of(255, 1, 70'000), (TileId{1, 0, 256}));
  EXPECT_EQ(levels_of(INT64_MAX), 8u);
}

TEST(Tiles, BundlesRoundTrip) {
  std::string bytes;
  const std::vector<std::string> list = {"", "a", std::string(65'535, 'z'), std::string("\0\1", 2)};
  for (const std::string& one : list)
    append_to_bundle(bytes, one);
  EXPECT_EQ(bytes.substr(0, 5), std::string("\0\0\0\1a", 5));
  const auto decoded = decode_bundle(bytes, 4, true);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(std::vector<std::string>(decoded->begin(), decoded->end()), list);
  EXPECT_TRUE(decode_bundle(bytes, 3, false));
  EXPECT_EQ(decode_bundle(bytes, 3, true).error().code, ErrorCode::corrupt);
  EXPECT_EQ(decode_bundle(bytes, 5, true).error().code, ErrorCode::corrupt);
  for (std::size_t cut = 1; cut < 12; ++cut)
    EXPECT_FALSE(decode_bundle(bytes.substr(0, bytes.size() - cut), 4, true)) << cut;
  EXPECT_FALSE(decode_bundle(bytes + "x", 4, true));
}

TEST(Tiles, TilesRoundTrip) {
  const std::vector<Digest> hashes = {leaf_hash({}), empty_root(), reference_root(0, 3)};
  const std::string bytes = encode_tile(hashes);
  EXPECT_EQ(bytes.size(), 96u);
  EXPECT_EQ(*decode_tile(bytes, 3), hashes);
  EXPECT_EQ(decode_tile(bytes, 2)->size(), 2u);
  EXPECT_FALSE(decode_tile(bytes, 4));
  EXPECT_FALSE(decode_tile(bytes.substr(1), 2));
  EXPECT_FALSE(decode_tile(bytes + "x", 3));
  EXPECT_FALSE(decode_tile(std::string(257 * 32, 'x'), 256));
}

}  // namespace
}  // namespace weir::ledger
