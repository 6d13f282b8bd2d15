#include "store/frame.h"

#include <gtest/gtest.h>

#include <numeric>

#include "store/codec.h"
#include "store/crc32c.h"
#include "store/migrate.h"
#include "store/position.h"
#include "store/record.h"

namespace weir::store {
namespace {

// RFC 3720 appendix B.4.
TEST(Crc32c, KnownAnswers) {
  EXPECT_EQ(crc32c(Bytes(32, 0x00)), 0x8A9136AAu);
  EXPECT_EQ(crc32c(Bytes(32, 0xFF)), 0x62A8AB43u);
  Bytes ascending(32);
  std::iota(ascending.begin(), ascending.end(), std::uint8_t{0});
  EXPECT_EQ(crc32c(ascending), 0x46DD794Eu);
  EXPECT_EQ(crc32c(Bytes(ascending.rbegin(), ascending.rend())), 0x113FDB5Cu);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
}

TEST(Crc32c, PortableFormAgreesAtEveryLengthAndSplit) {
  Bytes bytes(67);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(i * 37 + 11);
  for (std::size_t n = 0; n <= bytes.size(); ++n) {
    const ByteView part = ByteView(bytes).first(n);
    EXPECT_EQ(crc32c_extend_portable(0, part), crc32c(part)) << n;
    EXPECT_EQ(crc32c_extend(crc32c(part), ByteView(bytes).subspan(n)), crc32c(bytes)) << n;
  }
}

SegmentHeader some_header() {
  return {.version = 1,
          .after_damage = true,
          .number = 7,
          .first_batch = 1234,
          .next_ledger = 99,
          .previous_bytes = 4096,
          .store = 0x1122334455667788,
          .salt = 0xCAFEBABE};
}

TEST(SegmentHeader, RoundTripsAndOneGoodCopyIsEnough) {
  const std::string bytes = encode_header(some_header());
  ASSERT_EQ(bytes.size(), kSegmentHeaderBytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    const auto header = decode_header(as_bytes(flipped));
    ASSERT_TRUE(header) << i;
    EXPECT_EQ(*header, some_header()) << i;
  }
  std::string both = bytes;
  both[20] ^= 1;
  both[64 + 30] ^= 1;
  EXPECT_EQ(decode_header(as_bytes(both)).error().code, ErrorCode::corrupt);
  EXPECT_FALSE(decode_header(as_bytes(bytes).first(100)));
}

TEST(Frame, EveryFlippedBitOfACommitIsSeen) {
  std::string batch;
  append_frame(batch, make_frame(FrameType::record, "hello"), 5);
  const std::size_t at = batch.size();
  append_commit(batch, 42, 1, 5);
  const auto commit = decode_commit_frame(as_bytes(batch).subspan(at), 5);
  ASSERT_TRUE(commit);
  EXPECT_EQ(commit->batch, 42u);
  EXPECT_EQ(commit->frames, 1u);
  EXPECT_EQ(commit->bytes, at);
  EXPECT_FALSE(decode_commit_frame(as_bytes(batch).subspan(at), 6)) << "another segment's salt";
  for (std::size_t bit = at * 8; bit < batch.size() * 8; ++bit) {
    std::string flipped = batch;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_commit_frame(as_bytes(flipped).subspan(at), 5)) << bit;
  }
}

TEST(Frame, CompressesOnlyWhatGetsSmaller) {
  const Frame small = make_frame(FrameType::record, "hello");
  EXPECT_FALSE(small.zstd);
  const std::string text(10'000, 'a');
  const Frame large = make_frame(FrameType::record, text);
  EXPECT_TRUE(large.zstd);
  EXPECT_LT(large.payload.size(), 100u);
  EXPECT_EQ(plain_payload(large, 20'000), text);
  EXPECT_EQ(plain_payload(large, 9'999).error().code, ErrorCode::limit);
  Frame lying = large;
  lying.plain_bytes = 9'999;
  EXPECT_EQ(plain_payload(lying, 20'000).error().code, ErrorCode::corrupt);
  lying = small;
  lying.plain_bytes = 4;
  EXPECT_EQ(plain_payload(lying, 20'000).error().code, ErrorCode::corrupt);
}

TEST(Frame, HeaderRefusesImpossibleLengths) {
  std::string batch;
  append_frame(batch, make_frame(FrameType::ledger, "12345678entry"), 0);
  ASSERT_TRUE(decode_frame_header(as_bytes(batch)));
  batch[10] = '\x7F';  // eight million bytes of ledger entry
  EXPECT_FALSE(decode_frame_header(as_bytes(batch)));
  EXPECT_FALSE(decode_frame_header(as_bytes(batch).first(23)));
}

TEST(Position, AsText) {
  const Position position{3, 4096};
  EXPECT_EQ(to_text(position), "3:4096");
  EXPECT_EQ(position_from("3:4096"), position);
  for (const char* bad : {"", ":", "3", "3:", ":4", "3:4x", "-3:4", "3:99999999999999999999"})
    EXPECT_FALSE(position_from(bad)) << bad;
  EXPECT_LT((Position{1, 900}), (Position{2, 128}));
}

TEST(Record, RoundTripsAndRefusesWhatIsCut) {
  const Record record{.kind = static_cast<RecordKind>(77),
                      .id = "id",
                      .root = "root",
                      .session = "root/sub",
                      .seq = 1ULL << 60,
                      .envelope = "{\"v\":1}",
                      .at = {}};
  const std::string payload = *encode_record(record);
  EXPECT_EQ(decode_record(as_bytes(payload)), record);
  EXPECT_FALSE(decode_record(as_bytes(payload).first(15)));
  EXPECT_FALSE(decode_record(as_bytes(payload).first(16 + 2 + 4)));
  Record large = record;
  large.session = std::string(limits::kStoreNameBytesMax + 1, 's');
  EXPECT_EQ(encode_record(large).error().code, ErrorCode::limit);
  large = record;
  large.envelope = std::string(limits::kStoreEnvelopeBytesMax + 1, ' ');
  EXPECT_EQ(encode_record(large).error().code, ErrorCode::limit);
}

// The chain of upgrades with formats of its own, so that it is tested before it is needed.
TEST(Migrate, GoesThroughEveryVersionAndRefusesNewer) {
  const std::array<SegmentFormat, 3> formats = {
      {{1, "first", [](FrameType, std::string p) -> Result<std::string> { return p + "+2"; }},
       {2, "second",
        [](FrameType type, std::string p) -> Result<std::string> {
          if (type == FrameType::ledger) return fail("ledger entries never change");
          return p + "+3";
        }},
       {3, "third", nullptr}}};
  EXPECT_EQ(upgrade_payload(formats, 1, FrameType::record, "a"), "a+2+3");
  EXPECT_EQ(upgrade_payload(formats, 2, FrameType::record, "a"), "a+3");
  EXPECT_EQ(upgrade_payload(formats, 3, FrameType::record, "a"), "a");
  EXPECT_FALSE(upgrade_payload(formats, 2, FrameType::ledger, "a"));
  EXPECT_TRUE(check_version(formats, 3, "f"));
  const auto newer = check_version(formats, 4, "dir/7.seg");
  ASSERT_FALSE(newer);
  EXPECT_EQ(
      newer.error().message(),
      "written in store format 4, this weir reads up to 3 (dir/7.seg): install the newer weir that wrote it; "
      "nothing was changed");
  EXPECT_FALSE(check_version(formats, 0, "f"));
}

TEST(Migrate, TableIsAscendingWithoutHoles) {
  const auto formats = segment_formats();
  for (std::size_t i = 0; i < formats.size(); ++i) {
    EXPECT_EQ(formats[i].version, i + 1);
    EXPECT_EQ(formats[i].upgrade == nullptr, i + 1 == formats.size());
  }
}

}  // namespace
}  // namespace weir::store
