#include "guard/flow_graph.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/redact.h"
#include "flow/fold.h"
#include "flow/shape.h"
#include "guard/flow_watch.h"

namespace weir::guard {
namespace {

namespace kind = event::kind;

constexpr std::size_t kLineBytesMax = 160;
constexpr std::size_t kLookBytes = 16 * limits::kKiB;
constexpr std::size_t kValuesMax = 64;  // of one call

std::string call_id(const event::Event& event) {
  for (const char* key : {"tool_use_id", "call_id"})
    if (const auto it = event.corr.find(key); it != event.corr.end())
      return event.session + '\n' + it->second;
  return {};
}

std::string line(std::string_view text, const Hide& hide) {
  std::string out = hide(text.substr(0, kLookBytes));
  if (out.size() <= kLineBytesMax) return out;
  std::size_t end = kLineBytesMax;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80)
    --end;
  out.resize(end);
  return out + "…";
}

bool speaks_of_flow(const event::Decision& decision) {
  return !decision.policies.empty() && decision.policies.front().evidence_class == "flow";
}

std::vector<std::string> approvers_of(const event::Decision& decision) {
  std::vector<std::string> names;
  if (!decision.approval) return names;
  for (const auto& approver : decision.approval->approvers)
    names.push_back(std::string(approver["authority"].text_or("")) + ' ' +
                    std::string(approver["subject"].text_or("")));
  return names;
}

Json numbers(const std::vector<std::uint64_t>& list) {
  Json out = Json::array();
  for (const auto number : list)
    out.push(number);
  return out;
}

}  // namespace

std::string flow_line(const Json& body, const Hide& hide) {
  const Json& input = body["input"];
  for (const char* key : {"command", "cmd", "file_path", "path", "url", "pattern", "prompt", "query"})
    if (const auto text = input[key].text_or(""); !text.empty()) return line(text, hide);
  return input.is_object() && !input.as_object().empty() ? line(compact(input), hide) : std::string();
}

FlowGraphMaker::FlowGraphMaker(Hide hide) : hide_(std::move(hide)), places_(hide_) {
  if (!hide_) hide_ = [](std::string_view text) { return std::string(text); };
}

void FlowGraphMaker::add(const FlowStep& step) {
  const auto& event = step.event;
  ++graph_.events;
  if (graph_.root.empty()) graph_.root = event.root;
  if (graph_.agent.empty()) graph_.agent = event.agent.name;
  places_.note(event);
  if (event.kind == kind::kPrompt || event.kind == kind::kToolResult) source(step);
  if (event.kind == kind::kToolCall && step.decision != nullptr) call(step);
  if (is_plan(event)) plan(event);
  if (step.session == nullptr) return;
  const flow::Label& now = step.session->label();
  if (now.at_most(graph_.label)) return;
  graph_.rises.push_back({event.seq, now});
  graph_.label = now;
}

void FlowGraphMaker::source(const FlowStep& step) {
  const auto& event = step.event;
  FlowSource source;
  source.seq = event.seq;
  source.prompt = event.kind == kind::kPrompt;
  source.session = event.session;
  if (step.session != nullptr) {
    source.label = step.session->brought();
    if (const auto narrow = step.session->narrow_returns(); !narrow.empty() && narrow.back().seq == event.seq)
      source.narrow = narrow.back();
  }
  if (source.prompt) {
    const auto text = event.body["text"].text_or("");
    if (text.size() <= flow::kPlannerPromptBytesMax) prompts_[event.id] = {event.seq, std::string(text)};
    source.bytes = text.size();
    source.what = line(text, hide_);
  } else {
    source.tool = flow_name(event);
    source.bytes = text_read(event).size();
    source.failed = event.data["failed"].bool_or(false);
    if (const auto it = open_.find(call_id(event)); it != open_.end()) {
      FlowCall& call = graph_.calls[it->second];
      call.result = event.seq;
      source.call = call.seq;
      source.what = call.what;
      if (source.tool.empty()) source.tool = call.tool;
      open_.erase(it);
    }
  }
  graph_.sources.push_back(std::move(source));
}

