#include "setup/pod_state.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "setup/json_edit.h"
#include "setup/openclaw_state.h"
#include "setup/state_parts.h"
#include "setup/toml_edit.h"

namespace weir::setup {
namespace {

// Of ~/.claude/settings.json. Left out above all: env, apiKeyHelper and its kin, hooks, statusLine (a
// program), sandbox (the pod is one), plugins.
const Keys kClaudeSettings = {"permissions",
                              "model",
                              "outputStyle",
                              "language",
                              "theme",
                              "includeCoAuthoredBy",
                              "attribution",
                              "alwaysThinkingEnabled",
                              "effortLevel",
                              "cleanupPeriodDays",
                              "respectGitignore",
                              "skipWebFetchPreflight",
                              "spinnerTipsEnabled"};
const Keys kClaudeState = {"theme", "editorMode", "verbose"};

// Of ~/.codex/config.toml, by the first part of the key. Left out above all: mcp_servers, notify, hooks, otel
// (headers), shell_environment_policy.set, plugins.
const Keys kCodexTop = {"model",
                        "model_provider",
                        "model_reasoning_effort",
                        "model_reasoning_summary",
                        "model_verbosity",
                        "model_context_window",
                        "review_model",
                        "approval_policy",
                        "personality",
                        "projects",
                        "features",
                        "web_search",
                        "hide_agent_reasoning",
                        "show_raw_agent_reasoning",
                        "file_opener",
                        "disable_paste_burst",
                        "developer_instructions",
                        "project_doc_max_bytes",
                        "check_for_update_on_startup",
                        "analytics"};
const Keys kCodexProvider = {"name",
                             "base_url",
                             "env_key",
                             "env_key_instructions",
                             "wire_api",
                             "request_max_retries",
                             "stream_max_retries",
                             "stream_idle_timeout_ms",
                             "supports_websockets",
                             "requires_openai_auth"};

bool one_of(const Keys& keys, std::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

Result<Json> settings_of(const PodStateRequest& request, const std::string& path) {
  TRY(const std::string text, content(request, path));
  auto json = parse_settings(text, Comments::refuse);
  if (!json) return fail("the agent's settings cannot be read: " + json.error().what, path, "mend the file");
  return json;
}

Status add_text(const PodStateRequest& request, const std::string& directory, const std::string& name,
                PodState& state) {
  TRY(std::string text, content(request, directory + "/" + name));
  if (!text.empty()) state.files[name] = std::move(text);
  return {};
}

Result<PodState> claude_state(const PodStateRequest& request) {
  const std::string& dir = request.around.claude_dir;
  PodState state{.at = dir, .transcripts = "projects"};
  // Also where ~/.claude is meant: then .claude.json, which lies beside it, is kept with the rest.
  state.env["CLAUDE_CONFIG_DIR"] = dir;
  TRY(const Json settings, settings_of(request, dir + "/settings.json"));
  state.files["settings.json"] = pretty(only(settings, kClaudeSettings)) + "\n";
  TRY_STATUS(add_text(request, dir, "CLAUDE.md", state));
  const bool moved = request.env.contains("CLAUDE_CONFIG_DIR") && request.env.at("CLAUDE_CONFIG_DIR") == dir;
  TRY(const Json known, settings_of(request, (moved ? dir : request.around.places.home) + "/.claude.json"));
  const bool trusted = known["projects"][request.workspace]["hasTrustDialogAccepted"].bool_or(false);
  Json own = only(known, kClaudeState);
  own.set("hasCompletedOnboarding", true).set("autoUpdates", false);
  own.set("projects",
          Json::object({{request.workspace, Json::object({{"hasTrustDialogAccepted", trusted}})}}));
  state.files[".claude.json"] = pretty(own) + "\n";
  const std::string url = value_or(request.env, "ANTHROPIC_BASE_URL", "https://api.anthropic.com");
  add_model(url, state);
  state.credentials = claude_credentials(request, url);
  return state;
}

bool is_kept(const std::vector<std::string>& path, TomlItem::Kind kind) {
  if (path.empty()) return false;
  if (path[0] != "model_providers") return one_of(kCodexTop, path[0]);
  // A provider written as one inline table may hold anything.
  return kind == TomlItem::Kind::table ? path.size() == 2
                                       : path.size() == 3 && one_of(kCodexProvider, path[2]);
}

std::string unquoted(std::string_view value) {
  value = trim(value);
  const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'');
  return std::string(quoted ? value.substr(1, value.size() - 2) : value);
}

Result<PodState> codex_state(const PodStateRequest& request) {
  const std::string& dir = request.around.codex_dir;
  PodState state{.at = dir, .transcripts = "sessions"};
  state.env["CODEX_HOME"] = dir;
  const std::string file = codex_config_file(request.around);
  TRY(const std::string text, content(request, file));
  auto outline = toml_outline(text);
  if (!outline)
    return fail("the agent's settings cannot be read: " + outline.error().what, file, "mend the file");
  std::string kept;
  std::string provider = "openai";
  std::map<std::string, std::string> urls;
  std::map<std::string, std::string> keys;
  for (const auto& item : *outline) {
    if (item.kind == TomlItem::Kind::blank || !is_kept(item.path, item.kind)) continue;
    kept += std::string_view(text).substr(item.begin, item.end - item.begin);
    if (!kept.ends_with('\n')) kept += '\n';
    if (item.path.size() == 1 && item.path[0] == "model_provider") provider = unquoted(item.value);
    if (item.path.size() == 3 && item.path[2] == "base_url") urls[item.path[1]] = unquoted(item.value);
    if (item.path.size() == 3 && item.path[2] == "env_key") keys[item.path[1]] = unquoted(item.value);
  }
  state.files["config.toml"] = std::move(kept);
  TRY_STATUS(add_text(request, dir, "AGENTS.md", state));
  const auto own = urls.find(provider);
  const std::string url =
      own != urls.end() ? own->second : value_or(request.env, "OPENAI_BASE_URL", "https://api.openai.com");
  add_model(url, state);
  state.credentials = codex_credentials(request, url, keys[provider]);
  return state;
}

// Of opencode.json. Left out above all: mcp, plugin, command, formatter, lsp (programs), instructions
// (paths).
const Keys kOpencode = {"$schema",    "model", "small_model", "permission", "share",
                        "autoupdate", "theme", "username",    "tools",      "default_agent"};

// A provider without its secrets: a key that is written as "{env:NAME}" names one that --env passes.
Json provider_of(const Json& from) {
  Json out = only(from, {"name", "npm", "models"});
  const Json& options = from["options"];
  Json kept = only(options, {"baseURL", "timeout"});
  if (const auto key = options["apiKey"].text_or(""); key.starts_with("{env:") && key.ends_with("}"))
    kept.set("apiKey", key);
  out.set("options", std::move(kept));
  return out;
}

Result<PodState> opencode_state(const PodStateRequest& request) {
  const std::string config =
      value_or(request.env, "XDG_CONFIG_HOME", request.around.places.home + "/.config");
  PodState state{.at = config + "/opencode", .transcripts = {}};
  state.env["XDG_CONFIG_HOME"] = config;
  Json own = Json::object();
  std::string model_url;
  for (const char* name : {"config.json", "opencode.json", "opencode.jsonc"}) {
    const std::string file = state.at + "/" + name;
    TRY(const std::string text, content(request, file));
    auto json = parse_settings(text, Comments::allow);
    if (!json)
      return fail("the agent's settings cannot be read: " + json.error().what, file, "mend the file");
    const Json kept = only(*json, kOpencode);
    for (const auto& [key, value] : kept.as_object())
      own.set(key, value);
    if (!(*json)["provider"].is_object()) continue;
    Json providers = own["provider"].is_object() ? own["provider"] : Json::object();
    for (const auto& [key, value] : (*json)["provider"].as_object())
      providers.set(key, provider_of(value));
    own.set("provider", std::move(providers));
  }
  const std::string model(own["model"].text_or(""));
  const Json& options = own["provider"][model.substr(0, model.find('/'))]["options"];
  const std::string url(options["baseURL"].text_or(""));
  add_model(url, state);
  // "{env:NAME}" (provider_of)
  if (const auto key = options["apiKey"].text_or(""); key.size() > 6)
    state.credentials = variable_credentials(request, url, {std::string(key.substr(5, key.size() - 6))});
  state.files["opencode.json"] = pretty(own) + "\n";
  TRY_STATUS(add_text(request, state.at, "AGENTS.md", state));
  return state;
}

// Of ~/.gemini/settings.json. Left out above all: mcpServers, hooks, tools (programs), telemetry, extensions.
// The kind of sign-in is told, the sign-in is not.
Result<PodState> gemini_state(const PodStateRequest& request) {
  PodState state{.at = request.around.places.home + "/.gemini", .transcripts = {}};
  TRY(const std::string text, content(request, state.at + "/settings.json"));
  auto json = parse_settings(text, Comments::allow);
  if (!json)
    return fail("the agent's settings cannot be read: " + json.error().what, state.at + "/settings.json",
                "mend the file");
  Json own = only(*json, {"model", "ui", "privacy"});
  if (const auto type = (*json)["security"]["auth"]["selectedType"].text_or(""); !type.empty())
    own.set("security", Json::object({{"auth", Json::object({{"selectedType", type}})}}));
  state.files["settings.json"] = pretty(own) + "\n";
  TRY_STATUS(add_text(request, state.at, "GEMINI.md", state));
  const std::string url =
      value_or(request.env, "GOOGLE_GEMINI_BASE_URL", "https://generativelanguage.googleapis.com");
  add_model(url, state);
  state.credentials = variable_credentials(request, url, {"GEMINI_API_KEY", "GOOGLE_API_KEY"});
  return state;
}

}  // namespace

bool has_contained_state(std::string_view program) {
  return program == "opencode" || program == "gemini" || program == "openclaw";
}

Result<PodState> contained_state(std::string_view program, const PodStateRequest& request) {
  if (program == "opencode") return opencode_state(request);
  if (program == "gemini") return gemini_state(request);
  if (program == "openclaw") return openclaw_state(request);
  return fail(ErrorCode::not_found, "no agent that Weir knows", printable(program, 60));
}

std::string endpoint_of(std::string_view url) {
  const bool secure = url.starts_with("https://");
  if (!secure && !url.starts_with("http://")) return {};
  std::string_view rest = url.substr(secure ? 8 : 7);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) rest = rest.substr(at + 1);
  if (rest.empty()) return {};
  const auto colon = rest.rfind(':');
  const auto bracket = rest.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return std::string(rest) + (has_port ? "" : secure ? ":443" : ":80");
}

Result<PodState> pod_state(Agent agent, const PodStateRequest& request) {
  return agent == Agent::claude ? claude_state(request) : codex_state(request);
}

}  // namespace weir::setup
