// A RuleBook over the events of one session tree: what each event is to the rules, correlations included.
//
//   Watch watch(book);
//   auto seen = watch.look(event, actions, scratch);                // matched once; nothing is remembered
//   watch.findings(seen, event.time.wall_ns)               // if it happened now
//   watch.commit(seen, event.time.wall_ns, Watch::Part::all)
//
// A call that is refused did not happen, but it was made: of it only the records of the event itself are
// remembered (Part::event), not those of what its Actions would have done.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "event/decision.h"
#include "sigma/correlation.h"
#include "sigma/rulebook.h"

namespace weir::sigma {

class Watch {
 public:
  // What one event is to the rules.
  // Memory of one look, kept because getting it anew costs as much. Holds nothing from look to look.
  struct Scratch {
    Workspace workspace;
    FlatEvent flat;
  };
  struct Seen {
    std::vector<event::Finding> findings;  // of rules; each rule once
    std::vector<Correlator::Sighting> of_event, of_actions;
    bool has_sightings() const { return !of_event.empty() || !of_actions.empty(); }
  };
  enum class Part { event, all };

  // `book` may be null: nothing is ever found then.
  explicit Watch(std::shared_ptr<const RuleBook> book);

  const std::shared_ptr<const RuleBook>& book() const { return book_; }

  // The event's records against the rules. What is too large to be looked at is a finding itself
  // ("sigma.too-large"). A finding's span counts in the text it is about; of a program, a
  // file or a connection it lies within the whole command line.
  Seen look(const event::Event& event, const std::vector<event::Action>& actions, Scratch& scratch) const;
  // Findings of rules, then of correlations that hold if all of it happens now.
  std::vector<event::Finding> findings(const Seen& seen, std::int64_t time_ns) const;
  // It happened. Findings of the correlations that hold now.
  std::vector<event::Finding> commit(const Seen& seen, std::int64_t time_ns, Part part);

  // Events that correlations gave up before their time.
  std::uint64_t forgotten() const;

 private:
  void take(const std::vector<event::Action>& actions, EventSource source, std::size_t action, Record record,
            Workspace& workspace, Seen& seen) const;
  void add_correlations(const std::vector<std::uint32_t>& fired, std::vector<event::Finding>& out) const;

  std::shared_ptr<const RuleBook> book_;
  std::unique_ptr<Correlator> correlator_;  // nullptr: there are no correlations
};

}  // namespace weir::sigma
