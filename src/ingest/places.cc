#include "ingest/places.h"

#include "base/bytes.h"
#include "base/uuid.h"
#include "ingest/ingest.h"

namespace weir::ingest {
namespace {

constexpr std::string_view kSuffix = ".jsonl";
constexpr std::size_t kUuidBytes = 36;

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

// rollout-2026-11-21T22-34-21-<uuid>
std::optional<TranscriptPath> read_rollout(std::string_view stem) {
  if (!stem.starts_with("rollout-") || stem.size() < kUuidBytes) return std::nullopt;
  const std::string_view thread = stem.substr(stem.size() - kUuidBytes);
  if (!is_uuid(thread)) return std::nullopt;
  return TranscriptPath{TranscriptFormat::codex_rollout, std::string(thread), {}};
}

// <session>/subagents/agent-<id>
std::optional<TranscriptPath> read_subagent(std::string_view path, std::string_view stem) {
  constexpr std::string_view kPrefix = "agent-";
  const std::string_view folder = folder_of(path);
  if (!stem.starts_with(kPrefix) || file_name(folder) != "subagents") return std::nullopt;
  const std::string_view session = file_name(folder_of(folder));
  const std::string_view agent_id = stem.substr(kPrefix.size());
  if (!valid_native_id(session) || !valid_native_id(agent_id)) return std::nullopt;
  return TranscriptPath{TranscriptFormat::claude_code_subagent, std::string(session), std::string(agent_id)};
}

}  // namespace

std::string claude_project_slug(std::string_view cwd) {
  std::string slug;
  for (const char c : to_valid_utf8(cwd)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (kept) slug += c;
    if (kept || (byte >= 0x80 && byte < 0xC0)) continue;  // continuation bytes belong to their lead
    slug += byte >= 0xF0 ? "--" : "-";                    // above U+FFFF: two UTF-16 units
  }
  return slug;
}

std::vector<std::string_view> transcript_roots(std::string_view agent) {
  if (agent == kClaudeCode) return {".claude/projects"};
  if (agent == kCodex) return {".codex/sessions", ".codex/archived_sessions"};
  return {};
}

std::optional<TranscriptPath> read_transcript_path(std::string_view path) {
  std::string_view stem = file_name(path);
  if (!stem.ends_with(kSuffix)) return std::nullopt;
  stem.remove_suffix(kSuffix.size());
  if (auto rollout = read_rollout(stem)) return rollout;
  if (auto subagent = read_subagent(path, stem)) return subagent;
  if (!is_uuid(stem)) return std::nullopt;
  return TranscriptPath{TranscriptFormat::claude_code_session, std::string(stem), {}};
}

std::string subagent_folder(std::string_view session_file) {
  if (session_file.ends_with(kSuffix)) session_file.remove_suffix(kSuffix.size());
  return std::string(session_file) + "/subagents";
}

}  // namespace weir::ingest
