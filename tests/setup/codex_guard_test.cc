// What Codex is told to run for a gating event refuses whatever becomes of the shim: the command line itself
// is run here, by the shells that people have, around shims that misbehave. tests/e2e does the same with the
// real Codex.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "ingest/gating.h"
#include "setup/hook_plan.h"
#include "support/throwaway_dir.h"

namespace weir::setup {
namespace {

const std::string kKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

class CodexGuard : public ::testing::Test {
 protected:
  const support::ThrowawayDir throwaway_{"/tmp", "weir codex's guard "};  // a path that needs quoting
  const std::string folder_ = throwaway_.path();

  void shim(const std::string& text) {
    std::ofstream(folder_ + "/weir-hook") << text;
    ::chmod((folder_ + "/weir-hook").c_str(), 0755);
  }
  Json handler(const std::string& event) const {
    for (const auto& group :
         hook_groups(Agent::codex, {folder_ + "/weir-hook", folder_ + "/event.sock", kKey}))
      if (group.event == event) return group.group["hooks"].as_array()[0];
    return {};
  }
  // Exit code of the installed command line; its standard error is in stderr().
  int run() const {
    const std::string line = "( " + std::string(handler("PreToolUse")["command"].text_or("")) + " ) 2>" +
                             shell_quote(folder_ + "/err");
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string stderr_text() const {
    std::ifstream in(folder_ + "/err");
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(CodexGuard, AMissingShimRefuses) {
  EXPECT_EQ(run(), 2);
  EXPECT_NE(stderr_text().find("did not answer"), std::string::npos);
}

TEST_F(CodexGuard, AShimThatFailsOrCrashesRefusesWithAReason) {
  for (const char* text : {"#!/bin/sh\nexit 1\n", "#!/bin/sh\nkill -SEGV $$\n", "#!/bin/sh\nexit 127\n"}) {
    shim(text);
    EXPECT_EQ(run(), 2) << text;
    EXPECT_NE(stderr_text().find("did not answer"), std::string::npos) << text;
  }
}

TEST_F(CodexGuard, AnAnswerPassesUnchanged) {
  shim("#!/bin/sh\necho because >&2\nexit 2\n");
  EXPECT_EQ(run(), 2);
  EXPECT_EQ(stderr_text(), "because\n");
  shim("#!/bin/sh\n[ \"$1 $2 $3\" = \"codex PreToolUse --socket\" ] || exit 1\nexit 0\n");
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(stderr_text(), "");
}

TEST_F(CodexGuard, IsRecognisedOnlyAsItWasWritten) {
  const Json ours = handler("PreToolUse");
  const auto command = weir_command(ours);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->program, folder_ + "/weir-hook");
  EXPECT_EQ(command->event, "PreToolUse");
  EXPECT_EQ(command->key, kKey);
  std::string bent(ours["command"].text_or(""));
  bent.replace(bent.find("exit 2"), 6, "exit 0");
  EXPECT_FALSE(weir_command(Json::object({{"type", "command"}, {"command", bent}})));
}

}  // namespace
}  // namespace weir::setup
