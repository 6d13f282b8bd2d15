// What is wrong with rules is named, with its place, and left out.
#include "sigma/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::sigma {
namespace {

using testing::HasSubstr;

constexpr std::string_view kRule =
    "title: One\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nlogsource: {product: p}\ndetection:\n  s:\n"
    "    A: 1\n  condition: s\n";

RuleSet read(std::string_view text) {
  RuleSet set;
  read_rules(set, text, "f.yml", {});
  link(set);
  return set;
}

std::string errors_of(const RuleSet& set) {
  std::string out;
  for (const Problem& problem : set.problems)
    if (problem.weight == Problem::Weight::error) out += problem.error.message() + "\n";
  return out;
}

TEST(Parse, EveryAttributeIsKept) {
  const RuleSet set = read(
      "title: T\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nname: n\nrelated:\n  - {id: r, type: derived}\n"
      "taxonomy: sigma\nstatus: test\ndescription: d\nlicense: MIT\nauthor: a\nreferences: [u]\n"
      "date: 2025-01-02\nmodified: 2025-01-03\nlogsource: {product: Linux, category: C, service: S, "
      "definition: x}\n"
      "detection: {s: {A: 1}, condition: s}\nfields: [f]\nfalsepositives: [p]\nlevel: high\ntags: "
      "[attack.t1059]\n"
      "scope: [server]\nours: {k: 1}\n");
  ASSERT_EQ(set.problems.size(), 0U) << set.problems.front().error.message();
  const Meta& meta = set.rules[0].meta;
  EXPECT_EQ(meta.title, "T");
  EXPECT_EQ(meta.name, "n");
  EXPECT_EQ(meta.related, (std::vector<std::pair<std::string, std::string>>{{"derived", "r"}}));
  EXPECT_EQ(meta.status, "test");
  EXPECT_EQ(meta.license, "MIT");
  EXPECT_EQ(meta.date, "2025-01-02");
  EXPECT_EQ(meta.modified, "2025-01-03");
  EXPECT_EQ(meta.level, Level::high);
  EXPECT_EQ(meta.references, std::vector<std::string>{"u"});
  EXPECT_EQ(meta.fields, std::vector<std::string>{"f"});
  EXPECT_EQ(meta.falsepositives, std::vector<std::string>{"p"});
  EXPECT_EQ(meta.tags, std::vector<std::string>{"attack.t1059"});
  EXPECT_EQ(meta.scope, std::vector<std::string>{"server"});
  EXPECT_EQ(canonical(meta.custom), R"({"ours":{"k":1}})");
  EXPECT_EQ(set.rules[0].logsource, (LogSource{"c", "linux", "s", "x"}));
  EXPECT_EQ(meta.where, "f.yml:1");
}

TEST(Parse, ABadDocumentDoesNotHideTheOthers) {
  const RuleSet set = read("title: [\n---\n" + std::string(kRule) +
                           "---\ntitle: Two\nlogsource: {product: p}\n"
                           "detection:\n  s:\n    B|wrong: 1\n  condition: s\n");
  EXPECT_EQ(set.documents, 3U);
  EXPECT_EQ(set.rules.size(), 1U);
  EXPECT_EQ(set.errors(), 2U);
  EXPECT_THAT(errors_of(set), HasSubstr("f.yml:15"));  // the line of B|wrong
}

TEST(Parse, Refusals) {
  const std::pair<const char*, const char*> kBad[] = {
      {"- a\n", "the document is no map"},
      {"logsource: {product: p}\ndetection: {s: {A: 1}, condition: s}\n", "there is no title"},
      {"title: t\ndetection: {s: {A: 1}, condition: s}\n", "there is no logsource"},
      {"title: t\nlogsource: {definition: x}\ndetection: {s: {A: 1}, condition: s}\n", "says nothing"},
      {"title: t\nlogsource: {product: p}\n", "there is no detection section"},
      {"title: t\ntaxonomy: ecs\nlogsource: {product: p}\ndetection: {s: {A: 1}, condition: s}\n",
       "taxonomy"},
      {"action: global\ntitle: t\n", "were removed in Sigma 2.0"},
      {"title: t\ntitle: u\n", "given twice"},
      {"title: t\ncorrelation: {type: near, rules: [a], timespan: 1m}\n", "unknown type of correlation"},
      {"title: t\ncorrelation: {type: event_count, rules: [a], timespan: 1m}\n", "compares nothing"},
      {"title: t\ncorrelation: {type: event_count, timespan: 1m}\n", "names no rules"},
      {"title: t\ncorrelation: {type: temporal, rules: [a], timespan: soon}\n", "timespan"},
      {"title: t\ncorrelation: {type: value_sum, rules: [a], timespan: 1m, condition: {gt: 1}}\n",
       "needs the field"},
      {"title: t\ncorrelation: {type: event_count, rules: [a], timespan: 1m, condition: {gt: 9999999}}\n",
       "larger than what is remembered"},
      {"title: t\ncorrelation: {type: event_count, rules: [a], timespan: 1m, condition: {above: 1}}\n",
       "unknown criterion"},
      {"title: t\ncorrelation: {type: temporal, rules: [a], timespan: 1m, aliases: {x: {b: f}}}\n",
       "no rule of this one"},
      {"title: t\ncorrelation: {type: temporal, rules: [a], timespan: 1m}\n", "not loaded"},
  };
  for (const auto& [text, reason] : kBad) {
    const RuleSet set = read(text);
    EXPECT_EQ(set.errors(), 1U) << text;
    EXPECT_THAT(errors_of(set), HasSubstr(reason)) << text;
    EXPECT_THAT(errors_of(set), HasSubstr("f.yml:")) << text;
  }
}

TEST(Parse, WarningsLeaveTheRuleInUse) {
  const RuleSet set = read(
      "title: t\nid: x\nstatus: fine\nlevel: huge\ndate: 1.2.2025\nlogsource: {product: p}\ndetection:\n"
      "  s: {A|contains|all: [x]}\n  unused: {B: 1}\n  timeframe: 5m\n  condition: s\n");
  EXPECT_EQ(set.errors(), 0U);
  EXPECT_EQ(set.rules.size(), 1U);
  EXPECT_EQ(set.problems.size(), 7U);
}

TEST(Parse, DeepAndLargeRulesAreBounded) {
  std::string deep = "s";
  for (int i = 0; i < 10'000; ++i)
    deep = "(" + deep + ")";
  EXPECT_THAT(errors_of(read("title: t\nlogsource: {product: p}\ndetection: {s: {A: 1}, condition: \"" +
                             deep + "\"}\n")),
              HasSubstr("nested too deeply"));
  std::string many = "title: t\nlogsource: {product: p}\ndetection:\n  s:\n    A:\n";
  for (int i = 0; i < 70'000; ++i)
    many += "      - v" + std::to_string(i) + "\n";
  EXPECT_THAT(errors_of(read(many + "  condition: s\n")), HasSubstr("too many values"));
  std::string wide =
      "title: t\nlogsource: {product: p}\ndetection:\n  s: {A: [a, b, c, d, e, f, g, h]}\n  condition: s";
  for (int i = 0; i < 20'000; ++i)
    wide += " or s";
  EXPECT_THAT(errors_of(read(wide + "\n")), HasSubstr("too many values"));
}

TEST(Link, SecondIdsAndNamesAreRefused) {
  const RuleSet set = read(std::string(kRule) + "---\n" + std::string(kRule));
  EXPECT_EQ(set.rules.size(), 1U);
  EXPECT_THAT(errors_of(set), HasSubstr("already the name of the rule at f.yml:1"));
}

TEST(Link, CirclesOfCorrelationsAreRefusedAndWhatStandsOnThem) {
  const auto correlation = [](const std::string& name, const std::string& rules) {
    return "---\ntitle: " + name + "\nname: " + name + "\ncorrelation: {type: temporal, rules: [" + rules +
           "], timespan: 1m}\n";
  };
  const RuleSet set =
      read("title: r\nname: r\nlogsource: {product: p}\ndetection: {s: {A: 1}, condition: s}\n" +
           correlation("a", "b") + correlation("b", "c") + correlation("c", "a") + correlation("d", "a") +
           correlation("self", "self") + correlation("top", "good") + correlation("good", "r"));
  EXPECT_EQ(set.errors(), 5U);
  EXPECT_THAT(errors_of(set), HasSubstr("circle"));
  ASSERT_EQ(set.correlations.size(), 2U);
  EXPECT_EQ(set.correlations[0].meta.name, "good");
  EXPECT_EQ(set.correlations[1].meta.name, "top");
  EXPECT_EQ(set.correlations[1].sources, std::vector<std::uint32_t>{1});
  EXPECT_FALSE(set.rules[0].reported);
  EXPECT_FALSE(set.correlations[0].reported);
  EXPECT_TRUE(set.correlations[1].reported);
}

TEST(Link, GenerateLetsRulesSpeakForThemselves) {
  const RuleSet set = read(
      "title: r\nname: r\nlogsource: {product: p}\ndetection: {s: {A: 1}, condition: s}\n---\ntitle: c\n"
      "correlation: {type: event_count, rules: [r], timespan: 1m, condition: {gte: 2}, generate: true}\n");
  EXPECT_TRUE(set.rules[0].reported);
}

TEST(Link, FiltersAreJoinedToTheRulesTheyName) {
  const std::string rules = std::string(kRule) +
                            "---\ntitle: Two\nname: two\nlogsource: {product: p}\n"
                            "detection: {s: {B: 1}, condition: s}\n";
  const std::string filter =
      "---\ntitle: F\nlogsource: {product: p}\nfilter:\n  rules: [two, gone]\n  sel: {User: adm}\n  "
      "condition: not sel\n";
  const RuleSet set = read(rules + filter);
  EXPECT_EQ(set.errors(), 0U);
  EXPECT_EQ(set.problems.size(), 3U);  // two documents without id; the filter names what is not there
  EXPECT_EQ(count_tests(set.rules[0].condition), 1U);
  EXPECT_EQ(count_tests(set.rules[1].condition), 2U);
  const RuleSet other = read(rules +
                             "---\ntitle: F\nlogsource: {product: q}\nfilter:\n  rules: [two]\n"
                             "  sel: {User: adm}\n  condition: not sel\n");
  EXPECT_EQ(count_tests(other.rules[1].condition), 1U);
  const RuleSet any = read(rules +
                           "---\ntitle: F\nlogsource: {product: p}\nfilter:\n  rules: any\n"
                           "  sel: {User: adm}\n  condition: not sel\n");
  EXPECT_EQ(count_tests(any.rules[0].condition), 2U);
}

TEST(Placeholders, AreReplacedAndJoinedByOr) {
  RuleSet set;
  read_rules(set,
             "title: t\nlogsource: {product: p}\ndetection: {s: {U|expand: '%adm%-%no%'}, condition: s}\n",
             "f.yml", {.placeholders = {{"adm", {"a*", "b"}}, {"no", {"1", "2"}}}});
  ASSERT_EQ(set.errors(), 0U);
  EXPECT_EQ(count_tests(set.rules[0].condition), 4U);
}

}  // namespace
}  // namespace weir::sigma
