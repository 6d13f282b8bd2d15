#include "event/action.h"

#include <array>

namespace weir::event {
namespace {
constexpr std::array<std::string_view, 3> kCertainties = {"certain", "possible", "opaque"};
}

std::string_view name(Certainty certainty) {
  return kCertainties[static_cast<std::size_t>(certainty)];
}

Json to_json(const Action& action) {
  Json json = Json::object({{"verb", action.verb},
                            {"type", action.resource_type},
                            {"resource", action.resource},
                            {"certainty", name(action.certainty)}});
  if (action.span != Span{}) json.set("span", Json::array({action.span.begin, action.span.end}));
  if (action.attrs.is_object() && !action.attrs.as_object().empty()) json.set("attrs", action.attrs);
  return json;
}

Json to_json(const std::vector<Action>& actions) {
  Json json = Json::array();
  for (const auto& action : actions)
    json.push(to_json(action));
  return json;
}

void append_canonical(std::string& out, const Action& action) {
  out += '{';
  if (action.attrs.is_object() && !action.attrs.as_object().empty()) {
    out += "\"attrs\":";
    append_canonical(out, action.attrs);
    out += ',';
  }
  ((out += "\"certainty\":\"") += name(action.certainty)) += "\",\"resource\":";
  append_json_string(out, action.resource);
  if (action.span != Span{})
    ((((out += ",\"span\":[") += std::to_string(action.span.begin)) += ',') +=
     std::to_string(action.span.end)) += ']';
  append_json_string(out += ",\"type\":", action.resource_type);
  append_json_string(out += ",\"verb\":", action.verb);
  out += '}';
}

Result<Action> action_from_json(const Json& json) {
  Action action;
  action.verb = json["verb"].text_or("");
  if (action.verb.empty()) return fail("missing", "verb");
  action.resource_type = json["type"].text_or("");
  action.resource = json["resource"].text_or("");
  const auto certainty = json["certainty"].text_or("certain");
  std::size_t i = 0;
  while (i < kCertainties.size() && kCertainties[i] != certainty)
    ++i;
  if (i == kCertainties.size()) return fail("not a certainty: " + std::string(certainty), "certainty");
  action.certainty = static_cast<Certainty>(i);
  if (const Json* span = json.find("span");
      span != nullptr && span->is_array() && span->as_array().size() == 2) {
    action.span.begin = static_cast<std::uint32_t>(span->as_array()[0].int_or(0));
    action.span.end = static_cast<std::uint32_t>(span->as_array()[1].int_or(0));
  }
  if (const Json* attrs = json.find("attrs")) action.attrs = *attrs;
  return action;
}

}  // namespace weir::event
