// The rules that ship: all usable, with everything a reader wants to know, and each with cases of both kinds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "content.h"
#include "sigma/cases.h"

namespace weir::sigma {
namespace {

struct Shipped {
  RuleSet set;
  std::vector<Case> cases;
};

Shipped shipped() {
  Shipped out;
  for (const ContentFile& file : content_files()) {
    if (!file.name.starts_with("rules/") || !file.name.ends_with(".yml")) continue;
    if (file.name.ends_with(kCasesSuffix))
      read_cases(file.bytes, file.name, out.cases, out.set.problems);
    else
      read_rules(out.set, file.bytes, file.name, {});
  }
  link(out.set);
  return out;
}

TEST(ShippedRules, AreUsableWithoutAWarning) {
  const Shipped all = shipped();
  for (const Problem& problem : all.set.problems)
    ADD_FAILURE() << problem.error.message();
  EXPECT_GE(all.set.rules.size(), 30U);
  EXPECT_GE(all.set.correlations.size(), 2U);
}

TEST(ShippedRules, SayWhatAnalystsNeed) {
  const Shipped all = shipped();
  const auto check = [](const Meta& meta) {
    EXPECT_FALSE(meta.id.empty() || meta.name.empty() || meta.description.empty()) << meta.where;
    EXPECT_FALSE(meta.references.empty() || meta.falsepositives.empty()) << meta.where;
    EXPECT_NE(meta.level, Level::none) << meta.where;
    EXPECT_THAT(meta.tags, testing::Contains(testing::StartsWith("attack."))) << meta.where;
  };
  for (const Rule& rule : all.set.rules)
    check(rule.meta);
  for (const Correlation& correlation : all.set.correlations)
    check(correlation.meta);
}

TEST(ShippedRules, ComeOutAsTheirCasesSay) {
  const Shipped all = shipped();
  const auto engine = Engine::compile(all.set.rules);
  ASSERT_TRUE(engine);
  EXPECT_EQ(engine->size().always, 0U);
  Workspace workspace;
  std::set<std::pair<std::string, bool>> seen;
  for (const Case& one : all.cases) {
    const Outcome outcome = run_case(one, all.set, *engine, workspace);
    EXPECT_TRUE(outcome.as_expected) << one.where << " " << one.rule << ": " << outcome.why;
    seen.emplace(one.rule, one.matches);
  }
  const auto has_both = [&](const Meta& meta) {
    EXPECT_TRUE(seen.contains({meta.name, true}) && seen.contains({meta.name, false})) << meta.name;
  };
  // What only correlations look at is tried with them.
  for (const Rule& rule : all.set.rules)
    if (rule.reported) has_both(rule.meta);
  for (const Correlation& correlation : all.set.correlations)
    has_both(correlation.meta);
}

}  // namespace
}  // namespace weir::sigma
