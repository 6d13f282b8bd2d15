// Compiled patterns in files: given back, bounded, and not taken from where somebody else could write.
#include "daemon/pattern_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "os/files.h"
#include "support/throwaway_dir.h"

namespace weir::daemon {
namespace {

class PatternFilesTest : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string state_ = throwaway_.path();

  const std::string dir_ = patterns_dir(state_);
};

TEST_F(PatternFilesTest, GivesBackWhatWasPut) {
  PatternFiles files(dir_);
  EXPECT_EQ(files.get("ab"), "");
  files.put("ab", "bytes");
  EXPECT_EQ(PatternFiles(dir_).get("ab"), "bytes");
  const auto info = os::file_info(dir_ + "/ab.hs");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->mode & 0777, 0600u);
  EXPECT_EQ(os::file_info(dir_)->mode & 0777, 0700u);
}

TEST_F(PatternFilesTest, KeepsTheLatest) {
  PatternFiles files(dir_);
  for (std::size_t i = 0; i < kPatternFilesMax + 5; ++i)
    files.put(std::string(1, static_cast<char>('a' + i)), "bytes");
  EXPECT_EQ(os::list_dir(dir_).size(), kPatternFilesMax);
  EXPECT_EQ(files.get(std::string(1, static_cast<char>('a' + kPatternFilesMax + 4))), "bytes");
}

TEST_F(PatternFilesTest, TakesNothingThatOthersCouldHaveWritten) {
  PatternFiles files(dir_);
  files.put("ab", "bytes");
  const std::string path = dir_ + "/ab.hs";
  ASSERT_EQ(::chmod(path.c_str(), 0620), 0);
  EXPECT_EQ(files.get("ab"), "");
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_EQ(files.get("ab"), "bytes");
  ASSERT_EQ(::chmod(dir_.c_str(), 0770), 0);
  EXPECT_EQ(files.get("ab"), "");
  ASSERT_EQ(::chmod(dir_.c_str(), 0700), 0);
  std::filesystem::rename(path, dir_ + "/elsewhere");
  std::filesystem::create_symlink(dir_ + "/elsewhere", path);
  EXPECT_EQ(files.get("ab"), "") << "a link";
}

TEST_F(PatternFilesTest, WhatCannotBeKeptIsNoFault) {
  std::filesystem::create_directory(state_ + "/elsewhere");
  std::filesystem::create_symlink(state_ + "/elsewhere", dir_);
  PatternFiles files(dir_);
  files.put("ab", "bytes");
  EXPECT_EQ(files.get("ab"), "");
  EXPECT_TRUE(os::list_dir(state_ + "/elsewhere").empty());
}

}  // namespace
}  // namespace weir::daemon
