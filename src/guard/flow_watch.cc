#include "guard/flow_watch.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/hash.h"
#include "base/limits.h"
#include "flow/propagation.h"
#include "ingest/tools.h"

namespace weir::guard {
namespace {

using flow::Integrity;
using flow::SourceClass;
using ingest::ToolKind;
namespace kind = event::kind;

constexpr std::size_t kOpenMax = 64;     // of a session; agents that report no results fill it
constexpr std::size_t kPromptsMax = 64;  // of a session, for which a plan may still come

std::array<std::uint8_t, 16> short_digest(std::string_view id) {
  std::array<std::uint8_t, 16> out{};
  const auto digest = sha256(id);
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

std::string call_id(const event::Event& event) {
  for (const char* key : {"tool_use_id", "call_id"})
    if (const auto it = event.corr.find(key); it != event.corr.end()) return it->second;
  return {};
}

std::string tool_of(const event::Event& event) {
  return std::string(event.body["tool"].text_or(event.data["tool"].text_or("")));
}

// A tool of which only its description is known.
bool is_foreign(ToolKind kind) {
  return kind == ToolKind::mcp || kind == ToolKind::unknown;
}

std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool below_any(std::string_view path, const flow::WordSet& folders) {
  while (!path.empty()) {
    if (folders.contains(last_name(path))) return true;
    const auto slash = path.rfind('/');
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  return false;
}

// It brings in what somebody else wrote: from the network, out of a program that knows others' texts, from
// where things lie that came from somewhere else.
bool brings_others(const event::Action& action, const flow::Words& words) {
  if (action.certainty == event::Certainty::opaque) return true;
  if (action.verb == "net.connect") return !action.attrs["loopback"].bool_or(false);
  if (action.verb == "shell.exec") return words.foreign_programs.contains(last_name(action.resource));
  return action.verb == "file.read" && below_any(action.resource, words.foreign_folders);
}

bool brings_others(const std::vector<event::Action>& actions, const flow::Words& words) {
  return std::any_of(actions.begin(), actions.end(),
                     [&](const auto& action) { return brings_others(action, words); });
}

// What it reads lets whoever has it act as the user.
bool reads_secrets(const event::Action& action) {
  constexpr std::array<std::string_view, 3> kSecret = {"credential", "process-secrets", "browser-data"};
  if (action.verb == "secret.read") return true;
  if (action.verb != "file.read" || !action.attrs["classes"].is_array()) return false;
  for (const auto& one : action.attrs["classes"].as_array())
    if (std::find(kSecret.begin(), kSecret.end(), one.text_or("")) != kSecret.end()) return true;
  return false;
}

// "get_secret", "read_password": a password store, by the tool's own name.
bool gives_secrets(const ingest::ToolUse& use, const std::string& tool, const flow::Words& words) {
  const auto parts = flow::words_of(use.server.empty() ? tool : use.tool);
  return std::any_of(parts.begin(), parts.end(),
                     [&](const auto& part) { return words.confidential.contains(part); });
}

// Its verb alone changes something beyond files of the workspace.
bool has_power(const event::Action& action) {
  constexpr std::array<std::string_view, 5> kUsual = {"shell.exec", "file.read", "file.list", "net.connect",
                                                      "pkg.install"};
  if (action.certainty == event::Certainty::opaque) return true;
  if (action.verb.starts_with("file.")) {
    if (action.verb == "file.read" || action.verb == "file.list") return false;
    return !action.attrs["inside_workspace"].bool_or(false) && !action.attrs["temporary"].bool_or(false);
  }
  return std::find(kUsual.begin(), kUsual.end(), action.verb) == kUsual.end();
}

// What the call would reach, as the room flow asks about it.
std::optional<flow::Reach> reach_of(const event::Action& action) {
  using Kind = flow::Reach::Kind;
  if (action.resource.empty()) return std::nullopt;
  if (action.verb == "net.connect") {
    if (action.attrs["loopback"].bool_or(false) || action.resource_type == "Service") return std::nullopt;
    const std::string_view url = action.attrs["url"].text_or("");
    const bool reads = !action.attrs["upload"].bool_or(false);
    if (!url.empty()) return flow::Reach{Kind::url, std::string(url), reads};
    return flow::Reach{action.resource_type == "Url" ? Kind::url : Kind::host, action.resource, reads};
  }
  if (action.verb == "code.run_remote") return flow::Reach{Kind::url, action.resource, false};
  if (action.verb == "pkg.install") return flow::Reach{Kind::package, action.resource, false};
  if (action.verb == "vcs.push") {
    const std::string repository(action.attrs["repository"].text_or(""));
    if (repository.find_first_of("/:") == std::string::npos) return std::nullopt;  // "origin"
    return flow::Reach{Kind::repository, repository, false};
  }
  if (action.resource_type == "Path" && has_power(action))
    return flow::Reach{Kind::path, action.resource, false};
  return std::nullopt;
}

std::vector<flow::Reach> reaches_of(const ingest::ToolUse& use, const std::vector<event::Action>& actions) {
  std::vector<flow::Reach> out;
  for (const auto& action : actions)
    if (auto reach = reach_of(action)) out.push_back(std::move(*reach));
  if (use.kind == ToolKind::shell && std::any_of(actions.begin(), actions.end(), has_power))
    out.push_back({flow::Reach::Kind::command, use.command, false});
  return out;
}

// Where what a tool returns comes from.
SourceClass source_of(ToolKind kind, const std::vector<event::Action>& actions, const flow::Words& words) {
  switch (kind) {
    case ToolKind::mcp:
    case ToolKind::unknown:
      return SourceClass::tool;
    case ToolKind::web_fetch:
    case ToolKind::web_search:
      return SourceClass::web;
    case ToolKind::agent_message:
      return SourceClass::agent;
    default:
      return brings_others(actions, words) ? SourceClass::network_command : SourceClass::workspace;
  }
}

// How far that can be trusted.
Integrity text_of(ToolKind kind, const std::vector<event::Action>& actions, const flow::Words& words) {
  return flow::rule_of(source_of(kind, actions, words)).text;
}

// What it says is what an agent of this tree has said, and as good as that one.
bool speaks_for_agents(const ingest::ToolUse& use) {
  constexpr std::array<std::string_view, 4> kTells = {"AgentOutput", "BashOutput", "TaskOutput",
                                                      "wait_agent"};
  return use.kind == ToolKind::agent_spawn ||
         (use.kind == ToolKind::internal &&
          std::find(kTells.begin(), kTells.end(), use.tool) != kTells.end());
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

// Of a file that is written only its name goes anywhere.
std::string said_by(const ingest::ToolUse& use, const event::Event& event) {
  return use.kind == ToolKind::shell ? use.command : flow::text_of(event.body["input"]);
}

// The reader of JSON bounds its depth.
void each_text(const Json& value, const std::function<void(const Json&)>& take) {
  if (value.is_array()) {
    for (const auto& item : value.as_array())
      each_text(item, take);
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.as_object())
      each_text(member, take);
  } else {
    take(value);
  }
}

// "server/tool" for MCP, "@agent/tool" for an agent's own tool that is known, else as the agent calls it. No
// server can pass for an agent by its name.
std::string name_of(std::string_view agent, const ingest::ToolUse& use, const std::string& tool,
                    const flow::Products* products) {
  if (!use.server.empty()) return (use.server.starts_with('@') ? "@" : "") + use.server + '/' + use.tool;
  if (use.kind == ToolKind::mcp || products == nullptr || !products->native(agent, tool)) return tool;
  return '@' + std::string(agent) + '/' + tool;
}

}  // namespace

std::string text_read(const event::Event& result) {
  const Json& output = result.body["output"];
  const bool of_shell = ingest::tool_use(result.agent.name, tool_of(result), Json()).kind == ToolKind::shell;
  std::string text;
  if (of_shell && output["stdout"].is_string()) {
    // What a program prints is text; that Claude Code hands it over as a member makes no short line of it a
    // value.
    text = output["stdout"].as_string();
    if (!output["stderr"].text_or("").empty()) (text += '\n') += output["stderr"].as_string();
  } else {
    text = text_of(output);
  }
  // An error of which nothing else is known is what the tool says, too.
  if (const Json& error = result.body["error"]; !error.is_null()) (text += '\n') += text_of(error);
  return text;
}

bool is_plan(const event::Event& event) {
  return event.kind == kind::kObservation && event.plane == event::plane::kSelf &&
         event.source == kPlannerSource;
}

std::string flow_name(const event::Event& event, const flow::Products* products) {
  const std::string tool = tool_of(event);
  return name_of(event.agent.name, ingest::tool_use(event.agent.name, tool, event.body["input"]), tool,
                 products);
}

Json labels_of(const flow::Assessment& now) {
  constexpr std::size_t kValuesMax = 8;
  const bool secret = now.label.confidentiality() == flow::Confidentiality::secret;
  if (now.label.integrity() < Integrity::untrusted && !secret && !now.crossing && now.sink == "none" &&
      now.narrow.empty())
    return Json::object();
  Json out = flow::to_json(now.label);
  flow::add_leaving(now, out);
  if (!now.narrow.empty()) out.set("narrow", flow::to_json(now.narrow));
  if (!now.watched && now.values.empty()) return out;
  const Json all = flow::to_json(now);
  if (now.watched)
    for (const char* key : {"asked", "carries_link", "complete", "effect"})
      out.set(key, all[key]);
  if (now.watched && now.planned) out.set("planned", true);
  Json::Array values = all["values"].as_array();
  if (values.size() > kValuesMax) values.resize(kValuesMax);
  out.set("values", Json(std::move(values)));
  return out;
}

FlowWatch::FlowWatch(std::shared_ptr<const flow::Words> words, std::shared_ptr<const flow::Products> products)
    : products_(products),
      session_(words == nullptr ? nullptr
                                : std::make_unique<flow::Session>(std::move(words), std::move(products))) {}

void FlowWatch::note(const event::Event& event, std::span<const event::Finding> found) {
  if (session_ == nullptr) return;
  if (event.kind == kind::kObservation) {
    planned(event);
    return;
  }
  if (const auto active = agents_.seen(event); !active.empty()) session_->reopen(active);
  if (event.kind == kind::kPrompt)
    prompt(event);
  else if (event.kind == kind::kToolResult)
    result(event, found);
  else if (event.kind == kind::kLifecycle && event.data["type"].text_or("") == "tools")
    tools(event.body["tools"]);
}

// What a tool's process or the agent itself says in the user's place is text from outside.
void FlowWatch::prompt(const event::Event& event) {
  const std::string_view text = event.body["text"].text_or("");
  if (event.data["spoken_by"].text_or("user") != "user") {
    session_->overhear(event.seq, text);
    return;
  }
  const bool attested = event.assurance >= event::Assurance::attested;
  if (!session_->prompt(event.seq, text, attested)) return;
  if (prompts_.size() >= kPromptsMax) prompts_.erase(prompts_.begin());
  prompts_.push_back({short_digest(event.id), attested});
}

// Counts only for a prompt of the user's that this session had, and as far as that prompt is attested.
void FlowWatch::planned(const event::Event& event) {
  if (!is_plan(event)) return;
  const auto prompt = std::find_if(
      prompts_.begin(), prompts_.end(),
      [id = short_digest(event.data["for"].text_or(""))](const Prompt& one) { return one.id == id; });
  if (prompt == prompts_.end()) return;
  session_->planned(flow::planned_from_json(event.body["plan"], session_->words()), prompt->attested);
}

void FlowWatch::call(const event::Event& event, const std::vector<event::Action>& actions,
                     event::Verdict verdict, const std::vector<flow::CarriedFile>& carried) {
  if (session_ == nullptr) return;
  const bool runs = event::lets_run(verdict);
  bool text_carries = false;
  for (const auto& file : carried) {
    if (runs || file.use == flow::CarriedFile::Use::loads)
      session_->join(label_of_carried(event), event.agent.id);
    text_carries = text_carries || file.use != flow::CarriedFile::Use::loads;
  }
  if (event.kind != kind::kToolCall) return;
  const std::string tool = tool_of(event);
  const auto use = ingest::tool_use(event.agent.name, tool, event.body["input"]);
  note_agents(event, actions, use, runs);
  if (session_->has_secrets() && verdict <= event::Verdict::ask)
    if (const auto now = assess_values(event, actions)) session_->sent(*now, said_by(use, event));
  if (!is_foreign(use.kind) && runs) session_->reached(reaches_of(use, actions));
  const std::string id = call_id(event);
  if (id.empty()) return;
  // What an agent's own tool was given is the agent's, and may be a whole file.
  const bool keep = is_foreign(use.kind) || use.kind == ToolKind::web_fetch;
  const std::string* name = named(name_of(event.agent.name, use, tool, products_.get()));
  if (name == nullptr) return;
  Open open{short_digest(id),
            name,
            keep ? std::make_shared<const Json>(event.body["input"]) : nullptr,
            text_carries ? Integrity::untrusted : text_of(use.kind, actions, session_->words()),
            use.kind == ToolKind::web_search,
            std::any_of(actions.begin(), actions.end(), reads_secrets) ||
                (is_foreign(use.kind) && gives_secrets(use, tool, session_->words())),
            text_carries};
  if (const auto known = opened(id); known != open_.end()) {
    // Two calls under one id: whose result comes is not known, so it is the worse one's, and vouches for
    // nothing.
    open.text = std::max(open.text, known->text);
    open.secret = open.secret || known->secret;
    open.search = open.search && known->search;
    open.carried = true;  // nothing that is known of either tool is better
    open.input = nullptr;
    *known = std::move(open);
    return;
  }
  if (open_.size() >= kOpenMax) open_.erase(open_.begin());
  open_.push_back(std::move(open));
}

// What the call is to the sub-agents: of one of theirs, or what is read of them.
void FlowWatch::note_agents(const event::Event& event, const std::vector<event::Action>& actions,
                            const ingest::ToolUse& use, bool runs) {
  if (event.data["phase"].text_or("") == "permission") return;  // the agent asks about an earlier call
  const bool trusted = session_->label_for(event.agent.id).integrity() < Integrity::untrusted;
  const bool foreign = !event.agent.id.empty() && is_foreign(use.kind);
  const bool changes = foreign && session_->meaning(flow_name(event, products_.get())).changes;
  agents_.call(event, {use, actions, changes, runs, trusted}, session_->words());
  if (!runs) return;
  for (const auto& narrow : session_->narrow_returns())
    if (agents_.reads_record(actions, narrow.agent)) session_->reopen(narrow.agent);
}

std::vector<FlowWatch::Open>::iterator FlowWatch::opened(const std::string& id) {
  return std::find_if(open_.begin(), open_.end(),
                      [digest = short_digest(id)](const Open& open) { return open.id == digest; });
}

// nullptr when a session has used too many tools: what comes of further ones is a stranger's.
const std::string* FlowWatch::named(std::string tool) {
  if (tools_.size() >= limits::kFlowToolsMax && !tools_.contains(tool)) return nullptr;
  return &*tools_.insert(std::move(tool)).first;
}

void FlowWatch::result(const event::Event& event, std::span<const event::Finding> found) {
  const std::string tool = tool_of(event);
  const auto use = ingest::tool_use(event.agent.name, tool, Json());
  std::string name = name_of(event.agent.name, use, tool, products_.get());
  Open call{};
  if (const auto it = opened(call_id(event)); it != open_.end()) {
    call = std::move(*it);
    name = *call.tool;
    open_.erase(it);
  }
  if (speaks_for_agents(use)) call.text = std::max(call.text, session_->label().integrity());
  const Json nothing = Json::object();
  const std::string output = text_read(event);
  if (!returns_narrowly(event))
    session_->result(event.seq, {.tool = name,
                                 .input = call.input != nullptr ? *call.input : nothing,
                                 .output = output,
                                 .failed = event.data["failed"].bool_or(false),
                                 .text = call.text,
                                 .carried = call.carried,
                                 .found = call.search,
                                 .owner = event.agent.id});
  if (call.secret) session_->confide_values_of(event.seq, output);
  for (const auto& finding : found)
    if (finding.evidence_class == "secret") confide(event, finding.span);
}

// The answer of a sub-agent is all that came of it, and no text: it lowers the label.
bool FlowWatch::returns_narrowly(const event::Event& event) {
  const auto back = agents_.returned(event);
  if (!back) return false;
  const auto as = flow::narrow_kind(back->answer, back->task);
  return as && session_->narrow({back->agent, event.seq, *as}, back->answer);
}

// The text that a detector looked at is one of the body's; which one, it does not say. What has blanks in it
// is from another one.
void FlowWatch::confide(const event::Event& event, event::Span span) {
  const auto take = [&](const Json& text) {
    if (!text.is_string() || text.as_string().size() < span.end || span.begin >= span.end) return;
    const auto value = std::string_view(text.as_string()).substr(span.begin, span.end - span.begin);
    if (value.find_first_of(" \t") == std::string_view::npos || value.starts_with("-----BEGIN"))
      session_->confide(event.seq, value);
  };
  each_text(event.body["output"], take);
  each_text(event.body["error"], take);
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
                                                  const std::vector<event::Action>& actions,
                                                  const std::vector<flow::CarriedFile>& carried) {
  // Instructions were read before the call was thought of, so its values are looked at in their light.
  if (session_ != nullptr && std::any_of(carried.begin(), carried.end(), [](const auto& file) {
        return file.use == flow::CarriedFile::Use::loads;
      }))
    session_->join(label_of_carried(event), event.agent.id);
  auto now = assess_values(event, actions);
  if (!now || carried.empty()) return now;
  now->carried = carried;
  // What this tree wrote is asked about like another's while the label that it was written under does not
  // judge.
  if (!now->narrow.empty())
    for (auto& file : now->carried)
      file.own = false;
  now->label.join(label_of_carried(event));
  if (flow::runs_carried(now->carried)) {
    if (!now->sentence.empty()) now->sentence += ' ';
    now->sentence += flow::sentence_of(now->carried);
  }
  return now;
}

std::optional<flow::Assessment> FlowWatch::assess_values(const event::Event& event,
                                                         const std::vector<event::Action>& actions) {
  if (session_ == nullptr) return std::nullopt;
  const std::string tool = tool_of(event);
  if (event.kind == kind::kToolCall) {
    const auto use = ingest::tool_use(event.agent.name, tool, event.body["input"]);
    if (is_foreign(use.kind))
      return session_->assess(name_of(event.agent.name, use, tool, products_.get()), event.body["input"],
                              event.agent.id);
    const bool clean = session_->label().integrity() < Integrity::untrusted && !session_->has_secrets();
    if (!clean) return session_->assess(reaches_of(use, actions), said_by(use, event), event.agent.id);
  }
  flow::Assessment only_label;
  only_label.label = session_->label_for(event.agent.id);
  if (event.agent.id.empty()) only_label.narrow = session_->narrow_returns();
  return only_label;
}

}  // namespace weir::guard
