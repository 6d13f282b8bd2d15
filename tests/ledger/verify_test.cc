// Both verifiers, ours and the independent one, over logs of the sizes where the tree changes its shape, and
// over damaged copies, which both must refuse.
#include "ledger/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "ledger/mirror.h"
#include "support.h"

namespace weir::ledger {
namespace {

namespace fs = std::filesystem;

std::string problems_of(const VerifyReport& report) {
  std::string text;
  for (const Problem& problem : report.problems)
    text += problem.where + ": " + problem.what + "\n";
  return text;
}

bool accepts(const std::string& dir) {
  const auto report = verify(dir);
  return report && report->ok();
}

TEST(Verify, BothVerifiersAgreeAtEverySize) {
  const support::ThrowawayDir temp;
  const std::vector<std::uint64_t> sizes = {0, 1, 2, 255, 256, 257, 511, 512, 65536, 65537, 70000};
  std::vector<std::string> dirs;
  for (const std::uint64_t size : sizes) {
    dirs.push_back(temp / std::to_string(size));
    // Signed on the way, too, so that older partial tiles lie about.
    build_log(dirs.back(), {size / 3, size - size / 7, size});
    const auto report = verify(dirs.back(), {.key = test_signer().verifier()});
    ASSERT_TRUE(report) << size << ": " << report.error().message();
    EXPECT_TRUE(report->ok()) << size << "\n" << problems_of(*report);
    EXPECT_EQ(report->size, size);
    EXPECT_EQ(report->root, reference_root(0, size));
    EXPECT_EQ(report->origin, "weir.local/test");
    EXPECT_TRUE(report->pinned);
    EXPECT_EQ(report->unsigned_files, 0u);
    EXPECT_FALSE(verify(dirs.back())->pinned);
  }
  const auto rows = independent_verdicts(dirs);
  if (!rows) GTEST_SKIP() << "node is not installed: the independent verifier did not run";
  ASSERT_EQ(rows->size(), sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_TRUE((*rows)[i]["ok"].bool_or(false)) << compact((*rows)[i]);
    EXPECT_EQ((*rows)[i]["size"].int_or(-1), static_cast<std::int64_t>(sizes[i]));
    EXPECT_EQ((*rows)[i]["root"].text_or(""), to_base64(reference_root(0, sizes[i])));
  }
}

// A copy of `dir` for each way to damage it: every file with flipped bits, cut, extended, emptied, removed.
class Damage {
 public:
  Damage(const std::string& dir, const std::string& below) : dir_(dir), below_(below) {
    for (const auto& item : fs::recursive_directory_iterator(dir))
      if (item.is_regular_file()) files_.push_back(fs::relative(item.path(), dir).string());
    for (const std::string& file : files_) {
      if (file == "lock" || file == "signed") continue;
      const std::string good = slurp(dir + "/" + file);
      for (const std::size_t at : {std::size_t{0}, good.size() / 3, good.size() - 1})
        for (const int bit : {0, 5}) {
          std::string bad = good;
          bad[at] = static_cast<char>(bad[at] ^ 1 << bit);
          copy_with(file, bad);
        }
      copy_with(file, good.substr(0, good.size() - 1));
      copy_with(file, good.substr(0, good.size() / 2));
      copy_with(file, "");
      copy_with(file, good + good.substr(0, 32));
      copy_with(file, good + std::string(32, '\0'));
    }
  }
  const std::vector<std::string>& dirs() const { return dirs_; }
  const std::vector<std::string>& what() const { return what_; }

 private:
  void copy_with(const std::string& file, const std::string& bytes) {
    const std::string to = below_ + "/" + std::to_string(dirs_.size());
    fs::copy(dir_, to, fs::copy_options::recursive);
    spit(to + "/" + file, bytes);
    dirs_.push_back(to);
    what_.push_back(file + " (" + std::to_string(bytes.size()) + " bytes)");
  }

