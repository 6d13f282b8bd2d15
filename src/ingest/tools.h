// What a tool call is, in the same words for every agent: tool name + input → ToolUse.
//
//   ToolUse use = tool_use("claude-code", "Bash", input);
//   use.kind == ToolKind::shell;  use.command == "make test";
//
// This is vocabulary, not judgement: a ToolUse says what the call asks for, the shell room and the guard say
// what that would do. Tools that Weir does not know are `unknown`, and input that has not the shape its tool
// needs is `opaque`: never silently harmless. Tables: docs/agents/claude-code.md, docs/agents/codex.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::ingest {

enum class ToolKind {
  unknown,
  shell,          // command, argv, interpreter
  stdin_write,    // text typed into the running program `target`
  file_read,      // paths
  file_write,     // paths, text: the new content
  file_edit,      // paths, text: what is put in
  file_delete,    // paths
  patch,          // paths of every file touched, text: the patch
  notebook,       // paths, text
  memory,         // the agent's own memory store: paths, text
  search,         // paths: roots searched; text: pattern
  web_fetch,      // url
  web_search,     // text: query
  mcp,            // server, tool
  agent_spawn,    // text: task; target: agent type
  agent_message,  // text; target: the agent addressed
  skill,          // target: skill name; text: its arguments
  schedule,       // text: prompt or command that will run later
  worktree,       // makes, enters or removes a git worktree
  internal,       // only the agent's own bookkeeping: plans, task lists, questions to the user
};
std::string_view name(ToolKind kind);

enum class PathUse { read, write, edit, remove, search };
std::string_view name(PathUse use);

struct ToolPath {
  std::string path;  // as given: absolute, or relative to ToolUse::cwd, else to the call's cwd
  PathUse use = PathUse::read;
  bool operator==(const ToolPath&) const = default;
};

struct ToolUse {
  ToolKind kind = ToolKind::unknown;
  std::string tool;               // the tool's own name; for MCP without the server part
  std::string server;             // MCP server
  std::string command;            // shell: the command line; made from argv by quoting when that was given
  std::vector<std::string> argv;  // shell: when the call carries words instead of a line
  std::string interpreter;        // shell: the program that reads the line, "" for the agent's default
  std::string cwd;                // working directory that the call itself asks for, "" for the session's
  std::vector<ToolPath> paths;
  std::string url;
  std::string text;
  std::string target;
  bool background = false;   // goes on running after its result
  bool unsandboxed = false;  // asks to leave the agent's own sandbox
  std::string opaque;        // why the input cannot be seen through; "" when it can
  bool operator==(const ToolUse&) const = default;
};

// `agent` as Event::agent.name; `tool` and `input` as in the body of a tool.call. Never fails. Calls of
// agent "replay" are MCP tools without a server.
ToolUse tool_use(std::string_view agent, std::string_view tool, const Json& input);

// The input without the fields that are only shown to people (description, justification): what an approval
// is bound to. Everything else stays as it is.
Json identity_input(std::string_view agent, std::string_view tool, const Json& input);

// Words → one line that a POSIX shell splits into the same words.
std::string quote_words(const std::vector<std::string>& words);

}  // namespace weir::ingest
