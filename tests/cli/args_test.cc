// The command line itself: help, "--", and mistakes as people and scripts are told of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/cli.h"
#include "cli/command_line.h"
#include "cli/stand_in_daemon.h"

namespace weir::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// With all commands, and with those alone that the program makes for this line: nobody must see a difference.
Ran weir(const std::vector<std::string>& argv) {
  const Ran all = run_commands(all_commands(), argv);
  const Ran some = run_commands(commands_for(argv), argv);
  EXPECT_EQ(some.code, all.code) << argv[0];
  EXPECT_EQ(some.out, all.out) << argv[0];
  EXPECT_EQ(some.err, all.err) << argv[0];
  return all;
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

class CommandLine : public testing::HomeTest {};

TEST_F(CommandLine, HelpShowsTheWholeCommandAndSaysEverythingOnce) {
  const Ran exec = weir({"pod", "exec", "--help"});
  EXPECT_EQ(exec.code, exit_code::kFine);
  EXPECT_THAT(exec.out, HasSubstr("Usage: weir pod exec [OPTIONS] -- CMD...\n"));
  EXPECT_EQ(times(exec.out, "copy-on-write"), 1u);
  const Ran diff = weir({"diff", "--help"});
  EXPECT_THAT(diff.out, HasSubstr("Usage: weir diff [OPTIONS] [PATHS...]\n"));
  EXPECT_THAT(diff.out,
              HasSubstr("  PATHS...                    files or directories; default: everything\n"));
  EXPECT_THAT(weir({"policy", "diff", "-h"}).out, HasSubstr("Usage: weir policy diff [OPTIONS] OLD NEW\n"));
  const Ran flow = weir({"flow", "--help"});
  EXPECT_THAT(flow.out, HasSubstr("Usage: weir flow [OPTIONS] [SESSION]\n       weir flow COMMAND\n"));
  EXPECT_THAT(flow.out, HasSubstr("  vouch "));
  EXPECT_THAT(weir({"pod", "--help"}).out, HasSubstr("Usage: weir pod COMMAND\n"));
  EXPECT_THAT(weir({"--help"}).out, HasSubstr("Usage: weir [OPTIONS] COMMAND\n"));
  for (const auto& command : all_commands()) {
    std::vector<std::string> argv = {"--help"};
    const auto space = command.name.find(' ');
    if (space != std::string::npos) argv.insert(argv.begin(), command.name.substr(space + 1));
    argv.insert(argv.begin(), command.name.substr(0, space));
    const Ran help = weir(argv);
    EXPECT_EQ(help.code, exit_code::kFine) << command.name;
    EXPECT_THAT(help.out, HasSubstr("Usage: weir " + command.name + " [OPTIONS]"));
    EXPECT_THAT(help.out, Not(HasSubstr("(0x)")));
    for (const auto& option : command.options)
      EXPECT_THAT(help.out, HasSubstr(option.name.substr(option.name.find("--")))) << command.name;
    for (const auto& positional : command.positionals)
      EXPECT_THAT(help.out, HasSubstr("\n  " + positional.name)) << command.name;
  }
}

TEST_F(CommandLine, MistakesAreJsonWhenThatIsAskedFor) {
  for (const std::vector<std::string>& argv : {std::vector<std::string>{"diff", "--bogus", "--json"},
                                               {"flow", "vouch", "--json"},
                                               {"pod", "bogus", "--json"},
                                               {"bogus", "--json"},
                                               {"status", "--json", "--", "rest"},
                                               {"approve", "--json"},
                                               {"log", "--json", "--last"},
                                               {"diff", "--json", "--patch"}}) {
    const Ran ran = weir(argv);
    EXPECT_EQ(ran.code, exit_code::kUsage) << argv[0];
    EXPECT_EQ(ran.err, "") << argv[0];
    const auto said = parse_json(ran.out);
    ASSERT_TRUE(said) << ran.out;
    EXPECT_NE((*said)["error"]["what"].text_or(""), "") << ran.out;
    EXPECT_TRUE((*said)["error"]["where"].is_string() && (*said)["error"]["hint"].is_string()) << ran.out;
  }
  const Ran text = weir({"diff", "--bogus"});
  EXPECT_EQ(text.code, exit_code::kUsage);
  EXPECT_EQ(text.out, "");
  EXPECT_THAT(text.err, HasSubstr("--bogus: try `weir diff --help`\n"));
  EXPECT_EQ(weir({"diff", "--bogus", "--", "--json"}).out, "") << "that is a path";
  EXPECT_EQ(weir({"flow", "vouch"}).err, "weir: PATH is required: try `weir flow vouch --help`\n");
}

TEST_F(CommandLine, OnlyTheCommandsThatALineCanMeanAreMade) {
  EXPECT_EQ(commands_for({"pod", "exec"}).size(), 4U);
  EXPECT_EQ(commands_for({"flow"}).size(), 4U);
  for (const auto& line : std::vector<std::vector<std::string>>{{}, {"--json", "pod"}, {"bogus"}, {""}})
    EXPECT_EQ(commands_for(line).size(), all_commands().size());
}

TEST_F(CommandLine, ACommandThatDoesNotExistIsNamed) {
  EXPECT_EQ(weir({"pod", "bogus"}).err,
            "weir: there is no command `weir pod bogus`: there are exec, shell, batch, learn\n");
  EXPECT_EQ(weir({"pod"}).err, "weir: `weir pod` needs a command: there are exec, shell, batch, learn\n");
  EXPECT_EQ(weir({"bogus"}).err, "weir: there is no command `weir bogus`: try `weir --help`\n");
}

TEST_F(CommandLine, PathsMayStandBehindTwoDashes) {
  const auto seen = [](const std::vector<std::string>& argv) {
    std::vector<std::string> paths;
    bool stat = false;
    const std::vector<CommandSpec> commands = {{.name = "two words",
                                                .summary = "",
                                                .description = "",
                                                .options = {{"--stat", "", ""}},
                                                .positionals = {{"PATH", "", true, true}},
                                                .takes_rest = false,
                                                .examples = {},
                                                .run = [&](const Args& args, Context&) {
                                                  paths = args.positionals();
                                                  stat = args.has("--stat");
                                                  return exit_code::kFine;
                                                }}};
    std::istringstream in;
    std::ostringstream out, err;
    EXPECT_EQ(run_command_line(commands, argv, in, out, err), exit_code::kFine) << err.str();
    return std::pair(paths, stat);
  };
  using Paths = std::vector<std::string>;
  EXPECT_EQ(seen({"two", "words", "--", "-dash"}), std::pair(Paths{"-dash"}, false));
  EXPECT_EQ(seen({"two", "words", "a", "--stat", "--", "--stat", "words", "--"}),
            std::pair(Paths({"a", "--stat", "words", "--"}), true));
  EXPECT_EQ(weir({"status", "--", "x"}).err,
            "weir: `weir status` takes nothing after \"--\": try `weir status --help`\n");
  EXPECT_EQ(weir({"explain", "--"}).err, "weir: DECISION is required: try `weir explain --help`\n");
  EXPECT_EQ(weir({"explain", "a", "--", "b"}).err,
            "weir: there is an argument too many: b: try `weir explain --help`\n");
  EXPECT_THAT(weir({"diff", "--", "-dash"}).err, HasSubstr("no pod has worked on this directory"));
}

TEST_F(CommandLine, WhatExcludesEachOtherIsRefused) {
  for (const std::vector<std::string>& argv :
       {std::vector<std::string>{"diff", "--patch", "--stat"}, {"replay", "rows.jsonl"}}) {
    const Ran ran = weir(argv);
    EXPECT_EQ(ran.code, exit_code::kUsage);
    EXPECT_EQ(times(ran.err, "\n"), 1u) << ran.err;
  }
  EXPECT_THAT(weir({"replay", "rows.jsonl"}).err, HasSubstr("weir replay --jsonl rows.jsonl"));
}

}  // namespace
}  // namespace weir::cli
