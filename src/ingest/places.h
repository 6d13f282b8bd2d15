// Where agents keep their transcripts, and which file belongs to which session. Only names: whoever scans
// opens and lists (cli, daemon).
//
//   home / ".claude/projects" / claude_project_slug(cwd) / session + ".jsonl"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/transcript.h"

namespace weir::ingest {

// The folder name Claude Code gives a project: every UTF-16 unit of `cwd` that is not an ASCII letter or
// digit becomes '-'. "/srv/my_proj.v2 x" → "-srv-my-proj-v2-x".
std::string claude_project_slug(std::string_view cwd);

// Folders to search for transcripts, relative to HOME. Empty for unknown agents. Claude Code moves its root
// with CLAUDE_CONFIG_DIR (instead of .claude), Codex with CODEX_HOME (instead of .codex).
std::vector<std::string_view> transcript_roots(std::string_view agent);

// What a transcript's path says about it.
struct TranscriptPath {
  TranscriptFormat format = TranscriptFormat::unknown;
  std::string session;   // the agent's session id; for a Codex rollout the thread id
  std::string agent_id;  // Claude Code sub-agents
  bool operator==(const TranscriptPath&) const = default;
};
// None when the path has not the form of a transcript. Absolute or relative.
std::optional<TranscriptPath> read_transcript_path(std::string_view path);

// The folder that holds the sub-agents' files of a Claude Code session file: "…/<session>/subagents".
// Codex sub-agents have rollouts of their own, whose session_meta names the session; no path tells.
std::string subagent_folder(std::string_view session_file);

}  // namespace weir::ingest
