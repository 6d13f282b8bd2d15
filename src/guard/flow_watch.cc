#include "guard/flow_watch.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "ingest/tools.h"

namespace weir::guard {
namespace {

using flow::Integrity;
using ingest::ToolKind;
namespace kind = event::kind;

constexpr std::size_t kOpenMax = 1024;

std::string call_id(const event::Event& event) {
  for (const char* key : {"tool_use_id", "call_id"})
    if (const auto it = event.corr.find(key); it != event.corr.end()) return it->second;
  return {};
}

std::string tool_of(const event::Event& event) {
  return std::string(event.body["tool"].text_or(event.data["tool"].text_or("")));
}

// "server/tool" for MCP, else as the agent calls it.
std::string name_of(const ingest::ToolUse& use, const std::string& tool) {
  return use.server.empty() ? tool : use.server + '/' + use.tool;
}

// A tool of which only its description is known.
bool is_foreign(ToolKind kind) {
  return kind == ToolKind::mcp || kind == ToolKind::unknown;
}

bool went_out(const std::vector<event::Action>& actions) {
  for (const auto& action : actions)
    if (action.certainty == event::Certainty::opaque ||
        (action.verb == "net.connect" && !action.attrs["loopback"].bool_or(false)))
      return true;
  return false;
}

// How far what a tool returns can be trusted.
Integrity text_of(ToolKind kind, const std::vector<event::Action>& actions) {
  switch (kind) {
    case ToolKind::mcp:
    case ToolKind::unknown:
    case ToolKind::web_fetch:
    case ToolKind::web_search:
    case ToolKind::agent_message:
      return Integrity::untrusted;
    case ToolKind::shell:
    case ToolKind::stdin_write:
      return went_out(actions) ? Integrity::untrusted : Integrity::workspace;
    default:
      return Integrity::workspace;
  }
}

// The event that reads the file is what raises the label here; who wrote the file stands beside it.
flow::Label label_of_carried(const event::Event& event) {
  return {Integrity::untrusted, flow::Confidentiality::open, event.seq};
}

// A result as one text: what is no text is told as JSON.
std::string text_of(const Json& output) {
  if (output.is_string()) return output.as_string();
  return output.is_null() ? std::string() : canonical(output);
}

}  // namespace

std::string text_read(const event::Event& result) {
  std::string text = text_of(result.body["output"]);
  // An error of which nothing else is known is what the tool says, too.
  if (const Json& error = result.body["error"]; !error.is_null()) (text += '\n') += text_of(error);
  return text;
}

std::string flow_name(const event::Event& event) {
  const std::string tool = tool_of(event);
  return name_of(ingest::tool_use(event.agent.name, tool, event.body["input"]), tool);
}

Json labels_of(const flow::Assessment& now) {
  constexpr std::size_t kValuesMax = 8;
  if (now.label.integrity() < Integrity::untrusted) return Json::object();
  Json out = flow::to_json(now.label);
  if (!now.carried.empty()) out.set("carried", flow::to_json(now.carried));
  if (!now.watched) return out;
  const Json all = flow::to_json(now);
  for (const char* key : {"asked", "carries_link", "complete", "effect"})
    out.set(key, all[key]);
  Json::Array values = all["values"].as_array();
  if (values.size() > kValuesMax) values.resize(kValuesMax);
  out.set("values", Json(std::move(values)));
  return out;
}

FlowWatch::FlowWatch(std::shared_ptr<const flow::Words> words)
    : session_(words == nullptr ? nullptr : std::make_unique<flow::Session>(std::move(words))) {}

void FlowWatch::note(const event::Event& event) {
  if (session_ == nullptr) return;
  if (event.kind == kind::kPrompt)
    session_->prompt(event.seq, event.body["text"].text_or(""));
  else if (event.kind == kind::kToolResult)
    result(event);
  else if (event.kind == kind::kLifecycle && event.data["type"].text_or("") == "tools")
    tools(event.body["tools"]);
}

void FlowWatch::call(const event::Event& event, const std::vector<event::Action>& actions,
                     const std::vector<flow::CarriedFile>& carried, bool runs) {
  if (session_ == nullptr) return;
  bool text_carries = false;
  for (const auto& file : carried) {
    if (runs || file.use == flow::CarriedFile::Use::loads) session_->join(label_of_carried(event));
    text_carries = text_carries || file.use != flow::CarriedFile::Use::loads;
  }
  if (event.kind != kind::kToolCall) return;
  const std::string id = call_id(event);
  if (id.empty()) return;
  const std::string tool = tool_of(event);
  const auto use = ingest::tool_use(event.agent.name, tool, event.body["input"]);
  // What an agent's own tool was given is the agent's, and may be a whole file.
  const bool keep = is_foreign(use.kind) || use.kind == ToolKind::web_fetch;
  Open open{name_of(use, tool), keep ? event.body["input"] : Json::object(),
            text_carries ? Integrity::untrusted : text_of(use.kind, actions)};
  if (open_.insert_or_assign(id, std::move(open)).second) order_.push_back(id);
  if (order_.size() <= kOpenMax) return;
  open_.erase(order_.front());
  order_.pop_front();
}

void FlowWatch::result(const event::Event& event) {
  const std::string tool = tool_of(event);
  Open call{name_of(ingest::tool_use(event.agent.name, tool, Json()), tool), Json::object(),
            Integrity::untrusted};
  if (const auto it = open_.find(call_id(event)); it != open_.end()) {
    call = std::move(it->second);
    std::erase(order_, it->first);
    open_.erase(it);
  }
  const std::string output = text_read(event);
  session_->result(event.seq, {.tool = call.tool,
                               .input = call.input,
                               .output = output,
                               .failed = event.data["failed"].bool_or(false),
                               .text = call.text});
}

void FlowWatch::tools(const Json& list) {
  if (!list.is_array()) return;
  std::vector<flow::ToolDescription> described;
  for (const auto& tool : list.as_array()) {
    if (described.size() >= limits::kFlowToolsMax) break;
    described.push_back({std::string(tool["name"].text_or("")), std::string(tool["description"].text_or("")),
                         tool["inputSchema"]});
  }
  session_->describe(described);
}

std::optional<flow::Assessment> FlowWatch::assess(const event::Event& event,
                                                  const std::vector<flow::CarriedFile>& carried) {
  // Instructions were read before the call was thought of, so its values are looked at in their light.
  if (session_ != nullptr && std::any_of(carried.begin(), carried.end(), [](const auto& file) {
        return file.use == flow::CarriedFile::Use::loads;
      }))
    session_->join(label_of_carried(event));
  auto now = assess_values(event);
  if (!now || carried.empty()) return now;
  now->label.join(label_of_carried(event));
  now->carried = carried;
  if (flow::runs_carried(carried)) {
    if (!now->sentence.empty()) now->sentence += ' ';
    now->sentence += flow::sentence_of(carried);
  }
  return now;
}

std::optional<flow::Assessment> FlowWatch::assess_values(const event::Event& event) {
  if (session_ == nullptr) return std::nullopt;
  const std::string tool = tool_of(event);
  if (event.kind == kind::kToolCall) {
    const auto use = ingest::tool_use(event.agent.name, tool, event.body["input"]);
    if (is_foreign(use.kind)) return session_->assess(name_of(use, tool), event.body["input"]);
  }
  flow::Assessment only_label;
  only_label.label = session_->label();
  return only_label;
}

}  // namespace weir::guard
