#include "cli/git_identity.h"

#include <gtest/gtest.h>

#include "os/files.h"
#include "os/process.h"
#include "support/surroundings.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

TEST(GitIdentity, TakesNameAndAddressAndNothingElse) {
  if (!os::find_program("git")) GTEST_SKIP() << "there is no git";
  const support::ThrowawayDir home;
  const support::WithVariable home_variable("HOME", home.path());
  const support::WithVariable config_home("XDG_CONFIG_HOME", home.path());
  EXPECT_EQ(git_identity(), "");
  ASSERT_TRUE(os::write_file_atomic(home / ".gitconfig",
                                    "[user]\n\tname = Ann \\\"A\\\" \\\\ B\n\temail = ann@corp.example\n"
                                    "[credential]\n\thelper = !x\n[core]\n\tpager = y\n"));
  const std::string text = git_identity();
  EXPECT_EQ(text, "[user]\n\tname = \"Ann \\\"A\\\" \\\\ B\"\n\temail = \"ann@corp.example\"\n");
  // And git reads it back.
  ASSERT_TRUE(os::write_file_atomic(home / ".gitconfig", text));
  EXPECT_EQ(git_identity(), text);
}

}  // namespace
}  // namespace weir::cli
