// `weir completion`: the scripts name every command, and bash, zsh and fish really complete with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "cli/commands.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;

std::string script(const std::string& shell) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run_command_line(all_commands(), {"completion", shell}, in, out, err), exit_code::kFine)
      << err.str();
  return out.str();
}

// What bash offers when the cursor stands behind `words`, the last of which is being typed.
std::string completed(const std::vector<std::string>& words) {
  std::string line = script("bash") + "COMP_WORDS=(";
  for (const auto& word : words)
    line += " '" + word + "'";
  line += "); COMP_CWORD=" + std::to_string(words.size() - 1) + "; _weir; echo \"${COMPREPLY[*]}\"\n";
  const auto ran = os::run_child({.argv = {"bash", "--norc", "--noprofile", "-s"}, .cwd = "", .input = line});
  EXPECT_TRUE(ran);
  EXPECT_EQ(ran->err, "");
  return ran->out;
}

TEST(Completion, BashCompletesCommandsGroupsAndOptions) {
  EXPECT_EQ(completed({"weir", "doc"}), "doctor\n");
  EXPECT_EQ(completed({"weir", "ledger", "verify-"}), "verify-proof\n");
  EXPECT_EQ(completed({"weir", "doctor", "--l"}), "--live\n");
  EXPECT_EQ(completed({"weir", "ledger", "verify", "--vk"}), "--vkey\n");
  EXPECT_EQ(completed({"weir", "--quiet", "ledger", "verify", "--vk"}), "--vkey\n");
  EXPECT_EQ(completed({"weir", "run", "--", "c"}), "\n");
  EXPECT_THAT(completed({"weir", ""}), HasSubstr("inspect"));
}

TEST(Completion, FishCompletesCommandsGroupsAndOptions) {
  const auto offered = [](const std::string& line) {
    const auto ran =
        os::run_child({.argv = {"fish", "--no-config"},
                       .cwd = "",
                       .input = script("fish") + "complete -C '" + line + "' | string split -f1 \\t\n"});
    return ran ? ran->out + ran->err : ran.error().message();
  };
  EXPECT_EQ(offered("weir doc"), "doctor\n");
  EXPECT_EQ(offered("weir ledger verify-"), "verify-proof\n");
  EXPECT_EQ(offered("weir doctor --l"), "--live\n");
  EXPECT_EQ(offered("weir ledger verify --vk"), "--vkey\n");
  EXPECT_EQ(offered("weir --quiet ledger exp"), "export\n");
}

// zsh completes only at a terminal: zpty gives it one, into which the line and the key are typed.
TEST(Completion, ZshCompletesCommandsGroupsAndOptions) {
  char dir[] = "/tmp/weir-zsh.XXXXXX";
  ASSERT_NE(::mkdtemp(dir), nullptr);
  const std::string home = dir;
  ASSERT_TRUE(os::write_file_atomic(home + "/_weir", script("zsh")));
  const auto typed = [&](const std::string& line, const std::string& becomes) {
    const std::string talk =
        "zmodload zsh/zpty; export HOME=" + home + " TERM=dumb; zpty z zsh -f -i\n" + "zpty -w z 'fpath=(" +
        home + " $fpath); autoload -Uz compinit; compinit -u -D; " +
        "echo rea\"\"dy'\nzpty -r -m z seen '*ready*' || exit 1\n" + "zpty -w -n z $'" + line +
        "\\t'\nzpty -r -m z seen '*" + becomes + "*' && echo completed\nzpty -d z\n";
    const auto ran = os::run_child({.argv = {"zsh", "-f"}, .cwd = "", .input = talk, .timeout_ms = 20'000});
    return ran && ran->out.contains("completed");
  };
  EXPECT_TRUE(typed("weir doc", "weir doctor "));
  EXPECT_TRUE(typed("weir ledger verify-", "weir ledger verify-proof "));
  EXPECT_TRUE(typed("weir doctor --l", "weir doctor --live "));
  EXPECT_TRUE(typed("weir --quiet ledger exp", "weir --quiet ledger export "));
  std::filesystem::remove_all(home);
}

TEST(Completion, EveryCommandAndOptionIsInEveryScript) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const std::string text = script(shell);
    for (const auto& command : all_commands()) {
      EXPECT_THAT(text, HasSubstr(command.name.substr(command.name.find(' ') + 1))) << shell;
      for (const auto& option : command.options) {
        const std::string name = option.name.substr(option.name.find("--") + 2);
        EXPECT_THAT(text, HasSubstr((shell == "fish" ? "-l " : "--") + name)) << shell << " " << command.name;
      }
    }
  }
}

TEST(Completion, AnUnknownShellIsAUsageError) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run_command_line(all_commands(), {"completion", "tcsh"}, in, out, err), exit_code::kUsage);
  EXPECT_THAT(err.str(), HasSubstr("bash, zsh or fish"));
}

// The page is a promise: whatever the program has stands on it.
TEST(Docs, EveryCommandAndOptionStandsOnThePage) {
  const auto page = os::read_file(WEIR_SOURCE_DIR "/docs/cli.md", limits::kMiB);
  ASSERT_TRUE(page);
  for (const auto& command : all_commands()) {
    EXPECT_TRUE(page->contains("`weir " + command.name)) << command.name;
    for (const auto& option : command.options)
      EXPECT_TRUE(page->contains(option.name.substr(option.name.find("--"))))
          << command.name << " " << option.name;
  }
}

TEST(Version, IsOneLine) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run_command_line(all_commands(), {"--version"}, in, out, err), exit_code::kFine);
  EXPECT_THAT(out.str(), testing::MatchesRegex("weir [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

}  // namespace
}  // namespace weir::cli
