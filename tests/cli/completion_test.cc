// `weir completion`: the scripts name every command, and bash, zsh and fish really complete with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "os/files.h"
#include "os/process.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string script(const std::string& shell) {
  const Ran ran = run_weir({"completion", shell});
  EXPECT_EQ(ran.code, exit_code::kFine) << ran.err;
  return ran.out;
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

TEST(Completion, BashKeepsCommandsOfTwoWordsApartFromThoseOfOne) {
  EXPECT_EQ(completed({"weir", "flow", "vouch", "--p"}), "--pin\n");
  EXPECT_EQ(completed({"weir", "flow", "files", "--s"}), "\n");
  EXPECT_EQ(completed({"weir", "flow", "tools", "--ser"}), "--server\n");
  EXPECT_EQ(completed({"weir", "flow", "vo"}), "vouch\n");
  EXPECT_EQ(completed({"weir", "flow", "--sv"}), "--svg\n");
  EXPECT_EQ(completed({"weir", "flow", "a-session", "--sv"}), "--svg\n");
  EXPECT_EQ(completed({"weir", "flow", "a-session", "vo"}), "\n");
}

TEST(Completion, BashOffersValues) {
  EXPECT_EQ(completed({"weir", "completion", ""}), "bash zsh fish\n");
  EXPECT_EQ(completed({"weir", "log", "--color", ""}), "auto always never\n");
  EXPECT_EQ(completed({"weir", "log", "--color", "=", "al"}), "always\n");
  EXPECT_EQ(completed({"weir", "log", "--color", "="}), "auto always never\n");
  EXPECT_EQ(completed({"weir", "pod", "exec", "--level", ""}), "L3 L2 L1 L0\n");
  EXPECT_EQ(completed({"weir", "pod", "exec", "--profile", "n"}), "node\n");
  EXPECT_EQ(completed({"weir", "replay", "--profile", "s"}), "standard strict\n");
  EXPECT_EQ(completed({"weir", "commit", "--held", ""}), "\n") << "readline offers files then";
}

// Pods have no names that could be known beforehand: the program itself is asked.
TEST(Completion, BashOffersThePodsThatAreThere) {
  const std::string weir = "weir() { [[ $1 == pods ]] && echo '0193-a  2026-11-20  ended  /w'; }\n";
  const auto ran = os::run_child({.argv = {"bash", "--norc", "--noprofile", "-s"},
                                  .cwd = "",
                                  .input = weir + script("bash") +
                                           "COMP_WORDS=(weir diff --pod ''); COMP_CWORD=3; _weir; "
                                           "echo \"${COMPREPLY[*]}\"\n"});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->out, "0193-a\n");
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
  // Two words, one word, and one word that is the second of others.
  EXPECT_EQ(offered("weir flow vouch --p"), "--pin\n");
  EXPECT_EQ(offered("weir flow files --s"), "");
  EXPECT_EQ(offered("weir flow --sv"), "--svg\n");
  EXPECT_EQ(offered("weir flow vo"), "vouch\n");
  EXPECT_EQ(offered("weir policy diff --st"), "");
  EXPECT_EQ(offered("weir diff --st"), "--stat\n");
  // Values.
  EXPECT_EQ(offered("weir log --color al"), "always\n");
  EXPECT_EQ(offered("weir log --color=al"), "--color=always\n");
  EXPECT_EQ(offered("weir pod exec --level "), "L0\nL1\nL2\nL3\n");
  EXPECT_THAT(offered("weir completion "),
              AllOf(HasSubstr("bash\n"), HasSubstr("fish\n"), HasSubstr("zsh\n")));
  EXPECT_THAT(offered("weir commit --held /et"), HasSubstr("/etc/\n"));
  EXPECT_EQ(offered("weir flow vouch --pin /et"), "");
}

// zsh completes only at a terminal: zpty gives it one, into which the line and the key are typed.
TEST(Completion, ZshCompletesCommandsGroupsAndOptions) {
  const support::ThrowawayDir throwaway;
  const std::string& home = throwaway.path();
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
  EXPECT_TRUE(typed("weir flow vouch --p", "weir flow vouch --pin "));
  EXPECT_TRUE(typed("weir flow --sv", "weir flow --svg "));
  EXPECT_TRUE(typed("weir flow vo", "weir flow vouch "));
  EXPECT_TRUE(typed("weir log --color al", "weir log --color always "));
  EXPECT_TRUE(typed("weir completion fi", "weir completion fish "));
  EXPECT_TRUE(typed("weir commit --held /usr/bi", "weir commit --held /usr/bin/"));
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
  const Ran ran = run_weir({"completion", "tcsh"});
  EXPECT_EQ(ran.code, exit_code::kUsage);
  EXPECT_THAT(ran.err, HasSubstr("bash, zsh or fish"));
}

// The text below the headings that name the command, as "### `weir A X` · `weir B Y`" does.
std::string section_of(const std::string& page, const std::string& name) {
  std::string found;
  std::istringstream lines(page);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) inside = false;
    if (line.starts_with("### ")) {
      const auto at = line.find("`weir " + name);
      const auto end = at == std::string::npos ? at : at + 6 + name.size();
      // "flow" is not "flow tools"; "store stats|check" names the second words of a group.
      inside = end != std::string::npos &&
               (line[end] == '`' || (line[end] == ' ' && !std::islower(line[end + 1])));
      if (const auto space = name.find(' '); !inside && space != std::string::npos) {
        const std::string group = "`weir " + name.substr(0, space + 1);
        const auto first = line.find(group);
        const std::string words = first == std::string::npos ? "" : line.substr(first + group.size());
        const std::string list = "|" + words.substr(0, words.find_first_of("` [")) + "|";
        inside = list.contains("|" + name.substr(space + 1) + "|") ||
                 words.contains("|" + name.substr(space + 1) + " ");
      }
    }
    if (inside) found += line + "\n";
  }
  return found;
}

bool names_option(const std::string& text, const std::string& option) {
  for (auto at = text.find(option); at != std::string::npos; at = text.find(option, at + 1)) {
    const char next = at + option.size() < text.size() ? text[at + option.size()] : ' ';
    if (next != '-' && std::isalnum(static_cast<unsigned char>(next)) == 0) return true;
  }
  return false;
}

// The page is a promise: whatever the program has stands on it, in the command's own section.
TEST(Docs, EveryCommandAndOptionStandsInItsOwnSection) {
  const auto page = os::read_file(WEIR_SOURCE_DIR "/docs/cli.md", limits::kMiB);
  ASSERT_TRUE(page);
  for (const auto& command : all_commands()) {
    const std::string section = section_of(*page, command.name);
    EXPECT_NE(section, "") << command.name;
    for (const auto& option : command.options)
      EXPECT_TRUE(names_option(section, option.name.substr(option.name.find("--"))))
          << command.name << " " << option.name;
  }
}

TEST(Version, IsOneLine) {
  const Ran ran = run_weir({"--version"});
  EXPECT_EQ(ran.code, exit_code::kFine);
  EXPECT_THAT(ran.out, testing::MatchesRegex("weir [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

}  // namespace
}  // namespace weir::cli
