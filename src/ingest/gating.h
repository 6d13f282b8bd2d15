// Which hook events can refuse, per agent: the table that decides what happens when no verdict can be had.
//
// Header-only and free of other rooms, because the static shim (hook/) compiles it too. An event that gates
// ends in a refusal (exit 2) without a verdict; one that does not gate ends quietly and leaves a gap that the
// daemon finds. Unknown agents and events gate: fail closed.
//
// Source: measured protocols of Claude Code 2.1.330 and Codex 0.169.0 (docs/agents/).
#pragma once

#include <array>
#include <string_view>

namespace weir::ingest {

struct GateRow {
  std::string_view agent;
  std::string_view event;
};

// Events that only inform. Everything not listed gates.
inline constexpr std::array kNotGating = {
    GateRow{"claude-code", "PostToolUse"},
    GateRow{"claude-code", "PostToolUseFailure"},
    GateRow{"claude-code", "PostToolBatch"},
    GateRow{"claude-code", "Notification"},
    GateRow{"claude-code", "SessionStart"},
    GateRow{"claude-code", "SessionEnd"},
    GateRow{"claude-code", "Setup"},
    GateRow{"claude-code", "Stop"},
    GateRow{"claude-code", "StopFailure"},
    GateRow{"claude-code", "SubagentStart"},
    GateRow{"claude-code", "SubagentStop"},
    GateRow{"claude-code", "PreCompact"},
    GateRow{"claude-code", "PostCompact"},
    GateRow{"claude-code", "PostModelSwitch"},
    GateRow{"claude-code", "PermissionDenied"},
    GateRow{"claude-code", "TeammateIdle"},
    GateRow{"claude-code", "TaskCreated"},
    GateRow{"claude-code", "TaskCompleted"},
    GateRow{"claude-code", "ElicitationResult"},
    GateRow{"claude-code", "WorktreeRemove"},
    GateRow{"claude-code", "InstructionsLoaded"},
    GateRow{"claude-code", "CwdChanged"},
    GateRow{"claude-code", "FileChanged"},
    GateRow{"claude-code", "DirectoryAdded"},
    GateRow{"claude-code", "MessageDisplay"},
    GateRow{"codex", "PostToolUse"},
    GateRow{"codex", "SessionStart"},
    GateRow{"codex", "SessionEnd"},
    GateRow{"codex", "PreCompact"},
    GateRow{"codex", "PostCompact"},
    GateRow{"codex", "SubagentStart"},
    GateRow{"codex", "SubagentStop"},
    GateRow{"codex", "Stop"},
    GateRow{"codex", "Interrupt"},
    GateRow{"codex", "PostModelRequest"},
};

constexpr bool event_gates(std::string_view agent, std::string_view event) {
  for (const auto& row : kNotGating)
    if (row.agent == agent && row.event == event) return false;
  return true;
}

static_assert(event_gates("claude-code", "PreToolUse"));
static_assert(event_gates("codex", "PreToolUse"));
static_assert(!event_gates("codex", "Stop"));
static_assert(event_gates("someone-new", "Anything"));

}  // namespace weir::ingest
