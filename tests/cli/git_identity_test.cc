#include "cli/git_identity.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "os/files.h"
#include "os/process.h"

namespace weir::cli {
namespace {

TEST(GitIdentity, TakesNameAndAddressAndNothingElse) {
  if (!os::find_program("git")) GTEST_SKIP() << "there is no git";
  char name[] = "/tmp/weir-git.XXXXXX";
  const std::string home = ::mkdtemp(name);
  const std::string before = os::env_or("HOME", "");
  ::setenv("HOME", home.c_str(), 1);
  ::setenv("XDG_CONFIG_HOME", home.c_str(), 1);
  EXPECT_EQ(git_identity(), "");
  ASSERT_TRUE(os::write_file_atomic(home + "/.gitconfig",
                                    "[user]\n\tname = Ann \\\"A\\\" \\\\ B\n\temail = ann@corp.example\n"
                                    "[credential]\n\thelper = !x\n[core]\n\tpager = y\n"));
  const std::string text = git_identity();
  EXPECT_EQ(text, "[user]\n\tname = \"Ann \\\"A\\\" \\\\ B\"\n\temail = \"ann@corp.example\"\n");
  // And git reads it back.
  ASSERT_TRUE(os::write_file_atomic(home + "/.gitconfig", text));
  EXPECT_EQ(git_identity(), text);
  ::setenv("HOME", before.c_str(), 1);
  ::unsetenv("XDG_CONFIG_HOME");
  std::filesystem::remove_all(home);
}

}  // namespace
}  // namespace weir::cli
