#include "setup/pod_state.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "setup/toml_edit.h"

namespace weir::setup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A machine whose files are values.
struct Machine {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> env;

  Result<PodState> state(Agent agent) const {
    os::Places places;
    places.home = "/home/ann";
    return pod_state(agent, {.around = surroundings(places, env, "/home/ann/code", ""),
                             .env = env,
                             .workspace = "/home/ann/code",
                             .read_file = [this](const std::string& path) -> Result<std::string> {
                               const auto it = files.find(path);
                               if (it == files.end()) return fail(ErrorCode::not_found, "no file", path);
                               return it->second;
                             }});
  }
};

TEST(PodState, ClaudesSecretsHooksAndServersStayOutside) {
  Machine machine;
  machine.files["/home/ann/.claude/settings.json"] =
      R"json({"model":"opus","env":{"TOKEN":"s3cret"},"apiKeyHelper":"/bin/x","hooks":{"PreToolUse":[]},
          "permissions":{"deny":["Read(.env)"]},"statusLine":{"command":"x"}})json";
  machine.files["/home/ann/.claude/CLAUDE.md"] = "Be brief.\n";
  machine.files["/home/ann/.claude/.credentials.json"] = "s3cret";
  machine.files["/home/ann/.claude.json"] =
      R"({"oauthAccount":"s3cret","mcpServers":{"a":{"env":{"K":"s3cret"}}},"theme":"dark",
          "projects":{"/home/ann/code":{"hasTrustDialogAccepted":true,"history":["s3cret"]}}})";
  const auto state = machine.state(Agent::claude);
  ASSERT_TRUE(state) << state.error().message();
  EXPECT_EQ(state->at, "/home/ann/.claude");
  EXPECT_EQ(state->env.at("CLAUDE_CONFIG_DIR"), "/home/ann/.claude");
  for (const auto& [name, text] : state->files)
    EXPECT_THAT(text, Not(HasSubstr("s3cret"))) << name;
  const Json settings = parse_json(state->files.at("settings.json")).value();
  EXPECT_EQ(compact(settings), R"json({"permissions":{"deny":["Read(.env)"]},"model":"opus"})json");
  EXPECT_EQ(state->files.at("CLAUDE.md"), "Be brief.\n");
  const Json own = parse_json(state->files.at(".claude.json")).value();
  EXPECT_TRUE(own["projects"]["/home/ann/code"]["hasTrustDialogAccepted"].bool_or(false));
  EXPECT_FALSE(own.has("mcpServers"));
  EXPECT_THAT(state->models, ElementsAre("api.anthropic.com:443"));
}

TEST(PodState, NothingThereIsAFreshStart) {
  const auto claude = Machine().state(Agent::claude);
  ASSERT_TRUE(claude) << claude.error().message();
  const Json own = parse_json(claude->files.at(".claude.json")).value();
  EXPECT_FALSE(own["projects"]["/home/ann/code"]["hasTrustDialogAccepted"].bool_or(true));
  const auto codex = Machine().state(Agent::codex);
  ASSERT_TRUE(codex) << codex.error().message();
  EXPECT_EQ(codex->files.at("config.toml"), "");
  EXPECT_THAT(codex->models, ElementsAre("api.openai.com:443"));
}

TEST(PodState, OfCodexOnlyWhatIsKnown) {
  Machine machine;
  machine.env["CODEX_HOME"] = "/home/ann/codex";
  machine.files["/home/ann/codex/config.toml"] =
      "model = \"m\"\nmodel_provider = \"mine\"\nnotify = [\"/bin/x\"]\n"
      "model_providers.inline = { name = \"i\", experimental_bearer_token = \"s3cret\" }\n"
      "# a comment with s3cret\n[mcp_servers.a]\ncommand = \"x\"\nenv = { K = \"s3cret\" }\n"
      "[model_providers.mine]\nname = \"mine\"\nbase_url = \"http://127.0.0.1:8701/v1\"\n"
      "experimental_bearer_token = \"s3cret\"\nenv_key = \"MY_KEY\"\n"
      "[model_providers.mine.http_headers]\nAuthorization = \"s3cret\"\n"
      "[hooks.state.\"x\"]\ntrusted_hash = \"y\"\n[projects.\"/home/ann/code\"]\ntrust_level = "
      "\"trusted\"\n";
  machine.files["/home/ann/codex/auth.json"] = "s3cret";
  const auto state = machine.state(Agent::codex);
  ASSERT_TRUE(state) << state.error().message();
  EXPECT_EQ(state->files.at("config.toml"),
            "model = \"m\"\nmodel_provider = \"mine\"\n"
            "[model_providers.mine]\nname = \"mine\"\nbase_url = \"http://127.0.0.1:8701/v1\"\n"
            "env_key = \"MY_KEY\"\n[projects.\"/home/ann/code\"]\ntrust_level = \"trusted\"\n");
  EXPECT_EQ(state->files.size(), 1U);
  EXPECT_THAT(state->models, ElementsAre("127.0.0.1:8701"));
}

