// The detector of anomalies: what an agent never did before in a repository, or hardly ever, or never after
// what it just did, or far more often a minute than usual.
//
//   AnomalyDetector detector({.alerts_per_day = 3});
//   AnomalyLook look = detector.look(conduct);            // before the verdict; learns nothing
//   for (const event::Finding& finding : look.findings) tell(finding);
//       // "The program `scp` was never seen in 412 calls of this repository, which had 9 programs"
//   detector.released(conduct, look);                     // it was let through: a lesson, not yet learned
//   detector.outcome(session, call, CallEnd::failed);     // when its result is known
//
// Everything is counted per agent and repository (anomaly_profile.h). A surprise is measured in bits, -log2
// of a probability:
//   first-seen  a value that is new among values of its kind; how likely new ones are is estimated from how
//               many were seen once only (Good and Turing), so who does new things all day is not told of
//               each
//   rare        a value seen once, long ago
//   sequence    the tool after the last (tool, outcome) pairs; contexts of 3, 2, 1 and 0 pairs are mixed by
//               how much each has seen (prediction by partial matching, escape by Witten and Bell)
//   rate        calls of this minute against median and MAD of the minutes before
//
// Each of the four has its own scale, calibrated by its own past, and its own budget of alerts a day
// (anomaly_scale.h). A finding is severity low or medium: evidence, never a reason to refuse alone.
//
// Only what really happened teaches: a call that was let through, with its outcome. Lessons are held until
// the session made `lessons_held` more calls, ended or was idle; a session that is stopped before takes them
// with it. What was told once is told again, free of charge, until it was let through: an agent that tries
// again does not get past a policy that asks.
//
// State is bounded; what had to be forgotten is counted in status(). Pure: time comes in with a Conduct.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "detect/anomaly_profile.h"
#include "detect/anomaly_scale.h"
#include "detect/anomaly_sequence.h"
#include "detect/conduct.h"
#include "event/decision.h"

namespace weir::detect {

inline constexpr std::size_t kAnomalySessionsMax = 64;  // in memory; the idlest ends
inline constexpr std::size_t kAnomalyLessonsMax = 256;  // held of all sessions
inline constexpr std::size_t kAnomalySubjectsMax = 16;  // told to one session and not let through yet

struct AnomalyConfig {
  double alerts_per_day = 3;             // over everything observed, all families; more than 0
  double calls_per_day_assumed = 2'000;  // until time says better
  std::size_t profiles_max = 128;        // pairs of agent and repository; the one used least is forgotten
  std::size_t lessons_held = 0;          // of one session, until they are learned
};

struct AnomalyFamilyStatus {
  AnomalyFamily family = AnomalyFamily::first_seen;
  double alerts_per_day = 0;
  std::uint64_t told = 0;
  std::uint64_t held_back = 0;  // surprises above the threshold for which the budget was spent
  double threshold_bits = 0;
};

struct AnomalyStatus {
  std::uint64_t calls = 0;      // learned
  std::uint64_t alerts = 0;     // of all families
  std::uint64_t held_back = 0;  // of all families
  std::uint64_t forgotten = 0;  // values, sequences and repositories that made room
  double calls_per_day = 0;
  std::vector<AnomalyFamilyStatus> families;
};

// What was seen of a call before its verdict. To be handed back when the call is let through.
struct AnomalyLook {
  std::vector<event::Finding> findings;  // at most one of each family
  bool judged = false;                   // enough was known to judge it
  std::array<double, kAnomalyFamilies> bits{};
  std::vector<std::string> subjects;  // what the findings are about
};

enum class CallEnd { fine, failed, not_run };

class AnomalyDetector {
 public:
  explicit AnomalyDetector(const AnomalyConfig& config = {});

  // Time must not run backwards; a call that is older than the last counts as of the same time.
  AnomalyLook look(const Conduct& conduct);
  void released(const Conduct& conduct, const AnomalyLook& look);
  // Of the session's call with this name, or of its last call when the name is "".
  void outcome(std::string_view session, std::string_view call, CallEnd end);
  // Nothing of what waits in the tree's sessions is learned.
  void stopped(std::string_view root);
  // All of what waits is learned; of one session, or of all.
  void ended(std::string_view session);
  void settle();

  // look() and released(), for who only watches what has happened.
  std::vector<event::Finding> observe(const Conduct& conduct);
  void note_outcome(std::string_view session, bool failed);

  AnomalyStatus status() const;

  // Profiles come and go: who keeps more than fit puts them in and takes the idlest out.
  bool knows(std::string_view agent, std::string_view repository) const;
  void put(AnomalyProfile profile);
  // When there are more than `keep`; learns what waits for it first.
  std::optional<AnomalyProfile> take_idlest(std::size_t keep);
  // Without learning what waits for it, which is dropped.
  void forget(std::string_view agent, std::string_view repository);
  std::vector<const AnomalyProfile*> profiles() const;

  // What profiles share: scales, budgets, counts. docs/formats/anomaly.md. Errors: `invalid` names the
  // member, and nothing is changed.
  Json scales_json() const;
  Status use_scales(const Json& json);

 private:
  struct Known {
    AnomalyProfile profile;
    std::uint64_t used = 0;  // the look that came last; the least is forgotten first
  };
  // One call that was let through and waits to be learned.
  struct Lesson {
    std::string tool;
    std::string call;
    std::vector<Trait> traits;
    std::array<double, kAnomalyFamilies> bits{};
    bool judged = false;
    std::int64_t wall_ns = 0;
    CallEnd end = CallEnd::fine;
  };
  struct Session {
    std::string profile;  // key
    std::string root;
    SequencePast past;                              // with the calls that wait
    SequencePast learned;                           // up to the first lesson that waits
    std::array<std::string, kSequenceOrder> names;  // of the calls in `past`
    Minute minute;                                  // with the calls that wait
    Minute minute_learned;                          // up to the first lesson that waits
    std::deque<Lesson> lessons;
    std::vector<std::string> told;  // subjects
    std::uint64_t used = 0;
  };
  using Sessions = std::map<std::string, Session, std::less<>>;

  AlertScale& scale(AnomalyFamily family) { return scales_[static_cast<std::size_t>(family)]; }
  const AlertScale& scale(AnomalyFamily family) const { return scales_[static_cast<std::size_t>(family)]; }
  AnomalyProfile& profile_of(const Conduct& conduct, const std::string& key);
  Session& session_of(const Conduct& conduct, const std::string& key);
  void tell(const Conduct& conduct, const AnomalyProfile& profile, Session& session, const Minute& minute,
            const Surprises& surprises, AnomalyLook& look);
  void learn_first(Session& session);
  void learn_all(Session& session);
  void learn_of(std::string_view profile);

  AnomalyConfig config_;
  std::array<AlertScale, kAnomalyFamilies> scales_;
  CallsADay clock_;
  std::map<std::string, Known, std::less<>> profiles_;  // by key_of()
  Sessions sessions_;
  std::size_t waiting_ = 0;  // lessons
  std::uint64_t looks_ = 0;
  std::uint64_t calls_ = 0;
  std::uint64_t forgotten_ = 0;
};

}  // namespace weir::detect
