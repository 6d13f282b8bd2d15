// Connections held against running calls: what a call explains, for how long, and for whose programs.
#include "guard/running_calls.h"

#include <gtest/gtest.h>

#include "guard/support.h"

namespace weir::guard {
namespace {

using event::Verdict;
using testing::kSecondNs;
using testing::Session;
using testing::shell_call;
using testing::tool_call;

struct Connection {
  std::string program = "/usr/bin/curl";
  std::string host = "example.org";
  std::int64_t branch_ns = 0;
  std::string from = "tool";
  std::string address = {};
  std::int64_t port = 443;
};

// A session whose clock the test moves, with calls by their ids.
class AgentRun {
 public:
  AgentRun() : session_(testing::shipped_pack()) {}

  void pass(std::int64_t seconds) { session_.now_ns += seconds * kSecondNs; }
  std::int64_t now_ns() const { return session_.now_ns; }
  testing::Machine& machine() { return session_.machine; }

  void call(event::Event event, const std::string& id) {
    event.corr["tool_use_id"] = id;
    const auto decision = session_.call(std::move(event));
    EXPECT_TRUE(event::lets_run(decision.verdict)) << decision.reason;
    pass(1);
  }
  void shell(const std::string& command, const std::string& id = "a") { call(shell_call(command), id); }
  void returned(const std::string& id = "a") {
    session_.result(id, false);
    pass(1);
  }
  void prompt() { (void)session_.call(prompt_event()); }

  event::Decision connect(const Connection& what) {
    event::Event event = tool_call("", Json::object());
    event.kind = event::kind::kConnection;
    event.plane = event::plane::kOs;
    event.assurance = event::Assurance::kernel;
    event.data = Json::object({{"from", what.from},
                               {"branch_ns", what.branch_ns == 0 ? now_ns() : what.branch_ns},
                               {"fixed", what.program.starts_with("/usr/")}});
    event.body = Json::object(
        {{"program", what.program}, {"host", what.host}, {"address", what.address}, {"port", what.port}});
    return session_.call(std::move(event));
  }
  // What explains it; "!why" when nothing does and it is refused.
  std::string why(const Connection& what) {
    const auto decision = connect(what);
    const auto& attrs = decision.actions.at(0).attrs;
    const bool refused = decision.verdict == Verdict::deny;
    EXPECT_EQ(refused, testing::has_policy(decision, "guard.divergence"));
    EXPECT_EQ(refused, attrs["unexplained"].bool_or(false));
    return refused ? "!" + std::string(attrs["unexplained_by"].text_or(""))
                   : std::string(attrs["what"].text_or(""));
  }

