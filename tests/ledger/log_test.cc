#include "ledger/log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/verify.h"
#include "support.h"

namespace weir::ledger {
namespace {

class LogTest : public testing::Test {
 protected:
  Result<Log> open(std::uint8_t seed = 7) { return Log::open(dir_, test_signer(seed)); }
  std::string file(std::string_view name) const { return dir_ + "/" + std::string(name); }
  std::uint64_t checkpoint_size() const {
    const auto checkpoint = open_checkpoint(slurp(file("checkpoint")), test_signer().verifier());
    return checkpoint ? checkpoint->size : UINT64_MAX;
  }
  void expect_verifies() const {
    const auto report = verify(dir_, {.key = test_signer().verifier()});
    ASSERT_TRUE(report) << report.error().message();
    for (const auto& problem : report->problems)
      ADD_FAILURE() << problem.where << ": " << problem.what;
    EXPECT_TRUE(report->strays.empty());
  }

  support::ThrowawayDir temp_;
  std::string dir_ = temp_ / "new/ledger";
};

TEST_F(LogTest, AppendsSignsAndReopens) {
  std::string first;
  {
    auto log = open();
    ASSERT_TRUE(log) << log.error().message();
    EXPECT_EQ(log->size(), 0u);
    EXPECT_EQ(log->root(), empty_root());
    EXPECT_FALSE(log->published_size());
    ASSERT_TRUE(log->append(0, entries(0, 300)));
    EXPECT_FALSE(os::exists(file("checkpoint")));
    ASSERT_TRUE(log->checkpoint());
    EXPECT_EQ(log->published_size(), 300u);
    EXPECT_EQ(log->root(), reference_root(0, 300));
    first = slurp(file("checkpoint"));
  }
  expect_verifies();
  auto log = open();
  ASSERT_TRUE(log) << log.error().message();
  EXPECT_EQ(log->size(), 300u);
  EXPECT_EQ(log->published_size(), 300u);
  ASSERT_TRUE(log->checkpoint());  // nothing new: the same bytes
  EXPECT_EQ(slurp(file("checkpoint")), first);
  ASSERT_TRUE(log->append(300, entries(300, 513)));
  ASSERT_TRUE(log->checkpoint());
  EXPECT_EQ(log->root(), reference_root(0, 513));
  expect_verifies();
}

TEST_F(LogTest, EmptyLogHasACheckpoint) {
  auto log = open();
  ASSERT_TRUE(log->checkpoint());
  EXPECT_EQ(checkpoint_size(), 0u);
  expect_verifies();
}

TEST_F(LogTest, HandingOverAgainIsHarmlessIfEqual) {
  auto log = open();
  ASSERT_TRUE(log->append(0, entries(0, 600)));
  ASSERT_TRUE(log->append(0, entries(0, 600)));  // none on disk yet
  ASSERT_TRUE(log->checkpoint());
  ASSERT_TRUE(log->append(0, entries(0, 700)));  // tiles, edge and new ones
  ASSERT_TRUE(log->append(650, entries(650, 700)));
  EXPECT_EQ(log->size(), 700u);
  EXPECT_EQ(log->root(), reference_root(0, 700));
  ASSERT_TRUE(log->append(700, {}));
  for (const std::uint64_t at : {std::uint64_t{3}, std::uint64_t{511}, std::uint64_t{699}}) {
    auto list = entries(at, 701);
    list[0] += "x";
    const auto refused = log->append(at, list);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
    EXPECT_NE(refused.error().what.find("entry " + std::to_string(at) + " "), std::string::npos);
  }
  EXPECT_EQ(log->size(), 700u);
}

TEST_F(LogTest, RefusesGapsAndLargeEntriesAndTakesNothing) {
  auto log = open();
  EXPECT_EQ(log->append(1, entries(0, 1)).error().code, ErrorCode::invalid);
  EXPECT_EQ(log->append(0, std::vector<std::string>{"a", std::string(65'536, 'x')}).error().code,
            ErrorCode::limit);
  EXPECT_EQ(log->size(), 0u);
  ASSERT_TRUE(log->append(0, std::vector<std::string>{std::string(65'535, 'x')}));
  ASSERT_TRUE(log->checkpoint());
  expect_verifies();
}

TEST_F(LogTest, PartialTilesStayUntilTheFullOneIsThere) {
  auto log = open();
  for (const std::uint64_t size : {3, 10, 255}) {
    ASSERT_TRUE(log->append(log->size(), entries(log->size(), size)));
    ASSERT_TRUE(log->checkpoint());
  }
  for (const char* width : {"3", "10", "255"}) {
    EXPECT_TRUE(os::exists(file("tile/0/000.p/" + std::string(width))));
    EXPECT_TRUE(os::exists(file("tile/entries/000.p/" + std::string(width))));
  }
  expect_verifies();
  ASSERT_TRUE(log->append(255, entries(255, 258)));
  ASSERT_TRUE(log->checkpoint());
  EXPECT_FALSE(os::exists(file("tile/0/000.p")));
  EXPECT_FALSE(os::exists(file("tile/entries/000.p")));
  EXPECT_TRUE(os::exists(file("tile/0/000")));
  EXPECT_TRUE(os::exists(file("tile/1/000.p/1")));
  expect_verifies();
}

TEST_F(LogTest, MemoryStaysBoundedWithoutCheckpoints) {
  auto log = Log::open(dir_, test_signer(), {.pending_bytes_max = 64 * 1024});
  ASSERT_TRUE(log->append(0, entries(0, 5000)));
  EXPECT_TRUE(os::exists(file("tile/entries/000")));  // written before any checkpoint
  EXPECT_FALSE(os::exists(file("checkpoint")));
  ASSERT_TRUE(log->append(0, entries(0, 5000)));
  ASSERT_TRUE(log->checkpoint());
  expect_verifies();
}

// Small entries make many files at once: more than a process may hold open.
TEST_F(LogTest, ManySmallEntriesAtOnce) {
  auto log = open();
  const std::vector<std::string> list(300'000, "x");
  ASSERT_TRUE(log->append(0, list));
  const auto status = log->checkpoint();
  ASSERT_TRUE(status) << status.error().message();
  expect_verifies();
}

TEST_F(LogTest, OneWriterOnly) {
  auto log = open();
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
  EXPECT_NE(second.error().message().find("only one process"), std::string::npos);
}

TEST_F(LogTest, AnotherKeyIsRefused) {
  build_log(dir_, {5});
  const auto other = open(8);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::denied);
  EXPECT_EQ(checkpoint_size(), 5u);
}

TEST_F(LogTest, PublishesWhatWasSignedBeforeACrash) {
  build_log(dir_, {5});
  const std::string old = slurp(file("checkpoint"));
  build_log(dir_, {9});
  spit(file("checkpoint"), old);  // as if the last rename had not happened
  {
    auto log = open();
    ASSERT_TRUE(log) << log.error().message();
    EXPECT_EQ(log->size(), 9u);
    EXPECT_EQ(log->published_size(), 5u);
    ASSERT_TRUE(log->checkpoint());
    EXPECT_EQ(checkpoint_size(), 9u);
  }
  ASSERT_EQ(::unlink(file("checkpoint").c_str()), 0);
  auto log = open();
  ASSERT_TRUE(log) << log.error().message();
  ASSERT_TRUE(log->checkpoint());
  EXPECT_EQ(checkpoint_size(), 9u);
}

TEST_F(LogTest, NeverSignsBelowWhatWasSigned) {
  build_log(dir_, {5});
  const std::string old = slurp(file("signed"));
  build_log(dir_, {9});
  spit(file("signed"), old);
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_EQ(refused.error().where, file("checkpoint"));
  ASSERT_EQ(::unlink(file("signed").c_str()), 0);
  EXPECT_EQ(open().error().code, ErrorCode::corrupt);
}

TEST_F(LogTest, NeverSignsAnotherTree) {
  build_log(dir_, {300});
  // A tree of the same size, signed by the same key, over other entries.
  const std::string other = temp_ / "other";
  {
    auto log = Log::open(other, test_signer());
    ASSERT_TRUE(log->append(0, entries(1, 301)));
    ASSERT_TRUE(log->checkpoint());
  }
  spit(file("checkpoint"), slurp(other + "/checkpoint"));
  auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_NE(refused.error().message().find("different roots"), std::string::npos);
  // Both records replaced: the tree contradicts them.
  spit(file("signed"), slurp(other + "/signed"));
  refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  // An older checkpoint of the other tree beside our `signed`.
  const std::string third = temp_ / "third";
  {
    auto log = Log::open(third, test_signer());
    ASSERT_TRUE(log->append(0, entries(1, 200)));
    ASSERT_TRUE(log->checkpoint());
  }
  std::filesystem::remove_all(dir_);
  build_log(dir_, {300});
  spit(file("checkpoint"), slurp(third + "/checkpoint"));
  refused = open();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("does not extend"), std::string::npos);
}

TEST_F(LogTest, DamageOfTheRightEdgeIsFoundOnOpen) {
  build_log(dir_, {600});
  for (const char* name :
       {"tile/0/002.p/88", "tile/entries/002.p/88", "tile/1/000.p/2", "signed", "checkpoint", "vkey"}) {
    const std::string good = slurp(file(name));
    std::string bad = good;
    bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
    spit(file(name), bad);
    EXPECT_FALSE(open()) << name;
    spit(file(name), good.substr(0, good.size() - 1));
    EXPECT_FALSE(open()) << name;
    ASSERT_EQ(::unlink(file(name).c_str()), 0);
    if (std::string_view(name).starts_with("tile")) {
      EXPECT_EQ(open().error().code, ErrorCode::corrupt) << name;
    }
    spit(file(name), good);
    EXPECT_TRUE(open()) << name;
  }
}

// Root may write anywhere: for the time of a test it becomes nobody.
class AsNobody {
 public:
  explicit AsNobody(const std::string& dir) {
    if (::geteuid() != 0) return;
    switched_ = ::chmod(dir.c_str(), 0777) == 0 && ::seteuid(65534) == 0;
    EXPECT_TRUE(switched_);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() {
    if (switched_) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }

 private:
  bool switched_ = false;
};

TEST_F(LogTest, ReadOnlyDirectoryIsSaidAndNothingIsLost) {
  const AsNobody nobody(temp_.path());
  {
    auto log = open();
    ASSERT_TRUE(log) << log.error().message();
    ASSERT_TRUE(log->append(0, entries(0, 10)));
    ASSERT_EQ(::chmod(dir_.c_str(), 0500), 0);
    const auto refused = log->checkpoint();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::denied);
    EXPECT_NE(refused.error().message().find("writable"), std::string::npos);
    ASSERT_EQ(::chmod(dir_.c_str(), 0700), 0);
    ASSERT_TRUE(log->checkpoint());
  }
  expect_verifies();
  // Reading needs no right to write.
  ASSERT_EQ(::chmod(dir_.c_str(), 0500), 0);
  expect_verifies();
  ASSERT_EQ(::unlink((dir_ + "/lock").c_str()), -1);
  ASSERT_EQ(::chmod(dir_.c_str(), 0700), 0);
}

}  // namespace
}  // namespace weir::ledger
