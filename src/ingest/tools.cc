#include "ingest/tools.h"

#include <algorithm>
#include <array>

#include "ingest/ingest.h"
#include "ingest/tools_common.h"

namespace weir::ingest {
namespace {

constexpr std::string_view kMcpPrefix = "mcp__";

constexpr std::array<std::string_view, 20> kKinds = {
    "unknown",     "shell",         "stdin_write", "file_read", "file_write", "file_edit",  "file_delete",
    "patch",       "notebook",      "memory",      "search",    "web_fetch",  "web_search", "mcp",
    "agent_spawn", "agent_message", "skill",       "schedule",  "worktree",   "internal"};
constexpr std::array<std::string_view, 5> kUses = {"read", "write", "edit", "remove", "search"};

// mcp__SERVER__TOOL. A server whose own name holds "__" is split too early; policies should name whole tools.
bool read_mcp_name(ToolUse& use, std::string_view tool) {
  if (!tool.starts_with(kMcpPrefix)) return false;
  const std::string_view rest = tool.substr(kMcpPrefix.size());
  const std::size_t mark = rest.find("__");
  use.kind = ToolKind::mcp;
  if (mark == std::string_view::npos) {
    use.server = rest;
    set_opaque(use, "the MCP tool name has no tool part");
    return true;
  }
  use.server = rest.substr(0, mark);
  use.tool = rest.substr(mark + 2);
  if (use.server.empty() || use.tool.empty()) set_opaque(use, "the MCP tool name is incomplete");
  return true;
}

// Addresses and paths that MCP tools commonly take are not guessed here: their meaning is the server's.
std::span<const ToolRow> table_of(std::string_view agent) {
  if (agent == kClaudeCode) return claude_code_tools();
  if (agent == kCodex) return codex_tools();
  return {};
}

bool needs_quotes(std::string_view word) {
  constexpr std::string_view kPlain = "%+,-./:=@_";
  return word.empty() || !std::all_of(word.begin(), word.end(), [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  kPlain.find(c) != std::string_view::npos;
         });
}

struct DisplayField {
  std::string_view agent;
  std::string_view tool;
  std::string_view field;
};
constexpr std::array kDisplayFields = {
    DisplayField{kClaudeCode, "Bash", "description"},
    DisplayField{kClaudeCode, "Monitor", "description"},
    DisplayField{kClaudeCode, "Agent", "description"},
    DisplayField{kClaudeCode, "Task", "description"},
    DisplayField{kCodex, "exec_command", "justification"},
    DisplayField{kCodex, "shell", "justification"},
    DisplayField{kCodex, "shell_command", "justification"},
    DisplayField{kCodex, "Bash", "description"},
    DisplayField{kCodex, "Bash", "justification"},
};

}  // namespace

std::string_view name(ToolKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

std::string_view name(PathUse use) {
  return kUses[static_cast<std::size_t>(use)];
}

ToolUse tool_use(std::string_view agent, std::string_view tool, const Json& input) {
  ToolUse use;
  use.tool = tool;
  if (agent == kReplay) {
    use.kind = ToolKind::mcp;
    return use;
  }
  if (read_mcp_name(use, tool)) return use;
  for (const auto& row : table_of(agent)) {
    if (row.tool != tool) continue;
    use.kind = row.kind;
    if (!input.is_object())
      set_opaque(use, "the tool's input is not an object");
    else
      row.read(use, input);
    return use;
  }
  set_opaque(use, "Weir does not know this tool");
  return use;
}

Json identity_input(std::string_view agent, std::string_view tool, const Json& input) {
  Json same = input;
  for (const auto& row : kDisplayFields)
    if (row.agent == agent && row.tool == tool) same.erase(row.field);
  return same;
}

std::string quote_words(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) {
    if (!line.empty()) line += ' ';
    if (!needs_quotes(word)) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) {
      if (c == '\'')
        line += "'\\''";
      else
        line += c;
    }
    line += '\'';
  }
  return line;
}

void set_opaque(ToolUse& use, std::string_view why) {
  if (use.opaque.empty()) use.opaque = why;
}

std::string needed_text(ToolUse& use, const Json& input, std::string_view key) {
  const Json& value = input[key];
  if (!value.is_string()) {
    set_opaque(use, "the input has no text in \"" + std::string(key) + '"');
    return {};
  }
  return value.as_string();
}

std::string optional_text(ToolUse& use, const Json& input, std::string_view key) {
  const Json& value = input[key];
  if (value.is_null()) return {};
  return needed_text(use, input, key);
}

void add_needed_path(ToolUse& use, const Json& input, std::string_view key, PathUse how) {
  std::string path = needed_text(use, input, key);
  if (path.empty())
    set_opaque(use, "the input names no path in \"" + std::string(key) + '"');
  else
    use.paths.push_back({std::move(path), how});
}

void add_optional_path(ToolUse& use, const Json& input, std::string_view key, PathUse how) {
  std::string path = optional_text(use, input, key);
  if (!path.empty()) use.paths.push_back({std::move(path), how});
}

std::vector<std::string> needed_words(ToolUse& use, const Json& input, std::string_view key) {
  const Json& value = input[key];
  std::vector<std::string> words;
  if (!value.is_array()) {
    set_opaque(use, "the input has no list of words in \"" + std::string(key) + '"');
    return words;
  }
  for (const Json& word : value.as_array()) {
    if (!word.is_string()) {
      set_opaque(use, "a word of \"" + std::string(key) + "\" is not text");
      return {};
    }
    words.push_back(word.as_string());
  }
  return words;
}

void read_nothing(ToolUse&, const Json&) {}

void read_mcp_resource(ToolUse& use, const Json& input) {
  use.server = optional_text(use, input, "server");
  use.url = optional_text(use, input, "uri");
}

}  // namespace weir::ingest
