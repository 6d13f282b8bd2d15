#include "setup/run_overlay.h"

#include <gtest/gtest.h>

#include "setup/hook_plan.h"
#include "setup/json_edit.h"
#include "setup/toml_edit.h"

namespace weir::setup {
namespace {

using Words = std::vector<std::string>;

RunRequest request(Words argv, std::map<std::string, std::string> env = {}) {
  return {.argv = std::move(argv),
          .env = std::move(env),
          .installation = {"/opt/weir/weir-hook", "/run/weir/event.sock",
                           "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="},
          .settings_file = "/run/weir/run-1/settings.json",
          .read_file = [](const std::string& path) -> Result<std::string> {
            if (path == "mine.json") return R"({"model":"opus","hooks":{"Stop":[]},"env":{"A":"1"}})";
            if (path == "off.json") return R"({"disableAllHooks":true})";
            return fail(ErrorCode::not_found, "no such file", path);
          }};
}

// "" when the command is let through, else what was named.
std::string refused(Words argv, std::map<std::string, std::string> env = {}) {
  const auto guarded = guard_command(request(std::move(argv), std::move(env)));
  if (guarded) return "";
  EXPECT_FALSE(guarded.error().hint.empty());
  return guarded.error().where;
}

TEST(AgentCommand, WordsThatMayBeThePrompt) {
  EXPECT_EQ(words_given({"env", "A=1", "claude", "--model", "opus", "-p", "fix it", "--verbose"}),
            (Words{"opus", "fix it"}));
  EXPECT_EQ(words_given({"codex", "exec", "--json", "--", "-x is a prompt, too"}),
            (Words{"exec", "-x is a prompt, too"}));
  EXPECT_EQ(words_given({"bash", "-c", "claude"}), Words{});
}

TEST(AgentCommand, IsFoundInManyForms) {
  const auto found = [](Words argv) -> std::string {
    const auto command = find_agent_command(argv);
    return command ? std::string(name(command->agent)) + " " + std::to_string(command->arguments_at) : "";
  };
  EXPECT_EQ(found({"claude"}), "claude-code 1");
  EXPECT_EQ(found({"/usr/local/bin/codex", "exec", "x"}), "codex 1");
  EXPECT_EQ(found({"node", "/x/node_modules/@openai/codex/bin/codex.js", "exec"}), "codex 2");
  EXPECT_EQ(
      found({"/n/bin/node", "--no-warnings", "-r", "x.js", "/x/@anthropic-ai/claude-code/cli-wrapper.cjs"}),
      "claude-code 5");
  EXPECT_EQ(found({"npx", "-y", "@anthropic-ai/claude-code@2.1.330", "-p", "hi"}), "claude-code 3");
  EXPECT_EQ(found({"npx", "-p", "@openai/codex", "codex", "exec"}), "codex 4");
  EXPECT_EQ(found({"pnpm", "dlx", "@openai/codex"}), "codex 3");
  EXPECT_EQ(found({"env", "-u", "X", "A=1", "nice", "-n", "5", "timeout", "-k", "1", "60", "claude", "-p"}),
            "claude-code 12");
  for (const Words& argv : {Words{},
                            {"bash", "-c", "claude"},
                            {"echo", "claude"},
                            {"claudette"},
                            {"env"},
                            {"npx", "eslint"},
                            {"node", "server.js"},
                            {"timeout", "5"}})
    EXPECT_EQ(found(argv), "");
}

TEST(RunOverlay, OtherCommandsStayAsTheyAre) {
  const auto guarded = guard_command(request({"make", "--settings", "x"}));
  ASSERT_TRUE(guarded);
  EXPECT_FALSE(guarded->agent);
  EXPECT_EQ(guarded->argv, (Words{"make", "--settings", "x"}));
  EXPECT_FALSE(guarded->settings);
}

TEST(RunOverlay, ClaudeGetsSettings) {
  const auto guarded = guard_command(request({"claude", "-p", "hello", "--", "--bare"}));
  ASSERT_TRUE(guarded) << guarded.error().message();
  EXPECT_EQ(guarded->agent, Agent::claude);
  EXPECT_EQ(guarded->argv,
            (Words{"claude", "--settings", "/run/weir/run-1/settings.json", "-p", "hello", "--", "--bare"}));
  const auto settings = parse_settings(*guarded->settings, Comments::refuse);
  ASSERT_TRUE(settings);
  EXPECT_FALSE((*settings)["disableAllHooks"].bool_or(true));
  EXPECT_EQ((*settings)["env"]["CLAUDE_CODE_SIMPLE"].text_or("?"), "");
  EXPECT_EQ((*settings)["env"]["CLAUDE_CODE_SAFE_MODE"].text_or("?"), "");
  EXPECT_EQ((*settings)["hooks"].as_object().size(), hook_events(Agent::claude).size());
}

TEST(RunOverlay, TheUsersOwnSettingsAreMerged) {
  const auto guarded = guard_command(
      request({"claude", "--settings", "ignored.json", "--model", "opus", "--settings=mine.json", "go"}));
  ASSERT_TRUE(guarded) << guarded.error().message();
  EXPECT_EQ(guarded->argv,
            (Words{"claude", "--settings", "/run/weir/run-1/settings.json", "--model", "opus", "go"}));
  const auto settings = parse_settings(*guarded->settings, Comments::refuse);
  EXPECT_EQ((*settings)["model"].text_or(""), "opus");
  EXPECT_EQ((*settings)["env"]["A"].text_or(""), "1");
  EXPECT_EQ((*settings)["hooks"]["Stop"].as_array().size(), 1U);
  const auto inlined = guard_command(request({"claude", "--settings", R"({"theme":"dark"})"}));
  ASSERT_TRUE(inlined);
  EXPECT_EQ((*parse_settings(*inlined->settings, Comments::refuse))["theme"].text_or(""), "dark");
  EXPECT_EQ(refused({"claude", "--settings", "off.json"}), "--settings");
  EXPECT_EQ(refused({"claude", "--settings", R"({"env":{"CLAUDE_CODE_SIMPLE":"1"}})"}), "--settings");
  EXPECT_FALSE(guard_command(request({"claude", "--settings", "absent.json"})));
  EXPECT_FALSE(guard_command(request({"claude", "--settings", "{\"a\":"})));
  EXPECT_FALSE(guard_command(request({"claude", "-p", "x", "--settings"})));
}

TEST(RunOverlay, RefusesWhatSwitchesClaudesHooksOff) {
  for (const char* option :
       {"--bare", "--safe-mode", "--bg", "--background", "--cloud", "--desktop", "--tmux"})
    EXPECT_EQ(refused({"claude", "-p", "x", option}), option);
  EXPECT_EQ(refused({"claude", "--model", "--bare"}), "--bare");  // it looks at the raw arguments
  EXPECT_EQ(refused({"claude", "--managed-settings={}"}), "--managed-settings");
  EXPECT_EQ(refused({"claude", "--model", "opus", "attach", "1"}), "claude attach");
  EXPECT_EQ(refused({"claude", "agents"}), "claude agents");
  EXPECT_EQ(refused({"claude", "-p", "please attach"}), "");
  EXPECT_EQ(refused({"claude", "tell me about", "agents"}), "");
  for (const char* variable :
       {"CLAUDE_CODE_SIMPLE", "CLAUDE_CODE_SAFE_MODE", "CLAUDE_CODE_PERSONAL_HOOKS_OFF"}) {
    EXPECT_EQ(refused({"claude"}, {{variable, "1"}}), variable);
    EXPECT_EQ(refused({"claude"}, {{variable, "Yes"}}), variable);
    EXPECT_EQ(refused({"claude"}, {{variable, "0"}}), "");
    EXPECT_EQ(refused({"env", std::string(variable) + "=true", "claude"}), variable);
    EXPECT_EQ(refused({"codex"}, {{variable, "1"}}), "");
  }
  EXPECT_EQ(refused({"claude"}, {{"CLAUDE_CODE_MANAGED_SETTINGS_PATH", "/x"}}),
            "CLAUDE_CODE_MANAGED_SETTINGS_PATH");
  auto managed = request({"claude"});
  managed.managed_settings = R"({"allowManagedHooksOnly":true})";
  EXPECT_FALSE(guard_command(managed));
  managed.managed_settings = R"({"disableAllHooks":true})";
  EXPECT_FALSE(guard_command(managed));
  managed.managed_settings = R"({"model":"opus"})";
  EXPECT_TRUE(guard_command(managed));
}

TEST(RunOverlay, SaysWhatOnlyWeakensTheAgentItself) {
  EXPECT_EQ(guard_command(request({"claude", "--dangerously-skip-permissions"}))->warnings.size(), 1U);
  EXPECT_EQ(guard_command(request({"claude", "--permission-mode", "bypassPermissions"}))->warnings.size(),
            1U);
  EXPECT_EQ(guard_command(request({"codex", "exec", "-s", "danger-full-access", "x"}))->warnings.size(), 1U);
  EXPECT_EQ(guard_command(request({"codex", "--yolo"}))->warnings.size(), 1U);
  EXPECT_TRUE(guard_command(request({"codex", "exec", "-s", "read-only", "x"}))->warnings.empty());
}

TEST(RunOverlay, CodexGetsTrustedSessionHooks) {
  auto asked = request({"codex", "exec", "go"});
  asked.installed_trust_keys = {"/h/.codex/hooks.json:pre_tool_use:0:0"};
  const auto guarded = guard_command(asked);
  ASSERT_TRUE(guarded) << guarded.error().message();
  EXPECT_FALSE(guarded->settings);
  const Words& argv = guarded->argv;
  EXPECT_EQ(argv[0], "codex");
  EXPECT_EQ((Words{argv.end() - 5, argv.end()}), (Words{"--enable", "hooks", "--no-daemon", "exec", "go"}));
  // The flags as a configuration: every hook is there and has an entry of trust.
  std::string toml;
  for (std::size_t i = 1; argv[i] == "-c"; i += 2)
    toml += argv[i + 1] + "\n";
  const auto items = toml_outline(toml);
  ASSERT_TRUE(items);
  ASSERT_EQ(items->size(), hook_events(Agent::codex).size() + 1);
  for (const auto& event : hook_events(Agent::codex)) {
    EXPECT_TRUE(std::any_of(items->begin(), items->end(), [&](const TomlItem& item) {
      return item.path == Words{"hooks", event};
    })) << event;
  }
  const std::string state(items->back().value);
  EXPECT_NE(state.find("\"/<session-flags>/config.toml:pre_tool_use:0:0\"={trusted_hash=\"sha256:"),
            std::string::npos);
  EXPECT_NE(state.find("\"/h/.codex/hooks.json:pre_tool_use:0:0\"={enabled=false}"), std::string::npos);
}

// The pod is the sandbox: the agents' own need namespaces, which a pod refuses.
TEST(RunOverlay, InAPodTheAgentsOwnSandboxIsOff) {
  const auto guarded_in_pod = [](Words argv) {
    RunRequest in_pod = request(std::move(argv));
    in_pod.in_pod = true;
    return guard_command(in_pod).value();
  };
  const auto codex = guarded_in_pod({"codex", "exec", "go"});
  EXPECT_NE(std::find(codex.argv.begin(), codex.argv.end(), R"(sandbox_mode="danger-full-access")"),
            codex.argv.end());
  EXPECT_TRUE(codex.warnings.empty());
  EXPECT_EQ(guarded_in_pod({"codex", "exec", "-s", "workspace-write", "go"}).warnings.size(), 1U);
  EXPECT_EQ(guarded_in_pod({"codex", "--sandbox=read-only"}).warnings.size(), 1U);
  const auto claude = guarded_in_pod({"claude", "--settings", R"({"sandbox":{"enabled":true}})"});
  EXPECT_FALSE(parse_json(*claude.settings).value()["sandbox"]["enabled"].bool_or(true));
}

// Hooks of outside name paths that a pod does not have.
TEST(RunOverlay, InAPodTheHooksOfAGuardedProjectAreLeftOut) {
  const auto guarded = [](Words argv, const std::string& local) {
    RunRequest in_pod = request(std::move(argv));
    in_pod.in_pod = true;
    in_pod.local_settings = local;
    auto command = guard_command(in_pod).value();
    command.argv.erase(command.argv.begin() + 1, command.argv.begin() + 3);  // --settings FILE
    return command.argv;
  };
  const std::string ours =
      insert_hooks("", hook_groups(Agent::claude, request({}).installation), Json::object(), Comments::refuse)
          .value()
          .text;
  EXPECT_EQ(guarded({"claude", "-p", "x"}, ours),
            (Words{"claude", "--setting-sources", "user,project", "-p", "x"}));
  EXPECT_EQ(guarded({"claude", "--setting-sources", "user,local", "-p"}, ours),
            (Words{"claude", "--setting-sources", "user", "-p"}));
  EXPECT_EQ(guarded({"claude", "--setting-sources=local,project"}, ours),
            (Words{"claude", "--setting-sources=project"}));
  EXPECT_EQ(guarded({"claude", "-p"}, R"({"hooks":{}})"), (Words{"claude", "-p"}));
  EXPECT_EQ(guarded({"claude", "-p"}, "not JSON"), (Words{"claude", "-p"}));
}

TEST(RunOverlay, RefusesWhatSwitchesCodexHooksOff) {
  for (const Words& override : {Words{"-c", "features.hooks=false"},
                                {"-c", "features={hooks=false}"},
                                {"-chooks.PreToolUse=[]"},
                                {"--config=features.codex_hooks=false"},
                                {"--config", "\"hooks\" . PreToolUse = []"},
                                {"-c", "'features'.\"hooks\"=0"},
                                {"--disable", "hooks"},
                                {"--disable=codex_hooks"},
                                {"--remote", "ws://x"},
                                {"--remote=unix://"},
                                {"cloud"},
                                {"-m", "x", "remote-control"},
                                {"app-server", "daemon"},
                                {"agents"},
                                {"-c", "=x"}}) {
    Words argv = {"codex"};
    argv.insert(argv.end(), override.begin(), override.end());
    EXPECT_NE(refused(argv), "") << override[0] << " " << override.back();
    argv.insert(argv.begin() + 1, "exec");
    if (override[0].starts_with("-") && override[0] != "-m") {
      EXPECT_NE(refused(argv), "") << override[0];
    }
  }
  for (const Words& fine : {Words{"-c", "model=\"o3\""},
                            {"-c", "features.web=true"},
                            {"--disable", "goals"},
                            {"exec", "cloud"},
                            {"exec", "--", "--disable", "hooks"},
                            {"--ignore-user-config"}}) {
    Words argv = {"codex"};
    argv.insert(argv.end(), fine.begin(), fine.end());
    EXPECT_EQ(refused(argv), "") << fine[0];
  }
  EXPECT_EQ(refused({"codex"}, {{"CODEX_EXEC_SERVER_URL", "ws://x"}}), "CODEX_EXEC_SERVER_URL");
}

}  // namespace
}  // namespace weir::setup
