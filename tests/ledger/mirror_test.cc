#include "ledger/mirror.h"

#include <gtest/gtest.h>

#include "ledger/verify.h"
#include "support.h"

namespace weir::ledger {
namespace {

class MirrorTest : public testing::Test {
 protected:
  Result<MirrorReport> copy() { return mirror(*disk_, log_, to_); }
  support::ThrowawayDir temp_;
  std::unique_ptr<Disk> disk_ = real_disk();
  std::string log_ = temp_ / "log";
  std::string to_ = temp_ / "www/log";
};

TEST_F(MirrorTest, CopyVerifiesAndHoldsNothingElse) {
  build_log(log_, {3, 600});
  const auto report = copy();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->size, 600u);
  EXPECT_EQ(os::list_dir(to_), (std::vector<std::string>{"checkpoint", "tile", "vkey"}));
  EXPECT_TRUE(verify(to_, {.key = test_signer().verifier()})->ok());
}

TEST_F(MirrorTest, IsBroughtUpToDate) {
  build_log(log_, {600});
  ASSERT_TRUE(copy());
  build_log(log_, {1200});
  const auto report = copy();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_GE(report->kept, 4u);
  EXPECT_EQ(verify(to_)->size, 1200u);
  EXPECT_TRUE(verify(to_)->ok());
  // Once more: nothing but the two small files is written.
  EXPECT_EQ(copy()->written, 2u);
}

TEST_F(MirrorTest, RefusesOtherThings) {
  build_log(log_, {600});
  std::filesystem::create_directories(to_);
  spit(to_ + "/holiday.jpg", "x");
  EXPECT_EQ(copy().error().code, ErrorCode::exists);
  std::filesystem::remove_all(to_);
  // A ledger that is written to, even the very same.
  EXPECT_EQ(mirror(*disk_, log_, log_).error().code, ErrorCode::exists);
  // A copy that is ahead: the ledger was rolled back.
  ASSERT_TRUE(copy());
  std::filesystem::remove_all(log_);
  build_log(log_, {300});
  const auto back = copy();
  ASSERT_FALSE(back);
  EXPECT_NE(back.error().message().find("rolled back"), std::string::npos);
  // A copy of another history.
  std::filesystem::remove_all(log_);
  {
    auto log = Log::open(log_, test_signer());
    ASSERT_TRUE(log->append(0, entries(1, 900)));
    ASSERT_TRUE(log->checkpoint());
  }
  const auto fork = copy();
  ASSERT_FALSE(fork);
  EXPECT_NE(fork.error().message().find("forked"), std::string::npos);
}

TEST_F(MirrorTest, DamagedTilesAreNotCopied) {
  build_log(log_, {600});
  spit(log_ + "/tile/entries/001", "x");
  const auto refused = copy();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "tile/entries/001");
  EXPECT_FALSE(os::exists(to_ + "/checkpoint"));
}

}  // namespace
}  // namespace weir::ledger
