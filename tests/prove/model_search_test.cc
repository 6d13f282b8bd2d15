#include "prove/model_search.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <set>

#include "prove/model_report.h"
#include "prove/model_support.h"

namespace weir::prove {
namespace {

using test::load_shipped;
using test::load_text;
using test::outcome_of;
using test::steps_of;
using testing::HasSubstr;
using Verdict = ModelOutcome::Verdict;

// A second, plain search: no packing, no symmetry; what it finds is what search_model() must find.
struct Reference {
  std::set<std::vector<std::int32_t>> states;
  std::vector<int> shortest;  // by property: steps to a violation, -1 when there is none

  explicit Reference(const ModelSystem& system) : shortest(system.model->properties.size(), -1) {
    std::deque<std::pair<std::vector<std::int32_t>, int>> open = {{system.initial(), 0}};
    states.insert(open.front().first);
    while (!open.empty()) {
      const auto [state, depth] = open.front();
      open.pop_front();
      for (std::size_t p = 0; p < shortest.size(); ++p)
        if (shortest[p] < 0 && system.terms.evaluate(system.broken[p], state) != 0) shortest[p] = depth;
      for (const ModelStep& step : system.steps) {
        if (!system.enabled(step, state)) continue;
        for (const auto& check : step.checks)
          if (auto& known = shortest[static_cast<std::size_t>(check.property)];
              known < 0 && system.terms.evaluate(check.broken, state) != 0)
            known = depth + 1;
        auto next = system.after(step, state);
        if (states.insert(next).second) open.emplace_back(std::move(next), depth + 1);
      }
    }
  }
};

// Every step of a trace must be possible, lead to the next, and the last must break the property.
void replay(const ModelSystem& system, const ModelOutcome& outcome, std::size_t property) {
  auto state = system.initial();
  bool broken = false;
  for (const ModelTraceStep& one : outcome.trace) {
    ASSERT_EQ(one.before, state);
    const ModelStep& step = system.steps[static_cast<std::size_t>(one.step)];
    ASSERT_TRUE(system.enabled(step, state)) << step.name;
    broken = false;
    for (const auto& check : step.checks)
      broken = broken || (check.property == static_cast<int>(property) &&
                          system.terms.evaluate(check.broken, state) != 0);
    state = system.after(step, state);
    ASSERT_EQ(one.after, state);
  }
  EXPECT_TRUE(broken || system.terms.evaluate(system.broken[property], state) != 0);
}

constexpr const char* kPolicies = R"(
@id("all") permit (principal, action, resource);
@id("gate") @decision("ask") forbid (principal, action == Action::"send", resource)
when { context.integrity == "untrusted" && context.confidentiality == "secret" };
@id("two") @decision("ask") @approvals("2") forbid (principal, action == Action::"wipe", resource);
@id("count") forbid (principal, action == Action::"ping", resource) when { context.n >= 3 };
@id("off") @mode("observe") forbid (principal, action, resource);
)";

// N agents that read strangers' pages and secrets and hand on to each other; the reference experiment.
std::string team(int agents, const std::string& channel) {
  return "model: team\npolicies: [p.cedar]\nagents:\n  a: {count: " + std::to_string(agents) +
         ", tools: [page, open, send], reads: [web, vault]}\n"
         "data:\n  web: {integrity: untrusted}\n  vault: {confidentiality: secret}\n"
         "approvals: {ok: {by: [ann]}}\n"
         "tools:\n  page: {reads: [web]}\n  open: {reads: [vault]}\n"
         "  send: {approval: ok, gate: {action: send, resource: 'Host::\"h\"', context: {integrity: "
         "\"=monitored.self.integrity\", confidentiality: \"=monitored.self.confidentiality\"}}}\n"
         "channels:\n  talk: {kind: hand-over, from: [a], to: [a]" +
         channel +
         "}\nproperties:\n  safe: {never: send, when: true.self.integrity == untrusted and "
         "true.self.confidentiality == secret and not approved}\n";
}

TEST(ModelSearch, AgreesWithAPlainSearch) {
  for (const char* channel : {"", ", watched: false", ", loses: [integrity]"}) {
    const auto loaded = load_text(team(3, channel), kPolicies);
    ASSERT_TRUE(loaded) << loaded.error().message();
    const ModelSystem& system = (*loaded)->system;
    const Reference reference(system);
    const ModelSearch plain = search_model(system, {.symmetry = false});
    const ModelSearch symmetric = search_model(system, {});
    EXPECT_TRUE(plain.complete);
    if (reference.shortest[0] < 0) {
      EXPECT_EQ(plain.states, reference.states.size());
      EXPECT_LT(symmetric.states, plain.states / 3) << "three agents are interchangeable";
      EXPECT_EQ(symmetric.outcomes[0].verdict, Verdict::holds);
    }
    for (const ModelSearch* search : {&plain, &symmetric}) {
      ASSERT_EQ(search->outcomes[0].verdict == Verdict::violated, reference.shortest[0] >= 0) << channel;
      if (reference.shortest[0] < 0) continue;
      EXPECT_EQ(static_cast<int>(search->outcomes[0].trace.size()), reference.shortest[0]);
      replay(system, search->outcomes[0], 0);
    }
  }
}

TEST(ModelSearch, AnApprovalPassesOnce) {
  const auto loaded = load_text(R"(model: wipe
policies: [p.cedar]
agents: {a: {tools: [wipe]}}
approvals: {both: {by: [ann, bob]}}
counters: {wipes: {max: 2}}
tools:
  wipe: {approval: both, counts: [wipes], gate: {action: wipe, resource: 'Db::"d"'}}
properties:
  never-at-all: {never: wipe}
  never-free: {never: wipe, when: not approved}
  never-alone: {never: wipe, when: approvals.both < 2}
  never-twice: {always: true.wipes < 2}
)",
                                kPolicies);
  ASSERT_TRUE(loaded) << loaded.error().message();
  const ModelSystem& system = (*loaded)->system;
  const ModelSearch search = search_model(system, {});
  EXPECT_EQ(steps_of(system, outcome_of(**loaded, search, "never-at-all")),
            "ann approves both for a\nbob approves both for a\na wipe\n");
  EXPECT_EQ(outcome_of(**loaded, search, "never-free").verdict, Verdict::holds);
  EXPECT_EQ(outcome_of(**loaded, search, "never-alone").verdict, Verdict::holds);
  EXPECT_EQ(outcome_of(**loaded, search, "never-twice").trace.size(), 6U) << "each wipe needs both again";
}

