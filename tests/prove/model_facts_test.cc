// Facts of a catalogue in workflow models: proved and refuted with the definitions that the guard runs by.
#include "prove/model_facts.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "facts/monitor.h"
#include "prove/model_support.h"

namespace weir::prove {
namespace {

using test::load_text;
using test::outcome_of;
using test::steps_of;
using testing::HasSubstr;
using Verdict = ModelOutcome::Verdict;

// content/facts/incidents.yaml says what these facts are; this model does not.
constexpr std::string_view kModel = R"(model: keys
policies: [p.cedar]
schema: builtin
agents: {a: {principal: 'Agent::"claude-code"', tools: [read-key, read-code, fetch, local]}}
facts:
  secret_read: {catalogue: true}
  secret_read_lately: {catalogue: true}
  secret_read_then_network: {catalogue: true}
tools:
  read-key:
    gate: {action: file.read, resource: {uid: 'Path::"/home/u/.ssh/id"', in: ['PathClass::"credential"']}}
  read-code: {gate: {action: file.read, resource: 'Path::"/workspace/a.cc"'}}
  fetch: {gate: {action: net.connect, resource: 'Host::"example.com:443"'}}
  local:
    gate:
      action: net.connect
      resource: {uid: 'Host::"localhost:80"', attributes: {loopback: true}}
properties:
  not-lately: {never: fetch, when: true.secret_read_lately}
  not-ever: {never: fetch, when: true.secret_read}
  not-local: {never: local, when: true.secret_read_lately}
)";

constexpr std::string_view kPolicy = R"(@id("all") permit (principal, action, resource);
@id("no") @decision("deny") @reason("r") forbid (principal, action, resource)
when { context.facts.contains("secret_read_then_network") };
)";

TEST(ModelFacts, OfTheCatalogueAreProvedAndRefutedByTheirDefinition) {
  const auto loaded = load_text(std::string(kModel), std::string(kPolicy));
  ASSERT_TRUE(loaded) << loaded.error().message();
  const ModelSearch search = search_model((*loaded)->system, {});
  EXPECT_TRUE(search.complete);
  EXPECT_EQ(outcome_of(**loaded, search, "not-lately").verdict, Verdict::holds);
  // The definition says "within the last ten minutes": after them the guard lets it pass.
  EXPECT_EQ(steps_of((*loaded)->system, outcome_of(**loaded, search, "not-ever")),
            "a read-key\na time-passes\na fetch\n");
  // And that this machine is no network.
  EXPECT_EQ(steps_of((*loaded)->system, outcome_of(**loaded, search, "not-local")), "a read-key\na local\n");
}

TEST(ModelFacts, AnotherDefinitionIsAnotherProof) {
  ModelFiles files = test::shipped_files();
  files.open = [](const std::string& path) -> Result<std::vector<ModelFile>> {
    return std::vector<ModelFile>{{path, std::string(kPolicy)}};
  };
  const auto digest_with = [&](const std::string& secret_read) {
    files.facts = {{"f.yaml", "facts:\n  - {name: secret_read, says: s, when: \"" + secret_read +
                                  "\"}\n  - {name: secret_read_lately, says: s, when: 'once file.read'}\n"
                                  "  - {name: secret_read_then_network, says: s, when: 'net.connect and "
                                  "once (class = credential)'}\n"}};
    auto model = read_model(kModel, "m.yaml");
    auto policies = load_model(*model, files);
    EXPECT_TRUE(policies) << policies.error().message();
    const auto system = lower_model(*model, *policies);
    const ModelSearch search = search_model(*system, {});
    EXPECT_EQ(search.outcomes[1].verdict, Verdict::holds);     // not-ever: there is no ten minutes any more
    EXPECT_EQ(search.outcomes[0].verdict, Verdict::violated);  // not-lately: code counts as well
    return policies->digest;
  };
  EXPECT_NE(digest_with("once (class = credential)"), digest_with("once (class in [credential])"));
}

