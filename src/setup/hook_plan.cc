#include "setup/hook_plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "ingest/gating.h"

namespace weir::setup {
namespace {

// Seconds the agent waits for the shim. The shim answers long before; these only bound a shim that cannot.
constexpr int kGatingTimeoutS = 30;
constexpr int kObservingTimeoutS = 10;

// Hooks on these events change what Claude Code does, instead of only seeing it: a WorktreeCreate or
// WorktreeRemove hook takes the work over, the matcher of FileChanged is a list of files to watch. And
// MessageDisplay comes for every few lines of text on the screen, which the transcript has anyway.
constexpr std::array<std::string_view, 4> kNotHooked = {"WorktreeCreate", "WorktreeRemove", "FileChanged",
                                                        "MessageDisplay"};

std::vector<std::string> shim_arguments(Agent agent, const std::string& event,
                                        const Installation& installation) {
  return {std::string(name(agent)), event,   "--socket",
          installation.socket,      "--key", installation.public_key_base64};
}

Json claude_handler(const std::string& event, const Installation& installation) {
  const bool gates = ingest::event_gates(name(Agent::claude), event);
  Json handler = Json::object({{"type", "command"}, {"command", installation.hook_path}});
  handler.set("args", Json::strings(shim_arguments(Agent::claude, event, installation)));
  handler.set("timeout", gates ? kGatingTimeoutS : kObservingTimeoutS);
  // Without it a hook that crashes, hangs or is missing lets the tool run.
  handler.set("onFailure", "block");
  return handler;
}

// Codex lets the tool run when a hook is missing, crashes, hangs, or says nothing when it refuses (measured,
// 0.169.0). This turns each of those into a refusal with a reason. /bin/sh is named because the person's own
// shell, which Codex takes, may be one of another grammar; the programs are named by path because PATH is the
// agent's. The shim answers within 8 s; Codex waits kGatingTimeoutS.
constexpr std::string_view kGuardScript =
    "/usr/bin/timeout -s KILL 20 \"$0\" \"$@\"; s=$?; case $s in 0|2) exit $s;; esac; "
    "echo \"Weir refused this because its hook did not answer; see weir doctor\" >&2; exit 2";

Json codex_handler(const std::string& event, const Installation& installation) {
  const bool gates = ingest::event_gates(name(Agent::codex), event);
  const bool ending = event == "SessionEnd" || event == "Interrupt";
  std::string line = gates ? "/bin/sh -c " + shell_quote(kGuardScript) + " " : "";
  line += shell_quote(installation.hook_path);
  for (const auto& word : shim_arguments(Agent::codex, event, installation))
    line += " " + shell_quote(word);
  return Json::object({{"type", "command"},
                       {"command", line},
                       {"timeout", gates    ? kGatingTimeoutS
                                   : ending ? kCodexEndingTimeoutS
                                            : kObservingTimeoutS}});
}

bool absolute_and_plain(std::string_view path) {
  return path.starts_with('/') && path.size() < 4096 && printable(path) == path;
}

bool harmless_in_shell(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_./:=+,@%-").find(c) != std::string_view::npos;
}

// From a quote at `at` to its end; none when it does not end or a double-quoted part expands something.
std::optional<std::size_t> read_quoted(std::string_view line, std::size_t at, std::string& word) {
  const char quote = line[at];
  for (std::size_t i = at + 1; i < line.size(); ++i) {
    if (line[i] == quote) return i + 1;
    if (quote == '"' && (line[i] == '$' || line[i] == '`')) return std::nullopt;
    if (quote == '"' && line[i] == '\\' && i + 1 < line.size() &&
        std::string_view("\"\\$`").find(line[i + 1]) != std::string_view::npos)
      ++i;
    word += line[i];
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(Agent agent) {
  return agent == Agent::claude ? "claude-code" : "codex";
}

std::optional<Agent> agent_from(std::string_view text) {
  if (text == "claude" || text == "claude-code") return Agent::claude;
  if (text == "codex") return Agent::codex;
  return std::nullopt;
}

std::string_view name(Scope scope) {
  return scope == Scope::user ? "user" : scope == Scope::project ? "project" : "system";
}

std::optional<Scope> scope_from(std::string_view text) {
  for (const Scope scope : {Scope::user, Scope::project, Scope::system})
    if (text == name(scope)) return scope;
  return std::nullopt;
}

std::vector<std::string> hook_events(Agent agent) {
  std::vector<std::string> events;
  for (const auto& row : ingest::kHookEvents) {
    const bool skipped = std::find(kNotHooked.begin(), kNotHooked.end(), row.name) != kNotHooked.end();
    if (row.agent == name(agent) && row.hookable && !skipped) events.emplace_back(row.name);
  }
  return events;
}

std::vector<HookGroup> hook_groups(Agent agent, const Installation& installation) {
  std::vector<HookGroup> groups;
  for (const auto& event : hook_events(agent)) {
    Json handler =
        agent == Agent::claude ? claude_handler(event, installation) : codex_handler(event, installation);
    groups.push_back({event, Json::object({{"matcher", "*"}, {"hooks", Json::array({std::move(handler)})}})});
  }
  return groups;
}

Status check_installation(const Installation& installation) {
  if (!absolute_and_plain(installation.hook_path))
    return fail("the path of weir-hook must be absolute and printable", printable(installation.hook_path));
  if (!absolute_and_plain(installation.socket))
    return fail("the path of the event socket must be absolute and printable",
                printable(installation.socket));
  const auto key = from_base64(installation.public_key_base64);
  if (!key || key->size() != 32)
    return fail("the daemon's public key must be 32 bytes in base64", {}, "start `weir daemon` once");
  return {};
}

std::string shell_quote(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), harmless_in_shell)) return std::string(word);
  std::string quoted = "'";
  for (const char c : word)
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::optional<std::vector<std::string>> shell_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  for (std::size_t i = 0; i < line.size();) {
    const char c = line[i];
    if (c == ' ' || c == '\t') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
      ++i;
      continue;
    }
    in_word = true;
    if (c == '\'' || c == '"') {
      const auto next = read_quoted(line, i, word);
      if (!next) return std::nullopt;
      i = *next;
    } else if (c == '\\' && i + 1 < line.size() && line[i + 1] != '\n') {
      word += line[i + 1];
      i += 2;
    } else if (harmless_in_shell(c) || static_cast<unsigned char>(c) >= 0x80) {
      word += c;
      ++i;
    } else {
      return std::nullopt;
    }
  }
  if (in_word) words.push_back(word);
  return words;
}

std::optional<WeirCommand> weir_command(const Json& handler) {
  std::vector<std::string> words;
  if (const Json* args = handler.find("args"); args != nullptr && args->is_array()) {
    words.emplace_back(handler["command"].text_or(""));
    for (const Json& word : args->as_array())
      words.emplace_back(word.text_or(""));
  } else if (auto split = shell_words(handler["command"].text_or(""))) {
    words = *std::move(split);
  }
  const bool guarded =
      words.size() > 3 && words[0] == "/bin/sh" && words[1] == "-c" && words[2] == kGuardScript;
  if (guarded) words.erase(words.begin(), words.begin() + 3);
  if (words.empty()) return std::nullopt;
  const auto slash = words[0].rfind('/');
  if (words[0].substr(slash == std::string::npos ? 0 : slash + 1) != "weir-hook") return std::nullopt;
  WeirCommand command{.program = words[0]};
  if (words.size() > 1) command.agent = words[1];
  if (words.size() > 2) command.event = words[2];
  for (std::size_t i = 3; i + 1 < words.size(); i += 2) {
    if (words[i] == "--socket") command.socket = words[i + 1];
    if (words[i] == "--key") command.key = words[i + 1];
  }
  return command;
}

}  // namespace weir::setup
