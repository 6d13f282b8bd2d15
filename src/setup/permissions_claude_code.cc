// Claude Code: `permissions` in settings.json. Rules are read deny, then ask, then allow; the first that
// matches decides, however specific another is. Facts: measured on 2.1.330 and the vendor's settings page.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/json.h"
#include "setup/permissions_rules.h"

namespace weir::setup {
namespace {

using Effect = PermissionRule::Effect;
using Kind = PermissionNote::Kind;
using Subject = PermissionRule::Subject;

constexpr std::array<std::string_view, 26> kTools = {"Agent",
                                                     "AskUserQuestion",
                                                     "Bash",
                                                     "BashOutput",
                                                     "Edit",
                                                     "EnterPlanMode",
                                                     "ExitPlanMode",
                                                     "Glob",
                                                     "Grep",
                                                     "KillShell",
                                                     "LS",
                                                     "ListMcpResourcesTool",
                                                     "LSP",
                                                     "MultiEdit",
                                                     "NotebookEdit",
                                                     "NotebookRead",
                                                     "PowerShell",
                                                     "Read",
                                                     "ReadMcpResourceTool",
                                                     "Skill",
                                                     "SlashCommand",
                                                     "Task",
                                                     "TodoWrite",
                                                     "WebFetch",
                                                     "WebSearch",
                                                     "Write"};

// "Bash(npm run:*)" → {"Bash", "npm run:*"}; no specifier: nullopt.
struct Parts {
  std::string tool;
  std::optional<std::string> inside;
};

std::optional<Parts> parts_of(std::string_view rule) {
  const auto open = rule.find('(');
  if (open == std::string_view::npos) {
    if (rule.find(')') != std::string_view::npos || rule.empty()) return std::nullopt;
    return Parts{std::string(rule), std::nullopt};
  }
  if (!rule.ends_with(')') || open == 0) return std::nullopt;
  return Parts{std::string(rule.substr(0, open)), std::string(rule.substr(open + 1, rule.size() - open - 2))};
}

class Reader {
 public:
  Reader(PermissionRule rule, PermissionWriter& writer) : rule_(std::move(rule)), writer_(writer) {}

  Status read() {
    const auto parts = parts_of(trim(rule_.text));
    if (!parts) {
      none("is not written as Tool or Tool(specifier)");
      return {};
    }
    if (parts->tool.starts_with("mcp__")) return mcp(*parts);
    if (std::find(kTools.begin(), kTools.end(), parts->tool) == kTools.end()) {
      none("there is no tool of this name; names are written exactly, as in Bash");
      return {};
    }
    if (!parts->inside || parts->inside->empty() || *parts->inside == "*") return whole_tool(parts->tool);
    if (parts->tool == "Bash" || parts->tool == "PowerShell") return shell(*parts->inside);
    if (parts->tool == "Read") return path(Subject::file_read, *parts->inside);
    if (parts->tool == "Edit") return path(Subject::file_change, *parts->inside);
    if (parts->tool == "WebFetch") return web(*parts->inside);
    return other(parts->tool, *parts->inside);
  }

 private:
  void none(std::string message) { writer_.note(Kind::no_effect, rule_, std::move(message)); }
  void weaker(std::string message) { writer_.note(Kind::weaker, rule_, std::move(message)); }

  Status emit(Subject subject, std::string value, bool prefix = false) {
    rule_.subject = subject;
    rule_.value = std::move(value);
    rule_.prefix = prefix;
    return writer_.add(rule_);
  }

  Status whole_tool(const std::string& tool) {
    if (rule_.effect == Effect::deny && (tool == "Read" || tool == "Edit" || tool == "Write"))
      weaker("stops only this tool: a shell command reads and writes files as well");
    return emit(Subject::tool, tool == "Task" ? "Agent" : tool);
  }

  Status mcp(const Parts& parts) {
    if (parts.inside) weaker("what stands in parentheses is not looked at for MCP tools");
    const std::string rest = parts.tool.substr(5);
    const auto split_at = rest.find("__");
    if (split_at == std::string::npos || rest.substr(split_at + 2) == "*")
      return emit(Subject::mcp_server, rest.substr(0, split_at));
    if (rest.find('*') != std::string::npos) {
      none("a star inside an MCP tool's name matches nothing");
      return {};
    }
    return emit(Subject::mcp_tool, rest.substr(0, split_at) + "/" + rest.substr(split_at + 2));
  }

  Status shell(std::string command) {
    const bool colon = command.ends_with(":*");
    const bool space = !colon && command.ends_with(" *");
    if (colon || space) command.resize(command.size() - 2);
    if (!colon && command.find(":*") != std::string::npos) {
      none("`:*` means a prefix only at the end");
      return {};
    }
    const bool prefix = colon || space;
    if (rule_.effect == Effect::deny) {
      weaker(prefix
                 ? "there it compares the words of the command line: python3 -c, eval or a quoted name "
                   "(c''url) get round it; the policy here is about the program that runs"
                 : "there it matches this one spelling only; with another option or order it does not apply");
    } else if (rule_.effect == Effect::allow && prefix) {
      if (command.empty()) weaker("allows every command");
      static constexpr std::array<std::string_view, 16> kRunners = {
          "bash", "sh",   "zsh",   "python", "python3", "node", "npx",  "env",
          "sudo", "find", "xargs", "awk",    "perl",    "ruby", "make", "docker"};
      const std::string program = command.substr(0, command.find(' '));
      if (std::find(kRunners.begin(), kRunners.end(), program) != kRunners.end())
        weaker("allows anything: " + program + " runs whatever it is given");
    }
    return emit(Subject::shell, std::move(command), prefix);
  }

