// The tools of Claude Code (2.1.330 and the names earlier 2.x versions used).
#include <array>

#include "ingest/tools_common.h"

namespace weir::ingest {
namespace {

void read_shell(ToolUse& use, const Json& input) {
  use.command = needed_text(use, input, "command");
  use.background = input["run_in_background"].bool_or(false);
  use.unsandboxed = input["dangerouslyDisableSandbox"].bool_or(false);
}

// Monitor runs its command in the background and reports lines of its output.
void read_monitor(ToolUse& use, const Json& input) {
  read_shell(use, input);
  use.background = true;
}

void read_powershell(ToolUse& use, const Json& input) {
  read_shell(use, input);
  use.interpreter = "pwsh";
}

void read_read(ToolUse& use, const Json& input) {
  add_needed_path(use, input, "file_path", PathUse::read);
}

void read_write(ToolUse& use, const Json& input) {
  add_needed_path(use, input, "file_path", PathUse::write);
  use.text = needed_text(use, input, "content");
}

void read_edit(ToolUse& use, const Json& input) {
  add_needed_path(use, input, "file_path", PathUse::edit);
  use.text = needed_text(use, input, "new_string");
}

void read_multi_edit(ToolUse& use, const Json& input) {
  add_needed_path(use, input, "file_path", PathUse::edit);
  if (!input["edits"].is_array()) return set_opaque(use, "the input has no list of edits");
  for (const Json& edit : input["edits"].as_array()) {
    use.text += needed_text(use, edit, "new_string");
    use.text += '\n';
  }
}

void read_notebook_edit(ToolUse& use, const Json& input) {
  add_needed_path(use, input, "notebook_path", PathUse::edit);
  use.text = optional_text(use, input, "new_source");
}

void read_notebook_read(ToolUse& use, const Json& input) {
  add_needed_path(use, input, "notebook_path", PathUse::read);
}

void read_search(ToolUse& use, const Json& input) {
  use.text = needed_text(use, input, "pattern");
  add_optional_path(use, input, "path", PathUse::search);
}

void read_list(ToolUse& use, const Json& input) {
  add_needed_path(use, input, "path", PathUse::search);
}

void read_language_server(ToolUse& use, const Json& input) {
  add_optional_path(use, input, "filePath", PathUse::read);
}

void read_fetch(ToolUse& use, const Json& input) {
  use.url = needed_text(use, input, "url");
  use.text = optional_text(use, input, "prompt");
}

void read_query(ToolUse& use, const Json& input) {
  use.text = needed_text(use, input, "query");
}

void read_agent(ToolUse& use, const Json& input) {
  use.text = needed_text(use, input, "prompt");
  use.target = optional_text(use, input, "subagent_type");
  use.background = input["run_in_background"].bool_or(false);
}

// A workflow is a script that starts agents; what it will do cannot be read off it.
void read_workflow(ToolUse& use, const Json& input) {
  use.text = optional_text(use, input, "script");
  use.target = optional_text(use, input, "name");
  add_optional_path(use, input, "scriptPath", PathUse::read);
  set_opaque(use, "a workflow script decides by itself what its agents do");
}

void read_message(ToolUse& use, const Json& input) {
  for (const auto key : {"to", "recipient", "agent_id"})
    if (use.target.empty()) use.target = optional_text(use, input, key);
  for (const auto key : {"message", "content", "prompt"})
    if (use.text.empty() && input[key].is_string()) use.text = input[key].as_string();
}

void read_skill(ToolUse& use, const Json& input) {
  for (const auto key : {"skill", "command", "name"})
    if (use.target.empty()) use.target = optional_text(use, input, key);
  use.text = optional_text(use, input, "args");
  if (use.target.empty()) set_opaque(use, "the input names no skill");
}

void read_schedule(ToolUse& use, const Json& input) {
  use.text = optional_text(use, input, "prompt");
}

void read_worktree(ToolUse& use, const Json& input) {
  use.target = optional_text(use, input, "name");
  add_optional_path(use, input, "path", PathUse::write);
}

// The memory tool of the Messages API.
void read_memory(ToolUse& use, const Json& input) {
  const std::string command = needed_text(use, input, "command");
  if (command == "rename") {
    add_needed_path(use, input, "old_path", PathUse::remove);
    add_needed_path(use, input, "new_path", PathUse::write);
  } else if (command == "view") {
    add_needed_path(use, input, "path", PathUse::read);
  } else if (command == "delete") {
    add_needed_path(use, input, "path", PathUse::remove);
  } else {
    add_needed_path(use, input, "path", command == "create" ? PathUse::write : PathUse::edit);
    for (const auto key : {"file_text", "new_str", "insert_text"})
      use.text += optional_text(use, input, key);
  }
}

constexpr std::array kTools = {
    ToolRow{"Bash", ToolKind::shell, read_shell},
    ToolRow{"Monitor", ToolKind::shell, read_monitor},
    ToolRow{"PowerShell", ToolKind::shell, read_powershell},
    ToolRow{"Read", ToolKind::file_read, read_read},
    ToolRow{"NotebookRead", ToolKind::file_read, read_notebook_read},
    ToolRow{"Write", ToolKind::file_write, read_write},
    ToolRow{"Edit", ToolKind::file_edit, read_edit},
    ToolRow{"MultiEdit", ToolKind::file_edit, read_multi_edit},
    ToolRow{"NotebookEdit", ToolKind::notebook, read_notebook_edit},
    ToolRow{"Glob", ToolKind::search, read_search},
    ToolRow{"Grep", ToolKind::search, read_search},
    ToolRow{"LS", ToolKind::search, read_list},
    ToolRow{"LSP", ToolKind::file_read, read_language_server},
    ToolRow{"WebFetch", ToolKind::web_fetch, read_fetch},
    ToolRow{"WebSearch", ToolKind::web_search, read_query},
    ToolRow{"Agent", ToolKind::agent_spawn, read_agent},
    ToolRow{"Task", ToolKind::agent_spawn, read_agent},
    ToolRow{"Workflow", ToolKind::agent_spawn, read_workflow},
    ToolRow{"SendMessage", ToolKind::agent_message, read_message},
    ToolRow{"Skill", ToolKind::skill, read_skill},
    ToolRow{"SlashCommand", ToolKind::skill, read_skill},
    ToolRow{"CronCreate", ToolKind::schedule, read_schedule},
    ToolRow{"ScheduleWakeup", ToolKind::schedule, read_schedule},
    ToolRow{"EnterWorktree", ToolKind::worktree, read_worktree},
    ToolRow{"ExitWorktree", ToolKind::worktree, read_worktree},
    ToolRow{"memory", ToolKind::memory, read_memory},
    ToolRow{"ListMcpResourcesTool", ToolKind::mcp, read_mcp_resource},
    ToolRow{"ReadMcpResourceTool", ToolKind::mcp, read_mcp_resource},
    ToolRow{"AgentOutput", ToolKind::internal, read_nothing},
    ToolRow{"AskUserQuestion", ToolKind::internal, read_nothing},
    ToolRow{"BashOutput", ToolKind::internal, read_nothing},
    ToolRow{"CronDelete", ToolKind::internal, read_nothing},
    ToolRow{"CronList", ToolKind::internal, read_nothing},
    ToolRow{"DeferredToolPlaceholder", ToolKind::internal, read_nothing},
    ToolRow{"EnterPlanMode", ToolKind::internal, read_nothing},
    ToolRow{"ExitPlanMode", ToolKind::internal, read_nothing},
    ToolRow{"KillBash", ToolKind::internal, read_nothing},
    ToolRow{"KillShell", ToolKind::internal, read_nothing},
    ToolRow{"ListAgents", ToolKind::internal, read_nothing},
    ToolRow{"ReportFindings", ToolKind::internal, read_nothing},
    ToolRow{"TaskCreate", ToolKind::internal, read_nothing},
    ToolRow{"TaskGet", ToolKind::internal, read_nothing},
    ToolRow{"TaskList", ToolKind::internal, read_nothing},
    ToolRow{"TaskOutput", ToolKind::internal, read_nothing},
    ToolRow{"TaskStop", ToolKind::internal, read_nothing},
    ToolRow{"TaskUpdate", ToolKind::internal, read_nothing},
    ToolRow{"TodoRead", ToolKind::internal, read_nothing},
    ToolRow{"TodoWrite", ToolKind::internal, read_nothing},
    ToolRow{"ToolSearch", ToolKind::internal, read_nothing},
};

}  // namespace

std::span<const ToolRow> claude_code_tools() {
  return kTools;
}

}  // namespace weir::ingest
