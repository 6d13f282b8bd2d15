#include "setup/run_claude.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "setup/hook_plan.h"
#include "setup/json_edit.h"

namespace weir::setup {
namespace {

using Words = std::vector<std::string>;

struct Refused {
  std::string_view option;
  std::string_view why;
};

constexpr std::string_view kNoHooks = "it starts Claude Code without hooks";
constexpr std::string_view kElsewhere = "the session would run outside this guarded run";
constexpr std::string_view kManaged = "managed settings can switch hooks off";

constexpr Refused kRefusedOptions[] = {
    {"--bare", kNoHooks},      {"--safe-mode", kNoHooks},     {"--managed-settings", kManaged},
    {"--bg", kElsewhere},      {"--background", kElsewhere},  {"--cloud", kElsewhere},
    {"--desktop", kElsewhere}, {"--environment", kElsewhere}, {"--tmux", kElsewhere},
    {"--remote", kElsewhere},
};

constexpr Refused kRefusedCommands[] = {
    {"agents", kElsewhere},
    {"attach", kElsewhere},
    {"respawn", kElsewhere},
};

// Options that take the next word along, as far as a command name could hide behind them.
constexpr std::array<std::string_view, 22> kWithValue = {"--model",
                                                         "--settings",
                                                         "--setting-sources",
                                                         "--permission-mode",
                                                         "--output-format",
                                                         "--input-format",
                                                         "--append-system-prompt",
                                                         "--system-prompt",
                                                         "--session-id",
                                                         "--fallback-model",
                                                         "--agent",
                                                         "--name",
                                                         "-n",
                                                         "--effort",
                                                         "--debug-file",
                                                         "--json-schema",
                                                         "--max-budget-usd",
                                                         "--max-turns",
                                                         "--plugin-dir",
                                                         "--plugin-url",
                                                         "--permission-prompts",
                                                         "--autocompact"};

bool names_option(std::string_view word, std::string_view option) {
  return word == option ||
         (word.starts_with(option) && word.size() > option.size() && word[option.size()] == '=');
}

Error refused(std::string_view word, std::string_view why) {
  return {ErrorCode::denied, "`" + std::string(word) + "`: " + std::string(why), std::string(word),
          "leave it out, or start Claude Code without `weir run`"};
}

// Options count up to "--"; what follows is the prompt.
std::size_t options_end(const Words& argv, std::size_t at) {
  return static_cast<std::size_t>(
      std::find(argv.begin() + static_cast<std::ptrdiff_t>(at), argv.end(), "--") - argv.begin());
}

Status check_arguments(const Words& argv, std::size_t at, GuardedCommand& guarded) {
  const std::size_t end = options_end(argv, at);
  bool command_seen = false;
  for (std::size_t i = at; i < end; ++i) {
    const std::string& word = argv[i];
    for (const auto& row : kRefusedOptions)
      if (names_option(word, row.option)) return std::unexpected(refused(row.option, row.why));
    if (names_option(word, "--dangerously-skip-permissions") ||
        names_option(word, "--allow-dangerously-skip-permissions"))
      guarded.warnings.push_back("Claude Code runs with " + word + ": only Weir decides.");
    if (word == "--permission-mode=bypassPermissions" ||
        (word == "bypassPermissions" && i > at && argv[i - 1] == "--permission-mode"))
      guarded.warnings.push_back("Claude Code bypasses its own permissions: only Weir decides.");
    const bool is_value =
        i > at && std::find(kWithValue.begin(), kWithValue.end(), argv[i - 1]) != kWithValue.end();
    if (word.starts_with('-') || is_value || command_seen) continue;
    command_seen = true;
    for (const auto& row : kRefusedCommands)
      if (word == row.option) return std::unexpected(refused("claude " + word, row.why));
  }
  return {};
}

Status check_managed(const std::string& text) {
  if (text.empty()) return {};
  const auto managed = parse_settings(text, Comments::refuse);
  if (!managed)
    return fail("Claude Code's managed settings cannot be read: " + managed.error().what,
                "/etc/claude-code/managed-settings.json", "mend the file");
  const bool off = (*managed)["disableAllHooks"].bool_or(false);
  const bool only = (*managed)["allowManagedHooksOnly"].bool_or(false) && !names_weir(*managed);
  if (off || only)
    return fail(ErrorCode::denied,
                off ? "managed settings switch all hooks off" : "managed settings allow managed hooks only",
                "/etc/claude-code/managed-settings.json",
                "ask its administrator for `weir init claude --system`");
  return {};
}

// Takes the user's own --settings out of argv; the last one is what Claude Code would have used.
Result<std::optional<std::string>> take_settings(Words& argv, std::size_t at) {
  std::optional<std::string> value;
  for (std::size_t i = at; i < options_end(argv, at);) {
    const auto here = argv.begin() + static_cast<std::ptrdiff_t>(i);
    if (argv[i] == "--settings") {
      if (i + 1 >= options_end(argv, at)) return fail("--settings has no value", "--settings");
      value = argv[i + 1];
      argv.erase(here, here + 2);
    } else if (argv[i].starts_with("--settings=")) {
      value = argv[i].substr(std::string_view("--settings=").size());
      argv.erase(here);
    } else {
      const bool skip = std::find(kWithValue.begin(), kWithValue.end(), argv[i]) != kWithValue.end();
      i += skip ? 2 : 1;
    }
  }
  return value;
}

Result<Json> user_settings(const RunRequest& request, const std::optional<std::string>& given) {
  if (!given) return Json::object();
  std::string text = *given;
  if (!trim(text).starts_with('{')) {
    if (!request.read_file) return fail("the settings file cannot be read here", printable(*given));
    TRY(text, request.read_file(*given));
  }
  auto settings = parse_settings(text, Comments::refuse);
  if (!settings) return fail("--settings: " + settings.error().what, printable(*given, 200), "mend it");
  const Json& off = (*settings)["disableAllHooks"];
  if (!off.is_null() && !(off.is_bool() && !off.as_bool()))
    return std::unexpected(refused("--settings", "it sets disableAllHooks"));
  for (const std::string_view name : {"CLAUDE_CODE_SIMPLE", "CLAUDE_CODE_SAFE_MODE"})
    if (!(*settings)["env"][name].text_or("").empty())
      return std::unexpected(refused("--settings", "its env starts a mode without hooks"));
  if (settings->has("hooks") && !(*settings)["hooks"].is_object())
    return fail("--settings: \"hooks\" is not an object", printable(*given, 200), "mend it");
  return settings;
}

// The sources without "local": the ones that were asked for, or all.
void leave_local_settings_out(Words& argv, std::size_t at) {
  constexpr std::string_view kOption = "--setting-sources";
  const auto without_local = [](std::string_view list) {
    std::string kept;
    for (const auto source : split(list, ','))
      if (trim(source) != "local") kept += (kept.empty() ? "" : ",") + std::string(trim(source));
    return kept;
  };
  bool asked = false;
  for (std::size_t i = at; i < options_end(argv, at); ++i) {
    std::string* list = nullptr;
    if (argv[i] == kOption && i + 1 < options_end(argv, at)) list = &argv[++i];
    if (argv[i].starts_with(std::string(kOption) + "=")) list = &argv[i];
    if (list == nullptr) continue;
    asked = true;
    const bool joined = list->starts_with(kOption);
    *list = joined ? std::string(kOption) + "=" + without_local(list->substr(kOption.size() + 1))
                   : without_local(*list);
  }
  if (!asked)
    argv.insert(argv.begin() + static_cast<std::ptrdiff_t>(at), {std::string(kOption), "user,project"});
}

}  // namespace

Status guard_claude(const RunRequest& request, std::size_t at, GuardedCommand& guarded) {
  TRY_STATUS(check_arguments(guarded.argv, at, guarded));
  TRY_STATUS(check_managed(request.managed_settings));
  TRY(const auto given, take_settings(guarded.argv, at));
  TRY(Json settings, user_settings(request, given));
  settings.set("disableAllHooks", false);
  if (request.in_pod) settings.set("sandbox", Json::object({{"enabled", false}}));
  Json env = settings["env"].is_object() ? settings["env"] : Json::object();
  env.set("CLAUDE_CODE_SIMPLE", "");
  env.set("CLAUDE_CODE_SAFE_MODE", "");
  settings.set("env", std::move(env));
  TRY(const TextEdit edit,
      insert_hooks(pretty(settings) + "\n", hook_groups(Agent::claude, request.installation), Json::object(),
                   Comments::refuse));
  guarded.settings = edit.text;
  const auto local = parse_settings(request.local_settings, Comments::refuse);
  if (request.in_pod && local && names_weir(*local)) {
    leave_local_settings_out(guarded.argv, at);
    guarded.warnings.emplace_back(
        "The project's settings.local.json has Weir's hooks of outside: it is left out in the pod.");
  }
  const auto place = guarded.argv.begin() + static_cast<std::ptrdiff_t>(at);
  guarded.argv.insert(place, {"--settings", request.settings_file});
  return {};
}

}  // namespace weir::setup
