#include "shell/inspect_json.h"

#include "base/bytes.h"

namespace weir::shell {
namespace {

Json span_json(Span span) {
  return Json::array({Json(std::int64_t{span.begin}), Json(std::int64_t{span.end})});
}

Json text_json(std::string_view text) {
  // Commands may hold any bytes; JSON is UTF-8.
  return valid_utf8(text) ? Json(text) : Json(to_valid_utf8(text));
}

Json command_json(const CommandRun& command) {
  Json argv = Json::array();
  bool unknown = false;
  for (const Arg& arg : command.argv) {
    argv.push(text_json(arg.text));
    unknown = unknown || !arg.known();
  }
  Json out = Json::object({{"argv", std::move(argv)}, {"span", span_json(command.span)}});
  if (unknown) out.set("unknown", true);
  if (!command.where.empty()) out.set("where", text_json(command.where));
  return out;
}

Json effect_json(const Effect& effect) {
  Json attributes = Json::object();
  for (const auto& [key, value] : effect.attributes) {
    if (const bool* flag = std::get_if<bool>(&value))
      attributes.set(key, *flag);
    else
      attributes.set(key, text_json(std::get<std::string>(value)));
  }
  return Json::object({{"verb", effect.verb},
                       {"kind", name(effect.kind)},
                       {"resource", text_json(effect.resource)},
                       {"certainty", name(effect.certainty)},
                       {"span", span_json(effect.span)},
                       {"attributes", std::move(attributes)}});
}

}  // namespace

Json inspect_json(const Analysis& analysis) {
  Json commands = Json::array();
  for (const CommandRun& command : analysis.commands)
    commands.push(command_json(command));
  Json effects = Json::array();
  for (const Effect& effect : analysis.effects)
    effects.push(effect_json(effect));
  Json opaque = Json::array();
  for (const Opaque& one : analysis.opaque)
    opaque.push(Json::object({{"reason", text_json(one.reason)},
                              {"detail", text_json(one.detail)},
                              {"span", span_json(one.span)}}));
  Json out = Json::object(
      {{"commands", std::move(commands)}, {"effects", std::move(effects)}, {"opaque", std::move(opaque)}});
  if (analysis.limited) out.set("limited", true);
  return out;
}

}  // namespace weir::shell
