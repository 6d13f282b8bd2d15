#include "setup/agent_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "setup/pod_state.h"

namespace weir::setup {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Machine {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> env;

  PodState state(Agent agent) const { return pod_state(agent, request()).value(); }
  PodState contained(const char* program) const { return contained_state(program, request()).value(); }
  PodStateRequest request() const {
    os::Places places;
    places.home = "/home/ann";
    return {.around = surroundings(places, env, "/home/ann/code", ""),
            .env = env,
            .workspace = "/home/ann/code",
            .read_file = [this](const std::string& path) -> Result<std::string> {
              const auto it = files.find(path);
              if (it == files.end()) return fail(ErrorCode::not_found, "no file", path);
              return it->second;
            }};
  }
};

TEST(AgentCredentials, ClaudesKeyBelongsToWhereItsModelIs) {
  Machine machine;
  machine.env["ANTHROPIC_API_KEY"] = "sk-ant-api03-x";
  auto found = machine.state(Agent::claude).credentials;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].variable, "ANTHROPIC_API_KEY");
  EXPECT_EQ(found[0].host, "api.anthropic.com:443");
  EXPECT_FALSE(found[0].plain);
  machine.env["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:8701/v1";
  machine.env["ANTHROPIC_AUTH_TOKEN"] = "t";
  found = machine.state(Agent::claude).credentials;
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].host, "127.0.0.1:8701");
  EXPECT_TRUE(found[1].plain);
  EXPECT_EQ(found[1].value, "t");
}

TEST(AgentCredentials, OfClaudesAccountOnlyAPlaceholderOfTheAccessTokenIsSeeded) {
  Machine machine;
  machine.files["/home/ann/.claude/.credentials.json"] =
      R"({"claudeAiOauth":{"accessToken":"sk-ant-oat01-s3cret","refreshToken":"sk-ant-ort01-s3cret",
          "expiresAt":1800000000000,"scopes":["user:inference"]},"mcpOAuth":{"x":"s3cret"}})";
  const auto found = machine.state(Agent::claude).credentials;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].file, ".credentials.json");
  EXPECT_EQ(found[0].host, "api.anthropic.com:443");
  EXPECT_EQ(found[0].value, "sk-ant-oat01-s3cret");
  EXPECT_EQ(found[0].expires_ms, 1'800'000'000'000);
  EXPECT_THAT(found[0].text, HasSubstr(R"("accessToken": "{}")"));
  EXPECT_THAT(found[0].text, HasSubstr("user:inference"));
  EXPECT_THAT(found[0].text, Not(HasSubstr("s3cret")));
  machine.files["/home/ann/.claude/.credentials.json"] = "not JSON";
  EXPECT_THAT(machine.state(Agent::claude).credentials, IsEmpty());
}

TEST(AgentCredentials, CodexSignsInWithWhatItsProviderNames) {
  Machine machine;
  machine.env["OPENAI_API_KEY"] = "sk-1";
  machine.env["MINE"] = "sk-2";
  auto found = machine.state(Agent::codex).credentials;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].host, "api.openai.com:443");
  machine.files["/home/ann/.codex/config.toml"] =
      "model_provider = \"own\"\n[model_providers.own]\nbase_url = \"https://llm.example/v1\"\nenv_key = "
      "\"MINE\"\n";
  found = machine.state(Agent::codex).credentials;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].variable, "MINE");
  EXPECT_EQ(found[0].host, "llm.example:443");
}

TEST(AgentCredentials, OfCodexsAccountNeitherSignatureNorRefreshTokenIsSeeded) {
  Machine machine;
  machine.files["/home/ann/.codex/auth.json"] =
      R"({"OPENAI_API_KEY":null,"tokens":{"id_token":"eyJh.eyJi.s3cret","access_token":"eyJh.eyJc.s3cret",
          "refresh_token":"s3cret","account_id":"acc"},"last_refresh":"2026-11-01T00:00:00Z"})";
  auto found = machine.state(Agent::codex).credentials;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].file, "auth.json");
  EXPECT_EQ(found[0].host, "chatgpt.com:443");
  EXPECT_EQ(found[0].value, "eyJh.eyJc.s3cret");
  EXPECT_THAT(found[0].text, Not(HasSubstr("s3cret")));
  EXPECT_THAT(found[0].text, HasSubstr("eyJh.eyJi.AAAA"));
  EXPECT_THAT(found[0].text, HasSubstr("\"acc\""));
  machine.files["/home/ann/.codex/auth.json"] = R"({"OPENAI_API_KEY":"sk-s3cret"})";
  found = machine.state(Agent::codex).credentials;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].host, "api.openai.com:443");
  EXPECT_THAT(found[0].text, HasSubstr(R"("OPENAI_API_KEY": "{}")"));
}

TEST(AgentCredentials, OpencodeAndGemini) {
  Machine machine;
  machine.env["LLM_KEY"] = "key";
  machine.env["GEMINI_API_KEY"] = "AIza";
  machine.files["/home/ann/.config/opencode/opencode.json"] =
      R"({"model":"own/m","provider":{"own":{"options":{"baseURL":"https://llm.example/v1","apiKey":"{env:LLM_KEY}"}}}})";
  auto found = machine.contained("opencode").credentials;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].variable, "LLM_KEY");
  EXPECT_EQ(found[0].host, "llm.example:443");
  found = machine.contained("gemini").credentials;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].host, "generativelanguage.googleapis.com:443");
}

}  // namespace
}  // namespace weir::setup