TEST(PodState, OfOpencodeItsModelsWithoutTheirKeys) {
  os::Places places;
  places.home = "/home/ann";
  const std::string text = R"json({ // comments are fine
    "model": "mine/m", "mcp": {"a": {"environment": {"K": "s3cret"}}}, "plugin": ["x"],
    "provider": {"mine": {"npm": "@ai-sdk/openai-compatible", "models": {"m": {}},
                          "options": {"baseURL": "http://127.0.0.1:8701/v1", "apiKey": "{env:MY_KEY}",
                                      "headers": {"Authorization": "s3cret"}}},
                 "other": {"options": {"apiKey": "s3cret"}}}})json";
  const auto state =
      contained_state("opencode", {.around = surroundings(places, {}, "/home/ann/code", ""),
                                   .env = {},
                                   .workspace = "/home/ann/code",
                                   .read_file = [&](const std::string& path) -> Result<std::string> {
                                     if (path == "/home/ann/.config/opencode/opencode.json") return text;
                                     return fail(ErrorCode::not_found, "no file", path);
                                   }});
  ASSERT_TRUE(state) << state.error().message();
  EXPECT_EQ(state->at, "/home/ann/.config/opencode");
  const std::string& own = state->files.at("opencode.json");
  EXPECT_THAT(own, Not(HasSubstr("s3cret")));
  EXPECT_THAT(own, Not(HasSubstr("mcp")));
  EXPECT_EQ(parse_json(own).value()["provider"]["mine"]["options"]["apiKey"].text_or(""), "{env:MY_KEY}");
  EXPECT_THAT(state->models, ElementsAre("127.0.0.1:8701"));
}

TEST(PodState, OfGeminiTheKindOfSignInAndNotTheSignIn) {
  os::Places places;
  places.home = "/home/ann";
  const std::string text = R"json({"security": {"auth": {"selectedType": "gemini-api-key", "x": "s3cret"}},
    "mcpServers": {"a": {"env": {"K": "s3cret"}}}, "ui": {"theme": "Dark"}, "telemetry": {"target": "s3cret"}})json";
  const auto state =
      contained_state("gemini", {.around = surroundings(places, {}, "/home/ann/code", ""),
                                 .env = {{"GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:8701"}},
                                 .workspace = "/home/ann/code",
                                 .read_file = [&](const std::string& path) -> Result<std::string> {
                                   if (path == "/home/ann/.gemini/settings.json") return text;
                                   return fail(ErrorCode::not_found, "no file", path);
                                 }});
  ASSERT_TRUE(state) << state.error().message();
  EXPECT_EQ(compact(parse_json(state->files.at("settings.json")).value()),
            R"({"ui":{"theme":"Dark"},"security":{"auth":{"selectedType":"gemini-api-key"}}})");
  EXPECT_THAT(state->models, ElementsAre("127.0.0.1:8701"));
  EXPECT_FALSE(has_contained_state("claude"));
  EXPECT_FALSE(contained_state("other", {}));
}

TEST(PodState, WhatCannotBeReadIsSaid) {
  Machine machine;
  machine.files["/home/ann/.claude/settings.json"] = "{";
  EXPECT_THAT(machine.state(Agent::claude).error().where, HasSubstr("settings.json"));
  machine.files["/home/ann/.codex/config.toml"] = "= =\n";
  EXPECT_FALSE(machine.state(Agent::codex));
}

TEST(PodState, Endpoints) {
  EXPECT_EQ(endpoint_of("http://127.0.0.1:8701/v1"), "127.0.0.1:8701");
  EXPECT_EQ(endpoint_of("https://user:pw@model.example/path"), "model.example:443");
  EXPECT_EQ(endpoint_of("http://model.example?x"), "model.example:80");
  EXPECT_EQ(endpoint_of("https://[::1]:9"), "[::1]:9");
  EXPECT_EQ(endpoint_of("https://[::1]"), "[::1]:443");
  for (const char* none : {"", "model.example", "unix:/x", "http://", "https:///x"})
    EXPECT_EQ(endpoint_of(none), "") << none;
}

}  // namespace
}  // namespace weir::setup
