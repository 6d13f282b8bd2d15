#include "event/event.h"

#include <array>

#include "base/time_text.h"

namespace weir::event {
namespace {

constexpr std::array<std::string_view, 4> kAssurances = {"claimed", "observed", "attested", "kernel"};

void set_text(Json& object, std::string_view key, const std::string& value) {
  if (!value.empty()) object.set(key, value);
}

Json time_json(const Time& time) {
  Json json = Json::object({{"wall", rfc3339(time.wall_ns)}});
  if (time.mono_ns != 0) json.set("mono_ns", std::to_string(time.mono_ns));
  set_text(json, "boot", time.boot);
  set_text(json, "source", time.source);
  return json;
}

Json agent_json(const Agent& agent) {
  Json json = Json::object({{"name", agent.name}});
  set_text(json, "version", agent.version);
  set_text(json, "id", agent.id);
  set_text(json, "type", agent.type);
  return json;
}

Result<Time> time_from(const Json& json) {
  Time time;
  const auto wall = from_rfc3339(json["wall"].text_or(""));
  if (!wall) return fail("not an RFC 3339 time", "time.wall");
  time.wall_ns = *wall;
  if (const Json* mono = json.find("mono_ns")) {
    const std::string text(mono->text_or(""));
    if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789") != std::string::npos)
      return fail("not a decimal number of nanoseconds", "time.mono_ns");
    time.mono_ns = static_cast<std::int64_t>(std::stoull(text));
  }
  time.boot = json["boot"].text_or("");
  time.source = json["source"].text_or("");
  return time;
}

// Reads one member of the envelope; false when its name is not one of ours.
bool read_text_member(Event& event, const std::string& key, const Json& value) {
  const std::pair<std::string_view, std::string*> texts[] = {
      {"id", &event.id},       {"kind", &event.kind},       {"org", &event.org},       {"host", &event.host},
      {"user", &event.user},   {"session", &event.session}, {"parent", &event.parent}, {"root", &event.root},
      {"plane", &event.plane}, {"source", &event.source}};
  for (const auto& [name, target] : texts)
    if (name == key) {
      *target = value.text_or("");
      return true;
    }
  return false;
}

Status read_member(Event& event, const std::string& key, const Json& value) {
  if (key == "v" || read_text_member(event, key, value)) return {};
  if (key == "agent") {
    event.agent = {std::string(value["name"].text_or("")), std::string(value["version"].text_or("")),
                   std::string(value["id"].text_or("")), std::string(value["type"].text_or(""))};
  } else if (key == "assurance") {
    const auto text = value.text_or("");
    std::size_t i = 0;
    while (i < kAssurances.size() && kAssurances[i] != text)
      ++i;
    if (i == kAssurances.size()) return fail("not an assurance: " + std::string(text), "assurance");
    event.assurance = static_cast<Assurance>(i);
  } else if (key == "time") {
    TRY(event.time, time_from(value));
  } else if (key == "seq") {
    if (!value.is_int() || value.as_int() < 0) return fail("not a sequence number", "seq");
    event.seq = static_cast<std::uint64_t>(value.as_int());
  } else if (key == "corr") {
    if (!value.is_object()) return fail("not an object", "corr");
    for (const auto& [name, id] : value.as_object())
      event.corr[name] = id.text_or("");
  } else if (key == "data") {
    event.data = value;
  } else if (key == "body") {
    event.body_ref = {std::string(value["ref"].text_or("")), std::string(value["commitment"].text_or("")),
                      static_cast<std::uint64_t>(value["bytes"].int_or(0))};
  } else {
    event.extra.set(key, value);
  }
  return {};
}

}  // namespace

std::string_view name(Assurance assurance) {
  return kAssurances[static_cast<std::size_t>(assurance)];
}

Json envelope_json(const Event& event) {
  Json json = Json::object({{"v", kEnvelopeVersion}, {"id", event.id}, {"kind", event.kind}});
  set_text(json, "org", event.org);
  set_text(json, "host", event.host);
  set_text(json, "user", event.user);
  json.set("agent", agent_json(event.agent));
  json.set("session", event.session);
  set_text(json, "parent", event.parent);
  json.set("root", event.root);
  json.set("plane", event.plane);
  json.set("source", event.source);
  json.set("assurance", name(event.assurance));
  json.set("time", time_json(event.time));
  json.set("seq", event.seq);
  if (!event.corr.empty()) {
    Json corr = Json::object();
    for (const auto& [key, value] : event.corr)
      corr.set(key, value);
    json.set("corr", std::move(corr));
  }
  if (event.data.is_object() && !event.data.as_object().empty()) json.set("data", event.data);
  if (!event.body_ref.ref.empty())
    json.set("body", Json::object({{"ref", event.body_ref.ref},
                                   {"commitment", event.body_ref.commitment},
                                   {"bytes", event.body_ref.bytes}}));
  if (event.extra.is_object())
    for (const auto& [key, value] : event.extra.as_object())
      json.set(key, value);
  return json;
}

Result<Event> event_from_envelope(const Json& json) {
  if (!json.is_object()) return fail("an event envelope must be a JSON object");
  const auto version = json["v"].int_or(0);
  if (version < 1) return fail("no envelope version", "v");
  Event event;
  for (const auto& [key, value] : json.as_object())
    TRY_STATUS(read_member(event, key, value));
  if (event.id.empty()) return fail("missing", "id");
  if (event.kind.empty()) return fail("missing", "kind");
  if (event.session.empty() || event.root.empty()) return fail("missing", "session");
  return event;
}

}  // namespace weir::event