void FlowGraphMaker::call(const FlowStep& step) {
  const auto& [event, decision, assessed, session] = step;
  if (event.data["phase"].text_or("") == "permission") return;  // the agent asks about an earlier call
  FlowCall call;
  call.seq = event.seq;
  call.decision = decision->id;
  call.session = event.session;
  call.tool = flow_name(event);
  call.what = flow_line(event.body, hide_);
  call.verdict = decision->verdict;
  for (const auto& hit : decision->policies)
    call.policies.push_back(hit.policy);
  call.reason = hide_(decision->reason);
  call.by_flow = !call.released() && speaks_of_flow(*decision);
  call.approved = approvers_of(*decision);
  if (assessed != nullptr) {
    const Json told = flow::to_json(*assessed);
    call.label = assessed->label;
    call.watched = assessed->watched;
    call.complete = assessed->complete;
    call.effect = assessed->effect;
    call.asked = std::string(told["asked"].text_or(""));
    call.more = told;
    for (const char* key : {"asked", "complete", "effect", "label", "sentence", "values"})
      call.more.erase(key);
    if (const Json* crossing = call.more.find("crossing"); crossing != nullptr) {
      Json hidden = *crossing;
      for (const char* key : {"from", "to"})
        hidden.set(key, hide_((*crossing)[key].text_or("")));
      call.more.set("crossing", std::move(hidden));
    }
    for (const auto& value : assessed->values) {
      if (call.values.size() >= kValuesMax) break;
      FlowValue one{value, places_.of(value)};
      one.of.value = shown_value(value.field, value.value, hide_);
      // What the text around it hides is hidden here, too, and in the sentence.
      for (const auto& place : one.places)
        if (place.excerpt.hidden) one.of.value = kRedacted;
      if (one.of.value != value.value)
        for (auto at = call.reason.find(value.value); at != std::string::npos;
             at = call.reason.find(value.value, at + kRedacted.size()))
          call.reason.replace(at, value.value.size(), kRedacted);
      call.values.push_back(std::move(one));
    }
  }
  if (const std::string id = call_id(event); !id.empty() && call.released())
    open_.insert_or_assign(id, graph_.calls.size());
  graph_.calls.push_back(std::move(call));
}

void FlowGraphMaker::plan(const event::Event& event) {
  FlowPlan plan;
  plan.seq = event.seq;
  std::string prompt;  // without secrets
  if (const auto it = prompts_.find(std::string(event.data["for"].text_or(""))); it != prompts_.end()) {
    plan.prompt = it->second.seq;
    prompt = flow::fold(hide_(it->second.text));
  }
  plan.outcome = event.data["plan"].text_or("");
  plan.why = line(event.body["why"].text_or(""), hide_);
  plan.plan = event.body["plan"];
  if (const Json& values = plan.plan["values"]; values.is_array()) {
    Json hidden = Json::array();
    // Folded, a secret may not be known for one any more; in the prompt it is.
    for (const auto& value : values.as_array())
      hidden.push(flow::contains_value(prompt, value.text_or("")) ? line(value.text_or(""), hide_)
                                                                  : std::string(kRedacted));
    plan.plan.set("values", std::move(hidden));
  }
  graph_.plans.push_back(std::move(plan));
}

FlowGraph FlowGraphMaker::take() {
  graph_.calls_all = graph_.calls.size();
  graph_.sources_all = graph_.sources.size();
  graph_.complete =
      std::all_of(graph_.calls.begin(), graph_.calls.end(), [](const auto& call) { return call.complete; });
  return std::exchange(graph_, {});
}

namespace {

bool tells(const FlowCall& call) {
  return !call.released() || !call.approved.empty() ||
         std::any_of(call.values.begin(), call.values.end(),
                     [](const auto& value) { return !value.of.endorsed; });
}

void add_sources_of(const FlowCall& call, std::set<std::uint64_t>& seqs) {
  seqs.insert(call.label.integrity_causes().begin(), call.label.integrity_causes().end());
  seqs.insert(call.label.confidentiality_causes().begin(), call.label.confidentiality_causes().end());
  for (const auto& value : call.values) {
    seqs.insert(value.of.from.begin(), value.of.from.end());
    for (const auto& place : value.places)
      seqs.insert(place.seq);
  }
}

void keep_sources(FlowGraph& graph, const std::set<std::uint64_t>& seqs) {
  std::erase_if(graph.sources, [&](const auto& source) { return !seqs.contains(source.seq); });
}

}  // namespace

FlowGraph only_telling(FlowGraph graph) {
  std::set<std::uint64_t> seqs;
  const auto prompt = std::find_if(graph.sources.begin(), graph.sources.end(),
                                   [](const auto& source) { return source.prompt; });
  if (prompt != graph.sources.end()) seqs.insert(prompt->seq);
  for (const auto& rise : graph.rises)
    seqs.insert(rise.seq);
  for (const auto& source : graph.sources)
    if (source.narrow) seqs.insert(source.seq);
  std::erase_if(graph.calls, [](const auto& call) { return !tells(call); });
  for (const auto& call : graph.calls) {
    std::set<std::uint64_t> of_values;
    for (const auto& value : call.values) {
      of_values.insert(value.of.from.begin(), value.of.from.end());
      for (const auto& place : value.places)
        of_values.insert(place.seq);
    }
    seqs.merge(of_values);
  }
  keep_sources(graph, seqs);
  return graph;
}

