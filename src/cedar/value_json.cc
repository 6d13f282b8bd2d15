#include "cedar/value_json.h"

#include "cedar/est.h"

namespace weir::cedar {
namespace {

Json extension_json(const char* function, std::string text) {
  return Json::object({{"__extn", Json::object({{"fn", function}, {"arg", std::move(text)}})}});
}

}  // namespace

// Recursion is bounded by the nesting of the value, which readers limit.
Json value_json(const Value& value) {
  switch (value.kind()) {
    case ValueKind::boolean:
      return *value.get_if<bool>();
    case ValueKind::integer:
      return *value.get_if<std::int64_t>();
    case ValueKind::string:
      return *value.get_if<std::string>();
    case ValueKind::entity:
      return Json::object({{"__entity", uid_json(*value.get_if<EntityUid>())}});
    case ValueKind::decimal:
      return extension_json("decimal", value.get_if<Decimal>()->text());
    case ValueKind::ipaddr:
      return extension_json("ip", value.get_if<IpAddr>()->text());
    case ValueKind::datetime:
      return extension_json("datetime", value.get_if<Datetime>()->text());
    case ValueKind::duration:
      return extension_json("duration", value.get_if<Duration>()->text());
    case ValueKind::set: {
      Json out = Json::array();
      for (const auto& element : value.get_if<Set>()->elements())
        out.push(value_json(element));
      return out;
    }
    case ValueKind::record: {
      Json::Object out;
      for (const auto& [key, field] : value.get_if<Record>()->fields())
        out.emplace_back(key, value_json(field));
      return Json(std::move(out));
    }
  }
  return {};
}

}  // namespace weir::cedar
