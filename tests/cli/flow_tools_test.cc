// `weir flow tools` as a person or a script calls it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "os/files.h"
#include "support/surroundings.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class FlowTools : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();
  const support::WithVariable weir_home_{"WEIR_HOME", dir_};

  static Ran run(std::vector<std::string> argv) {
    argv.insert(argv.begin(), {"flow", "tools"});
    return run_commands({flow_tools_command()}, argv);
  }
  // The row of one tool.
  static Json row(const std::vector<std::string>& argv, std::string_view tool) {
    const Ran ran = run(argv);
    for (const auto line : split(ran.out, '\n')) {
      const auto json = parse_json(line);
      if (json && (*json)["tool"].text_or("") == tool) return *json;
    }
    ADD_FAILURE() << tool << " is not in\n" << ran.out << ran.err;
    return {};
  }
};

TEST_F(FlowTools, ListsWhatIsDescribed) {
  const Ran ran = run({"--products"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("github"));
  EXPECT_THAT(ran.out, HasSubstr("gemini-cli"));
  const Ran none = run({});
  EXPECT_EQ(none.code, 0);
  EXPECT_EQ(none.out, "");
  EXPECT_THAT(none.err, HasSubstr("--products"));
}

TEST_F(FlowTools, SaysWhyAToolIsTakenForWhatItIs) {
  const Json guessed = row({"--server", "github", "--json"}, "github/issue_write");
  EXPECT_EQ(guessed["known"].text_or(""), "guessed");
  EXPECT_EQ(guessed["fields"]["body"].text_or(""), "payload");
  EXPECT_EQ(guessed["readers"].text_or(""), "public");
  const Json own = row({"--server", "@claude-code", "--json"}, "@claude-code/WebFetch");
  EXPECT_EQ(own["known"].text_or(""), "own");
  EXPECT_THAT(run({"--server", "github"}).out, HasSubstr("--is github=github"));
}

TEST_F(FlowTools, WritesWhatTheUserSaysAndShowsIt) {
  const Ran first = run({"--is", "gh=github", "--trust-author", "github=ann", "--set",
                         "crm/note_add.text=payload", "--set", "crm/note_add:effect=add"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("+ "));
  EXPECT_THAT(first.err, HasSubstr("weir reload"));
  EXPECT_EQ(row({"--server", "gh", "--json"}, "gh/issue_read")["known"].text_or(""), "confirmed");
  const Json yours = row({"--yours", "--json"}, "crm/note_add");
  EXPECT_EQ(yours["known"].text_or(""), "yours");
  EXPECT_EQ(yours["effect"].text_or(""), "add");
  EXPECT_EQ(yours["fields"]["text"].text_or(""), "payload");

  const Ran back = run({"--unset", "crm/note_add", "--unset", "gh"});
  ASSERT_EQ(back.code, 0) << back.err;
  EXPECT_THAT(back.out, HasSubstr("- "));
  EXPECT_THAT(run({"--yours", "--json"}).out, Not(HasSubstr("crm/note_add")));
  const Ran again = run({"--unset", "gh"});
  EXPECT_NE(again.code, 0);
  EXPECT_THAT(again.err, HasSubstr("nothing of that name is set"));
}

TEST_F(FlowTools, WritesNothingThatCannotBeRead) {
  for (const auto& wrong : std::vector<std::vector<std::string>>{{"--is", "gh=githob"},
                                                                 {"--set", "a/b.c=boss"},
                                                                 {"--set", "a/b:effect=zork"},
                                                                 {"--set", "nonsense"},
                                                                 {"--trust-domain", "*"}}) {
    const Ran ran = run(wrong);
    EXPECT_NE(ran.code, 0) << wrong[1];
    EXPECT_FALSE(ran.err.empty());
    EXPECT_TRUE(os::find_files(dir_, "tools.yaml", 8).empty()) << wrong[1];
  }
  EXPECT_EQ(run({"--is", "gh=github", "--dry-run"}).code, 0);
  EXPECT_TRUE(os::find_files(dir_, "tools.yaml", 8).empty());
  EXPECT_EQ(run({"--dry-run"}).code, 2);
}

}  // namespace
}  // namespace weir::cli
