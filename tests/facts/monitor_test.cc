// The monitor against its definition: the naive oracle below evaluates a formula by looking at the whole past
// each time. Random formulas over random histories must agree at every instant, in commit and in peek.
#include "facts/monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/limits.h"

namespace weir::facts {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Instant at(std::int64_t seconds, std::initializer_list<std::pair<std::string, std::string>> fields) {
  Instant instant{seconds * kSecond, {}};
  instant.add("session", "s");
  for (const auto& [name, value] : fields)
    instant.add(name, value);
  return instant;
}

Definition fact(const std::string& name, const std::string& when, std::vector<std::string> by = {"session"}) {
  auto formula = parse_formula(when, name);
  EXPECT_TRUE(formula) << formula.error().message();
  return {name, "…", std::move(by), *formula, {}};
}

Monitor monitor_of(std::vector<Definition> facts) {
  auto set = FactSet::compile(std::move(facts));
  EXPECT_TRUE(set) << set.error().message();
  return Monitor(*set);
}

// For one fact: at which of the instants it is true.
std::vector<bool> when(Monitor& monitor, const std::vector<Instant>& instants) {
  std::vector<bool> out;
  for (const auto& truths : monitor.commit(instants))
    out.push_back(!truths.facts.empty());
  return out;
}

using testing::ElementsAre;

TEST(Monitor, OnceRemembersWithinItsInterval) {
  Monitor monitor = monitor_of({fact("f", "once[10s] a = 1")});
  EXPECT_THAT(when(monitor, {at(0, {}), at(1, {{"a", "1"}}), at(11, {}), at(12, {})}),
              ElementsAre(false, true, true, false));
  Monitor later = monitor_of({fact("f", "once[5s..10s] a = 1")});
  EXPECT_THAT(when(later, {at(1, {{"a", "1"}}), at(5, {}), at(6, {}), at(11, {}), at(12, {})}),
              ElementsAre(false, false, true, true, false));
}

TEST(Monitor, SinceEndsWhenItsConditionBreaks) {
  // Tested, and nothing written since.
  Monitor monitor = monitor_of({fact("f", "not file.write since tool = test")});
  EXPECT_THAT(when(monitor, {at(0, {}), at(1, {{"tool", "test"}}), at(2, {{"verb", "file.read"}}),
                             at(3, {{"verb", "file.write"}}), at(4, {}), at(5, {{"tool", "test"}})}),
              ElementsAre(false, true, true, false, false, true));
}

TEST(Monitor, HistoricallyAndPreviously) {
  Monitor all = monitor_of({fact("f", "historically[5s] a = 1")});
  EXPECT_THAT(when(all, {at(0, {{"a", "1"}}), at(1, {}), at(2, {{"a", "1"}}), at(7, {{"a", "1"}})}),
              ElementsAre(true, false, false, true));
  Monitor last = monitor_of({fact("f", "previously[3s] a = 1")});
  EXPECT_THAT(when(last, {at(0, {{"a", "1"}}), at(3, {}), at(4, {{"a", "1"}}), at(8, {})}),
              ElementsAre(false, true, false, false));
}

TEST(Monitor, CountsWithinItsWindow) {
  Monitor monitor = monitor_of({fact("f", "count[10s](file.delete) >= 3")});
  std::vector<Instant> deletes;
  for (const int second : {0, 4, 10, 14, 15, 30})
    deletes.push_back(at(second, {{"verb", "file.delete"}}));
  EXPECT_THAT(when(monitor, deletes), ElementsAre(false, false, true, true, true, false));
}

TEST(Monitor, CountsDistinctValuesAndSums) {
  Monitor hosts = monitor_of({fact("f", "distinct[10s](host, net.connect) >= 2")});
  const auto to = [](int second, const char* host) {
    return at(second, {{"verb", "net.connect"}, {"host", host}});
  };
  EXPECT_THAT(when(hosts, {to(0, "a"), to(1, "a"), to(5, "b"), to(11, "b"), to(12, "b"), to(15, "c")}),
              ElementsAre(false, false, true, true, false, true));
  Monitor bytes = monitor_of({fact("f", "sum[10s](attr.bytes, true) > 100")});
  const auto sent = [](int second, const char* n) { return at(second, {{"attr.bytes", n}}); };
  EXPECT_THAT(when(bytes, {sent(0, "60"), sent(1, "50"), sent(2, "x"), sent(11, "1"), sent(30, "101")}),
              ElementsAre(false, true, true, false, true));
}

TEST(Monitor, MeasuresAreIntegers) {
  Monitor monitor =
      monitor_of({fact("calls", "count[1h](kind = tool.call)"), fact("hit", "kind = tool.call")});
  const auto truths =
      monitor.commit(std::vector{at(0, {{"kind", "tool.call"}}), at(9, {{"kind", "tool.call"}})});
  EXPECT_THAT(truths[1].measures, ElementsAre(Truths::Measure{0, 2}));
  EXPECT_THAT(truths[1].names(monitor.set()), ElementsAre("hit"));
}

TEST(Monitor, KeepsSlicesApart) {
  Monitor monitor = monitor_of({fact("f", "count(net.connect) >= 2", {"session", "host"})});
  const auto to = [](const char* host) { return at(0, {{"verb", "net.connect"}, {"host", host}}); };
  EXPECT_THAT(when(monitor, {to("a"), to("b"), to("b"), at(0, {{"verb", "net.connect"}}), to("a")}),
              ElementsAre(false, false, true, false, true));
  EXPECT_EQ(monitor.slices(), 2U);
}

TEST(Monitor, AnInstantWithSeveralValuesIsInSeveralSlices) {
  Monitor monitor = monitor_of({fact("f", "count(true) >= 2", {"class"})});
  const auto of = [](const char* one, const char* two) { return at(0, {{"class", one}, {"class", two}}); };
  EXPECT_THAT(when(monitor, {of("a", "b"), of("c", "d"), of("e", "b")}), ElementsAre(false, false, true));
}

TEST(Monitor, SlicesHaveNamesThatCannotBeConfused) {
  Monitor monitor = monitor_of({fact("f", "count(true) >= 2", {"a", "b"})});
  EXPECT_THAT(when(monitor, {at(0, {{"a", "x1:"}, {"b", "y"}}), at(0, {{"a", "x"}, {"b", "1:y"}})}),
              ElementsAre(false, false));
}

TEST(Monitor, PeekChangesNothing) {
  Monitor monitor = monitor_of({fact("f", "count[10s](a = 1) >= 3"), fact("g", "previously a = 1")});
  const std::vector<Instant> two = {at(1, {{"a", "1"}}), at(2, {{"a", "1"}})};
  (void)monitor.commit(std::vector{at(0, {{"a", "1"}})});
  const auto first = monitor.peek(two);
  const auto second = monitor.peek(two);
  EXPECT_EQ(first, second);
  EXPECT_THAT(first[0].names(monitor.set()), ElementsAre("g"));
  EXPECT_THAT(first[1].names(monitor.set()), ElementsAre("f", "g"));
  EXPECT_EQ(monitor.commit(two), first);
}

// What a monitor sees of an event where it stands, against the instants made of it.
TEST(Monitor, AHappeningIsItsInstants) {
  const std::vector<Definition> facts = {fact("verbs", "count[60s](verb = \"file.read\") >= 2"),
                                         fact("flags", "once[60s] flag = force"),
                                         fact("like", "once[60s] resource like \"/home/*\""),
                                         fact("port", "once[60s] attr.port >= 100", {"host"}),
                                         fact("classes", "distinct[60s](class, kind = \"tool.call\") >= 2"),
                                         fact("refused", "previously verdict = deny"),
                                         fact("found", "once[60s] finding = injection", {"session", "tool"})};
  Monitor by_instants = monitor_of(facts);
  Monitor by_event = monitor_of(facts);
  std::mt19937 random(7);
  const auto chance = [&](unsigned n) { return random() % n == 0; };
  for (int i = 0; i < 400; ++i) {
    event::Event event;
    event.kind = chance(4) ? "tool.result" : "tool.call";
    event.time.wall_ns = i * 5 * kSecond;
    event.session = event.root = chance(3) ? "a" : "b";
    event.source = chance(2) ? "agent/PreToolUse" : "";
    event.data = Json::object({{"tool", chance(2) ? "Bash" : "Read"}, {"failed", chance(2)}});
    std::vector<event::Finding> findings(chance(3) ? 1 : 0);
    for (auto& finding : findings)
      finding.rule = "injection";
    std::vector<event::Action> actions(random() % 4);
    for (auto& action : actions) {
      action.verb = chance(2) ? "file.read" : "net.connect";
      action.resource = chance(2) ? "/home/x" : "/srv/y";
      action.attrs = Json::object({{"force", chance(2)}, {"port", static_cast<int>(random() % 200)}});
      if (chance(2)) action.attrs.set("host", chance(2) ? "h1" : "h2");
      if (chance(2)) action.attrs.set("classes", Json::array({chance(2) ? "k" : "l", "m"}));
    }
    auto instants = instants_of(event, actions, findings);
    const Happening happening{event, actions, findings};
    ASSERT_EQ(by_event.peek(happening), by_instants.peek(instants)) << i;
    const std::string verdict = chance(3) ? "deny" : "allow";
    for (auto& instant : instants)
      instant.add("verdict", verdict);
    (void)by_instants.commit(instants);
    by_event.commit({event, actions, findings, verdict});
    ASSERT_EQ(by_event.slices(), by_instants.slices());
    ASSERT_EQ(by_event.bytes(), by_instants.bytes());
  }
}

TEST(Monitor, TimeNeverRunsBackwards) {
  Monitor monitor = monitor_of({fact("f", "once[10s] a = 1")});
  EXPECT_THAT(when(monitor, {at(100, {{"a", "1"}}), at(50, {}), at(109, {}), at(111, {})}),
              ElementsAre(true, true, true, false));
}

TEST(Monitor, IsBoundedAndSaysWhatItForgot) {
  Monitor slices = monitor_of({fact("f", "count(true) >= 2", {"host"})});
  for (std::size_t i = 0; i < limits::kFactSlicesMax + 100; ++i)
    (void)slices.commit(std::vector{at(0, {{"host", std::to_string(i)}})});
  EXPECT_EQ(slices.slices(), limits::kFactSlicesMax);
  EXPECT_EQ(slices.forgotten(), 100U);
  Monitor bounded = monitor_of({fact("f", "count[1s](true) >= 2", {"host"})});
  for (std::size_t i = 0; i < limits::kFactSlicesMax + 100; ++i)
    (void)bounded.commit(std::vector{at(static_cast<std::int64_t>(i), {{"host", std::to_string(i)}})});
  EXPECT_EQ(bounded.forgotten(), 0U);  // they could not have mattered any more
  Monitor window = monitor_of({fact("f", "count[1h](true) >= 4096")});
  std::vector<Instant> many(limits::kFactWindowEventsMax + 10, at(0, {}));
  EXPECT_FALSE(window.commit(many).back().facts.empty());
  EXPECT_EQ(window.forgotten(), 10U);
  EXPECT_LT(window.bytes(), 300'000U);
}

TEST(FactSet, RefusesWhatCannotBe) {
  EXPECT_EQ(FactSet::compile({fact("f", "a = 1"), fact("f", "b = 1")}).error().code, ErrorCode::exists);
  EXPECT_EQ(FactSet::compile({fact("f", "count[1h](a = 1) > 5000")}).error().code, ErrorCode::limit);
  EXPECT_EQ(FactSet::compile({fact("f", "once(distinct(a, true) > 5000)")}).error().code, ErrorCode::limit);
  EXPECT_TRUE(FactSet::compile({fact("f", "count(a = 1) > 5000")}));
}

TEST(FactSet, SharesWhatIsEqual) {
  const auto set = FactSet::compile({fact("f", "once[10s](a = 1 and b = 2) and c = 3"),
                                     fact("g", "once[10s](a = 1 and b = 2) or c = 3"),
                                     fact("h", "not once[10s](a = 1 and b = 2)")});
  ASSERT_TRUE(set);
  ASSERT_EQ((*set)->slicings().size(), 1U);
  EXPECT_EQ((*set)->slicings()[0].nodes.size(), 5U);  // all, once, and one more for each
  EXPECT_EQ((*set)->atoms(), 4U);
  EXPECT_NE((*set)->digest(), (*FactSet::compile({fact("f", "a = 1")}))->digest());
}

// --- the oracle -------------------------------------------------------------------------------------------

using Kind = Formula::Kind;

class Oracle {
 public:
  explicit Oracle(const std::vector<Instant>& past) : past_(past) {}

  bool truth(const Formula& f, std::size_t i) const {
    switch (f.kind) {
      case Kind::truth:
        return true;
      case Kind::compare: {
        bool equal = false;
        for (const auto& [name, value] : past_[i].fields)
          equal = equal || (name == f.field && value == f.values[0]);
        return equal == (f.comparison == Comparison::equal);
      }
      case Kind::negation:
        return !truth(f.args[0], i);
      case Kind::all:
        return truth(f.args[0], i) && truth(f.args[1], i);
      case Kind::some:
        return truth(f.args[0], i) || truth(f.args[1], i);
      case Kind::once:
        return some_past(f, i, [&](std::size_t j) { return truth(f.args[0], j); });
      case Kind::since:
        return some_past(f, i, [&](std::size_t j) {
          if (!truth(f.args[1], j)) return false;
          for (std::size_t k = j + 1; k <= i; ++k)
            if (!truth(f.args[0], k)) return false;
          return true;
        });
      case Kind::previously:
        return i > 0 && within(f, i, i - 1) && truth(f.args[0], i - 1);
      case Kind::measured:
        return holds(f.comparison, measure(f.args[0], i), f.number);
      default:
        ADD_FAILURE();
        return false;
    }
  }

 private:
  bool within(const Formula& f, std::size_t now, std::size_t then) const {
    const std::int64_t ago = past_[now].time_ns - past_[then].time_ns;
    return ago >= f.interval.from_ns && ago <= f.interval.to_ns;
  }
  template <class Holds>
  bool some_past(const Formula& f, std::size_t i, Holds that) const {
    for (std::size_t j = 0; j <= i; ++j)
      if (within(f, i, j) && that(j)) return true;
    return false;
  }
  std::int64_t measure(const Formula& f, std::size_t i) const {
    std::int64_t count = 0;
    std::set<std::string> values;
    for (std::size_t j = 0; j <= i; ++j) {
      if (!within(f, i, j) || !truth(f.args[0], j)) continue;
      ++count;
      for (const auto& [name, value] : past_[j].fields)
        if (name == f.field) values.insert(value);
    }
    return f.kind == Kind::count ? count : static_cast<std::int64_t>(values.size());
  }
  const std::vector<Instant>& past_;
};

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  Formula formula(int depth) {
    const int choice = depth == 0 ? pick(2) : pick(9);
    if (choice < 2)
      return {.kind = Kind::compare,
              .field = pick(2) == 0 ? "a" : "b",
              .comparison = pick(3) == 0 ? Comparison::not_equal : Comparison::equal,
              .values = {std::to_string(pick(2))}};
    Formula f;
    constexpr Kind kKinds[] = {Kind::negation, Kind::all,        Kind::some,    Kind::once,
                               Kind::since,    Kind::previously, Kind::measured};
    f.kind = kKinds[choice - 2];
    const bool timed = f.kind == Kind::once || f.kind == Kind::since || f.kind == Kind::previously;
    if (timed) f.interval = interval(true);
    f.args.push_back(f.kind == Kind::measured ? measure(depth - 1) : formula(depth - 1));
    if (f.kind == Kind::measured) {
      f.comparison = pick(2) == 0 ? Comparison::greater_equal : Comparison::equal;
      f.number = pick(4);
    }
    if (f.kind == Kind::all || f.kind == Kind::some || f.kind == Kind::since)
      f.args.push_back(formula(depth - 1));
    return f;
  }

  std::vector<Instant> history(int length) {
    std::vector<Instant> out;
    std::int64_t now = 0;
    for (int i = 0; i < length; ++i) {
      now += pick(3);
      Instant instant = at(now, {});
      for (const char* name : {"a", "b"})
        if (pick(4) != 0) instant.add(name, std::to_string(pick(2)));
      out.push_back(std::move(instant));
    }
    return out;
  }

  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

 private:
  Interval interval(bool from) {
    Interval out;
    if (pick(3) == 0) return out;
    if (from && pick(2) == 0) out.from_ns = pick(4) * kSecond;
    if (pick(3) != 0) out.to_ns = out.from_ns + pick(5) * kSecond;
    return out;
  }
  Formula measure(int depth) {
    Formula f{.kind = pick(2) == 0 ? Kind::count : Kind::distinct};
    if (f.kind == Kind::distinct) f.field = pick(2) == 0 ? "a" : "b";
    f.interval = interval(false);
    f.args.push_back(formula(depth));
    return f;
  }
  std::mt19937 random_;
};

TEST(Monitor, AgreesWithTheDefinitionOfEveryOperator) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    Maker maker(seed);
    const Formula formula = maker.formula(4);
    const auto past = maker.history(30);
    auto set = FactSet::compile({{"f", "…", {"session"}, formula, {}}});
    ASSERT_TRUE(set) << to_text(formula);
    Monitor monitor(*set);
    const Oracle oracle(past);
    for (std::size_t i = 0; i < past.size(); ++i) {
      const std::span<const Instant> next(&past[i], 1);
      const bool expected = oracle.truth(formula, i);
      const auto peeked = monitor.peek(next);
      const auto committed = monitor.commit(next);
      ASSERT_EQ(!committed[0].facts.empty(), expected) << to_text(formula) << " seed " << seed << " at " << i;
      ASSERT_EQ(peeked, committed) << to_text(formula) << " seed " << seed;
    }
  }
}

TEST(Formula, RandomOnesSurviveTheirText) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    Maker maker(seed);
    const Formula formula = maker.formula(4);
    const auto again = parse_formula(to_text(formula), "t");
    ASSERT_TRUE(again) << to_text(formula) << again.error().message();
    // Double negations are folded in reading.
    EXPECT_EQ(to_text(*parse_formula(to_text(*again), "t")), to_text(*again));
  }
}

}  // namespace
}  // namespace weir::facts
