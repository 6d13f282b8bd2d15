// Reading scenarios: those that ship, and every way in which one can be wrong.
#include "arena/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "content.h"

namespace weir::arena {
namespace {

using testing::HasSubstr;

constexpr const char* kGood = R"yaml(
title: A title
kind: incident
when: some day
story: what happened
source: a report
home: {.bashrc: "x"}
pretend: [{name: psql, prints: "(0 rows)"}]
steps:
  - say: I drop it.
    tool: Bash
    input: {command: psql -c drop}
    expect: ask
    policy: data.delete
    effect: {what: it is dropped, ran: psql}
)yaml";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Scenario, ReadsEveryField) {
  const auto scenario = parse_scenario(kGood, "scenarios/03-name.yaml");
  ASSERT_TRUE(scenario) << scenario.error().message();
  EXPECT_EQ(scenario->name, "03-name");
  EXPECT_TRUE(scenario->incident);
  EXPECT_EQ(scenario->home.at(".bashrc"), "x");
  ASSERT_EQ(scenario->stand_ins.size(), 1u);
  EXPECT_EQ(scenario->stand_ins[0].prints, "(0 rows)");
  ASSERT_EQ(scenario->steps.size(), 1u);
  EXPECT_EQ(scenario->steps[0].expect, event::Verdict::ask);
  EXPECT_EQ(scenario->steps[0].effect.ran, "psql");
}

TEST(Scenario, RefusesWhatCouldPassByAccident) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {with("kind: incident", "kind: other"), "kind"},
      {with("when: some day\n", "when: some day\nsurprise: 1\n"), "surprise"},
      {with(".bashrc:", "../outside:"), "home"},
      {with("name: psql", "name: ../psql"), "pretend.name"},
      {with("tool: Bash", "tool: Fetch"), "tool"},
      {with("expect: ask", "expect: perhaps"), "expect"},
      {with("    policy: data.delete\n", ""), "policy"},  // a refusal must say which policy it is about
      {with("ran: psql", "ran: mysql"), "mysql"},         // nobody would play it
      {with("ran: psql", "ran: psql, received: x"), "effect"},
      {with(", ran: psql", ""), "effect"},
      {with("ran: psql", "file: a"), "effect"},
      {with("ran: psql", "file: a, contains: x, gone: true"), "effect"},
      {with("pretend:", "uses: [psql]\npretend:"), "psql"},
  };
  for (const auto& [text, field] : cases) {
    const auto scenario = parse_scenario(text, "bad.yaml");
    ASSERT_FALSE(scenario) << text;
    EXPECT_THAT(scenario.error().message(), HasSubstr(field)) << text;
    EXPECT_THAT(scenario.error().message(), HasSubstr("bad.yaml"));
  }
}

TEST(Scenario, WhatShipsIsOneBenignTaskAndSixIncidents) {
  int benign = 0;
  int incidents = 0;
  for (const auto& file : content_files()) {
    if (!file.name.starts_with("scenarios/")) continue;
    const auto scenario = parse_scenario(file.bytes, file.name);
    ASSERT_TRUE(scenario) << scenario.error().message();
    ++(scenario->incident ? incidents : benign);
    bool refused = false;
    for (const Step& step : scenario->steps)
      refused = refused || !event::lets_run(step.expect);
    EXPECT_EQ(refused, scenario->incident) << file.name;
  }
  EXPECT_EQ(benign, 1);
  EXPECT_EQ(incidents, 6);
}

}  // namespace
}  // namespace weir::arena
