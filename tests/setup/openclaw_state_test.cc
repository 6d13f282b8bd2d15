#include "setup/openclaw_state.h"

#include <gmock/gmock.h>

#include "base/json.h"

namespace weir::setup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A machine whose files are values.
struct Machine {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> env;

  Result<PodState> state() const {
    os::Places places;
    places.home = "/home/ann";
    return contained_state("openclaw", {.around = surroundings(places, env, "/home/ann/code", ""),
                                        .env = env,
                                        .workspace = "/home/ann/code",
                                        .read_file = [this](const std::string& path) -> Result<std::string> {
                                          const auto it = files.find(path);
                                          if (it == files.end())
                                            return fail(ErrorCode::not_found, "no file", path);
                                          return it->second;
                                        }});
  }
  std::string& config() { return files["/home/ann/.openclaw/openclaw.json"]; }
};

Json written(const PodState& state) {
  return parse_json(state.files.at("openclaw.json")).value();
}

// As NAME=VALUE@HOST:PORT.
std::vector<std::string> keys(const PodState& state) {
  std::vector<std::string> out;
  for (const auto& one : state.credentials)
    out.push_back(one.variable + "=" + one.value + "@" + one.host + (one.plain ? " plain" : ""));
  return out;
}

TEST(OpenclawState, IsKnown) {
  EXPECT_TRUE(has_contained_state("openclaw"));
}

TEST(OpenclawState, SecretsChannelsHooksAndProgramsStayOutside) {
  Machine machine;
  machine.config() = R"json({ // comments are fine
    "env": {"vars": {"A_TOKEN": "s3cret"}}, "channels": {"telegram": {"botToken": "s3cret"}},
    "gateway": {"auth": {"token": "s3cret"}}, "hooks": {"token": "s3cret"}, "plugins": {"load": {"paths": ["/x"]}},
    "mcp": {"servers": {"a": {"env": {"K": "s3cret"}}}}, "secrets": {"providers": {"v": {"command": "/x"}}},
    "models": {"mode": "merge", "providers": {"mine": {"baseUrl": "http://127.0.0.1:8701/v1", "apiKey": "s3cret-of-mine",
       "api": "openai-completions", "headers": {"X-Key": "s3cret"}, "request": {"auth": {"token": "s3cret"}},
       "models": [{"id": "m", "name": "m", "headers": {"X-Key": "s3cret"}, "contextWindow": 1000}]},
      "other": {"baseUrl": "https://other.example", "apiKey": "s3cret"}}},
    "agents": {"list": [{"id": "x", "workspace": "/y"}], "defaults": {"model": {"primary": "mine/m"},
      "workspace": "~/elsewhere", "sandbox": {"mode": "all"}}},
    "tools": {"deny": ["browser"], "exec": {"host": "sandbox", "ask": "off", "pathPrepend": ["/x"]}},})json";
  const auto state = machine.state();
  ASSERT_TRUE(state) << state.error().message();
  EXPECT_EQ(state->at, "/home/ann/.openclaw");
  EXPECT_EQ(state->env.at("OPENCLAW_STATE_DIR"), "/home/ann/.openclaw");
  EXPECT_THAT(state->files.at("openclaw.json"), Not(HasSubstr("s3cret")));
  EXPECT_EQ(
      compact(written(*state)),
      R"json({"models":{"mode":"merge","providers":{"mine":{"baseUrl":"http://127.0.0.1:8701/v1","api":"openai-completions","models":[{"id":"m","name":"m","contextWindow":1000}],"apiKey":"${OPENCLAW_MINE_API_KEY}"}}},"agents":{"defaults":{"model":{"primary":"mine/m"},"workspace":"/home/ann/code","skipBootstrap":true}},"tools":{"deny":["browser"],"exec":{"ask":"off","host":"gateway"}},"update":{"checkOnStart":false}})json");
  EXPECT_THAT(state->models, ElementsAre("127.0.0.1:8701"));
  EXPECT_THAT(keys(*state), ElementsAre("OPENCLAW_MINE_API_KEY=s3cret-of-mine@127.0.0.1:8701 plain"));
}

