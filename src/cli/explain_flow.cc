#include "cli/explain_flow.h"

#include <algorithm>
#include <set>

#include "event/event.h"
#include "guard/flow_graph.h"
#include "guard/flow_watch.h"

namespace weir::cli {
namespace {

constexpr std::size_t kCallsBackMax = 64;  // records before a result among which its call is sought

// One event of a session tree with its content; nullopt when it is not there or was erased.
std::optional<event::Event> read_event(const OpenStore& open, const store::Record& record) {
  const auto envelope = record.json();
  if (!envelope) return std::nullopt;
  auto event = event::event_from_envelope(*envelope);
  if (!event) return std::nullopt;
  const auto body = open.store->body(record.root, std::string((*envelope)["body"]["ref"].text_or("")));
  if (!body) return std::nullopt;
  event->body = parse_json(*body).value_or(Json());
  event->body_ref = {};
  return *std::move(event);
}

std::optional<event::Event> event_at(const OpenStore& open, const std::string& root, std::uint64_t seq) {
  const auto found = open.query->events(root, seq, 1, true);
  if (!found || found->empty() || found->front().seq != seq) return std::nullopt;
  return read_event(open, found->front());
}

// What the call asked for that this result answers: "https://site.example/notes".
std::string asked_for(const OpenStore& open, const event::Event& result, Redactor& redactor) {
  const auto id = result.corr.find("tool_use_id");
  if (id == result.corr.end()) return {};
  const std::uint64_t from = result.seq > kCallsBackMax ? result.seq - kCallsBackMax : 1;
  const auto before = open.query->events(result.root, from, kCallsBackMax, true);
  if (!before) return {};
  for (auto record = before->rbegin(); record != before->rend(); ++record) {
    if (record->seq >= result.seq) continue;
    const auto envelope = record->json();
    if (!envelope || (*envelope)["kind"].text_or("") != event::kind::kToolCall ||
        (*envelope)["corr"]["tool_use_id"].text_or("") != id->second)
      continue;
    if (const auto call = read_event(open, *record))
      return guard::flow_line(call->body, [&](std::string_view text) { return redactor.text(text); });
  }
  return {};
}

guard::FlowSource source_of(const OpenStore& open, const event::Event& event, bool untrusted,
                            Redactor& redactor) {
  guard::FlowSource source;
  source.seq = event.seq;
  source.prompt = event.kind == event::kind::kPrompt;
  if (untrusted)
    source.label = flow::Label(flow::Integrity::untrusted, flow::Confidentiality::open, event.seq);
  if (source.prompt) return source;
  source.tool = guard::flow_name(event);
  source.what = asked_for(open, event, redactor);
  return source;
}

flow::Origin origin_from(std::string_view name) {
  using flow::Origin;
  for (auto i = static_cast<int>(Origin::user); i < static_cast<int>(Origin::own); ++i)
    if (flow::name(static_cast<Origin>(i)) == name) return static_cast<Origin>(i);
  return Origin::own;
}

flow::ValueOrigin value_from(const Json& json) {
  flow::ValueOrigin value;
  value.field = json["field"].text_or("");
  value.value = json["value"].text_or("");
  value.endorsed = json["endorsed"].bool_or(false);
  value.origin = origin_from(json["origin"].text_or(""));
  const auto number = [](const Json& one) {
    return static_cast<std::size_t>(std::max<std::int64_t>(one.int_or(0), 0));
  };
  if (const Json& copied = json["copied"]; copied.is_object())
    value.copied = flow::Copied{number(copied["bytes"]), number(copied["begin"]), number(copied["end"])};
  if (json["from"].is_array())
    for (const auto& seq : json["from"].as_array())
      value.from.push_back(number(seq));
  return value;
}

bool is_among(const Json& list, std::uint64_t seq) {
  return list.is_array() && std::any_of(list.as_array().begin(), list.as_array().end(), [&](const Json& one) {
           return one.int_or(-1) == static_cast<std::int64_t>(seq);
         });
}

}  // namespace

FlowPath flow_path(const OpenStore& open, const event::Decision& decision, Redactor& redactor) {
  FlowPath path;
  const Json& values = decision.labels["values"];
  if (!values.is_array()) return path;
  guard::FlowPlaces places([&](std::string_view text) { return redactor.text(text); });
  std::set<std::uint64_t> seen;
  for (const auto& json : values.as_array()) {
    const flow::ValueOrigin value = value_from(json);
    for (const auto seq : value.from) {
      if (!seen.insert(seq).second) continue;
      const auto event = event_at(open, decision.root, seq);
      if (!event) continue;
      places.note(*event);
      path.sources.push_back(source_of(open, *event, is_among(decision.labels["because"], seq), redactor));
    }
    guard::FlowValue one{value, places.of(value)};
    one.of.value =
        guard::shown_value(value.field, value.value, [&](auto text) { return redactor.text(text); });
    for (const auto& place : one.places)
      if (place.excerpt.hidden) one.of.value = place.excerpt.value;
    path.call.values.push_back(std::move(one));
  }
  return path;
}

void add_spans(Json& decision, const FlowPath& path) {
  Json* labels = decision.find("labels");
  Json* values = labels == nullptr ? nullptr : labels->find("values");
  if (values == nullptr || !values->is_array()) return;
  for (std::size_t i = 0; i < values->as_array().size() && i < path.call.values.size(); ++i) {
    Json& value = values->as_array()[i];
    value.set("value", path.call.values[i].of.value);
    Json spans = Json::array();
    for (const auto& place : path.call.values[i].places)
      spans.push(guard::to_json(place));
    value.set("spans", std::move(spans));
  }
}

}  // namespace weir::cli