  Status path(Subject subject, const std::string& pattern) {
    if (pattern.starts_with('/') && !pattern.starts_with("//"))
      weaker("a single / begins at the settings' directory, not at the root; // is the root");
    if (rule_.effect == Effect::deny && subject == Subject::file_read)
      weaker(
          "there a command that computes the name reads the file all the same (measured: "
          "`cat $(printf …)`, `python3 -c`)");
    if (pattern.starts_with('!')) {
      none("a pattern cannot be negated here");
      return {};
    }
    return emit(subject, pattern);
  }

  Status web(const std::string& inside) {
    if (!inside.starts_with("domain:")) {
      none("WebFetch knows only domain:NAME");
      return {};
    }
    if (rule_.effect == Effect::deny)
      weaker("there it stops this tool only: curl and wget in the shell reach the host all the same");
    return emit(Subject::host, inside.substr(7));
  }

  Status other(const std::string& tool, const std::string& inside) {
    if (tool == "Write" || tool == "MultiEdit" || tool == "NotebookEdit") {
      none("paths are looked up under Edit(…) alone: write Edit(" + inside + ")");
      if (rule_.effect != Effect::allow) return path(Subject::file_change, inside);  // what was meant
    } else if (tool == "Glob" || tool == "Grep" || tool == "LS" || tool == "NotebookRead") {
      none("paths are looked up under Read(…) alone: write Read(" + inside + ")");
      if (rule_.effect != Effect::allow) return path(Subject::file_read, inside);
    } else if (tool == "Agent" || tool == "Task" || tool == "Skill" || tool == "SlashCommand") {
      writer_.note(Kind::skipped, rule_, "choose by Agent or Skill in a policy of your own");
    } else {
      none("this tool takes no specifier");
    }
    return {};
  }

  PermissionRule rule_;
  PermissionWriter& writer_;
};

void read_modes(const Json& permissions, const std::string& file, PermissionWriter& writer) {
  const std::string mode(permissions["defaultMode"].text_or(""));
  const std::string where = file + " permissions.defaultMode";
  if (mode == "bypassPermissions")
    writer.note(Kind::weaker, where, mode, "nothing is asked at all; only deny rules remain");
  else if (mode == "acceptEdits")
    writer.note(Kind::weaker, where, mode, "file changes in the working directories are not asked about");
  else if (!mode.empty() && mode != "default" && mode != "plan" && mode != "dontAsk" && mode != "auto")
    writer.note(Kind::no_effect, where, mode, "there is no such mode");
  static constexpr std::array<std::string_view, 7> kKnown = {
      "allow",          "ask", "deny", "defaultMode", "additionalDirectories", "disableBypassPermissionsMode",
      "disableAutoMode"};
  for (const auto& [key, value] : permissions.as_object())
    if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end())
      writer.note(Kind::no_effect, file + " permissions." + printable(key, 40), printable(key, 40),
                  "there is no such setting");
}

}  // namespace

Status read_claude_permissions(const PermissionFile& file, PermissionWriter& writer) {
  TRY(const Json settings, parse_json(file.text));
  if (!settings.is_object()) return fail("settings must be a JSON object", file.name);
  const Json& permissions = settings["permissions"];
  for (const char* stray : {"allow", "deny", "ask", "allowedTools", "deniedTools"})
    if (settings.has(stray))
      writer.note(Kind::no_effect, file.name + " " + stray, stray,
                  "rules stand under \"permissions\"; here they are not read");
  if (permissions.is_null()) return {};
  if (!permissions.is_object()) return fail("permissions must be a JSON object", file.name + " permissions");
  const std::pair<const char*, Effect> lists[] = {
      {"deny", Effect::deny}, {"ask", Effect::ask}, {"allow", Effect::allow}};
  for (const auto& [key, effect] : lists) {
    const Json& list = permissions[key];
    if (list.is_null()) continue;
    const std::string where = file.name + " permissions." + key;
    if (!list.is_array()) return fail("a list of rules was expected", where);
    for (std::size_t i = 0; i < list.as_array().size(); ++i) {
      const std::string at = where + "[" + std::to_string(i) + "]";
      const Json& item = list.as_array()[i];
      if (!item.is_string()) return fail("a rule must be text", at);
      TRY_STATUS(Reader({effect, Subject::tool, "", false, item.as_string(), at}, writer).read());
    }
  }
  read_modes(permissions, file.name, writer);
  return {};
}

}  // namespace weir::setup