  std::string dir_;
  std::string below_;
  std::vector<std::string> files_;
  std::vector<std::string> dirs_;
  std::vector<std::string> what_;
};

TEST(Verify, BothVerifiersRefuseEveryDamagedFile) {
  const support::ThrowawayDir temp;
  build_log(temp / "log", {3, 90, 300, 520, 600});
  ASSERT_TRUE(mirror(*real_disk(), temp / "log", temp / "mirror"));
  for (const char* source : {"log", "mirror"}) {
    fs::create_directory(temp / (std::string(source) + "-damaged"));
    const Damage damage(temp / source, temp / (std::string(source) + "-damaged"));
    ASSERT_GT(damage.dirs().size(), 80u);
    const auto rows = independent_verdicts(damage.dirs());
    for (std::size_t i = 0; i < damage.dirs().size(); ++i) {
      EXPECT_FALSE(accepts(damage.dirs()[i])) << damage.what()[i];
      if (rows) {
        EXPECT_FALSE((*rows)[i]["ok"].bool_or(true)) << damage.what()[i];
      }
    }
  }
}

TEST(Verify, EveryBitOfASmallLogCounts) {
  const support::ThrowawayDir temp;
  const std::string dir = temp / "log";
  build_log(dir, {2, 3});
  ASSERT_TRUE(accepts(dir));
  for (const char* name : {"checkpoint", "vkey", "signed", "tile/0/000.p/2", "tile/0/000.p/3",
                           "tile/entries/000.p/2", "tile/entries/000.p/3"}) {
    const std::string good = slurp(dir + "/" + name);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
      spit(dir + "/" + name, bad);
      EXPECT_FALSE(accepts(dir)) << name << " bit " << bit;
    }
    spit(dir + "/" + name, good);
  }
  EXPECT_TRUE(accepts(dir));
}

TEST(Verify, MissingFilesAreNamed) {
  const support::ThrowawayDir temp;
  const std::string dir = temp / "log";
  build_log(dir, {600});
  for (const char* name :
       {"tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/88"}) {
    const std::string good = slurp(dir + "/" + name);
    fs::remove(dir + "/" + name);
    const auto report = verify(dir);
    ASSERT_TRUE(report);
    ASSERT_FALSE(report->ok()) << name;
    EXPECT_EQ(report->problems[0].where, name);
    spit(dir + "/" + name, good);
  }
  fs::remove(dir + "/checkpoint");
  EXPECT_EQ(verify(dir).error().code, ErrorCode::not_found);
  EXPECT_EQ(verify(temp / "none").error().code, ErrorCode::not_found);
}

TEST(Verify, SaysWhichEntryIsWrong) {
  const support::ThrowawayDir temp;
  const std::string dir = temp / "log";
  build_log(dir, {600});
  const std::string name = dir + "/tile/entries/001";
  std::string bytes = slurp(name);
  const auto at = bytes.find(R"({"n":300,)");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 5] = '9';
  spit(name, bytes);
  const auto report = verify(dir);
  ASSERT_EQ(report->problems.size(), 1u) << problems_of(*report);
  EXPECT_EQ(report->problems[0].entry, 300u);
  EXPECT_THAT(report->problems[0].what, testing::HasSubstr("entry 300 in tile/entries/001"));
  EXPECT_EQ(report->problems[0].where, "tile/0/001");
}

