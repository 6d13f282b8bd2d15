#include "guard/sub_agents.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "flow/narrow.h"

namespace weir::guard {
namespace {

using ingest::ToolKind;
namespace kind = event::kind;

constexpr std::size_t kAnswerBytesMax = 256;  // of a longer one it is only known that it is another one
constexpr std::size_t kNoteBytesMax = 1024;

std::string call_id(const event::Event& event) {
  for (const char* key : {"tool_use_id", "call_id"})
    if (const auto it = event.corr.find(key); it != event.corr.end()) return it->second;
  return {};
}

std::array<std::uint8_t, 16> short_digest(std::string_view id) {
  std::array<std::uint8_t, 16> out{};
  const auto digest = sha256(id);
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

// What is kept of a longer answer is no narrow one, and equal to none.
std::string short_answer(std::string_view answer) {
  answer = flow::trimmed_answer(answer);
  return answer.size() > kAnswerBytesMax ? "(long) " + digest_text(sha256(answer)) : std::string(answer);
}

// It leaves nothing behind by which somebody else could learn more than that it was there.
bool leaves_nothing(const event::Action& action, const flow::Words& words) {
  if (action.certainty == event::Certainty::opaque) return false;
  if (action.verb == "shell.exec")
    return action.certainty == event::Certainty::certain &&
           words.reading_programs.contains(action.resource.substr(action.resource.rfind('/') + 1));
  if (action.verb == "net.connect") return !action.attrs["upload"].bool_or(false);
  // Such a file carries the label of who wrote it, which the rim remembers by its path.
  if (action.verb == "file.write")
    return action.certainty == event::Certainty::certain && action.resource.starts_with('/') &&
           !action.attrs.has("remote") && !action.attrs.has("container");
  return action.verb == "file.read" || action.verb == "file.list" || action.verb == "mcp.call" ||
         action.verb == "tool.call";
}

// By the kind of its tool alone.
bool is_quiet(const SubAgents::Call& call) {
  switch (call.use.kind) {
    case ToolKind::shell:
    case ToolKind::file_read:
    case ToolKind::file_write:
    case ToolKind::file_edit:
    case ToolKind::patch:
    case ToolKind::notebook:
    case ToolKind::search:
    case ToolKind::web_fetch:
    case ToolKind::web_search:
      return true;
    case ToolKind::mcp:
    case ToolKind::unknown:
      return !call.changes;
    case ToolKind::internal:  // lists of tasks and plans are the session's; these only look for tools
      return call.use.tool == "ToolSearch" || call.use.tool == "tool_search";
    default:
      return false;
  }
}

bool settles(const SubAgents::Call& call, const flow::Words& words) {
  return is_quiet(call) && !call.use.background && call.use.opaque.empty() &&
         std::all_of(call.actions.begin(), call.actions.end(),
                     [&](const auto& action) { return leaves_nothing(action, words); });
}

// "<tools-used-before-summary>Bash, Read</tools-used-before-summary>": names only. Claude Code puts such
// notes before an answer and counts them.
bool is_harness_note(std::string_view text) {
  constexpr std::string_view kBegin = "<tools-used-before-summary>", kEnd = "</tools-used-before-summary>";
  text = flow::trimmed_answer(text);
  if (text.size() > kNoteBytesMax || !text.starts_with(kBegin) || !text.ends_with(kEnd)) return false;
  text = text.substr(kBegin.size(), text.size() - kBegin.size() - kEnd.size());
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == ',' || c == ' ';
  });
}

// The answer in a result of Claude Code's tool that starts an agent; nullopt where there is more, or less.
std::optional<std::string_view> answer_in(const Json& output) {
  if (output["status"].text_or("") != "completed" || output["isAsync"].bool_or(false)) return std::nullopt;
  if (!output["content"].is_array()) return std::nullopt;
  const auto& blocks = output["content"].as_array();
  const std::int64_t notes = output["harnessNoteCount"].int_or(0);
  if (notes < 0 || output["harnessTailCount"].int_or(0) != 0 ||
      blocks.size() != static_cast<std::uint64_t>(notes) + 1)
    return std::nullopt;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i]["type"].text_or("") != "text" || !blocks[i]["text"].is_string()) return std::nullopt;
    if (i + 1 < blocks.size() && !is_harness_note(blocks[i]["text"].as_string())) return std::nullopt;
  }
  return blocks.back()["text"].as_string();
}