std::optional<FlowGraph> only_call(FlowGraph graph, std::uint64_t seq) {
  std::erase_if(graph.calls, [&](const auto& call) { return call.seq != seq; });
  if (graph.calls.empty()) return std::nullopt;
  std::set<std::uint64_t> seqs;
  add_sources_of(graph.calls.front(), seqs);
  keep_sources(graph, seqs);
  std::erase_if(graph.rises, [&](const auto& rise) { return rise.seq > seq; });
  std::erase_if(graph.plans, [&](const auto& plan) { return plan.seq > seq; });
  return graph;
}

namespace {

Json source_json(const FlowSource& source) {
  Json out = Json::object({{"bytes", source.bytes},
                           {"call", source.call},
                           {"event", source.seq},
                           {"failed", source.failed},
                           {"kind", source.prompt ? "prompt" : "result"},
                           {"label", flow::to_json(source.label)},
                           {"session", source.session},
                           {"tool", to_valid_utf8(source.tool)},
                           {"what", to_valid_utf8(source.what)}});
  if (source.narrow)
    out.set("narrow", Json::object({{"agent", source.narrow->agent}, {"as", flow::name(source.narrow->as)}}));
  return out;
}

Json plan_json(const FlowPlan& plan) {
  Json out = Json::object({{"event", plan.seq}, {"outcome", plan.outcome}, {"prompt", plan.prompt}});
  if (plan.plan.is_object()) out.set("plan", plan.plan);
  if (!plan.why.empty()) out.set("why", to_valid_utf8(plan.why));
  return out;
}

Json value_json(const FlowValue& value) {
  Json places = Json::array();
  for (const auto& place : value.places)
    places.push(to_json(place));
  Json out = Json::object({{"endorsed", value.of.endorsed},
                           {"field", to_valid_utf8(value.of.field)},
                           {"from", numbers(value.of.from)},
                           {"origin", flow::name(value.of.origin)},
                           {"role", flow::name(value.of.role)},
                           {"spans", std::move(places)},
                           {"value", to_valid_utf8(value.of.value)}});
  if (value.of.copied) out.set("copied", flow::to_json(*value.of.copied));
  return out;
}

Json call_json(const FlowCall& call) {
  Json values = Json::array();
  for (const auto& value : call.values)
    values.push(value_json(value));
  Json out = call.more.is_object() ? call.more : Json::object();
  out.set("approved", Json::strings(call.approved));
  out.set("asked", call.asked);
  out.set("by_flow", call.by_flow);
  out.set("complete", call.complete);
  out.set("decision", call.decision);
  out.set("effect", call.effect);
  out.set("event", call.seq);
  out.set("label", flow::to_json(call.label));
  out.set("policies", Json::strings(call.policies));
  out.set("reason", to_valid_utf8(call.reason));
  out.set("result", call.result);
  out.set("session", call.session);
  out.set("tool", to_valid_utf8(call.tool));
  out.set("values", std::move(values));
  out.set("verdict", event::name(call.verdict));
  out.set("watched", call.watched);
  out.set("what", to_valid_utf8(call.what));
  return out;
}

}  // namespace

Json to_json(const FlowGraph& graph) {
  Json sources = Json::array();
  Json rises = Json::array();
  Json plans = Json::array();
  Json calls = Json::array();
  for (const auto& plan : graph.plans)
    plans.push(plan_json(plan));
  for (const auto& source : graph.sources)
    sources.push(source_json(source));
  for (const auto& rise : graph.rises)
    rises.push(Json::object({{"event", rise.seq}, {"label", flow::to_json(rise.label)}}));
  for (const auto& call : graph.calls)
    calls.push(call_json(call));
  return Json::object({{"v", 1},
                       {"agent", graph.agent},
                       {"calls", std::move(calls)},
                       {"calls_all", graph.calls_all},
                       {"complete", graph.complete},
                       {"erased", graph.erased},
                       {"events", graph.events},
                       {"label", flow::to_json(graph.label)},
                       {"plans", std::move(plans)},
                       {"rises", std::move(rises)},
                       {"root", graph.root},
                       {"sources", std::move(sources)},
                       {"sources_all", graph.sources_all}});
}

}  // namespace weir::guard
