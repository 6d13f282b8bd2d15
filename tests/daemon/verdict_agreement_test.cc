// What is proved is what is done: the verdict that the guard gives an Action is the strength that the proofs
// reckon with, for each annotation and for the pack that ships.
#include <gtest/gtest.h>

#include "content.h"
#include "daemon/pack_loader.h"
#include "guard/judge.h"
#include "prove/strength.h"

namespace weir::daemon {
namespace {

using event::Action;
using event::Certainty;

std::shared_ptr<const guard::Pack> pack_of(const std::string& policies) {
  auto sources = read_pack({});
  EXPECT_TRUE(sources);
  if (!policies.empty()) sources->policies = {{"test.cedar", policies}};
  auto pack = guard::Pack::load(*sources);
  EXPECT_TRUE(pack) << pack.error().message();
  return pack ? *pack : nullptr;
}

Action action(const char* verb, const char* type, const char* resource, Json attrs = Json::object()) {
  return {verb, type, resource, Certainty::certain, {}, std::move(attrs)};
}

const std::vector<Action>& actions() {
  static const std::vector<Action> kActions{
      action("file.read", "Path", "/home/ann/.ssh/id_rsa", Json::object({{"sent", true}})),
      action("file.read", "Path", "/home/ann/.ssh/id_rsa"),
      action("file.read", "Path", "/w/src/a.cc"),
      action("file.write", "Path", "/etc/passwd"),
      action("file.delete", "Path", "/", Json::object({{"root_like", true}})),
      action("file.delete", "Path", "/w/.git"),
      action("shell.exec", "Program", "ls"),
      action("vcs.push", "Repository", "origin", Json::object({{"force", true}, {"shared_branch", true}})),
      action("infra.delete", "Infra", "web", Json::object({{"environment", "production"}})),
      action("db.delete", "Database", "users"),
      action("net.connect", "Host", "example.com:443"),
      action("guard.disable", "Process", "weir"),
      action("config.change", "Path", "/home/ann/.claude/settings.json"),
      action("agent.spawn", "Agent", "codex", Json::object({{"safety_off", true}}))};
  return kActions;
}

// Everything that guard and proofs may take differently.
const char* const kPacks[] = {
    "",  // what ships
    R"(@id("a") @mode("observe") permit (principal, action, resource);)",
    R"(@id("a") permit (principal, action, resource) when { context.flags.isEmpty() };
       @id("b") @mode("observe") permit (principal, action, resource);)",
    R"(@id("a") @decision("warn") permit (principal, action, resource);
       @id("b") @decision("ask") forbid (principal, action in Action::"file", resource);
       @id("c") @decision("ask") @approvals("2") forbid (principal, action == Action::"file.read", resource);
       @id("d") @decision("guide") @advice("Do not.") forbid (principal, action == Action::"db.delete", resource);)",
    R"(@id("a") permit (principal, action, resource);
       @id("b") @decision("quarantine") forbid (principal, action == Action::"guard.disable", resource);
       @id("c") @decision("transform") @rewrite("{\"x\": 1}") forbid (principal, action == Action::"shell.exec", resource);
       @id("d") @mode("observe") @decision("quarantine") forbid (principal, action, resource);)",
    // A forbid that errs denies; that it does not load by itself is the loader's affair.
    R"(@id("a") permit (principal, action, resource);
       @id("b") @decision("warn") forbid (principal, action, resource)
       when { context.session.calls + 9223372036854775807 > 0 };)"};

TEST(VerdictAgreement, TheProofsReckonWithWhatTheGuardDoes) {
  event::Event event;
  event.agent.name = "claude-code";
  event.user = "ann";
  guard::SessionState state;
  state.workspace = "/w";
  state.counters.calls = 1;
  const guard::GuardOptions options{.home = "/home/ann"};
  const guard::Situation situation{event, state, options, "enforce", "system"};
  std::set<std::string> seen;
  for (const char* text : kPacks) {
    const auto pack = pack_of(text);
    ASSERT_TRUE(pack);
    const guard::Requests requests(situation, *pack);
    for (const auto& one : actions()) {
      const auto judged = guard::judge({one}, situation, *pack);
      auto asked = requests.of(one);
      const auto entities = cedar::Entities::make(std::move(asked.entities));
      ASSERT_TRUE(entities);
      const int strength =
          prove::strength(prove::Semantics::weir, pack->policies(), {asked.request, *entities});
      EXPECT_EQ(strength, prove::strength_of(judged.verdict, judged.approvals))
          << one.verb << " " << one.resource << ": " << event::name(judged.verdict) << "\n"
          << text;
      seen.emplace(prove::strength_name(prove::Semantics::weir, strength));
    }
  }
  EXPECT_EQ(seen.size(), 8u) << "every answer there is";
}

}  // namespace
}  // namespace weir::daemon