TEST(OpenclawState, KeysAreFoundWhereOpenclawLooksForThem) {
  const auto key = [](const std::string& written_as, Machine machine) {
    machine.config() = R"({"models":{"providers":{"p":{"baseUrl":"https://p.example/v1","apiKey":)" +
                       written_as +
                       R"(}}},"agents":{"defaults":{"model":"p/m"}},"env":{"MY_KEY":"of-config"}})";
    const auto state = machine.state();
    return state ? keys(*state) : std::vector{state.error().message()};
  };
  Machine set;
  set.env["MY_KEY"] = "of-env";
  Machine kept;
  kept.files["/home/ann/.openclaw/.env"] = "# keys\nexport OTHER=1\nMY_KEY = \"of-file\"\nnot a line\n";
  for (const char* form :
       {R"("${MY_KEY}")", R"("$MY_KEY")", R"("MY_KEY")", R"({"source":"env","id":"MY_KEY"})"}) {
    EXPECT_THAT(key(form, set), ElementsAre("MY_KEY=of-env@p.example:443")) << form;
    EXPECT_THAT(key(form, kept), ElementsAre("MY_KEY=of-file@p.example:443")) << form;
    EXPECT_THAT(key(form, {}), ElementsAre("MY_KEY=of-config@p.example:443")) << form;
  }
  EXPECT_THAT(key(R"("${UNSET}")", {}), IsEmpty());
  EXPECT_THAT(key(R"({"source":"exec","id":"x"})", {}), IsEmpty());
}

TEST(OpenclawState, AServerThatAsksForNoKeyKeepsItsWord) {
  Machine machine;
  machine.config() = R"({"models":{"providers":{"ollama":{"baseUrl":"http://localhost:11434",
      "apiKey":"ollama-local"}}},"agents":{"defaults":{"model":"ollama/m"}}})";
  const auto state = machine.state();
  ASSERT_TRUE(state) << state.error().message();
  EXPECT_EQ(written(*state)["models"]["providers"]["ollama"]["apiKey"].text_or(""), "ollama-local");
  EXPECT_THAT(state->credentials, IsEmpty());
  EXPECT_THAT(state->models, ElementsAre("localhost:11434"));
}

TEST(OpenclawState, VendorsAreKnownWithoutAnEntry) {
  Machine machine;
  machine.env = {{"ANTHROPIC_API_KEY", "a-key"}, {"OPENAI_API_KEY", "o-key"}};
  machine.config() =
      R"({"agents":{"defaults":{"model":{"primary":"anthropic/x","fallbacks":["google/y"]}}}})";
  auto state = machine.state();
  ASSERT_TRUE(state) << state.error().message();
  EXPECT_THAT(state->models, ElementsAre("api.anthropic.com:443", "generativelanguage.googleapis.com:443"));
  EXPECT_THAT(keys(*state), ElementsAre("ANTHROPIC_API_KEY=a-key@api.anthropic.com:443"));
  machine.files.clear();  // no model is named: whatever there is a key for
  state = machine.state();
  ASSERT_TRUE(state) << state.error().message();
  EXPECT_THAT(state->models, ElementsAre("api.anthropic.com:443", "api.openai.com:443"));
}

TEST(OpenclawState, ItsDirectoriesMayLieElsewhere) {
  Machine machine;
  machine.env = {{"OPENCLAW_PROFILE", "work"}};
  EXPECT_EQ(machine.state()->at, "/home/ann/.openclaw-work");
  machine.env = {{"OPENCLAW_HOME", "/srv/claw"}, {"OPENCLAW_CONFIG_PATH", "/etc/claw.json"}};
  machine.files["/etc/claw.json"] = R"({"agents":{"defaults":{"model":"p/m","thinkingDefault":"low"}}})";
  const auto state = machine.state();
  ASSERT_TRUE(state) << state.error().message();
  EXPECT_EQ(state->at, "/srv/claw/.openclaw");
  EXPECT_EQ(written(*state)["agents"]["defaults"]["thinkingDefault"].text_or(""), "low");
  EXPECT_THAT(state->models, IsEmpty());
}

TEST(OpenclawState, WhatCannotBeReadIsSaid) {
  Machine machine;
  machine.config() = "{models: {}}";
  const auto state = machine.state();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().where, "/home/ann/.openclaw/openclaw.json");
  EXPECT_THAT(state.error().message(), HasSubstr("double quotes"));
}

}  // namespace
}  // namespace weir::setup