bool lies_on_the_way(std::string_view path, std::string_view to) {
  path = path.substr(0, path.find_first_of("*?["));  // of a pattern, what is before it
  return !path.empty() && to.starts_with(path);
}

}  // namespace

SubAgents::Agent* SubAgents::find(std::string_view id) {
  const auto it = std::find_if(agents_.begin(), agents_.end(), [&](const auto& one) { return one.id == id; });
  return it == agents_.end() ? nullptr : &*it;
}

const SubAgents::Agent* SubAgents::find(std::string_view id) const {
  return const_cast<SubAgents*>(this)->find(id);
}

std::string_view SubAgents::seen(const event::Event& event) {
  const std::string_view id = event.agent.id;
  if (id.empty()) return {};
  Agent* agent = find(id);
  if (agent == nullptr) {
    if (agents_.size() >= kAgentsMax) return id;
    agents_.push_back({.id = std::string(id), .first = event.seq});
    agent = &agents_.back();
  }
  if (event.kind == kind::kAgentStop) {
    std::string last = short_answer(event.body["text"].text_or(""));
    const bool same = agent->ended && agent->last == last;
    agent->ended = true;
    agent->last = std::move(last);
    agent->record = event.body["rest"]["agent_transcript_path"].text_or("");
    return same ? std::string_view() : id;
  }
  if (event.kind == kind::kToolResult) std::erase(agent->open, short_digest(call_id(event)));
  return id;
}

void SubAgents::call(const event::Event& event, const Call& call, const flow::Words& words) {
  const std::string id = call_id(event);
  if (event.agent.id.empty()) {
    if (call.runs && !id.empty() && call.use.kind == ToolKind::agent_spawn)
      start(event, call, short_digest(id));
    return;
  }
  Agent* agent = find(event.agent.id);
  if (agent == nullptr) return;
  if (id.empty() || !settles(call, words)) agent->settled = false;
  if (!call.runs || id.empty()) return;
  if (agent->open.size() >= kOpenMax)
    agent->settled = false;
  else
    agent->open.push_back(short_digest(id));
}

// One that goes on in the background, or that cannot be seen through, has no answer that is all of it.
void SubAgents::start(const event::Event& event, const Call& call, const Id& id) {
  const auto same =
      std::find_if(starts_.begin(), starts_.end(), [&](const auto& one) { return one.id == id; });
  if (same != starts_.end()) {  // whose result comes is not known
    same->seq = UINT64_MAX;
    return;
  }
  if (call.use.background || !call.use.opaque.empty()) return;
  if (starts_.size() >= kOpenMax) starts_.erase(starts_.begin());
  const bool choices = call.trusted && call.use.text.size() <= kTaskBytesMax;
  starts_.push_back({id, event.seq, choices ? call.use.text : std::string()});
}

std::optional<SubAgents::Return> SubAgents::returned(const event::Event& result) {
  if (!result.agent.id.empty()) return std::nullopt;
  const auto it =
      std::find_if(starts_.begin(), starts_.end(),
                   [id = short_digest(call_id(result))](const auto& one) { return one.id == id; });
  if (it == starts_.end()) return std::nullopt;
  const Start start = std::move(*it);
  starts_.erase(it);
  const Json& output = result.body["output"];
  if (result.data["failed"].bool_or(false) || !result.body["error"].is_null()) return std::nullopt;
  const auto answer = answer_in(output);
  const Agent* agent = find(output["agentId"].text_or(""));
  if (!answer || agent == nullptr || agent->first <= start.seq) return std::nullopt;
  if (!agent->settled || !agent->open.empty()) return std::nullopt;
  if (agent->ended && agent->last != short_answer(*answer)) return std::nullopt;
  return Return{agent->id, std::string(*answer), start.task};
}

bool SubAgents::reads_record(const std::vector<event::Action>& actions, std::string_view agent) const {
  const Agent* known = find(agent);
  return std::any_of(actions.begin(), actions.end(), [&](const auto& action) {
    if (action.verb != "file.read") return false;
    const std::string_view resolved = action.attrs["resolved"].text_or(action.resource);
    return action.resource.find(agent) != std::string::npos || resolved.find(agent) != std::string::npos ||
           (known != nullptr && !known->record.empty() && lies_on_the_way(resolved, known->record));
  });
}

}  // namespace weir::guard
