#include "setup/run_codex.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "setup/codex_trust.h"
#include "setup/hook_plan.h"

namespace weir::setup {
namespace {

using Words = std::vector<std::string>;

// The name that Codex gives to the layer of `-c` flags in keys of hooks.state (measured).
constexpr std::string_view kSessionFlags = "/<session-flags>/config.toml";

constexpr std::array<std::string_view, 5> kElsewhere = {"cloud", "remote-control", "exec-server", "agents",
                                                        "--remote"};

// Options of Codex that take the next word along, so that the command behind them is found.
constexpr std::array<std::string_view, 26> kWithValue = {"-c",
                                                         "--config",
                                                         "--enable",
                                                         "--disable",
                                                         "-i",
                                                         "--image",
                                                         "-m",
                                                         "--model",
                                                         "--local-provider",
                                                         "-p",
                                                         "--profile",
                                                         "-s",
                                                         "--sandbox",
                                                         "-C",
                                                         "--cd",
                                                         "--add-dir",
                                                         "-a",
                                                         "--ask-for-approval",
                                                         "--remote",
                                                         "--remote-auth-token-env",
                                                         "-o",
                                                         "--output-schema",
                                                         "--color",
                                                         "--thread-source",
                                                         "--output-last-message",
                                                         "--cyber-access-program"};

Error refused(const std::string& word, std::string_view why) {
  return {ErrorCode::denied, "`" + printable(word, 100) + "`: " + std::string(why), printable(word, 100),
          "leave it out, or start Codex without `weir run`"};
}

// -c KEY=VALUE: may it be given together with Weir's hooks?
Status check_override(const std::string& text) {
  const auto items = toml_outline(text.substr(0, text.find('=')) + "=0\n");
  if (!items || items->empty()) return std::unexpected(refused("-c " + text, "its key cannot be read"));
  const auto& path = items->front().path;
  if (path.empty()) return {};
  if (path[0] == "hooks")
    return std::unexpected(refused("-c " + text, "it would replace the hooks of this guarded run"));
  if (path[0] == "features" && (path.size() == 1 || path[1] == "hooks" || path[1] == "codex_hooks"))
    return std::unexpected(refused("-c " + text, "it can switch the hooks off"));
  return {};
}

Status check_feature(const std::string& feature) {
  if (feature == "hooks" || feature == "codex_hooks")
    return std::unexpected(refused("--disable " + feature, "it switches the hooks off"));
  return {};
}

bool weakens(const Words& argv, std::size_t i) {
  const std::string& word = argv[i];
  if (word == "--dangerously-bypass-approvals-and-sandbox" || word == "--yolo" ||
      word == "--dangerously-bypass-hook-trust")
    return true;
  if (word == "--sandbox=danger-full-access" || word == "-sdanger-full-access") return true;
  return word == "danger-full-access" && i > 0 && (argv[i - 1] == "-s" || argv[i - 1] == "--sandbox");
}

// An option of the command line, which goes before what is configured.
bool wants_own_sandbox(const Words& argv, std::size_t at) {
  for (std::size_t i = at; i < argv.size() && argv[i] != "--"; ++i) {
    if (argv[i] == "--full-auto") return true;
    if ((argv[i] == "-s" || argv[i] == "--sandbox") && i + 1 < argv.size())
      return argv[i + 1] != "danger-full-access";
    if (argv[i].starts_with("--sandbox=")) return argv[i] != "--sandbox=danger-full-access";
  }
  return false;
}

Status check_word(const Words& argv, std::size_t i, GuardedCommand& guarded) {
  const std::string& word = argv[i];
  const std::string next = i + 1 < argv.size() ? argv[i + 1] : "";
  if (word == "-c" || word == "--config")
    TRY_STATUS(check_override(next));
  else if (word.starts_with("--config="))
    TRY_STATUS(check_override(word.substr(9)));
  else if (word.starts_with("-c") && !word.starts_with("--"))
    TRY_STATUS(check_override(word.substr(word.starts_with("-c=") ? 3 : 2)));
  if (word == "--disable") TRY_STATUS(check_feature(next));
  if (word.starts_with("--disable=")) TRY_STATUS(check_feature(word.substr(10)));
  if (word == "--remote" || word.starts_with("--remote="))
    return std::unexpected(refused("--remote", "the agent would run in another server, where Weir is not"));
  if (weakens(argv, i))
    guarded.warnings.push_back("Codex runs with " + word +
                               ": its own protection is weakened, only Weir decides.");
  return {};
}

Status check_arguments(const Words& argv, std::size_t at, GuardedCommand& guarded) {
  bool command_seen = false;
  for (std::size_t i = at; i < argv.size() && argv[i] != "--"; ++i) {
    const bool is_value =
        i > at && std::find(kWithValue.begin(), kWithValue.end(), argv[i - 1]) != kWithValue.end();
    if (!is_value || argv[i - 1] == "-s" || argv[i - 1] == "--sandbox")
      TRY_STATUS(check_word(argv, i, guarded));
    if (is_value || argv[i].starts_with('-') || command_seen) continue;
    command_seen = true;
    const bool elsewhere = std::find(kElsewhere.begin(), kElsewhere.end(), argv[i]) != kElsewhere.end();
    const bool server =
        argv[i] == "app-server" && i + 1 < argv.size() && (argv[i + 1] == "daemon" || argv[i + 1] == "proxy");
    if (elsewhere || server)
      return std::unexpected(refused("codex " + argv[i], "the agent would run outside this guarded run"));
  }
  return {};
}

// One hook group as a TOML inline table.
std::string inline_group(const Json& group) {
  const Json& handler = group["hooks"].as_array().front();
  return "[{matcher=" + toml_quote(group["matcher"].as_string()) +
         ",hooks=[{type=\"command\",command=" + toml_quote(handler["command"].as_string()) +
         ",timeout=" + std::to_string(handler["timeout"].as_int()) + "}]}]";
}

}  // namespace

Status guard_codex(const RunRequest& request, std::size_t at, GuardedCommand& guarded) {
  TRY_STATUS(check_arguments(guarded.argv, at, guarded));
  Words added;
  Json hooks = Json::object();
  for (const auto& group : hook_groups(Agent::codex, request.installation)) {
    added.insert(added.end(), {"-c", "hooks." + group.event + "=" + inline_group(group.group)});
    hooks.set(group.event, Json::array({group.group}));
  }
  std::string state;
  for (const auto& entry : codex_trust(Json::object({{"hooks", hooks}}), {std::string(kSessionFlags)}))
    state +=
        (state.empty() ? "" : ",") + toml_quote(entry.key) + "={trusted_hash=" + toml_quote(entry.hash) + "}";
  for (const auto& key : request.installed_trust_keys)
    state += (state.empty() ? "" : ",") + toml_quote(key) + "={enabled=false}";
  // --no-daemon: a background server that runs already has its own configuration, without these hooks.
  added.insert(added.end(), {"-c", "hooks.state={" + state + "}", "--enable", "hooks", "--no-daemon"});
  if (request.in_pod) {
    added.insert(added.end(), {"-c", R"(sandbox_mode="danger-full-access")"});
    if (wants_own_sandbox(guarded.argv, at))
      guarded.warnings.emplace_back(
          "Codex's own sandbox cannot be made in a pod: leave -s and --full-auto out.");
  }
  guarded.argv.insert(guarded.argv.begin() + static_cast<std::ptrdiff_t>(at), added.begin(), added.end());
  return {};
}

}  // namespace weir::setup
