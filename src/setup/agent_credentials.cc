#include "setup/agent_credentials.h"

#include "base/json.h"
#include "setup/pod_state.h"

namespace weir::setup {
namespace {

constexpr const char* kAnthropic = "api.anthropic.com:443";
constexpr const char* kChatGpt = "chatgpt.com:443";

// What cannot be read holds no sign-in that the agent could use.
Json json_file(const PodStateRequest& request, const std::string& path) {
  const auto text = request.read_file(path);
  if (!text) return {};
  auto json = parse_json(*text);
  return json ? *std::move(json) : Json();
}

// Three parts of base64, of which the last is the signature; with another one it says who the person is and
// opens nothing.
std::string without_signature(std::string_view token) {
  const auto dot = token.rfind('.');
  return dot == std::string_view::npos ? std::string() : std::string(token.substr(0, dot + 1)) + "AAAA";
}

std::vector<AgentCredential> claude_account(const PodStateRequest& request) {
  const std::string name = ".credentials.json";
  const Json file = json_file(request, request.around.claude_dir + "/" + name);
  const Json& account = file["claudeAiOauth"];
  const std::string token(account["accessToken"].text_or(""));
  if (token.empty()) return {};
  Json shown = Json::object({{"accessToken", "{}"}, {"refreshToken", ""}});
  for (const char* key : {"expiresAt", "scopes", "subscriptionType", "rateLimitTier"})
    if (account.has(key)) shown.set(key, account[key]);
  return {{.name = "claude-account",
           .file = name,
           .text = pretty(Json::object({{"claudeAiOauth", std::move(shown)}})) + "\n",
           .host = kAnthropic,
           .value = token,
           .expires_ms = account["expiresAt"].int_or(0)}};
}

std::vector<AgentCredential> codex_account(const PodStateRequest& request, const std::string& url) {
  const std::string name = "auth.json";
  const Json file = json_file(request, request.around.codex_dir + "/" + name);
  if (const std::string key(file["OPENAI_API_KEY"].text_or("")); !key.empty())
    return {{.name = "codex-api-key",
             .file = name,
             .text = pretty(Json::object({{"OPENAI_API_KEY", "{}"}})) + "\n",
             .host = endpoint_of(url),
             .plain = url.starts_with("http://"),
             .value = key}};
  const Json& tokens = file["tokens"];
  const std::string token(tokens["access_token"].text_or(""));
  if (token.empty()) return {};
  Json shown = Json::object({{"access_token", "{}"},
                             {"refresh_token", ""},
                             {"id_token", without_signature(tokens["id_token"].text_or(""))}});
  if (tokens.has("account_id")) shown.set("account_id", tokens["account_id"]);
  Json own = Json::object({{"OPENAI_API_KEY", Json()}, {"tokens", std::move(shown)}});
  for (const char* key : {"auth_mode", "last_refresh"})
    if (file.has(key)) own.set(key, file[key]);
  return {
      {.name = "codex-account", .file = name, .text = pretty(own) + "\n", .host = kChatGpt, .value = token}};
}

}  // namespace

std::vector<AgentCredential> variable_credentials(const PodStateRequest& request, const std::string& url,
                                                  const std::vector<std::string>& variables) {
  std::vector<AgentCredential> out;
  const std::string host = endpoint_of(url);
  for (const auto& name : variables)
    if (const auto it = request.env.find(name);
        it != request.env.end() && !it->second.empty() && !host.empty())
      out.push_back({.name = name,
                     .variable = name,
                     .host = host,
                     .plain = url.starts_with("http://"),
                     .value = it->second});
  return out;
}

std::vector<AgentCredential> claude_credentials(const PodStateRequest& request, const std::string& url) {
  auto found = variable_credentials(request, url,
                                    {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"});
  return found.empty() ? claude_account(request) : found;
}

std::vector<AgentCredential> codex_credentials(const PodStateRequest& request, const std::string& url,
                                               const std::string& env_key) {
  const std::vector<std::string> vendor = {"OPENAI_API_KEY", "CODEX_API_KEY"};
  auto found =
      variable_credentials(request, url, env_key.empty() ? vendor : std::vector<std::string>{env_key});
  return found.empty() && env_key.empty() ? codex_account(request, url) : found;
}

}  // namespace weir::setup