// ---- Against the engine of facts ----

constexpr std::string_view kSteps = R"(model: steps
policies: [p.cedar]
agents: {a: {tools: [one, two, three, four]}}
facts: {FACTS}
tools:
  one: {gate: {action: file.read, resource: 'Path::"/x"'}}
  two: {gate: {action: file.write, resource: 'Path::"/x"', context: {flags: [big]}}}
  three: {gate: {action: net.connect, resource: 'Host::"h:1"'}}
  four: {gate: {action: pkg.install, resource: 'Package::"p"'}, instant: {hook: Stop, class: [c, d]}}
properties: {p: {never: one, when: false}}
)";

facts::Instant instant_of_step(std::size_t step) {
  static const std::vector<std::vector<std::pair<std::string, std::string>>> kFields = {
      {{"verb", "file.read"}, {"tool", "one"}, {"resource_type", "Path"}, {"resource", "/x"}, {"name", "x"}},
      {{"verb", "file.write"},
       {"tool", "two"},
       {"resource_type", "Path"},
       {"resource", "/x"},
       {"name", "x"},
       {"flag", "big"}},
      {{"verb", "net.connect"},
       {"tool", "three"},
       {"resource_type", "Host"},
       {"resource", "h:1"},
       {"name", "h:1"},
       {"host", "h"}},
      {{"verb", "pkg.install"},
       {"tool", "four"},
       {"resource_type", "Package"},
       {"resource", "p"},
       {"name", "p"},
       {"hook", "Stop"},
       {"class", "c"},
       {"class", "d"}}};
  facts::Instant out{.time_ns = 0, .fields = kFields[step]};
  out.add("kind", "tool.call");
  out.add("certainty", "certain");
  return out;
}

bool holds(const ModelExpression& expression, const std::map<std::string, bool>& state) {
  using Kind = ModelExpression::Kind;
  const auto part = [&](const ModelExpression& arg) { return holds(arg, state); };
  switch (expression.kind) {
    case Kind::truth:
      return expression.value != 0;
    case Kind::path:
      return state.at(expression.text.substr(std::string_view("monitored.").size()));
    case Kind::negation:
      return !part(expression.args[0]);
    case Kind::all:
      return std::all_of(expression.args.begin(), expression.args.end(), part);
    case Kind::some:
      return std::any_of(expression.args.begin(), expression.args.end(), part);
    default:
      ADD_FAILURE() << "no such expression is made";
      return false;
  }
}

std::string any_atom(std::mt19937& random) {
  static const std::vector<std::string> kAtoms = {
      "file.read",           "flag = big",           "class = d", "host = h", "name = x", "hook like \"S*\"",
      "verb != pkg.install", "tool in [one, three]", "true"};
  return kAtoms[random() % kAtoms.size()];
}

std::string any_plain(std::mt19937& random) {
  if (random() % 3 == 0) return "(not " + any_atom(random) + ")";
  if (random() % 3 == 0) return "(" + any_atom(random) + " and " + any_atom(random) + ")";
  return "(" + any_atom(random) + ")";
}

std::string any_formula(std::mt19937& random, int depth) {
  switch (random() % (depth > 2 ? 4 : 8)) {
    case 0:
      return "(once " + any_plain(random) + ")";
    case 1:
      return "(" + any_plain(random) + " since " + any_plain(random) + ")";
    case 2:
      return "(previously " + any_plain(random) + ")";
    case 3:
      return any_plain(random);
    case 4:
      return "(not " + any_formula(random, depth + 1) + ")";
    case 5:
      return "(historically " + any_plain(random) + ")";
    case 6:
      return "(" + any_formula(random, depth + 1) + " and " + any_formula(random, depth + 1) + ")";
    default:
      return "(" + any_formula(random, depth + 1) + " or " + any_formula(random, depth + 1) + ")";
  }
}

