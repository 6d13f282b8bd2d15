#include "ledger/proof.h"

#include <gtest/gtest.h>

#include "support.h"

namespace weir::ledger {
namespace {

class ProofTest : public testing::Test {
 protected:
  void build(std::uint64_t size) {
    std::filesystem::remove_all(dir_);
    build_log(dir_, {size});
  }
  support::ThrowawayDir temp_;
  std::string dir_ = temp_ / "log";
  std::unique_ptr<Disk> disk_ = real_disk();
  VerifierKey key_ = test_signer().verifier();
};

TEST_F(ProofTest, EveryEntryIsProved) {
  for (const std::uint64_t size : {1, 2, 3, 7, 256, 257, 300}) {
    build(size);
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto proof = prove(*disk_, dir_, index);
      ASSERT_TRUE(proof) << proof.error().message();
      const auto parsed = parse_proof(format_proof(*proof));
      ASSERT_TRUE(parsed) << parsed.error().message();
      EXPECT_EQ(*parsed, *proof);
      const auto in = verify_proof(*parsed, entry(index), key_);
      ASSERT_TRUE(in) << in.error().message();
      EXPECT_EQ(in->size, size);
      EXPECT_EQ(verify_proof(*parsed, entry(index) + "x", key_).error().code, ErrorCode::corrupt);
      EXPECT_EQ(verify_proof(*parsed, entry(index), test_signer(8).verifier()).error().code,
                ErrorCode::denied);
    }
    EXPECT_EQ(prove(*disk_, dir_, size).error().code, ErrorCode::invalid);
  }
}

TEST_F(ProofTest, IndependentVerifierAgrees) {
  build(70'000);
  for (const std::uint64_t index : {0, 255, 256, 65'535, 65'536, 69'999}) {
    const auto proof = prove(*disk_, dir_, index);
    ASSERT_TRUE(proof) << proof.error().message();
    spit(temp_ / "proof", format_proof(*proof));
    spit(temp_ / "entry", entry(index));
    spit(temp_ / "other", entry(index + 1));
    const auto verdict = [&](const std::string& file) {
      return independent_verdicts(
          {"--vkey", key_.text(), "--proof", temp_ / "proof", "--entry", temp_ / file});
    };
    const auto right = verdict("entry");
    if (!right) GTEST_SKIP() << "node is not installed: the independent verifier did not run";
    EXPECT_TRUE((*right)[0]["ok"].bool_or(false)) << compact((*right)[0]);
    EXPECT_EQ((*right)[0]["index"].int_or(-1), static_cast<std::int64_t>(index));
    EXPECT_FALSE((*verdict("other"))[0]["ok"].bool_or(true));
  }
}

TEST_F(ProofTest, AnyChangedByteIsRefused) {
  build(300);
  const std::string good = format_proof(*prove(*disk_, dir_, 42));
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const int bit : {0, 3, 6}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 1 << bit);
      const auto proof = parse_proof(bad);
      EXPECT_FALSE(proof && verify_proof(*proof, entry(42), key_)) << at << " bit " << bit << "\n" << bad;
    }
  for (std::size_t length = 0; length < good.size(); ++length) {
    const auto proof = parse_proof(good.substr(0, length));
    EXPECT_FALSE(proof && verify_proof(*proof, entry(42), key_)) << length;
  }
}

TEST(Proof, ExampleOfTheSpecificationParses) {
  // tlog-proof, with the signatures that it shortens made up.
  const std::string text =
      "c2sp.org/tlog-proof@v1\n"
      "extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ\n"
      "index 73894\n"
      "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"
      "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"
      "\n"
      "example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n"
      "— example.com/fancylog AAAAAAAAAA==\n";
  const auto proof = parse_proof(text);
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_EQ(proof->index, 73894u);
  EXPECT_EQ(proof->path.size(), 2u);
  EXPECT_TRUE(as_text(*proof->extra).starts_with("age-v1.2.1-darwin-arm64.tar.gz"));
  EXPECT_TRUE(proof->checkpoint.starts_with("example.com/fancylog\n"));
  EXPECT_EQ(format_proof(*proof), text);
}

TEST(Proof, MalformedProofsSayTheLine) {
  const std::string head = "c2sp.org/tlog-proof@v1\n";
  const std::string hash = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "line 1"},
      {"c2sp.org/tlog-proof@v2\nindex 0\n\nx\n", "line 1"},
      {head, "line 2"},
      {head + "extra !\nindex 0\n\nx\n", "line 2"},
      {head + "extra YQ==\n\nx\n", "line 3"},
      {head + "index\n\nx\n", "line 2"},
      {head + "index 01\n\nx\n", "line 2"},
      {head + "index -1\n\nx\n", "line 2"},
      {head + "index 9223372036854775807\n\nx\n", "line 2"},
      {head + "index 0\n" + hash.substr(4) + "\nx\n", "line 3"},
      {head + "index 0\n" + hash, "line 4"},
      {head + "index 0\n\n", "line 3"},
  };
  for (const auto& [text, line] : cases) {
    const auto proof = parse_proof(text);
    ASSERT_FALSE(proof) << text;
    EXPECT_EQ(proof.error().where, line) << text;
  }
  std::string many = head + "index 0\n";
  for (int i = 0; i < 64; ++i)
    many += hash;
  EXPECT_FALSE(parse_proof(many + "\nx\n"));
  EXPECT_EQ(parse_proof(std::string(limits::kLedgerProofBytesMax + 1, 'x')).error().code, ErrorCode::limit);
}

TEST_F(ProofTest, NoProofFromDamagedTiles) {
  build(300);
  std::string tile = slurp(dir_ + "/tile/0/000");
  tile[40] = static_cast<char>(tile[40] ^ 1);
  spit(dir_ + "/tile/0/000", tile);
  EXPECT_EQ(prove(*disk_, dir_, 0).error().code, ErrorCode::corrupt);
  EXPECT_EQ(prove(*disk_, temp_ / "none", 0).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace weir::ledger
