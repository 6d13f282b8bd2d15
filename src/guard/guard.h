// Room `guard` (floor 5, pure): the one door. Every verdict of every plane is made here.
//
// A Guard holds the state of one session tree (an agent run and its sub-agents) and an immutable policy pack.
// The rim drives it in three steps:
//
//   guard.admit(event);                                       // gives the sequence number
//   Answers answers;
//   while (true) {                                            // what must be known from outside?
//     auto questions = guard.prepare(event, answers);
//     if (questions.empty()) break;
//     answer(questions, answers);                             // I/O at the rim, recorded as an Observation
//     event
//   }
//   Decision decision = guard.decide(event, answers, supplied);
//
// Nothing here reads a clock, a file or randomness: a Decision is a deterministic function of the tree's
// earlier events, this event, the answers, the pack and the supplied values, so any recorded session replays
// bit-equal. What was not answered counts as unknown, and policies see that.
//
//   pack.h          policies and catalogues as one immutable snapshot
//   understand.h    Event → Actions                 judge.h      Actions → verdicts by Cedar
//   question.h      what prepare() asks             approvals.h  held calls
//   session.h       the state of a session tree     path_classes.h
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cedar/authorizer.h"
#include "event/decision.h"
#include "event/event.h"
#include "facts/monitor.h"
#include "guard/approvals.h"
#include "guard/flow_watch.h"
#include "guard/pack.h"
#include "guard/question.h"
#include "guard/session.h"
#include "guard/understand.h"
#include "guard/work_memory.h"
#include "sigma/watch.h"

namespace weir::guard {

struct Situation;

enum class Mode { enforce, observe };

// What decide() needs and must not find out by itself. Recorded in the Decision, so that replay can supply it
// again.
struct Supplied {
  std::string decision_id;               // UUIDv7
  Mode mode = Mode::enforce;             // observe: nothing is refused, what would have been is recorded
  std::string level_requested = "hook";  // the plane that should enforce
  std::string level_verified = "none";   // how this path was last seen to refuse: none, shim, agent
  std::string isolation = "same_user";   // same_user, shielded, system
  std::string build;                     // digest of this program
  // What detectors found in the event's texts, from one who looked already (guard/content.h); else decide()
  // looks. The Decision is the same.
  const std::vector<event::Finding>* content = nullptr;
  // What is unusual about the call (detect/anomaly.h): found with what other sessions have taught, so replay
  // must be given the same again. Policies see it like any finding, facts do not. It asks at most: what would
  // be refused only because of it is held for a person.
  std::vector<event::Finding> anomalies = {};
  // Files with the label of an untrusted session that the call reads or runs, and instructions with one that
  // the agent loads by itself: from what other sessions wrote, so replay must be given the same again.
  std::vector<flow::CarriedFile> carried = {};
};

class Guard {
 public:
  explicit Guard(std::shared_ptr<const Pack> pack, GuardOptions options = {});

  // Memory to work in from now on; without, the guard gets its own when it first needs it.
  void work_in(std::shared_ptr<WorkMemory> memory) { memory_ = std::move(memory); }

  // Assigns the event's place in the tree.
  void admit(event::Event& event);

  // What must be known from outside before decide(); empty when nothing is missing. At most kQuestionsMax at
  // once; later rounds ask what earlier answers made necessary (the paths inside a script that would run).
  std::vector<Question> prepare(const event::Event& event, const Answers& answers) const;

  // What the last prepare() understood the event to do; empty when that was about another event.
  const std::vector<event::Action>& understood(const event::Event& event) const;

  // The verdict, and the change of state it brings: a released allow is reserved at once and presumed
  // executed.
  event::Decision decide(const event::Event& event, const Answers& answers, const Supplied& supplied);

  // Events that need no verdict: results, lifecycle. They change state only. What detectors and rules found
  // in them.
  std::vector<event::Finding> note(const event::Event& event);
  // The same when the event's texts were looked at already.
  std::vector<event::Finding> note(const event::Event& event, std::vector<event::Finding> found);

  // A person's answer to a held call; enters as an event of kind `approval` whose body says what. See
  // approvals.h.
  Status answer(const event::Event& approval);

  // Swaps the pack; state stays, but for facts and correlations when their definitions are others: these
  // begin anew, and who wants them for the past feeds the record to a new Guard. Decisions name the digest
  // they used.
  void use(std::shared_ptr<const Pack> pack);

  // What had to be forgotten to stay bounded although it could still have counted (facts/monitor.h,
  // sigma/watch.h): a fact or correlation that does not hold may hold in truth.
  struct Forgotten {
    std::uint64_t facts = 0;
    std::uint64_t correlations = 0;
    bool operator==(const Forgotten&) const = default;
  };
  Forgotten forgotten() const { return {facts_.forgotten(), watch_.forgotten()}; }

  const SessionState& state() const { return state_; }
  // What the last decide() knew of where the call's values come from, and the session as the room flow sees
  // it now: for who shows why. nullopt and nullptr when nothing is watched.
  const std::optional<flow::Assessment>& assessed() const { return assessed_; }
  const flow::Session* flow() const { return flow_.session(); }
  const Pack& pack() const { return *pack_; }

 private:
  event::Decision blank(const event::Event& event, const Supplied& supplied) const;
  Understanding reading(const event::Event& event, const Answers& answers) const;
  void judge_into(event::Decision& decision, const event::Event& event, Understanding understanding,
                  const Supplied& supplied) const;
  void rewrite(event::Decision& decision, const event::Event& event, const Answers& answers,
               const Supplied& supplied) const;
  void settle(event::Decision& decision, const event::Event& event, const Supplied& supplied);
  void apply_approval(event::Decision& decision, const event::Event& event, const Supplied& supplied);
  void reserve(const event::Decision& decision, const event::Event& event);
  std::vector<std::vector<std::string>> facts_for(const event::Event& event,
                                                  const std::vector<event::Action>& actions,
                                                  const std::vector<event::Finding>& findings) const;
  void soften(event::Decision& decision, const Situation& situation, std::size_t without) const;
  std::vector<event::Finding> with_rules(const event::Event& event, const std::vector<event::Action>& actions,
                                         std::vector<event::Finding> found) const;
  std::vector<event::Finding> content_findings(const event::Event& event) const;
  WorkMemory& memory() const;
  void change_state(const event::Event& event);
  void remember(const event::Decision& decision, const event::Event& event, const Supplied& supplied);

  std::shared_ptr<const Pack> pack_;
  GuardOptions options_;
  SessionState state_;
  facts::Monitor facts_;
  sigma::Watch watch_;
  // What was asked for and read. It keeps the words it began with when the pack changes: a label must not be
  // lost. Asking changes nothing but what it remembers of tools' meanings.
  mutable FlowWatch flow_;
  mutable std::optional<flow::Assessment> assessed_;
  // What the call that is being judged is to the rules, until it is settled.
  mutable sigma::Watch::Seen seen_;

  // What the last prepare() understood: decide() mostly needs just that again. Only an event with the same
  // place in the tree, the same answers and the same workspace may have it.
  struct Read {
    std::string event;
    std::uint64_t seq = 0;
    std::string workspace;
    Answers answers;
    std::shared_ptr<const Pack> pack;
    Understanding understanding;
  };
  mutable std::optional<Read> read_;
  mutable ShellReadings readings_;  // of the event that prepare() is asked about
  mutable std::shared_ptr<WorkMemory> memory_;
};

}  // namespace weir::guard
