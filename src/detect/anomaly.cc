#include "detect/anomaly.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/bytes.h"

namespace weir::detect {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::uint64_t kRareAfter = 500;  // values of a kind before one seen once is rare
constexpr std::size_t kMinutesMin = 20;    // before rates are judged
constexpr std::uint32_t kBusyMin = 20;     // calls a minute that are worth a word
constexpr double kBitsMax = 60;
constexpr std::size_t kShownMax = 60;

// The map's entry with the least `used` goes when a new one would be too many.
template <class Map>
std::size_t make_room(Map& map, const std::string& key, std::size_t max) {
  if (map.size() < max || map.contains(key)) return 0;
  map.erase(std::min_element(map.begin(), map.end(),
                             [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
  return 1;
}

// MITRE ATT&CK and ATLAS, OWASP Agentic (ASI02 Tool Misuse and Exploitation, ASI10 Rogue Agents).
std::vector<std::string> techniques_of(TraitKind kind) {
  switch (kind) {
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

}  // namespace

AnomalyDetector::Scope& AnomalyDetector::scope_of(const Conduct& conduct, std::string& key) {
  key = conduct.agent + "\n" + conduct.repository;
  forgotten_ += make_room(scopes_, key, kAnomalyScopesMax);
  Scope& scope = scopes_[key];
  scope.used = calls_;
  return scope;
}

AnomalyDetector::Session& AnomalyDetector::session_of(const Conduct& conduct, const std::string& scope) {
  forgotten_ += make_room(sessions_, conduct.session, kAnomalySessionsMax);
  Session& session = sessions_[conduct.session];
  session.used = calls_;
  session.scope = scope;
  return session;
}

// First seen, or seen once and long ago.
void AnomalyDetector::judge_trait(const Scope& scope, const Trait& trait, Surprise& most) const {
  const Kind& kind = scope.kinds[static_cast<std::size_t>(trait.kind)];
  const auto known = kind.values.find(trait.value);
  const bool is_new = known == kind.values.end();
  const auto total = static_cast<double>(kind.total);
  const bool is_rare = !is_new && known->second.times == 1 && kind.total >= kRareAfter &&
                       scope.calls - known->second.last > scope.calls / 2;
  if (!is_new && !is_rare) return;
  // Good and Turing: the next value is a new one about as often as values were seen once only.
  const double share = is_new ? (static_cast<double>(kind.once) + 0.5) / (total + 1) : 1.5 / (total + 1);
  const double bits = std::min(kBitsMax, -std::log2(share));
  if (bits <= most.bits) return;
  const std::string shown = printable(trait.value, kShownMax);
  std::string message;
  if (is_new)
    message = fmt::format("The {} `{}` was never seen in {} of this repository, which had {}",
                          name(trait.kind), shown, plural(scope.calls, "call", "calls"),
                          plural(kind.values.size(), name(trait.kind), many_of(trait.kind)));
  else
    message = fmt::format("The {} `{}` was seen once in {} of this repository, {} ago", name(trait.kind),
                          shown, plural(scope.calls, "call", "calls"),
                          plural(scope.calls - known->second.last, "call", "calls"));
  const bool outward = trait.kind != TraitKind::path_class || is_new;
  most = {bits, is_new ? "anomaly.first-seen" : "anomaly.rare",
          is_new && outward ? event::Severity::low : event::Severity::info, techniques_of(trait.kind),
          std::move(message)};
}

void AnomalyDetector::judge_sequence(const Scope& scope, const Session& session, const Conduct& conduct,
                                     Surprise& most) const {
  const double bits = std::min(kBitsMax, scope.sequence.surprise(session.past, conduct.tool));
  if (bits <= most.bits || session.past.calls[0].empty()) return;
  const auto counts = scope.sequence.after_last(session.past, conduct.tool);
  std::string before = session.past.calls[0];
  const bool failed = before.ends_with('!');
  if (failed) before.pop_back();
  most = {bits,
          "anomaly.sequence",
          event::Severity::info,
          {"ASI10"},
          fmt::format("`{}` after {}`{}` is unusual: {} of {} such calls went on like this",
                      printable(conduct.tool, kShownMax), failed ? "a failed " : "",
                      printable(before, kShownMax), counts.tool, counts.total)};
}

// Modified z-score (Iglewicz and Hoaglin), as the bits of a normal tail: about z²/2 nats.
void AnomalyDetector::judge_rate(const Scope& scope, const Minute& minute, Surprise& most) const {
  if (minute.told || minute.calls < kBusyMin) return;
  const auto usual = scope.rates.usual();
  if (usual.minutes < kMinutesMin) return;
  const double z = (minute.calls - usual.median) / usual.spread;
  if (z <= 0) return;
  const double bits = std::min(kBitsMax, z * z / 2 / std::log(2.0));
  if (bits <= most.bits) return;
  most = {bits,
          "anomaly.rate",
          event::Severity::low,
          {"T1499", "ASI10"},
          fmt::format("{} calls in one minute, where {} minutes before had {:.0f} in the middle",
                      minute.calls, usual.minutes, usual.median)};
}

void AnomalyDetector::learn_trait(Scope& scope, const Trait& trait) {
  Kind& kind = scope.kinds[static_cast<std::size_t>(trait.kind)];
  if (kind.values.size() >= kTraitValuesMax && !kind.values.contains(trait.value)) {
    const auto oldest =
        std::min_element(kind.values.begin(), kind.values.end(), [](const auto& a, const auto& b) {
          return std::pair(a.second.times > 1, a.second.last) < std::pair(b.second.times > 1, b.second.last);
        });
    kind.once -= oldest->second.times == 1 ? 1 : 0;
    kind.total -= oldest->second.times;
    kind.values.erase(oldest);
    ++forgotten_;
  }
  Count& count = kind.values[trait.value];
  ++count.times;
  count.last = scope.calls;
  ++kind.total;
  if (count.times == 1) ++kind.once;
  if (count.times == 2) --kind.once;
}

void AnomalyDetector::learn(Scope& scope, Session& session, const Conduct& conduct) {
  ++scope.calls;
  for (const Trait& trait : conduct.traits)
    learn_trait(scope, trait);
  forgotten_ += scope.sequence.learn(session.past, conduct.tool);
  session.past.push(conduct.tool);
}

std::vector<event::Finding> AnomalyDetector::observe(const Conduct& conduct) {
  ++calls_;
  std::string key;
  Scope& scope = scope_of(conduct, key);
  Session& session = session_of(conduct, key);
  if (conduct.wall_ns > 0) {
    const std::int64_t number = std::max(conduct.wall_ns / kMinuteNs, session.minute.number);
    if (number != session.minute.number) {
      if (session.minute.calls > 0) scope.rates.add(session.minute.calls);
      session.minute = {.number = number};
    }
    ++session.minute.calls;
  }
  Surprise most;
  const bool learned = scope.calls >= kLearningCalls;
  if (learned) {
    for (const Trait& trait : conduct.traits)
      judge_trait(scope, trait, most);
    judge_sequence(scope, session, conduct, most);
    judge_rate(scope, session.minute, most);
  }
  learn(scope, session, conduct);
  if (!scale_.tell(most.bits, learned, conduct.wall_ns, config_.calls_per_day_assumed)) return {};
  if (most.rule == "anomaly.rate") session.minute.told = true;
  event::Finding finding{.rule = most.rule,
                         .evidence_class = "anomaly",
                         .severity = most.severity,
                         .techniques = most.techniques,
                         .span = {},
                         .message = most.message};
  return {std::move(finding)};
}

void AnomalyDetector::note_outcome(std::string_view session, bool failed) {
  const auto known = sessions_.find(session);
  if (known != sessions_.end() && failed) known->second.past.mark_failed();
}

AnomalyStatus AnomalyDetector::status() const {
  return {.calls = calls_,
          .alerts = scale_.told(),
          .held_back = scale_.held_back(),
          .forgotten = forgotten_,
          .threshold_bits = scale_.threshold(),
          .calls_per_day = scale_.calls_per_day()};
}

}  // namespace weir::detect
