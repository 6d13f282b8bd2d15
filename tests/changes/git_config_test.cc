// What git's configuration names, as git itself reads it.
#include "changes/git_config.h"

#include <gmock/gmock.h>

namespace weir::changes {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(GitConfig, GivesIncludesHooksAndPrograms) {
  const auto names = git_names(
      "# comment\n[include]\n\tpath = ../one.cfg\n[includeIf \"onbranch:a]b\"] path = two.cfg ; why\n"
      "[CORE]\n HooksPath=\"tools/my hooks\"\n\tsshCommand = ssh -i key -F ./conf\n");
  EXPECT_THAT(names.includes, ElementsAre("../one.cfg", "two.cfg"));
  EXPECT_THAT(names.hooks, ElementsAre("tools/my hooks"));
  EXPECT_THAT(names.programs, ElementsAre("ssh -i key -F ./conf", "ssh", "-i", "key", "-F", "./conf"));
}

TEST(GitConfig, ReadsAliasesThatStartPrograms) {
  EXPECT_THAT(git_names("[alias]\n\tst = status\n\tx = \"!f() { ./tools/x.sh; }; f\"\n").programs,
              Contains("./tools/x.sh"));
  EXPECT_THAT(git_names("[alias]\n\tst = status\n").programs, IsEmpty());
}

TEST(GitConfig, JoinsLinesAndUndoesEscapes) {
  const auto names = git_names("[filter \"a \\\" b\"]\n\tclean = run \\\n  \\\"./c d\\\" # no\n\tsmudge\n");
  EXPECT_THAT(names.programs, Contains("./c"));
  EXPECT_THAT(names.programs, Not(Contains("no")));
}

TEST(GitConfig, AddressesAndBranchesAreNoPrograms) {
  const auto names = git_names(
      "[remote \"origin\"]\n\turl = ssh://x/y\n\tfetch = +refs/*:refs/*\n[branch \"main\"]\n\tremote = "
      "origin\n");
  EXPECT_THAT(names.programs, IsEmpty());
  EXPECT_THAT(names.includes, IsEmpty());
}

TEST(GitConfig, EndsWhereTheTextDoes) {
  for (const char* text : {"[", "[core", "[core \"", "[core]\nhooksPath",
                           "[core]\nhooksPath=", "[core]\nhooksPath=\"a", "a\\", "=\\"})
    EXPECT_LE(git_names(text).hooks.size(), 1u) << text;
  EXPECT_THAT(git_names("[core]\nhooksPath=\"a").hooks, ElementsAre("a"));
}

TEST(GitConfig, ReadsNoMoreThanItsLimits) {
  std::string many = "[core]\n";
  for (int i = 0; i < 5000; ++i)
    many += "hooksPath = a\n";
  EXPECT_EQ(git_names(many).hooks.size(), kGitNamesMax);
  many = "[core]\npager = ";
  for (int i = 0; i < 5000; ++i)
    many += "a ";
  EXPECT_EQ(git_names(many).programs.size(), kGitNamesMax);
  EXPECT_THAT(git_names(std::string(kGitConfigBytesMax, '\n') + "[core]\nhooksPath = a\n").hooks, IsEmpty());
}

}  // namespace
}  // namespace weir::changes