TEST(ModelFacts, FollowEveryHistoryAsTheMonitorDoes) {
  std::mt19937 random(7);
  std::size_t compared = 0, changes = 0;
  for (int round = 0; round < 400; ++round) {
    const std::string when = any_formula(random, 0);
    const auto definitions =
        facts::parse_facts("facts: [{name: f, says: s, by: [session], when: '" + when + "'}]", "f");
    ASSERT_TRUE(definitions) << definitions.error().message();
    std::string text(kSteps);
    text.replace(text.find("FACTS"), 5, "f: {catalogue: true}");
    auto model = read_model(text, "m.yaml");
    ASSERT_TRUE(model) << model.error().message();
    if (!define_facts(*model, *definitions)) continue;  // it never holds
    facts::Monitor monitor(*facts::FactSet::compile(*definitions));
    std::map<std::string, bool> state;
    for (const ModelFact& fact : model->facts)
      state[fact.name] = false;
    for (int i = 0; i < 60; ++i) {
      const std::size_t step = random() % 4;
      facts::Instant instant = instant_of_step(step);
      instant.add("session", "s");
      const ModelRule& rule = model->rules[step];
      ASSERT_EQ(rule.facts.size(), 1U);
      const bool wanted = !monitor.peek({&instant, 1}).front().facts.empty();
      ASSERT_EQ(holds(*parse_model_expression(rule.facts[0].second, "f"), state), wanted)
          << when << " at step " << i << ": " << rule.facts[0].second;
      (void)monitor.commit({&instant, 1});
      ++compared;
      changes += wanted ? 1 : 0;
      for (const ModelFact& fact : model->facts) {
        const auto lists = [&](const std::vector<std::string>& events) {
          return std::find(events.begin(), events.end(), rule.name) != events.end();
        };
        if (lists(fact.sets))
          state[fact.name] = true;
        else if (lists(fact.clears))
          state[fact.name] = false;
      }
    }
  }
  EXPECT_GT(compared, 10'000U);
  EXPECT_GT(changes, 1'000U);
}

struct Mistake {
  const char* fact;
  const char* definition;
  const char* told;
};

TEST(ModelFacts, WhatAModelCannotExpressIsSaid) {
  for (const Mistake& one :
       {Mistake{"f", "count[5m](file.read) >= 3", "counts and sums"},
        Mistake{"f", "once(file.read and once(net.connect))", "an operator within an operator"},
        Mistake{"f", "once[1h..] file.read", "an interval that begins in the past"},
        Mistake{"f", "once(agent = x)", "the field \"agent\""},
        Mistake{"f", "once(finding_class = injection)", "nothing in this model makes"},
        Mistake{"g", "once(file.read)", "no catalogue has the fact"}}) {
    std::string text(kSteps);
    text.replace(text.find("FACTS"), 5, std::string(one.fact) + ": {catalogue: true}");
    const auto definitions =
        facts::parse_facts("facts: [{name: f, says: s, when: '" + std::string(one.definition) + "'}]", "f");
    ASSERT_TRUE(definitions) << definitions.error().message();
    auto model = read_model(text, "m.yaml");
    ASSERT_TRUE(model);
    const Status status = define_facts(*model, *definitions);
    ASSERT_FALSE(status) << one.definition;
    EXPECT_THAT(status.error().message(), HasSubstr(one.told));
    EXPECT_THAT(status.error().message(), HasSubstr("m.yaml:4"));
  }
}

TEST(ModelFacts, AModelWithoutItsCatalogueIsNotLowered) {
  auto model = read_model(kModel, "m.yaml");
  ASSERT_TRUE(model);
  const auto system = lower_model(*model, ModelPolicies{});
  ASSERT_FALSE(system);
  EXPECT_THAT(system.error().message(), HasSubstr("secret_read"));
}

}  // namespace
}  // namespace weir::prove