 private:
  static event::Event prompt_event() {
    event::Event event = tool_call("", Json::object());
    event.kind = event::kind::kPrompt;
    event.data = Json::object();
    event.body = Json::object({{"text", "go on"}});
    return event;
  }
  Session session_;
};

TEST(RunningCalls, ACallExplainsTheHostThatItNames) {
  AgentRun run;
  run.shell("./fetch.sh; curl https://Example.ORG/x");
  EXPECT_EQ(run.why({}), "host");
  EXPECT_EQ(run.why({.program = "/workspace/any"}), "host");
  EXPECT_EQ(run.why({.program = "/workspace/any", .host = "example.net"}), "!not-named");
  EXPECT_EQ(run.why({.program = "/workspace/any", .host = "example.org.evil.example"}), "!not-named");
}

TEST(RunningCalls, APortThatIsNamedIsTheOnlyOne) {
  AgentRun run;
  run.shell("./x --to https://example.org:8443/ && nc example.org 99");
  EXPECT_EQ(run.why({.program = "/workspace/x", .port = 99}), "host");
  EXPECT_EQ(run.why({.program = "/workspace/x", .port = 443}), "!not-named");
}

TEST(RunningCalls, AddressesAndLoopbackHaveMoreThanOneName) {
  AgentRun run;
  run.shell("wget http://192.0.2.7:8080/x; curl http://localhost:3000/");
  EXPECT_EQ(run.why({.program = "/workspace/x", .host = "", .address = "192.0.2.7", .port = 8080}), "host");
  EXPECT_EQ(run.why({.program = "/workspace/x", .host = "", .address = "127.0.0.1", .port = 3000}), "host");
  EXPECT_EQ(run.why({.program = "/workspace/x", .host = "", .address = "192.0.2.8", .port = 8080}),
            "!not-named");
}

TEST(RunningCalls, AHostThatIsNotKnownBeforeIsExplainedForProgramsThatNobodyCanHaveMade) {
  AgentRun run;
  run.shell("curl \"$URL\"");
  EXPECT_EQ(run.why({}), "unknown-host");
  EXPECT_EQ(run.why({.program = "/workspace/curl"}), "!not-named");
}

TEST(RunningCalls, InstallersReachTheirRegistries) {
  AgentRun run;
  run.shell("npm ci");
  EXPECT_EQ(run.why({.program = "/usr/bin/node", .host = "registry.npmjs.org"}), "install");
  EXPECT_EQ(run.why({.program = "/workspace/node_modules/x/node", .host = "evil.example"}), "!not-named");
}

TEST(RunningCalls, AToolServerMayBeginWithTheCallThatNeedsIt) {
  AgentRun run;
  run.call(tool_call("mcp__issues__list", Json::object()), "a");
  EXPECT_EQ(run.why({.program = "/usr/bin/node", .host = "issues.example"}), "tool-server");
  EXPECT_EQ(run.why({.program = "/workspace/fmt", .host = "issues.example"}), "!not-named");
}

TEST(RunningCalls, ToolsReachOutByTheirOwnHelpersOnly) {
  AgentRun run;
  run.shell("git fetch && cargo build");
  EXPECT_EQ(run.why({.program = "/usr/lib/git-core/git-remote-https", .host = "github.com"}), "tool");
  EXPECT_EQ(run.why({.program = "/usr/bin/cargo", .host = "static.crates.io"}), "tool");
  EXPECT_EQ(run.why({.program = "/usr/bin/python3.11", .host = "github.com"}), "!not-named");
  EXPECT_EQ(run.why({.program = "/workspace/target/debug/build/cargo", .host = "github.com"}), "!not-named");
}

// The four ways to hide a connection behind a harmless call.
TEST(RunningCalls, WhatHidesBehindAHarmlessCallIsNotExplained) {
  AgentRun run;
  run.machine().scripts["/workspace/build.sh"] = "#!/bin/sh\nmake all\n./fmt src\n";
  run.shell("./build.sh");
  EXPECT_EQ(run.why({.program = "/workspace/fmt"}), "!not-named");  // curl under another name
  EXPECT_EQ(run.why({.program = "/usr/bin/ls"}), "!not-named");     // LD_PRELOAD
  EXPECT_EQ(run.why({.program = "/workspace/wc"}), "!not-named");   // a renamed interpreter
  const std::int64_t branch_ns = run.now_ns();
  run.returned();
  EXPECT_EQ(run.why({.branch_ns = branch_ns}), "!late");
}

TEST(RunningCalls, AScriptThatIsReadExplainsWhatItSays) {
  AgentRun run;
  run.machine().scripts["/workspace/get.sh"] = "#!/bin/sh\ncurl https://example.org/x\n";
  run.shell("./get.sh");
  EXPECT_EQ(run.why({}), "host");
}

TEST(RunningCalls, WhatACallLeavesBehindStaysItsOwn) {
  AgentRun run;
  run.shell("./start.sh", "a");
  const std::int64_t branch_ns = run.now_ns();
  run.returned("a");
  run.shell("curl https://example.org/x", "b");
  EXPECT_EQ(run.why({.branch_ns = branch_ns}), "!late");
  EXPECT_EQ(run.why({}), "host");
}

TEST(RunningCalls, ABackgroundCommandGoesOnAfterItsResult) {
  AgentRun run;
  run.call(tool_call("Bash", Json::object({{"command", "while :; do curl https://example.org/; done"},
                                           {"run_in_background", true}})),
           "a");
  const std::int64_t branch_ns = run.now_ns();
  run.returned("a");
  EXPECT_EQ(run.why({.branch_ns = branch_ns}), "host");
  EXPECT_EQ(run.why({.host = "example.net", .branch_ns = branch_ns}), "tool");  // curl: a redirect
  EXPECT_EQ(run.why({.program = "/usr/bin/wc", .branch_ns = branch_ns}), "host");
  run.shell("make", "b");
  EXPECT_EQ(run.why({.program = "/usr/bin/wc"}), "!not-named");  // began later: not the background's
}

TEST(RunningCalls, ACallWithoutAResultEndsWithTheTurn) {
  AgentRun run;
  run.shell("curl https://example.org/x");
  run.pass(1);
  run.prompt();
  run.pass(1);
  run.shell("make", "b");
  EXPECT_EQ(run.why({}), "!not-named");
}

TEST(RunningCalls, TheAgentItselfItsHelpersAndTheLauncherNeedNoCall) {
  AgentRun run;
  EXPECT_EQ(run.why({.program = "/usr/bin/node", .from = "agent"}), "agent");
  EXPECT_EQ(run.why({.from = "launcher"}), "launcher");
  const std::int64_t before_ns = run.now_ns();
  run.pass(5);
  run.shell("make");
  EXPECT_EQ(run.why({.program = "/usr/bin/node", .branch_ns = before_ns}), "helper");  // a tool server
  EXPECT_EQ(run.why({.from = "unknown"}), "!orphan");
  EXPECT_EQ(run.why({.from = "whoever"}), "!orphan");
}

TEST(RunningCalls, ARefusedCallExplainsNothing) {
  Session session(testing::shipped_pack());
  ASSERT_EQ(session.run("rm -rf /srv; curl https://example.org/").verdict, Verdict::deny);
  EXPECT_EQ(session.guard.state()
                .running
                .explain({.from = Sighting::From::tool,
                          .branch_ns = session.now_ns + kSecondNs,
                          .program = "/usr/bin/curl",
                          .fixed = true,
                          .host = "example.org",
                          .port = 443},
                         session.guard.pack().commands())
                .by,
            "helper");
}

TEST(RunningCalls, ObservingRefusesNothingAndSaysWhatItWould) {
  Session session(testing::shipped_pack());
  session.supplied.mode = Mode::observe;
  event::Event event = tool_call("", Json::object());
  event.kind = event::kind::kConnection;
  event.data = Json::object({{"from", "unknown"}});
  event.body = Json::object({{"program", "/workspace/x"}, {"host", "a.example"}, {"port", 443}});
  const auto decision = session.call(event);
  EXPECT_EQ(decision.verdict, Verdict::warn);
  EXPECT_EQ(decision.would, Verdict::deny);
}

TEST(RunningCalls, UrlsAreReadAsFarAsTheyNameAMachine) {
  const auto place = [](const char* url) {
    const auto reach = reach_of({{"net.connect", "Url", url, event::Certainty::certain, {}, Json::object()}});
    return reach.places.empty() ? Reach::Place{"(anywhere)", 0} : reach.places[0];
  };
  EXPECT_EQ(place("https://a.example/x?y"), (Reach::Place{"a.example", 0}));
  EXPECT_EQ(place("https://u:p@A.example:8443/"), (Reach::Place{"a.example", 8443}));
  EXPECT_EQ(place("http://[2001:db8::1]:80/"), (Reach::Place{"2001:db8::1", 80}));
  EXPECT_EQ(place("https://good.example@evil.example/"), (Reach::Place{"evil.example", 0}));
  EXPECT_EQ(place("nothing"), (Reach::Place{"(anywhere)", 0}));
}

}  // namespace
}  // namespace weir::guard
