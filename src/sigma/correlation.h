// Correlations: what rules matched over time -> which correlations hold now.
//
//   Correlator correlator(rule_set);                        // linked (parse.h)
//   for (event, matched rules)
//     for (std::uint32_t fired : correlator.observe(time_ns, fields, matched))
//     report(set.correlations[fired]);
//
// Windows slide: an event counts for `timespan` after it happened, both ends included. A correlation is asked
// each time one of its rules matches, and fires whenever its condition holds then. An event without one of
// the group-by fields belongs to no group and is not counted. Time never runs backwards: an event that is
// older than the one before is taken to happen with it.
//
// Memory is bounded: at most limits::kSigmaGroupsMax groups, kWindowEntriesMax entries of one group
// (kSearchedEntriesMax of some types) and kEntriesMax in all. The group that was idle longest is forgotten
// first, in one group the oldest entry; evictions() says how often, and a caller must announce it, for counts
// may have come out too low.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "sigma/parse.h"
#include "sigma/record.h"

namespace weir::sigma {

inline constexpr std::size_t kWindowEntriesMax = 65'536;  // events remembered of one group
// The same for temporal_ordered and percentiles, which look at all of them for each event.
inline constexpr std::size_t kSearchedEntriesMax = limits::kFactWindowEventsMax;
inline constexpr std::size_t kEntriesMax = 1'000'000;  // events remembered in all

class Correlator {
 public:
  // `set` must outlive it and not change.
  explicit Correlator(const RuleSet& set);

  // Indexes of the correlations that hold now; valid until the next call. `matched`: indexes of rules.
  const std::vector<std::uint32_t>& observe(std::int64_t time_ns, Record record,
                                            const std::vector<std::uint32_t>& matched);

  struct Evictions {
    std::uint64_t groups = 0;   // forgotten although their window was open
    std::uint64_t entries = 0;  // dropped from groups that were full
  };
  const Evictions& evictions() const { return evictions_; }
  std::size_t groups() const { return groups_.size(); }

 private:
  struct Entry {
    std::int64_t time_ns = 0;
    std::uint32_t source = 0;  // position in Correlation::rules
    double number = 0;         // value_sum, value_avg, value_percentile
    std::string value;         // value_count, value_percentile; temporal: the source
  };
  struct Group {
    std::string key;
    std::deque<Entry> entries;                        // by time
    std::unordered_map<std::string, std::size_t> of;  // value → how many entries have it
    double sum = 0;
  };
  using Groups = std::list<Group>;  // the most recently used first

  Group& group_of(std::uint32_t correlation, std::string key);
  void feed(std::uint32_t correlation, std::uint32_t position, Record record);
  void drop_oldest(Group& group);
  void forget_last();
  bool holds(const Correlation& correlation, const Group& group) const;

  const RuleSet& set_;
  // For each rule, then each correlation: which correlations look at it, and at which position.
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> watchers_;
  Groups groups_;
  std::unordered_map<std::string_view, Groups::iterator> index_;
  std::size_t entries_ = 0;
  std::int64_t now_ns_ = INT64_MIN;
  std::vector<std::uint32_t> fired_;
  Evictions evictions_;
};

}  // namespace weir::sigma
