// Whose words a prompt is, with process trees of our own: an agent stand-in that starts its hook as agents
// do, and tools below it that start the same hook.
#include "daemon/speakers.h"

#include <gtest/gtest.h>

#include <functional>

#include "daemon/run_link.h"
#include "daemon/support.h"
#include "os/random.h"
#include "setup/hook_plan.h"
#include "store/store.h"

namespace weir::daemon {
namespace {

using testing::DaemonTest;

class SpeakersTest : public DaemonTest {
 protected:
  void SetUp() override {
    DaemonTest::SetUp();
    shim_ = os::self_path().substr(0, os::self_path().rfind('/')) + "/weir-hook";
    if (!os::exists(shim_)) GTEST_SKIP() << "no weir-hook beside the tests; build it";
    if (!os::find_program("python3") || !os::find_program("bash")) GTEST_SKIP() << "no python3 or bash";
    start();
    const auto key = hook_public_key(places_);
    ASSERT_TRUE(key);
    key_ = *key;
  }

  std::vector<std::string> shim(const std::string& event, const std::string& agent = "claude-code") const {
    return {shim_, agent, event, "--socket", places_.event_socket(), "--key", key_};
  }
  std::string line(const std::string& event) const {
    std::string text;
    for (const auto& word : shim(event))
      text += (text.empty() ? "" : " ") + setup::shell_quote(word);
    return text;
  }
  static Json step(const std::vector<std::string>& argv, const std::string& input) {
    return Json::object({{"argv", Json::strings(argv)}, {"input", input}});
  }
  static std::string said(const std::string& text, const std::string& session = "s") {
    return compact(
        Json::object({{"session_id", session}, {"hook_event_name", "UserPromptSubmit"}, {"prompt", text}}));
  }
  Json calls(const std::string& id) const { return step(shim("PreToolUse"), payload("s", "ls", id)); }
  Json ends(const std::string& id) const {
    Json json = *parse_json(payload("s", "ls", id));
    json.set("hook_event_name", "PostToolUse").set("tool_response", Json::object({{"stdout", ""}}));
    return step(shim("PostToolUse"), compact(json));
  }
  Json prompts(const std::string& text) const { return step(shim("UserPromptSubmit"), said(text)); }
  // As a shell of a tool, with the prompt in a file: its standard input is not the agent's.
  Json tool(const std::string& command, const std::string& text, const std::string& before = "") {
    const std::string file = dir_ + "/" + text;
    EXPECT_TRUE(os::write_file_atomic(file, said(text)));
    return step({"bash", "-c", before + command + " < " + file}, "");
  }

  os::ChildOptions agent(const std::vector<Json>& steps, const std::string& name = "claude") {
    Json list = Json::array();
    for (const auto& one : steps)
      list.push(one);
    const std::string file = dir_ + "/steps" + std::to_string(++files_);
    EXPECT_TRUE(os::write_file_atomic(file, compact(list)));
    return {
        .argv = {"python3", std::string(WEIR_SOURCE_DIR) + "/tests/daemon/agent_stand_in.py", name, file}};
  }
  void act(const std::vector<Json>& steps, const std::string& name = "claude") {
    const auto done = os::run_child(agent(steps, name));
    ASSERT_TRUE(done);
    ASSERT_EQ(done->exit.code, 0) << done->err;
  }

  // Every prompt in the record.
  void each_prompt(const std::function<void(const Json& envelope, const Json& body)>& take) {
    stop();
    auto options = store::options_at(places_);
    options.read_only = true;
    const auto store = store::Store::open(options);
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->for_each({}, [&](const store::Record& record) -> Result<bool> {
      if (record.kind != store::RecordKind::event) return true;
      TRY(const Json envelope, parse_json(record.envelope));
      if (envelope["kind"].text_or("") != event::kind::kPrompt) return true;
      TRY(const std::string body,
          (*store)->body(record.root, std::string(envelope["body"]["ref"].text_or(""))));
      TRY(const Json json, parse_json(body));
      take(envelope, json);
      return true;
    }));
  }
  // By its text: who spoke it, and why that is thought.
  std::map<std::string, std::string> speakers() {
    std::map<std::string, std::string> out;
    each_prompt([&](const Json& envelope, const Json& body) {
      const Json& data = envelope["data"];
      out[std::string(body["text"].text_or(""))] =
          std::string(data["spoken_by"].text_or("user")) + ": " + std::string(data["spoken_why"].text_or(""));
    });
    return out;
  }
  static bool is(const std::string& speaker, std::string_view who) { return speaker.starts_with(who); }

