// Which hook events exist, per agent, which of them can refuse and what else an answer can carry.
//
// Header-only and free of other rooms, because the static shim (hook/) compiles it too. An event that gates
// ends in a refusal (exit 2) when no verdict can be had; one that does not gate ends quietly and leaves a gap
// that the daemon finds. Unknown agents and events gate: fail closed.
//
//   if (const HookEvent* row = find_hook_event("claude-code", "PreToolUse")) row->rewrite …
//   event_gates("codex", "Stop")       // false: exit 2 would make the agent go on, not stop
//
// Source: Claude Code 2.1.330 and Codex 0.169.0, driven against a scripted model; what was measured and what
// is only documented stands in docs/agents/claude-code.md and docs/agents/codex.md.
#pragma once

#include <array>
#include <string_view>

namespace weir::ingest {

// What exit 2 with a reason on standard error does.
enum class Refusal : unsigned char {
  none,    // nothing to refuse, or exit 2 means the opposite ("go on working" at Stop)
  tells,   // too late to prevent; the model is shown the reason
  blocks,  // what the event announces does not happen
};
// How tool input can be replaced.
enum class Rewrite : unsigned char {
  none,
  input,             // hookSpecificOutput.updatedInput; the agent's own permission flow goes on
  input_with_allow,  // only together with permissionDecision "allow", else the original input runs
};
// Where a remark can go without changing anything else.
enum class Note : unsigned char {
  none,
  person,  // top-level systemMessage
  model,   // hookSpecificOutput.additionalContext
};

struct HookEvent {
  std::string_view agent;
  std::string_view name;
  bool gates = false;  // without a verdict: refuse
  Refusal refusal = Refusal::none;
  Rewrite rewrite = Rewrite::none;
  Note note = Note::none;
  bool hookable = true;  // false: a hook on this event replaces what the agent would do itself
};

inline constexpr std::array kHookEvents = {
    HookEvent{"claude-code", "PreToolUse", true, Refusal::blocks, Rewrite::input, Note::model},
    HookEvent{"claude-code", "PostToolUse", false, Refusal::tells, Rewrite::none, Note::model},
    HookEvent{"claude-code", "PostToolUseFailure", false, Refusal::tells, Rewrite::none, Note::model},
    // Refusing a batch ends the turn before its results reach the model; the tools have run.
    HookEvent{"claude-code", "PostToolBatch", false, Refusal::blocks, Rewrite::none, Note::model},
    HookEvent{"claude-code", "Notification", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "UserPromptSubmit", true, Refusal::blocks, Rewrite::none, Note::model},
    HookEvent{"claude-code", "UserPromptExpansion", true, Refusal::blocks, Rewrite::none, Note::person},
    HookEvent{"claude-code", "SessionStart", false, Refusal::none, Rewrite::none, Note::model},
    HookEvent{"claude-code", "SessionEnd", false, Refusal::none, Rewrite::none, Note::none},
    // Exit 2 at Stop, SubagentStop, TeammateIdle and TaskCompleted makes the agent go on: never refused.
    HookEvent{"claude-code", "Stop", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "StopFailure", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "SubagentStart", false, Refusal::none, Rewrite::none, Note::model},
    HookEvent{"claude-code", "SubagentStop", false, Refusal::none, Rewrite::none, Note::none},
    // Compaction has no effect outside; holding it back without a verdict would only wedge the session.
    HookEvent{"claude-code", "PreCompact", false, Refusal::blocks, Rewrite::none, Note::person},
    HookEvent{"claude-code", "PostCompact", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "PreModelSwitch", true, Refusal::blocks, Rewrite::none, Note::person},
    HookEvent{"claude-code", "PostModelSwitch", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "PermissionRequest", true, Refusal::blocks, Rewrite::none, Note::person},
    HookEvent{"claude-code", "PermissionDenied", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "Setup", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "TeammateIdle", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "TaskCreated", false, Refusal::blocks, Rewrite::none, Note::none},
    HookEvent{"claude-code", "TaskCompleted", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "Elicitation", true, Refusal::blocks, Rewrite::none, Note::person},
    HookEvent{"claude-code", "ElicitationResult", false, Refusal::blocks, Rewrite::none, Note::person},
    HookEvent{"claude-code", "ConfigChange", true, Refusal::blocks, Rewrite::none, Note::person},
    // A WorktreeCreate hook must make the worktree itself and print its path.
    HookEvent{"claude-code", "WorktreeCreate", true, Refusal::blocks, Rewrite::none, Note::none, false},
    HookEvent{"claude-code", "WorktreeRemove", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "InstructionsLoaded", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "CwdChanged", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "FileChanged", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "DirectoryAdded", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"claude-code", "MessageDisplay", false, Refusal::none, Rewrite::none, Note::none},
    // Exit 2 at the model-request events was seen to change nothing.
    HookEvent{"codex", "PreModelRequest", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"codex", "PostModelRequest", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"codex", "PreToolUse", true, Refusal::blocks, Rewrite::input_with_allow, Note::model},
    HookEvent{"codex", "PermissionRequest", true, Refusal::blocks, Rewrite::none, Note::person},
    HookEvent{"codex", "PostToolUse", false, Refusal::tells, Rewrite::none, Note::model},
    HookEvent{"codex", "PreCompact", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"codex", "PostCompact", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"codex", "SessionStart", false, Refusal::none, Rewrite::none, Note::model},
    HookEvent{"codex", "SessionEnd", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"codex", "UserPromptSubmit", true, Refusal::blocks, Rewrite::none, Note::model},
    HookEvent{"codex", "SubagentStart", false, Refusal::none, Rewrite::none, Note::model},
    HookEvent{"codex", "SubagentStop", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"codex", "Stop", false, Refusal::none, Rewrite::none, Note::none},
    HookEvent{"codex", "Interrupt", false, Refusal::none, Rewrite::none, Note::none},
    // No agent: Weir's own wrapper of MCP servers (mcp_wire.h).
    HookEvent{"mcp", "Call", true, Refusal::blocks, Rewrite::input, Note::none, false},
    HookEvent{"mcp", "Result", false, Refusal::none, Rewrite::none, Note::none, false},
    HookEvent{"mcp", "Offer", true, Refusal::blocks, Rewrite::none, Note::none, false},
};

// Null for an agent or event that Weir does not know.
inline const HookEvent* find_hook_event(std::string_view agent, std::string_view event) {
  for (const auto& row : kHookEvents)
    if (row.agent == agent && row.name == event) return &row;
  return nullptr;
}

constexpr bool event_gates(std::string_view agent, std::string_view event) {
  for (const auto& row : kHookEvents)  // no pointer: g++ 12 cannot compare one at compile time under UBSan
    if (row.agent == agent && row.name == event) return row.gates;
  return true;
}

static_assert(event_gates("claude-code", "PreToolUse"));
static_assert(event_gates("codex", "PreToolUse"));
static_assert(!event_gates("codex", "Stop"));
static_assert(event_gates("someone-new", "Anything"));

}  // namespace weir::ingest