TEST(ModelSearch, FactsFollowTheirEvents) {
  const auto loaded = load_text(R"(model: facts
policies: [p.cedar]
agents: {a: {tools: [edit, test, push]}, b: {tools: [edit]}}
facts:
  tested: {since: test, until: [edit]}
  mine: {since: test, until: [edit], each_agent: true}
  ever: {once: edit}
tools: {edit: {}, test: {}, push: {}}
properties:
  tested: {never: push, when: true.ever and true.tested and not true.self.mine}
  own: {never: push, when: true.self.mine and not true.tested}
)",
                                kPolicies);
  ASSERT_TRUE(loaded) << loaded.error().message();
  const ModelSearch search = search_model((*loaded)->system, {});
  EXPECT_EQ(outcome_of(**loaded, search, "tested").verdict, Verdict::holds)
      << "one's own edit ends both facts";
  EXPECT_EQ(steps_of((*loaded)->system, outcome_of(**loaded, search, "own")), "a test\nb edit\na push\n");
}

TEST(ModelSearch, CountersWithoutABoundAreCutWherePoliciesCompareThem) {
  const std::string text = R"(model: pings
policies: [p.cedar]
agents: {a: {tools: [ping]}}
counters: {n: {unbounded: true}}
tools:
  ping: {counts: [n], gate: {action: ping, resource: 'Host::"h"', context: {n: "=monitored.n"}}}
properties:
  at-most-three: {always: true.n <= 3}
  at-most-two: {always: true.n <= 2}
)";
  const auto loaded = load_text(text, kPolicies);
  ASSERT_TRUE(loaded) << loaded.error().message();
  const ModelSearch search = search_model((*loaded)->system, {});
  EXPECT_TRUE(search.complete) << search.incomplete_why;
  EXPECT_EQ(search.outcomes[0].verdict, Verdict::holds);
  EXPECT_EQ(search.outcomes[1].trace.size(), 3U);
  // A policy that calculates with the number cannot be cut: that is said, with its name.
  const auto arithmetic =
      load_text(text,
                "@id(\"all\") permit (principal, action, resource);\n"
                "@id(\"sum\") forbid (principal, action, resource) when { context.n + 1 > 3 };");
  ASSERT_FALSE(arithmetic);
  EXPECT_THAT(arithmetic.error().message(), HasSubstr("\"sum\""));
}

TEST(ModelSearch, WhatALimitCutsOffIsNotChecked) {
  const auto loaded = load_text(team(6, ""), kPolicies);
  ASSERT_TRUE(loaded);
  const ModelSearch search = search_model((*loaded)->system, {.states_max = 100, .symmetry = false});
  EXPECT_FALSE(search.complete);
  EXPECT_EQ(search.outcomes[0].verdict, Verdict::not_checked);
  EXPECT_THAT(search.incomplete_why, HasSubstr("100 states"));
}

