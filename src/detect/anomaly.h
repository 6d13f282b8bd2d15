// The detector of anomalies: what an agent never did before in a repository, or hardly ever, or never after
// what it just did, or far more often a minute than usual.
//
//   AnomalyDetector detector({.alerts_per_day = 2});
//   for (const event::Finding& finding : detector.observe(conduct)) tell(finding);
//       // "`scp` was never seen in 412 calls of this repository (9 other programs)"
//   detector.note_outcome(session, failed);           // when the result of the last call is known
//   save(canonical(detector.to_json()));              // and AnomalyDetector::from_json() later
//
// Everything is counted per agent and repository. A surprise is measured in bits, -log2 of a probability:
//   first-seen  a value that is new among values of its kind; how likely new ones are is estimated from how
//               many were seen once only (Good and Turing), so who does new things all day is not told of
//               each
//   rare        a value seen once, long ago
//   sequence    the tool after the last (tool, outcome) pairs; contexts of 3, 2, 1 and 0 pairs are mixed by
//               how much each has seen (prediction by partial matching, escape by Witten and Bell)
//   rate        calls of this minute against median and MAD of the minutes before
//
// Calibrated by its own stream: the threshold is the quantile of past scores above which alerts_per_day of
// the calls of a day lie, and a budget of so many alerts refills over a day, so that drift cannot flood
// anyone. The first kLearningCalls of a repository are only learned from. A finding is severity low or info:
// evidence, never a reason to refuse alone.
//
// State is bounded; what had to be forgotten is counted in status(). Pure: time comes in with a Conduct.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "detect/anomaly_scale.h"
#include "detect/anomaly_sequence.h"
#include "detect/conduct.h"
#include "event/decision.h"

namespace weir::detect {

inline constexpr std::uint64_t kLearningCalls = 100;   // of one repository before anything is told
inline constexpr std::size_t kAnomalyScopesMax = 128;  // pairs of agent and repository
inline constexpr std::size_t kAnomalySessionsMax = 512;
inline constexpr std::size_t kTraitValuesMax = 2048;  // of one kind in one scope

struct AnomalyConfig {
  double alerts_per_day = 3;             // over everything observed; more than 0
  double calls_per_day_assumed = 2'000;  // until time says better
};

struct AnomalyStatus {
  std::uint64_t calls = 0;
  std::uint64_t alerts = 0;
  std::uint64_t held_back = 0;  // surprises above the threshold for which the budget was spent
  std::uint64_t forgotten = 0;  // values, contexts, sessions and repositories that made room
  double threshold_bits = 0;
  double calls_per_day = 0;
};

class AnomalyDetector {
 public:
  explicit AnomalyDetector(const AnomalyConfig& config = {})
      : config_(config), scale_(config.alerts_per_day) {}

  // What is unusual about the call, at most one Finding, and learns from it. Time must not run backwards; a
  // call that is older than the last counts as of the same time.
  std::vector<event::Finding> observe(const Conduct& conduct);
  // The result of the last call of the session.
  void note_outcome(std::string_view session, bool failed);

  AnomalyStatus status() const;

  // Version 1, docs/formats/anomaly.md. Errors: `invalid` names the member, `limit`.
  Json to_json() const;
  static Result<AnomalyDetector> from_json(const Json& json, const AnomalyConfig& config = {});

 private:
  struct Count {
    std::uint64_t times = 0;
    std::uint64_t last = 0;  // the scope's call that had it last
  };
  struct Kind {
    std::map<std::string, Count, std::less<>> values;
    std::uint64_t total = 0;
    std::uint64_t once = 0;  // values with one time
  };
  // All that is known of one agent in one repository.
  struct Scope {
    std::uint64_t calls = 0;
    std::uint64_t used = 0;  // the detector's call that came last; the least is forgotten first
    std::array<Kind, kTraitKinds> kinds;
    Sequence sequence;
    MinuteRates rates;
  };
  struct Session {
    std::string scope;
    SequencePast past;
    Minute minute;
    std::uint64_t used = 0;
  };
  // A surprise with the words for it.
  struct Surprise {
    double bits = 0;
    std::string rule;
    event::Severity severity = event::Severity::info;
    std::vector<std::string> techniques;
    std::string message;
  };

  Scope& scope_of(const Conduct& conduct, std::string& key);
  Session& session_of(const Conduct& conduct, const std::string& scope);
  void judge_trait(const Scope& scope, const Trait& trait, Surprise& most) const;
  void judge_sequence(const Scope& scope, const Session& session, const Conduct& conduct,
                      Surprise& most) const;
  void judge_rate(const Scope& scope, const Minute& minute, Surprise& most) const;
  void learn(Scope& scope, Session& session, const Conduct& conduct);
  void learn_trait(Scope& scope, const Trait& trait);
  static Result<Scope> scope_from(const Json& json);

  AnomalyConfig config_;
  AlertScale scale_;
  std::map<std::string, Scope, std::less<>> scopes_;
  std::map<std::string, Session, std::less<>> sessions_;
  std::uint64_t calls_ = 0;
  std::uint64_t forgotten_ = 0;
};

}  // namespace weir::detect
