// Events whose verb has no group, such as a prompt, are judged like any other.
#include <gtest/gtest.h>

#include "content.h"
#include "guard/guard.h"

namespace weir::guard {
namespace {

std::shared_ptr<const Pack> allow_all() {
  PackSources sources;
  for (const auto& file : content_files()) {
    const NamedText text{std::string(file.name), std::string(file.bytes)};
    if (file.name.starts_with("paths/")) sources.paths.push_back(text);
    if (file.name.starts_with("commands/")) sources.commands.push_back(text);
  }
  sources.policies = {{"test.cedar", "@id(\"base.allow\") permit (principal, action, resource);"}};
  const auto pack = Pack::load(sources);
  return pack ? *pack : nullptr;
}

TEST(Prompt, IsAllowedWhereNothingForbidsIt) {
  const auto pack = allow_all();
  ASSERT_TRUE(pack);
  Guard guard(pack);
  event::Event prompt;
  prompt.kind = event::kind::kPrompt;
  prompt.agent.name = "claude-code";
  prompt.session = prompt.root = "claude-code:test";
  prompt.plane = event::plane::kHook;
  prompt.source = "claude-code/UserPromptSubmit";
  prompt.data = Json::object({});
  prompt.body = Json::object({{"text", "go"}, {"cwd", "/workspace"}});
  guard.admit(prompt);
  const auto decision = guard.decide(prompt, {}, {.decision_id = "decision-1"});
  EXPECT_EQ(decision.verdict, event::Verdict::allow) << decision.reason;
}

}  // namespace
}  // namespace weir::guard
