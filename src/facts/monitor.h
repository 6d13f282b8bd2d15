// A FactSet over time: what was remembered, and what is true now.
//
//   Monitor monitor(set);
//   monitor.commit(instants);                          // it happened
//   for (const auto& now : monitor.peek(instants))     // it would happen, one after another
//     context.facts = now.names(*set);
//
// Every slice (the values of a fact's `by`) has its own past; an instant without one of the fields is in no
// slice, one with several values of a field in several. Time never runs backwards: an instant that is older
// than the last one of its slice counts as simultaneous with it.
//
// Memory is bounded (limits::kFactSlicesMax slices, limits::kFactWindowEventsMax instants an operator). What
// can no longer matter is forgotten silently; what had to be forgotten although it could is counted in
// forgotten(), so that nobody takes "not true" for "did not happen".
// One monitor belongs to one thread. The same instants give the same answers, always.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "facts/fact_set.h"
#include "facts/instant.h"
#include "facts/slices.h"
#include "facts/window.h"

namespace weir::facts {

// What is true at one instant.
struct Truths {
  struct Measure {
    std::uint32_t fact = 0;
    std::int64_t value = 0;
    bool operator==(const Measure&) const = default;
  };
  std::vector<std::uint32_t> facts;  // indices into FactSet::facts(), ascending, each once
  std::vector<Measure> measures;     // integer facts; of several slices the largest

  std::vector<std::string> names(const FactSet& set) const;
  bool operator==(const Truths&) const = default;
};

// The past of one operator in one slice.
struct Cell {
  static constexpr std::int64_t kNever = INT64_MIN;
  std::int64_t latest_ns = kNever;  // once, since: the latest time old enough; previously: the last instant
  bool flag = false;                // previously: was it true then
  std::int64_t total = 0;           // count and sum so far
  Window window;                    // times that are not old enough yet, or are within the window
  std::map<std::int64_t, std::int64_t> last_seen;  // distinct: value -> its latest time
};

struct Slice {
  std::vector<Cell> cells;
  std::int64_t last_ns = Cell::kNever;
};

struct Reading;

class Monitor {
 public:
  explicit Monitor(std::shared_ptr<const FactSet> set);
  Monitor(Monitor&&) noexcept;
  Monitor& operator=(Monitor&&) noexcept;
  ~Monitor();

  const FactSet& set() const { return *set_; }

  // What is true at each of the instants, which have happened now.
  std::vector<Truths> commit(std::span<const Instant> instants);
  // The same for one instant into memory of the caller: nothing is allocated once all has grown.
  void commit(const Instant& instant, Truths& truths);
  // What would be true if they happened one after another; nothing changes.
  std::vector<Truths> peek(std::span<const Instant> instants) const;

  // The same for the instants of an event, without making them.
  void commit(const Happening& happening);
  std::vector<Truths> peek(const Happening& happening) const;

  std::size_t slices() const { return slices_.size(); }
  // Slices and instants that were given up although they could still have mattered.
  std::uint64_t forgotten() const { return forgotten_; }
  // Approximate memory of all that is remembered.
  std::size_t bytes() const;

 private:
  // The instant is in reading_ already.
  template <class SliceOf>
  void step(std::int64_t time_ns, Truths& truths, std::uint64_t& forgotten, SliceOf&& slice_of) const;
  Slice& kept_slice(std::size_t slicing, const std::string& key, std::int64_t now_ns);
  void make_room(std::int64_t now_ns);

  std::shared_ptr<const FactSet> set_;
  SliceStore<Slice> slices_;  // by slicing
  std::uint64_t forgotten_ = 0;
  std::unique_ptr<Reading> reading_;  // scratch of one step, kept for its memory
};

}  // namespace weir::facts