TEST(ModelSearch, AGateCannotKnowTheTruth) {
  std::string text = team(2, "");
  text.replace(text.find("=monitored.self.integrity"), 25, "=true.self.integrity");
  const auto loaded = load_text(text, kPolicies);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().what, HasSubstr("a gate cannot know"));
  EXPECT_THAT(loaded.error().where, HasSubstr("test.yaml:"));
}

TEST(ModelSearch, AForbidThatErrsRefuses) {
  const auto loaded =
      load_text(team(1, ""),
                "@id(\"all\") permit (principal, action, resource);\n"
                "@id(\"typo\") forbid (principal, action, resource) when { context.nothing };");
  ASSERT_TRUE(loaded) << loaded.error().message();
  const ModelSearch search = search_model((*loaded)->system, {});
  EXPECT_EQ(search.outcomes[0].verdict, Verdict::holds);
  EXPECT_THAT(search.never_happened, testing::ElementsAre("send", "talk"));
}

TEST(ModelSearch, RequestsThatTheSchemaDoesNotKnowAreRefused) {
  std::string text = test::shipped_text("single-coding-agent");
  const auto at = text.find("context: {command: pytest -q}");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 29, "context: {comand: pytest -q}");
  const auto loaded = load_text(text, "@id(\"x\") permit (principal, action, resource);");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().what, HasSubstr("comand"));
}

struct Shipped {
  const char* model;
  const char* variant;
  const char* trace;  // the shortest, one step a line
};

class ShippedModels : public testing::TestWithParam<Shipped> {};

TEST_P(ShippedModels, HoldAndTheirFlawIsFound) {
  const auto sound = load_shipped(GetParam().model);
  ASSERT_NE(sound, nullptr);
  const ModelSearch good = search_model(sound->system, {});
  EXPECT_TRUE(good.complete) << good.incomplete_why;
  for (std::size_t p = 0; p < good.outcomes.size(); ++p)
    EXPECT_EQ(good.outcomes[p].verdict, Verdict::holds) << sound->model.properties[p].name << "\n"
                                                        << trace_text(sound->system, good.outcomes[p]);
  EXPECT_THAT(good.never_happened, testing::IsEmpty());
  std::printf("%-22s %9zu states %10zu transitions depth %zu %8.1f ms %zu requests\n", GetParam().model,
              good.states, good.transitions, good.depth, static_cast<double>(good.elapsed_ns) / 1e6,
              good.requests);

  const auto flawed = load_shipped(GetParam().model, GetParam().variant);
  ASSERT_NE(flawed, nullptr);
  const ModelSearch bad = search_model(flawed->system, {});
  const ModelOutcome& outcome = outcome_of(*flawed, bad, flawed->model.variant_breaks);
  EXPECT_EQ(outcome.verdict, Verdict::violated);
  const std::string expected = GetParam().trace;
  EXPECT_EQ(static_cast<std::ptrdiff_t>(outcome.trace.size()),
            std::count(expected.begin(), expected.end(), '\n'));
  EXPECT_EQ(steps_of(flawed->system, outcome), expected);
  for (std::size_t p = 0; p < bad.outcomes.size(); ++p)
    if (bad.outcomes[p].verdict == Verdict::violated) replay(flawed->system, bad.outcomes[p], p);
}

INSTANTIATE_TEST_SUITE_P(
    All, ShippedModels,
    testing::Values(
        Shipped{"single-coding-agent", "unwatched-notes",
                "coder browse\ncoder read-secret\ncoder notes.write\ncoder new-session\ncoder "
                "notes.read\ncoder post\n"},
        Shipped{"batch", "shared-cache",
                "worker[1] read-staging\nworker[2] test\nworker[1] cache.write\nworker[2] "
                "cache.read\nworker[2] push\n"},
        Shipped{"mail-agent", "unwatched-notes",
                "assistant read-page\nassistant notes.write\nassistant new-session\nassistant "
                "notes.read\nassistant send-as-read\n"},
        Shipped{"delegation", "text-for-narrow", "reader read-page\nreader report main\nmain send-as-read\n"},
        Shipped{"debate", "silent-revision",
                "proposer draft\ncritic review\njudge accept\nproposer revise\npublisher publish\n"},
        Shipped{"supervisor", "label-lost",
                "supervisor open-vault\nworker[1] browse\nworker[1] report supervisor\nsupervisor send\n"}),
    [](const auto& one) {
      std::string name = one.param.model;
      std::erase(name, '-');
      return name;
    });

}  // namespace
}  // namespace weir::prove
