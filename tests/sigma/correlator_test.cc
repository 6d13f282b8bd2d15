// What would fire if something happened: peeks leave nothing behind, and say what observing then says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "sigma/correlation.h"

namespace weir::sigma {
namespace {

using testing::ElementsAre;

// Every type, aliases, groups, and correlations on correlations.
constexpr std::string_view kRules = R"yaml(
title: a
name: a
logsource: {product: p}
detection: {s: {A: 1}, condition: s}
---
title: b
name: b
logsource: {product: p}
detection: {s: {B: 1}, condition: s}
---
title: often
name: often
correlation: {type: event_count, rules: [a, b], group-by: [U], timespan: 10s, condition: {gte: 3}}
---
title: different
name: different
correlation: {type: value_count, rules: [a], group-by: [U], timespan: 8s, condition: {field: V, gte: 3}}
---
title: much
name: much
correlation: {type: value_sum, rules: [a, b], timespan: 5s, condition: {field: N, gt: 9}}
---
title: mean
name: mean
correlation: {type: value_avg, rules: [a], group-by: [U], timespan: 9s, condition: {field: N, gte: 3}}
---
title: median
name: median
correlation: {type: value_percentile, rules: [b], timespan: 9s, condition: {field: N, percentile: 50, lt: 2}}
---
title: share
name: share
correlation: {type: value_percentile, rules: [a, b], timespan: 7s, condition: {field: V, lt: 30}}
---
title: both
name: both
correlation:
  type: temporal
  rules: [a, b]
  group-by: [who]
  aliases: {who: {a: U, b: V}}
  timespan: 3s
---
title: ordered
name: ordered
correlation: {type: temporal_ordered, rules: [a, b, often], group-by: [U], timespan: 12s}
---
title: chained
name: chained
correlation: {type: event_count, rules: [often, both], timespan: 20s, condition: {gte: 4}}
)yaml";

RuleSet rules() {
  RuleSet set;
  read_rules(set, kRules, "f.yml", {});
  link(set);
  EXPECT_EQ(set.errors(), 0U);
  return set;
}

struct Happening {
  std::int64_t time_ns = 0;
  std::string u, v, n;
  std::vector<std::uint32_t> matched;

  std::vector<Field> fields() const {
    std::vector<Field> out;
    if (!u.empty()) out.push_back({.name = "U", .text = u});
    if (!v.empty()) out.push_back({.name = "V", .text = v});
    if (!n.empty()) out.push_back({.name = "N", .text = n});
    return out;
  }
};

Happening any_happening(std::mt19937& random, std::int64_t& now_ns) {
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  now_ns += std::int64_t{below(40)} * 100'000'000;
  Happening one{.time_ns = now_ns - (below(9) == 0 ? 1'500'000'000 : 0)};
  if (below(12) > 0) one.u = std::to_string(below(3));
  if (below(12) > 0) one.v = std::to_string(below(5));
  if (below(12) > 0) one.n = below(10) == 0 ? "no number" : std::to_string(below(6)) + ".5";
  if (below(3) > 0) one.matched.push_back(0);
  if (below(3) > 0) one.matched.push_back(1);
  return one;
}

TEST(CorrelatorPeek, ChangesNothingAndSaysWhatObservingSays) {
  const RuleSet set = rules();
  std::uint64_t fired = 0;
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    Correlator peeked(set), plain(set);
    std::int64_t now_ns = 0;
    for (int i = 0; i < 150; ++i) {
      // Others that were only tried, several at once.
      std::vector<Correlator::Sighting> tried;
      std::int64_t then_ns = now_ns;
      for (int k = 0; k < 3; ++k) {
        const Happening other = any_happening(random, then_ns);
        tried.push_back(peeked.sighting(other.fields(), other.matched));
      }
      const auto once = peeked.peek(then_ns, tried);
      ASSERT_EQ(peeked.peek(then_ns, tried), once);
      const Happening one = any_happening(random, now_ns);
      const auto sighting = peeked.sighting(one.fields(), one.matched);
      const auto would = peeked.peek(one.time_ns, {&sighting, 1});
      ASSERT_EQ(peeked.observe(one.time_ns, sighting), would) << seed << " " << i;
      ASSERT_EQ(plain.observe(one.time_ns, one.fields(), one.matched), would) << seed << " " << i;
      ASSERT_EQ(peeked.groups(), plain.groups());
      fired += would.size();
    }
  }
  EXPECT_GT(fired, 5'000U);
}

TEST(CorrelatorPeek, LaterOnesSeeWhatEarlierOnesWouldHaveDone) {
  const RuleSet set = rules();
  Correlator correlator(set);
  const Happening one{.time_ns = 0, .u = "u", .v = "x", .n = "1", .matched = {0}};
  const auto sighting = correlator.sighting(one.fields(), one.matched);
  const std::vector<Correlator::Sighting> thrice(3, sighting);
  const auto names = [&](const std::vector<std::uint32_t>& fired) {
    std::vector<std::string> out;
    for (const std::uint32_t index : fired)
      out.push_back(set.correlations[index].meta.name);
    return out;
  };
  EXPECT_THAT(names(correlator.peek(0, {thrice.data(), 2})), ElementsAre());
  EXPECT_THAT(names(correlator.peek(0, thrice)), ElementsAre("often"));
  EXPECT_EQ(correlator.groups(), 0U);
}

TEST(CorrelatorPeek, AFullGroupKeepsItsEntries) {
  RuleSet set;
  read_rules(set,
             "title: r\nname: r\nlogsource: {product: p}\ndetection: {s: {A: 1}, condition: s}\n---\n"
             "title: c\nname: c\ncorrelation: {type: value_percentile, rules: [r], timespan: 1h, "
             "condition: {field: N, percentile: 100, gte: 7}}\n",
             "f.yml", {});
  link(set);
  Correlator correlator(set);
  const Field seven{.name = "N", .text = "7"}, one{.name = "N", .text = "1"};
  EXPECT_EQ(correlator.observe(0, {&seven, 1}, {0}).size(), 1U);
  for (std::size_t i = 1; i < kSearchedEntriesMax; ++i)
    (void)correlator.observe(0, {&one, 1}, {0});
  const auto sighting = correlator.sighting({&one, 1}, std::vector<std::uint32_t>{0});
  EXPECT_TRUE(correlator.peek(0, {&sighting, 1}).empty());  // the seven would have to go
  EXPECT_TRUE(correlator.peek(0, {&sighting, 1}).empty());
  EXPECT_EQ(correlator.evictions().entries, 0U);
  EXPECT_TRUE(correlator.observe(0, sighting).empty());
  EXPECT_EQ(correlator.evictions().entries, 1U);
}

}  // namespace
}  // namespace weir::sigma
