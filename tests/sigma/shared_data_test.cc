// SigmaHQ's rules and the events that must match them, where the data lies beside the checkout.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/bytes.h"
#include "sigma/engine.h"
#include "sigma/parse.h"
#include "sigma/shared_rows.h"

namespace weir::sigma {
namespace {

LogSource logsource_of(const Json& json) {
  return {.category = std::string(json["category"].text_or("")),
          .product = std::string(json["product"].text_or("")),
          .service = std::string(json["service"].text_or("")),
          .definition = ""};
}

RuleSet all_rules() {
  RuleSet set;
  for (const Json& row : shared_rows("sigma_rules.jsonl.gz"))
    read_rules(set, row["text"].as_string(), row["path"].as_string(), {});
  link(set);
  return set;
}

TEST(SharedRules, AllCompile) {
  const RuleSet set = all_rules();
  if (set.documents == 0) GTEST_SKIP() << "the data is not beside the checkout";
  for (const Problem& problem : set.problems)
    EXPECT_EQ(problem.weight, Problem::Weight::warning) << problem.error.message();
  EXPECT_EQ(set.rules.size(), set.documents);
}

TEST(SharedRules, EveryEventFiresItsRule) {
  const RuleSet set = all_rules();
  const auto events = shared_rows("sigma_events.dev.jsonl.gz");
  if (events.empty()) GTEST_SKIP() << "the data is not beside the checkout";
  const auto engine = Engine::compile(set.rules);
  ASSERT_TRUE(engine);
  Workspace workspace;
  FlatEvent flat;
  for (const Json& row : events) {
    flat.assign(row["event"]);
    const auto matched = engine->match(logsource_of(row["logsource"]), flat.fields(), workspace);
    ASSERT_TRUE(matched);
    std::vector<std::string> ids;
    for (const std::uint32_t rule : *matched)
      ids.push_back(set.rules[rule].meta.id);
    EXPECT_THAT(ids, testing::Contains(row["rule_id"].as_string())) << compact(row);
  }
}

}  // namespace
}  // namespace weir::sigma
