// What the anomaly detector has learned as JSON, version 2 (docs/formats/anomaly.md): a profile, and what all
// profiles share. Sessions are not kept: what a session did last is of no use after a restart.
#include <algorithm>

#include "detect/anomaly.h"

namespace weir::detect {
namespace {

constexpr std::int64_t kVersion = 2;
constexpr std::size_t kNameBytesMax = 8192;
constexpr std::size_t kValueBytesMax = 128;
// Names of kinds in the file, in the order of TraitKind.
constexpr std::array<const char*, kTraitKinds> kKeys = {"tool", "program", "subcommand", "host",
                                                        "path_class"};

Result<std::uint64_t> count_of(const Json& value, const std::string& where) {
  if (value.int_or(-1) < 0 || value.int_or(-1) > kAnomalyTimesMax)
    return fail("this must be a whole number up to 2^40", where);
  return static_cast<std::uint64_t>(value.as_int());
}

// Version 1 was one object with one scale for all rules. What it had learned is no truth that must be kept.
Status check_version(const Json& json) {
  const std::int64_t version = json["version"].int_or(0);
  if (version == kVersion) return {};
  if (version == 1)
    return fail("this state is of version 1, which had one budget for all rules", "version",
                "remove the file: learning begins anew");
  return fail("the version of the state is not known", "version", "this Weir reads version 2");
}

Result<std::string> name_of(const Json& json, const char* key) {
  const Json& value = json[key];
  if (!value.is_string() || value.as_string().size() > kNameBytesMax)
    return fail("this must be a text of at most 8192 bytes", key);
  return value.as_string();
}

}  // namespace

Json AnomalyProfile::summary() const {
  Json out = Json::object({{"agent", agent_}, {"repository", repository_}, {"calls", calls_}});
  static constexpr std::array<const char*, kTraitKinds> kNames = {"tools", "programs", "subcommands", "hosts",
                                                                  "path_classes"};
  for (std::size_t i = 0; i < kTraitKinds; ++i)
    out.set(kNames[i], static_cast<std::uint64_t>(kinds_[i].values.size()));
  out.set("sequences", static_cast<std::uint64_t>(sequence_.size()));
  out.set("minutes", static_cast<std::uint64_t>(rates_.usual().minutes));
  return out;
}

Json AnomalyProfile::to_json() const {
  Json kinds = Json::object({});
  for (std::size_t i = 0; i < kTraitKinds; ++i) {
    Json values = Json::array();
    for (const Value& value : kinds_[i].values)
      values.push(Json::array({value.text, value.times, value.last}));
    kinds.set(kKeys[i], std::move(values));
  }
  return Json::object({{"version", kVersion},
                       {"agent", agent_},
                       {"repository", repository_},
                       {"calls", calls_},
                       {"kinds", std::move(kinds)},
                       {"sequence", sequence_.to_json()},
                       {"rates", rates_.to_json()}});
}

Result<AnomalyProfile::Kind> AnomalyProfile::kind_from(const Json& values, std::size_t index,
                                                       std::uint64_t calls) {
  const std::string where = std::string("kinds, ") + kKeys[index];
  if (!values.is_array() || values.as_array().size() > kTraitValuesMax[index])
    return fail("this must be a list of at most " + std::to_string(kTraitValuesMax[index]) + " values",
                where);
  Kind kind;
  for (const Json& row : values.as_array()) {
    if (!row.is_array() || row.as_array().size() != 3 || !row.as_array()[0].is_string())
      return fail("a value must be its text, times and the call that had it last", where);
    Value value{.text = row.as_array()[0].as_string()};
    TRY(value.times, count_of(row.as_array()[1], where));
    TRY(value.last, count_of(row.as_array()[2], where));
    const bool in_order = kind.values.empty() || kind.values.back().text < value.text;
    if (!in_order || value.text.empty() || value.text.size() > kValueBytesMax)
      return fail("values must have 1 to 128 bytes and be in order", where);
    if (value.times == 0 || value.last > calls) return fail("the numbers do not agree", where);
    kind.once += value.times == 1 ? 1 : 0;
    kind.values.push_back(std::move(value));
  }
  return kind;
}

Result<AnomalyProfile> AnomalyProfile::from_json(const Json& json) {
  TRY_STATUS(check_version(json));
  TRY(std::string agent, name_of(json, "agent"));
  TRY(std::string repository, name_of(json, "repository"));
  AnomalyProfile profile(std::move(agent), std::move(repository));
  TRY(profile.calls_, count_of(json["calls"], "calls"));
  for (std::size_t i = 0; i < kTraitKinds; ++i) {
    TRY(profile.kinds_[i], kind_from(json["kinds"][kKeys[i]], i, profile.calls_));
  }
  TRY(profile.sequence_, Sequence::from_json(json["sequence"]));
  TRY(profile.rates_, MinuteRates::from_json(json["rates"]));
  return profile;
}

Json AnomalyDetector::scales_json() const {
  Json families = Json::object({});
  for (const AnomalyFamily family : kAllAnomalyFamilies)
    families.set(rule_of(family), scale(family).to_json());
  return Json::object({{"version", kVersion},
                       {"calls", calls_},
                       {"forgotten", forgotten_},
                       {"calls_a_day", clock_.to_json()},
                       {"families", std::move(families)}});
}

Status AnomalyDetector::use_scales(const Json& json) {
  TRY_STATUS(check_version(json));
  TRY(const std::uint64_t calls, count_of(json["calls"], "calls"));
  TRY(const std::uint64_t forgotten, count_of(json["forgotten"], "forgotten"));
  TRY(const CallsADay clock, CallsADay::from_json(json["calls_a_day"]));
  auto scales = scales_;
  for (const AnomalyFamily family : kAllAnomalyFamilies) {
    TRY(scales[static_cast<std::size_t>(family)],
        AlertScale::from_json(json["families"][rule_of(family)], scale(family).alerts_per_day()));
  }
  calls_ = calls;
  forgotten_ = forgotten;
  clock_ = clock;
  scales_ = scales;
  return {};
}

}  // namespace weir::detect