  std::string shim_;
  std::string key_;
  int files_ = 0;
};

TEST_F(SpeakersTest, TheAgentsOwnHookIsTheUser) {
  act({prompts("first"), calls("toolu_1"), ends("toolu_1"), prompts("second")});
  auto who = speakers();
  EXPECT_EQ(who["first"], "user: ");
  EXPECT_EQ(who["second"], "user: ");
}

// Codex takes the person's shell for the line that `weir init` writes, with sh and timeout in it.
TEST_F(SpeakersTest, TheLineThatWeirInitWritesForCodexIsTheUser) {
  const setup::Installation installation{
      .hook_path = shim_, .socket = places_.event_socket(), .public_key_base64 = key_};
  std::string command;
  for (const auto& group : setup::hook_groups(setup::Agent::codex, installation))
    if (group.event == "UserPromptSubmit")
      command = group.group["hooks"].as_array()[0]["command"].text_or("");
  ASSERT_NE(command.find("timeout"), std::string::npos);
  act({step({"bash", "-c", command}, said("by bash")), step({"dash", "-c", command}, said("by dash")),
       step({"bash", "-c", command + " #"}, said("by another line"))},
      "codex");
  auto who = speakers();
  EXPECT_EQ(who["by bash"], "user: ");
  EXPECT_EQ(who["by dash"], "user: ");
  EXPECT_EQ(who["by another line"], "user: ")
      << "the first shell is gone by exec: what is left is the hook's";
}

TEST_F(SpeakersTest, AToolsProcessIsNot) {
  const std::string python =
      "python3 -c 'import subprocess,sys; subprocess.run(sys.argv[1:])' " + line("UserPromptSubmit");
  act({prompts("before"), tool("cd / && " + line("UserPromptSubmit"), "by-shell", "true; "),
       tool(python, "by-python", "true; "), prompts("after")});
  auto who = speakers();
  EXPECT_EQ(who["before"], "user: ");
  EXPECT_TRUE(is(who["by-shell"], "tool")) << who["by-shell"];
  EXPECT_TRUE(is(who["by-python"], "tool")) << who["by-python"];
  EXPECT_EQ(who["after"], "user: ");
}

// A tool's shell that becomes the hook stands where the agent's hook would stand.
TEST_F(SpeakersTest, AToolsShellThatBecomesTheHookIsNot) {
  Json like_claude = prompts("while it ran");
  like_claude.set("stdout", "socket");
  Json late = tool("exec " + line("UserPromptSubmit"), "in-background", "sleep 1; ");
  late.set("wait", false);
  act({calls("toolu_1"), tool("exec " + line("UserPromptSubmit"), "in-call"), like_claude, late,
       ends("toolu_1"), prompts("after the call"), step({"sleep", "1.5"}, "")});
  auto who = speakers();
  EXPECT_TRUE(is(who["in-call"], "tool")) << who["in-call"];
  EXPECT_EQ(who["while it ran"], "user: ");
  EXPECT_EQ(who["after the call"], "user: ");
  EXPECT_TRUE(is(who["in-background"], "tool")) << who["in-background"];
}

TEST_F(SpeakersTest, AToolCannotEndItsOwnCall) {
  const std::string file = dir_ + "/end";
  const Json end = ends("toolu_1");
  ASSERT_TRUE(os::write_file_atomic(file, std::string(end["input"].text_or(""))));
  act({calls("toolu_1"), step({"bash", "-c", line("PostToolUse") + " < " + file + "; true"}, ""),
       tool("exec " + line("UserPromptSubmit"), "then")});
  EXPECT_TRUE(is(speakers()["then"], "tool"));
}

TEST_F(SpeakersTest, AnotherProcessIsNotWhileTheAgentLives) {
  Json other = step(agent({step(shim("UserPromptSubmit"), said("other"))}, "helper").argv, "");
  act({prompts("first"), other});
  act({prompts("resumed")});
  auto who = speakers();
  EXPECT_EQ(who["first"], "user: ");
  EXPECT_TRUE(is(who["other"], "tool")) << who["other"];
  EXPECT_EQ(who["resumed"], "user: ");
}

TEST_F(SpeakersTest, AnAgentThatAnAgentStartedSpeaksForIt) {
  Json inner = step(agent({step(shim("UserPromptSubmit"), said("inner", "s2"))}, "codex").argv, "");
  act({prompts("outer"), inner});
  auto who = speakers();
  EXPECT_EQ(who["outer"], "user: ");
  EXPECT_TRUE(is(who["inner"], "agent")) << who["inner"];
}

// The launcher registers what the person gave it; who started the agent is the launcher's process.
TEST_F(SpeakersTest, APromptThatTheLauncherKnowsIsAttested) {
  auto link = RunLink::open(places_);  // of this process: below it the agent runs
  ASSERT_TRUE(link);
  ASSERT_TRUE(
      link->begin({.id = os::new_uuid(),
                   .agent = "claude-code",
                   .shield = Json::object({{"off", "a test"}}),
                   .prompts = {prompt_digest("fix the tests"), prompt_digest("<task-notification>x")}}));
  act({prompts(" fix the tests\n"), prompts("fix the tests and more"), prompts("<task-notification>x"),
       calls("toolu_1"), tool("exec " + line("UserPromptSubmit"), "fix the tests")});
  std::map<std::string, int> attested;
  each_prompt([&](const Json& envelope, const Json& body) {
    attested[std::string(body["text"].text_or(""))] += envelope["assurance"].text_or("") == "attested";
  });
  EXPECT_EQ(attested[" fix the tests\n"], 1);
  EXPECT_EQ(attested["fix the tests and more"], 0);
  EXPECT_EQ(attested["<task-notification>x"], 0);
  EXPECT_EQ(attested["fix the tests"], 0) << "a tool said it";
}

TEST_F(SpeakersTest, StatusCountsWhatWasNotBelieved) {
  act({prompts("first"), tool(line("UserPromptSubmit"), "claim", "true; ")});
  const auto status = control(Json::object({{"cmd", "status"}}));
  ASSERT_TRUE(status);
  EXPECT_EQ((*status)["prompts_not_believed"].int_or(0), 1) << compact(*status);
}

}  // namespace
}  // namespace weir::daemon
