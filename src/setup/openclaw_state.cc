#include "setup/openclaw_state.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "setup/json_edit.h"
#include "setup/state_parts.h"

namespace weir::setup {
namespace {

// Of `agents.defaults`, `tools`, a provider and its models. Left out above all: env, channels, gateway,
// hooks, mcp, plugins, auth, secrets, headers and transports of providers, which may hold a token or name a
// program; agents of the person's own, which have workspaces elsewhere.
const Keys kDefaults = {"model",          "imageModel",    "thinkingDefault", "verboseDefault",
                        "timeoutSeconds", "contextTokens", "userTimezone",    "timeFormat"};
const Keys kTools = {"profile", "allow", "alsoAllow", "deny"};
const Keys kExec = {"security", "ask", "timeoutSec", "backgroundMs"};
const Keys kProvider = {"baseUrl", "api", "auth", "authHeader", "maxTokens", "timeoutSeconds"};
const Keys kModel = {"id",   "name",          "api",           "reasoning", "input",
                     "cost", "contextWindow", "contextTokens", "maxTokens", "compat"};

// Vendors that need no entry in the configuration: where they are, and in which variables OpenClaw finds the
// key.
struct Vendor {
  std::string_view provider;
  std::string_view url;
  std::array<std::string_view, 2> variables;
};
constexpr std::array<Vendor, 4> kVendors = {{
    {"anthropic", "https://api.anthropic.com", {"ANTHROPIC_API_KEY", "ANTHROPIC_OAUTH_TOKEN"}},
    {"openai", "https://api.openai.com", {"OPENAI_API_KEY", ""}},
    {"google", "https://generativelanguage.googleapis.com", {"GEMINI_API_KEY", "GOOGLE_API_KEY"}},
    {"openrouter", "https://openrouter.ai", {"OPENROUTER_API_KEY", ""}},
}};

const Vendor* vendor_of(std::string_view provider) {
  const auto found = std::ranges::find(kVendors, provider, &Vendor::provider);
  return found == kVendors.end() ? nullptr : &*found;
}

std::vector<std::string> variables_of(const Vendor& vendor) {
  std::vector<std::string> out;
  for (const auto name : vendor.variables)
    if (!name.empty()) out.emplace_back(name);
  return out;
}

bool is_name(std::string_view text) {
  return !text.empty() && (text[0] < '0' || text[0] > '9') && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string state_directory(const PodStateRequest& request) {
  const std::string home = value_or(request.env, "OPENCLAW_HOME", request.around.places.home);
  const std::string profile = value_or(request.env, "OPENCLAW_PROFILE", "");
  return value_or(request.env, "OPENCLAW_STATE_DIR",
                  home + "/.openclaw" + (profile.empty() || profile == "default" ? "" : "-" + profile));
}

// NAME=VALUE lines as dotenv reads them; never over what is set.
void add_dotenv(std::string_view text, std::map<std::string, std::string>& env) {
  for (auto line : split(text, '\n')) {
    line = trim(line);
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const auto at = line.find('=');
    if (at == std::string_view::npos || !is_name(trim(line.substr(0, at)))) continue;
    std::string_view value = trim(line.substr(at + 1));
    const char quote = value.empty() ? '\0' : value.front();
    if ((quote == '"' || quote == '\'') && value.size() > 1 && value.back() == quote)
      value = value.substr(1, value.size() - 2);
    env.emplace(trim(line.substr(0, at)), value);
  }
}

// In the order in which OpenClaw looks.
Result<std::map<std::string, std::string>> environment_of(const PodStateRequest& request, const Json& config,
                                                          const std::string& directory) {
  std::map<std::string, std::string> env = request.env;
  TRY(const std::string text, content(request, directory + "/.env"));
  add_dotenv(text, env);
  for (const Json* own : {&config["env"]["vars"], &config["env"]})
    if (own->is_object())
      for (const auto& [name, value] : own->as_object())
        if (is_name(name) && !value.text_or("").empty()) env.emplace(name, value.text_or(""));
  return env;
}

// "mine/some-model" and fallbacks, of texts and of {"primary", "fallbacks"}.
void add_providers(const Json& model, std::set<std::string>& providers) {
  const auto add = [&](const Json& one) {
    const auto text = one.text_or("");
    if (const auto slash = text.find('/'); slash != std::string_view::npos)
      providers.emplace(text.substr(0, slash));
  };
  add(model);
  add(model["primary"]);
  if (model["fallbacks"].is_array())
    for (const Json& one : model["fallbacks"].as_array())
      add(one);
}

// Those of the models that are named; where none is, all that could be meant.
std::set<std::string> providers_in_use(const Json& config, const std::map<std::string, std::string>& env) {
  std::set<std::string> used;
  const Json& defaults = config["agents"]["defaults"];
  add_providers(defaults["model"], used);
  if (used.empty()) {
    if (config["models"]["providers"].is_object())
      for (const auto& [name, provider] : config["models"]["providers"].as_object())
        used.insert(name);
    for (const auto& vendor : kVendors)
      for (const auto& name : variables_of(vendor))
        if (env.contains(name)) used.emplace(vendor.provider);
  }
  add_providers(defaults["imageModel"], used);
  return used;
}

// What stands for a key where a server of one's own asks for none.
bool is_no_key(std::string_view text) {
  return text.ends_with("-local") || text.ends_with("-no-key") || text == "dummy" || text == "none" ||
         text == "not-needed";
}

// The variable that this apiKey names: "${NAME}", "$NAME", NAME where it is set, {"source":"env","id":NAME};
// "" for none of these.
std::string variable_named(const Json& key, const std::map<std::string, std::string>& env) {
  if (key["source"].text_or("") == "env" && is_name(key["id"].text_or("")))
    return std::string(key["id"].text_or(""));
  const auto text = key.text_or("");
  if (text.starts_with("${") && text.ends_with("}") && is_name(text.substr(2, text.size() - 3)))
    return std::string(text.substr(2, text.size() - 3));
  if (text.starts_with("$") && is_name(text.substr(1))) return std::string(text.substr(1));
  return is_name(text) && env.contains(std::string(text)) ? std::string(text) : std::string();
}

// For a key that is written out: "my-proxy" → OPENCLAW_MY_PROXY_API_KEY.
std::string variable_for(std::string_view provider) {
  std::string name = "OPENCLAW_";
  for (const char c : provider) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += lower ? static_cast<char>(c - 'a' + 'A') : kept ? c : '_';
  }
  return name + "_API_KEY";
}

// The provider as the pod may know it. `with`: the environment with all that OpenClaw would find; a key that
// is written out is put into it.
Json provider_of(const std::string& name, const Json& from, PodStateRequest& with, PodState& state) {
  Json out = only(from, kProvider);
  Json::Array models;
  if (from["models"].is_array())
    for (const Json& model : from["models"].as_array())
      models.push_back(only(model, kModel));
  out.set("models", Json(std::move(models)));
  const Vendor* vendor = vendor_of(name);
  const std::string url(from["baseUrl"].text_or(vendor != nullptr ? vendor->url : ""));
  add_model(url, state);
  const Json& key = from["apiKey"];
  std::string variable = variable_named(key, with.env);
  const auto text = key.text_or("");
  if (variable.empty() && is_no_key(text)) {
    out.set("apiKey", text);
    return out;
  }
  if (variable.empty() && !text.empty()) {
    variable = variable_for(name);
    with.env[variable] = text;
  }
  std::vector<std::string> variables = {variable};
  if (!variable.empty())
    out.set("apiKey", "${" + variable + "}");
  else
    variables = vendor != nullptr ? variables_of(*vendor) : std::vector<std::string>();
  for (auto& one : variable_credentials(with, url, variables))
    state.credentials.push_back(std::move(one));
  return out;
}

}  // namespace

Result<PodState> openclaw_state(const PodStateRequest& request) {
  PodState state{.at = state_directory(request), .transcripts = {}};
  state.env["OPENCLAW_STATE_DIR"] = state.at;
  const std::string file = value_or(request.env, "OPENCLAW_CONFIG_PATH", state.at + "/openclaw.json");
  TRY(const std::string text, content(request, file));
  const auto config = parse_settings(text, Comments::allow);
  if (!config)
    return fail("the agent's settings cannot be read: " + config.error().what, file,
                "write them as JSON, with names in double quotes; comments are fine");
  PodStateRequest with = request;
  TRY(with.env, environment_of(request, *config, state.at));
  Json providers = Json::object();
  for (const auto& name : providers_in_use(*config, with.env)) {
    const Json& known = (*config)["models"]["providers"][name];
    Json kept = provider_of(name, known, with, state);
    if (known.is_object()) providers.set(name, std::move(kept));
  }
  Json models = only((*config)["models"], {"mode"});
  models.set("providers", std::move(providers));
  // The directory that it is started for, whatever it works on elsewhere; a first start would write files
  // about itself there.
  Json defaults = only((*config)["agents"]["defaults"], kDefaults);
  defaults.set("workspace", request.workspace).set("skipBootstrap", true);
  Json tools = only((*config)["tools"], kTools);
  // Its own sandbox needs Docker, which no pod shows.
  Json exec = only((*config)["tools"]["exec"], kExec);
  tools.set("exec", std::move(exec.set("host", "gateway")));
  Json own = Json::object({{"models", std::move(models)},
                           {"agents", Json::object({{"defaults", std::move(defaults)}})},
                           {"tools", std::move(tools)},
                           {"update", Json::object({{"checkOnStart", false}})}});
  state.files["openclaw.json"] = pretty(own) + "\n";
  return state;
}

}  // namespace weir::setup
