// The state of the anomaly detector as JSON, version 1 (docs/formats/anomaly.md). Sessions are not kept: what
// a session did last is of no use after a restart.
#include <algorithm>

#include "detect/anomaly.h"

namespace weir::detect {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kKeyBytesMax = 8192;
// Names of kinds in the file, in the order of TraitKind.
constexpr std::array<const char*, kTraitKinds> kKeys = {"tool", "program", "subcommand", "host",
                                                        "path_class"};

Result<std::uint64_t> count_of(const Json& value, const std::string& where) {
  if (value.int_or(-1) < 0 || value.int_or(-1) > kAnomalyTimesMax)
    return fail("this must be a whole number up to 2^40", where);
  return static_cast<std::uint64_t>(value.as_int());
}

}  // namespace

Json AnomalyDetector::to_json() const {
  Json scopes = Json::array();
  for (const auto& [key, scope] : scopes_) {
    Json kinds = Json::object({});
    for (std::size_t i = 0; i < kTraitKinds; ++i) {
      Json values = Json::object({});
      for (const auto& [value, count] : scope.kinds[i].values)
        values.set(value, Json::array({count.times, count.last}));
      kinds.set(kKeys[i], std::move(values));
    }
    scopes.push(Json::object({{"key", key},
                              {"calls", scope.calls},
                              {"used", scope.used},
                              {"kinds", std::move(kinds)},
                              {"sequence", scope.sequence.to_json()},
                              {"rates", scope.rates.to_json()}}));
  }
  return Json::object({{"version", kVersion},
                       {"calls", calls_},
                       {"forgotten", forgotten_},
                       {"scale", scale_.to_json()},
                       {"scopes", std::move(scopes)}});
}

Result<AnomalyDetector::Scope> AnomalyDetector::scope_from(const Json& json) {
  Scope scope;
  TRY(scope.calls, count_of(json["calls"], "scopes, calls"));
  TRY(scope.used, count_of(json["used"], "scopes, used"));
  for (std::size_t i = 0; i < kTraitKinds; ++i) {
    const Json& values = json["kinds"][kKeys[i]];
    const std::string where = std::string("scopes, kinds, ") + kKeys[i];
    if (!values.is_object() || values.as_object().size() > kTraitValuesMax)
      return fail("this must be an object of at most 2048 values", where);
    Kind& kind = scope.kinds[i];
    for (const auto& [value, pair] : values.as_object()) {
      if (!pair.is_array() || pair.as_array().size() != 2) return fail("a value needs two numbers", where);
      Count count;
      TRY(count.times, count_of(pair.as_array()[0], where));
      TRY(count.last, count_of(pair.as_array()[1], where));
      if (count.times == 0 || count.last > scope.calls) return fail("the numbers do not agree", where);
      kind.total += count.times;
      kind.once += count.times == 1 ? 1 : 0;
      kind.values.emplace(value, count);
    }
  }
  TRY(scope.sequence, Sequence::from_json(json["sequence"]));
  TRY(scope.rates, MinuteRates::from_json(json["rates"]));
  return scope;
}

Result<AnomalyDetector> AnomalyDetector::from_json(const Json& json, const AnomalyConfig& config) {
  if (json["version"].int_or(0) != kVersion)
    return fail("the version of the state is not known", "version", "version 1");
  const Json& scopes = json["scopes"];
  if (!scopes.is_array() || scopes.as_array().size() > kAnomalyScopesMax)
    return fail("this must be a list of at most 128 scopes", "scopes");
  AnomalyDetector out(config);
  TRY(out.calls_, count_of(json["calls"], "calls"));
  TRY(out.forgotten_, count_of(json["forgotten"], "forgotten"));
  TRY(out.scale_, AlertScale::from_json(json["scale"], config.alerts_per_day));
  for (const Json& one : scopes.as_array()) {
    const std::string key(one["key"].text_or(""));
    if (key.empty() || key.size() > kKeyBytesMax || out.scopes_.contains(key))
      return fail("a scope needs a key of its own", "scopes, key");
    TRY(Scope scope, scope_from(one));
    out.scopes_.emplace(key, std::move(scope));
  }
  return out;
}

}  // namespace weir::detect