TEST(Verify, SinceFindsRollbackAndFork) {
  const support::ThrowawayDir temp;
  const std::string dir = temp / "log";
  build_log(dir, {200});
  const std::string at_200 = slurp(dir + "/checkpoint");
  fs::copy(dir, temp / "rolled-back", fs::copy_options::recursive);
  build_log(dir, {700});
  const std::string at_700 = slurp(dir + "/checkpoint");
  const auto fine = verify(dir, {.since = at_200});
  EXPECT_TRUE(fine->ok()) << problems_of(*fine);
  EXPECT_EQ(fine->since_size, 200u);
  const auto back = verify(temp / "rolled-back", {.since = at_700});
  ASSERT_FALSE(back->ok());
  EXPECT_THAT(back->problems[0].what, testing::HasSubstr("rolled back"));
  {
    auto log = Log::open(temp / "fork", test_signer());
    ASSERT_TRUE(log->append(0, entries(1, 900)));
    ASSERT_TRUE(log->checkpoint());
  }
  const auto fork = verify(temp / "fork", {.since = at_200});
  ASSERT_FALSE(fork->ok());
  EXPECT_THAT(fork->problems[0].what, testing::HasSubstr("forked"));
  // The independent verifier says the same.
  spit(temp / "since", at_200);
  if (const auto rows = independent_verdicts({"--since", temp / "since", dir, temp / "fork"})) {
    EXPECT_TRUE((*rows)[0]["ok"].bool_or(false));
    EXPECT_FALSE((*rows)[1]["ok"].bool_or(true));
  }
  EXPECT_EQ(verify(dir, {.since = "nonsense"}).error().code, ErrorCode::invalid);
  const std::string foreign = sign_checkpoint(1, leaf_hash({}), test_signer(9));
  EXPECT_EQ(verify(dir, {.since = foreign}).error().code, ErrorCode::denied);
}

TEST(Verify, AnotherKeyIsRefused) {
  const support::ThrowawayDir temp;
  build_log(temp / "log", {3});
  const auto refused = verify(temp / "log", {.key = test_signer(8).verifier()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  // A key from outside serves where none lies beside the checkpoint.
  fs::remove(temp / "log/vkey");
  EXPECT_FALSE(verify(temp / "log"));
  EXPECT_TRUE(verify(temp / "log", {.key = test_signer().verifier()})->ok());
}

TEST(Verify, FilesBeyondTheCheckpointAreUnsignedAndChecked) {
  const support::ThrowawayDir temp;
  const std::string dir = temp / "log";
  build_log(dir, {300});
  const std::string checkpoint = slurp(dir + "/checkpoint");
  build_log(dir, {1000});
  // As a reader that fetched the checkpoint a moment ago: partial tiles of 300 have become full ones.
  spit(dir + "/checkpoint", checkpoint);
  auto report = verify(dir);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->ok()) << problems_of(*report);
  EXPECT_GT(report->unsigned_files, 0u);
  std::string tile = slurp(dir + "/tile/0/001");
  tile[5] = static_cast<char>(tile[5] ^ 1);
  spit(dir + "/tile/0/001", tile);
  EXPECT_FALSE(accepts(dir));
}

TEST(Verify, HostileDirectoriesEndSoon) {
  const support::ThrowawayDir temp;
  const std::string dir = temp / "log";
  build_log(dir, {3});
  const Signer signer = test_signer();
  spit(dir + "/checkpoint", sign_checkpoint(limits::kLedgerSizeMax, leaf_hash({}), signer));
  const auto report = verify(dir);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->cut);
  EXPECT_EQ(report->problems.size(), limits::kLedgerProblemsMax);
  // Neither a pipe nor a device nor a link is read.
  const std::string second = temp / "second";
  build_log(second, {3});
  const std::string tile = second + "/tile/0/000.p/3";
  fs::remove(tile);
  ASSERT_EQ(::mkfifo(tile.c_str(), 0600), 0);
  EXPECT_FALSE(accepts(second));
  fs::remove(tile);
  fs::create_symlink("/dev/zero", tile);
  EXPECT_FALSE(accepts(second));
  // Strangers among the tiles are told, and are not part of the log.
  build_log(temp / "third", {3});
  spit(temp / "third/tile/0/00", "x");
  const auto strays = verify(temp / "third");
  EXPECT_TRUE(strays->ok());
  EXPECT_EQ(strays->strays, std::vector<std::string>{"tile/0/00"});
}

}  // namespace
}  // namespace weir::ledger
