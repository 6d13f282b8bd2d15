#include "detect/anomaly_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/bytes.h"

namespace weir::detect {
namespace {

constexpr std::uint64_t kRareAfter = 500;  // calls before a value seen once is rare
constexpr std::size_t kMinutesMin = 20;    // before rates are judged
constexpr std::uint32_t kBusyMin = 20;     // calls a minute that are worth a word
constexpr double kBitsMax = 60;
constexpr double kMediumBits = 10;  // rarer than one call in a thousand
constexpr std::size_t kShownMax = 60;

// MITRE ATT&CK and ATLAS, OWASP Agentic (ASI02 Tool Misuse and Exploitation, ASI10 Rogue Agents).
std::vector<std::string> techniques_of(AnomalyFamily family, const Trait* trait) {
  if (family == AnomalyFamily::rate) return {"T1499", "ASI10"};
  if (trait == nullptr) return {"ASI10"};
  switch (trait->kind) {
    case TraitKind::tool:
      return {"AML.T0053", "ASI02"};
    case TraitKind::program:
    case TraitKind::subcommand:
      return {"T1059", "ASI10"};
    case TraitKind::host:
      return {"T1071", "ASI10"};
    case TraitKind::path_class:
      return {"T1083", "ASI10"};
  }
  return {"ASI10"};
}

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string_view many_of(TraitKind kind) {
  static constexpr std::array<std::string_view, kTraitKinds> kNames = {"tools", "programs", "sub-commands",
                                                                       "hosts", "path classes"};
  return kNames[static_cast<std::size_t>(kind)];
}

template <class Values>
auto place_of(Values& values, std::string_view text) {
  return std::lower_bound(values.begin(), values.end(), text,
                          [](const auto& value, std::string_view wanted) { return value.text < wanted; });
}

double bits_of(double share) {
  return std::clamp(-std::log2(share), 0.0, kBitsMax);
}

void keep_greater(Surprise& most, const Surprise& one) {
  if (one.bits > most.bits) most = one;
}

}  // namespace

const AnomalyProfile::Value* AnomalyProfile::Kind::find(std::string_view text) const {
  const auto place = place_of(values, text);
  return place != values.end() && place->text == text ? &*place : nullptr;
}

// Good and Turing: a call brings a new value about as often as calls brought one that was seen once only.
// Counted in calls, so that the first host of a repository without any is as telling as it should be.
Surprise AnomalyProfile::newness(const Trait& trait, const Kind& kind) const {
  return {bits_of((static_cast<double>(kind.once) + 0.5) / (static_cast<double>(calls_) + 1)), &trait};
}

Surprise AnomalyProfile::rarity(const Trait& trait, const Value& value) const {
  const bool rare = value.times == 1 && calls_ >= kRareAfter && calls_ - value.last > calls_ / 2;
  return rare ? Surprise{bits_of(1.5 / (static_cast<double>(calls_) + 1)), &trait} : Surprise{};
}

Surprises AnomalyProfile::judge(const Conduct& conduct, const SequencePast& past, const Minute& minute,
                                const std::function<bool(const Trait&)>& known) const {
  Surprises out;
  if (calls_ < kLearningCalls) return out;
  auto& [first_seen, rare, sequence, rate] = out;
  for (const Trait& trait : conduct.traits) {
    const Kind& kind = kinds_[static_cast<std::size_t>(trait.kind)];
    if (const Value* value = kind.find(trait.value))
      keep_greater(rare, rarity(trait, *value));
    else if (!known(trait))
      keep_greater(first_seen, newness(trait, kind));
  }
  if (!past.calls[0].empty())
    sequence.bits = std::clamp(sequence_.surprise(past, conduct.tool), 0.0, kBitsMax);
  const MinuteRates::Against& usual = rates_.usual();
  if (!minute.told && minute.calls >= kBusyMin && usual.minutes >= kMinutesMin) {
    // Modified z-score (Iglewicz and Hoaglin), as the bits of a normal tail: about z²/2 nats.
    const double z = std::max(0.0, (minute.calls - usual.median) / usual.spread);
    rate.bits = std::min(kBitsMax, z * z / 2 / std::log(2.0));
  }
  return out;
}

std::string AnomalyProfile::told_of(AnomalyFamily family, const Surprise& surprise, const Conduct& conduct,
                                    const SequencePast& past, const Minute& minute) const {
  if (family == AnomalyFamily::rate)
    return fmt::format("{} calls in one minute, where {} minutes before had {:.0f} in the middle",
                       minute.calls, rates_.usual().minutes, rates_.usual().median);
  if (family == AnomalyFamily::sequence) {
    const auto counts = sequence_.after_last(past, conduct.tool);
    std::string before = past.calls[0];
    const bool failed = before.ends_with('!');
    if (failed) before.pop_back();
    return fmt::format("`{}` after {}`{}` is unusual: {} of {} such calls went on like this",
                       printable(conduct.tool, kShownMax), failed ? "a failed " : "",
                       printable(before, kShownMax), counts.tool, counts.total);
  }
  const Trait& trait = *surprise.trait;
  const Kind& kind = kinds_[static_cast<std::size_t>(trait.kind)];
  const std::string what = fmt::format("The {} `{}`", name(trait.kind), printable(trait.value, kShownMax));
  const std::string calls = plural(calls_, "call", "calls");
  const Value* value = kind.find(trait.value);
  if (value == nullptr)
    return fmt::format("{} was never seen in {} of this repository, which had {}", what, calls,
                       plural(kind.values.size(), name(trait.kind), many_of(trait.kind)));
  return fmt::format("{} was seen once in {} of this repository, {} ago", what, calls,
                     plural(calls_ - value->last, "call", "calls"));
}

event::Finding AnomalyProfile::finding(AnomalyFamily family, const Surprises& surprises,
                                       const Conduct& conduct, const SequencePast& past,
                                       const Minute& minute) const {
  const Surprise& surprise = surprises[static_cast<std::size_t>(family)];
  return {.rule = std::string(rule_of(family)),
          .evidence_class = "anomaly",
          .severity = surprise.bits >= kMediumBits ? event::Severity::medium : event::Severity::low,
          .techniques = techniques_of(family, surprise.trait),
          .span = {},
          .message = told_of(family, surprise, conduct, past, minute)};
}

std::size_t AnomalyProfile::learn_trait(const Trait& trait) {
  const auto index = static_cast<std::size_t>(trait.kind);
  Kind& kind = kinds_[index];
  auto place = place_of(kind.values, trait.value);
  if (place != kind.values.end() && place->text == trait.value) {
    if (place->times == 1) --kind.once;
    ++place->times;
    place->last = calls_;
    return 0;
  }
  std::size_t forgotten = 0;
  if (kind.values.size() >= kTraitValuesMax[index]) {
    // Of those seen once the one that is longest ago, else of all.
    const auto oldest = std::min_element(kind.values.begin(), kind.values.end(), [](auto& a, auto& b) {
      return std::pair(a.times > 1, a.last) < std::pair(b.times > 1, b.last);
    });
    if (oldest->times == 1) --kind.once;
    kind.values.erase(oldest);
    place = place_of(kind.values, trait.value);
    forgotten = 1;
  }
  kind.values.insert(place, {trait.value, 1, calls_});
  ++kind.once;
  return forgotten;
}

std::size_t AnomalyProfile::learn(std::string_view tool, std::span<const Trait> traits,
                                  const SequencePast& past) {
  ++calls_;
  std::size_t forgotten = sequence_.learn(past, tool);
  for (const Trait& trait : traits)
    forgotten += learn_trait(trait);
  return forgotten;
}

}  // namespace weir::detect
