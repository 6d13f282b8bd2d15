// Correlations: what rules matched over time -> which correlations hold now.
//
//   Correlator correlator(rule_set);                        // linked (parse.h)
//   for (event, matched rules)
//     for (std::uint32_t fired : correlator.observe(time_ns, fields, matched))
//       report(set.correlations[fired]);
//
//   const auto sighting = correlator.sighting(fields, matched);          // an event that may never happen:
//   correlator.peek(time_ns, {&sighting, 1});                            // what would fire; nothing changes
//   correlator.observe(time_ns, sighting);                               // it happened
//
// Windows slide: an event counts for `timespan` after it happened, both ends included. A correlation is asked
// each time one of its rules matches, and fires whenever its condition holds then. An event without one of
// the group-by fields belongs to no group and is not counted. Time never runs backwards: an event that is
// older than the one before is taken to happen with it.
//
// The past is kept as that of facts is: facts::Window within a group, facts::SliceStore over the groups.
// Memory is bounded (Bounds, kWindowEntriesMax entries of one group, kSearchedEntriesMax of some types). The
// group that was idle longest is forgotten first, in one group the oldest entry; evictions() says how often,
// and a caller must announce it, for counts may have come out too low.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "sigma/parse.h"
#include "sigma/record.h"

namespace weir::sigma {

inline constexpr std::size_t kWindowEntriesMax = 65'536;  // events remembered of one group
// The same for temporal_ordered and percentiles, which look at all of them for each event.
inline constexpr std::size_t kSearchedEntriesMax = limits::kFactWindowEventsMax;

class Correlator {
 public:
  // What one event is to one correlation.
  struct Feed {
    std::uint32_t source = 0;  // the rule or correlation that brings it, numbered as Correlation::sources
    std::uint32_t correlation = 0;
    std::uint32_t position = 0;  // of the source in Correlation::rules
    std::string group;
    std::string value;  // value_count, value_percentile; temporal: the position
    double number = 0;  // value_sum, value_avg, value_percentile
  };
  // What correlations need to know of one event; the event itself is not needed any more.
  struct Sighting {
    std::vector<std::uint32_t> rules;  // that matched and that some correlation looks at
    std::vector<Feed> feeds;
    bool empty() const { return feeds.empty(); }
  };
  struct Bounds {
    std::size_t groups = limits::kSigmaGroupsMax;
    std::size_t entries = 1'000'000;  // events remembered in all
  };

  // `set` must outlive it and not change. One correlator belongs to one thread.
  explicit Correlator(const RuleSet& set);
  Correlator(const RuleSet& set, Bounds bounds);
  Correlator(Correlator&&) noexcept;
  Correlator& operator=(Correlator&&) noexcept;
  ~Correlator();

  // `matched`: indexes of rules.
  Sighting sighting(Record record, std::span<const std::uint32_t> matched) const;

  // Indexes of the correlations that hold now; valid until the next call.
  const std::vector<std::uint32_t>& observe(std::int64_t time_ns, const Sighting& sighting);
  const std::vector<std::uint32_t>& observe(std::int64_t time_ns, Record record,
                                            const std::vector<std::uint32_t>& matched);
  // Which would hold if these happened one after another; each once, in the order in which they would fire.
  std::vector<std::uint32_t> peek(std::int64_t time_ns, std::span<const Sighting> sightings) const;

  struct Evictions {
    std::uint64_t groups = 0;   // forgotten although their window was open
    std::uint64_t entries = 0;  // dropped from groups that were full
  };
  const Evictions& evictions() const;
  std::size_t groups() const;

 private:
  struct Group;
  struct Past;
  struct Change;
  using Changes = std::vector<Change>;

  void collect(std::uint32_t source, Record record, Sighting& out) const;
  void step(std::int64_t now_ns, const Sighting& sighting, std::vector<std::uint32_t>& fired,
            Changes* changes) const;
  bool feed(std::int64_t now_ns, const Feed& feed, Changes* changes) const;
  Group& group_of(const Feed& feed, Changes* changes) const;
  void drop_oldest(const Correlation& correlation, Group& group, Changes* changes) const;
  void forget_idle_longest() const;
  bool holds(const Correlation& correlation, const Group& group) const;
  void take_back(const Changes& changes) const;

  const RuleSet* set_;
  Bounds bounds_;
  // For each rule, then each correlation: which correlations look at it, and at which position.
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> watchers_;
  std::unique_ptr<Past> past_;  // peek() changes it and takes every change back
  std::vector<std::uint32_t> fired_;
};

}  // namespace weir::sigma
