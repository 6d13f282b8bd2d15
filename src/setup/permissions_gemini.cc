// Gemini CLI: settings.json, `tools` (core, allowed, exclude), `mcp` and `mcpServers`; older files have
// coreTools, allowedTools and excludeTools at the top.
#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/json.h"
#include "setup/permissions_rules.h"

namespace weir::setup {
namespace {

using Effect = PermissionRule::Effect;
using Kind = PermissionNote::Kind;
using Subject = PermissionRule::Subject;

constexpr std::string_view kShell = "run_shell_command";
constexpr std::array<std::string_view, 16> kTools = {"run_shell_command", "read_file",
                                                     "read_many_files",   "write_file",
                                                     "replace",           "glob",
                                                     "list_directory",    "search_file_content",
                                                     "grep_search",       "web_fetch",
                                                     "google_web_search", "save_memory",
                                                     "write_todos",       "codebase_investigator",
                                                     "ask_user",          "activate_skill"};
// The class names by which older versions called them.
constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"ShellTool", "run_shell_command"},
    {"ReadFileTool", "read_file"},
    {"WriteFileTool", "write_file"},
    {"EditTool", "replace"},
    {"GlobTool", "glob"},
    {"LSTool", "list_directory"},
    {"GrepTool", "search_file_content"},
    {"WebFetchTool", "web_fetch"},
    {"WebSearchTool", "google_web_search"},
    {"MemoryTool", "save_memory"},
    {"ReadManyFilesTool", "read_many_files"}};

std::string tool_name(std::string_view written) {
  for (const auto& [old_name, now] : kAliases)
    if (written == old_name) return std::string(now);
  return std::string(written);
}

bool known(std::string_view tool) {
  for (const auto one : kTools)
    if (one == tool) return true;
  return false;
}

// One entry of a list: "tool" or "run_shell_command(git status)".
Status read_entry(PermissionRule rule, PermissionWriter& writer) {
  const std::string_view text = trim(rule.text);
  const auto open = text.find('(');
  const std::string tool = tool_name(text.substr(0, open));
  if (!known(tool)) {
    writer.note(Kind::no_effect, rule, "there is no built-in tool of this name");
    return {};
  }
  if (open == std::string_view::npos) {
    rule.subject = Subject::tool;
    rule.value = tool;
    return writer.add(std::move(rule));
  }
  if (tool != kShell || !text.ends_with(')')) {
    writer.note(Kind::no_effect, rule, "only run_shell_command takes a command in parentheses");
    return {};
  }
  rule.subject = Subject::shell;
  rule.value = std::string(trim(text.substr(open + 1, text.size() - open - 2)));
  rule.prefix = true;
  if (rule.effect == Effect::deny)
    writer.note(Kind::weaker, rule,
                "there it compares the beginning of the command line, which the vendor calls no security "
                "mechanism; the policy here is about the program that runs");
  else if (rule.value.empty())
    writer.note(Kind::weaker, rule, "allows every command");
  return writer.add(std::move(rule));
}

Status read_list(const Json& list, Effect effect, const std::string& where, PermissionWriter& writer) {
  if (list.is_null()) return {};
  if (!list.is_array()) return fail("a list of tools was expected", where);
  for (std::size_t i = 0; i < list.as_array().size(); ++i) {
    const std::string at = where + "[" + std::to_string(i) + "]";
    if (!list.as_array()[i].is_string()) return fail("a tool must be text", at);
    TRY_STATUS(read_entry({effect, Subject::tool, "", false, list.as_array()[i].as_string(), at}, writer));
  }
  return {};
}

// tools.core is closed: what is not in it does not exist for the model.
Status read_core(const Json& list, const std::string& where, PermissionWriter& writer) {
  if (list.is_null()) return {};
  if (!list.is_array()) return fail("a list of tools was expected", where);
  std::string names;
  for (const auto& item : list.as_array()) {
    const std::string text(item.text_or(""));
    const std::string tool = tool_name(trim(std::string_view(text).substr(0, text.find('('))));
    if (!known(tool)) {
      writer.note(Kind::no_effect, where, text, "there is no built-in tool of this name");
      continue;
    }
    if (text.find('(') != std::string::npos)
      writer.note(Kind::wider, where, text,
                  "the tool is permitted whole here; write a policy on its commands");
    names += tool + "\n";
  }
  return writer.add({Effect::deny, Subject::other_tools, names, false, "only " + compact(list), where});
}

Status read_servers(const Json& servers, const std::string& file, PermissionWriter& writer) {
  if (!servers.is_object()) return {};
  for (const auto& [server, settings] : servers.as_object()) {
    const std::string where = file + " mcpServers." + printable(server, 60);
    if (settings["trust"].bool_or(false))
      writer.note(Kind::weaker, where, "trust: true", "no tool of this server is asked about");
    const Json& excluded = settings["excludeTools"];
    if (!excluded.is_array()) continue;
    for (const auto& tool : excluded.as_array())
      if (tool.is_string())
        TRY_STATUS(writer.add({Effect::deny, Subject::mcp_tool, server + "/" + tool.as_string(), false,
                               "excludeTools " + tool.as_string(), where}));
  }
  return {};
}

}  // namespace

Status read_gemini_permissions(const PermissionFile& file, PermissionWriter& writer) {
  TRY(const Json settings, parse_json(file.text));
  if (!settings.is_object()) return fail("settings must be a JSON object", file.name);
  const Json& tools = settings["tools"];
  TRY_STATUS(read_list(tools["exclude"], Effect::deny, file.name + " tools.exclude", writer));
  TRY_STATUS(read_list(settings["excludeTools"], Effect::deny, file.name + " excludeTools", writer));
  TRY_STATUS(read_list(tools["allowed"], Effect::allow, file.name + " tools.allowed", writer));
  TRY_STATUS(read_list(settings["allowedTools"], Effect::allow, file.name + " allowedTools", writer));
  TRY_STATUS(read_core(tools["core"], file.name + " tools.core", writer));
  TRY_STATUS(read_core(settings["coreTools"], file.name + " coreTools", writer));
  for (const char* stray : {"deny", "excluded", "denied", "block"})
    if (tools.is_object() && tools.has(stray))
      writer.note(Kind::no_effect, file.name + " tools." + stray, stray, "the list is called tools.exclude");
  const Json& excluded = settings["mcp"]["excluded"];
  if (excluded.is_array())
    for (const auto& server : excluded.as_array())
      if (server.is_string())
        TRY_STATUS(writer.add({Effect::deny, Subject::mcp_server, server.as_string(), false,
                               "excluded " + server.as_string(), file.name + " mcp.excluded"}));
  return read_servers(settings["mcpServers"], file.name, writer);
}

}  // namespace weir::setup
