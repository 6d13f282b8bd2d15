// Cost of one decision, with 1 to 10,000 policies of the kind that guards agents: scopes by action and
// resource type, conditions with `like`, labels, `in` and attributes.
//
//   ./cedar_bench                 times are per request
//   ./cedar_bench --rows FILE     measures given rows instead; bench/cedar_vs_wasm.mjs asks for that
//
// `Authorize` decides over resident policies and entities with a workspace, `AuthorizeOnce` without one,
// `Tree` by the tree evaluator (what `Authorize` is compiled from); `Unscoped` policies all apply to every
// action; `BuildAndAuthorize` also makes the request and its small entity store as a host would for each tool
// call; `Parse` reads the policy text; `Load100000` is the largest set there may be, with the memory it
// takes.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <time.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "base/json.h"
#include "cedar/authorizer.h"
#include "cedar/entity_json.h"
#include "cedar/evaluator.h"
#include "cedar/validate.h"

namespace {

using namespace weir;
using namespace weir::cedar;

constexpr std::string_view kActions[] = {"file.read", "file.write", "shell.exec", "net.connect",
                                         "mcp.call",  "vcs.push",   "db.write",   "memory.write"};

// `count` policies in turn of five forms. Scoped: each names an action, as packs do. Unscoped: all apply to
// every action, so that every condition is evaluated (the worst case of an index).
std::string policy_text(int count, bool scoped) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const std::string action =
        scoped ? fmt::format("action == Action::\"{}\"", kActions[i % std::size(kActions)]) : "action";
    switch (i % 5) {
      case 0:
        text += fmt::format(
            "@id(\"p{}\") permit(principal, {}, resource is File) when {{ resource.path like "
            "\"/srv/dir{}/*\" }};\n",
            i, action, i);
        break;
      case 1:
        text += fmt::format(
            "@id(\"p{}\") @decision(\"ask\") forbid(principal, {}, resource) when {{ "
            "context.labels.contains(\"secret\") && context.risk > {} }};\n",
            i, action, i);
        break;
      case 2:
        text +=
            fmt::format("@id(\"p{}\") permit(principal in Group::\"g{}\", {}, resource);\n", i, i, action);
        break;
      case 3:
        text += fmt::format(
            "@id(\"p{}\") forbid(principal, {}, resource) when {{ resource has owner && "
            "resource.owner != principal && [\"a{}\", \"b\"].contains(context.tool) }};\n",
            i, action, i);
        break;
      default:
        text += fmt::format(
            "@id(\"p{}\") permit(principal, {}, resource) when {{ principal in Group::\"staff\" }} unless {{ "
            "resource.path like \"*.env\" || resource.path like \"*/secrets{}/*\" }};\n",
            i, action, i);
    }
  }
  return text;
}

Entities make_entities() {
  const EntityUid alice("Agent", "session-42"), staff("Group", "staff"), all("Group", "everyone");
  const EntityUid file("File", "/srv/dir0/src/main.cc");
  std::vector<Entity> entities;
  entities.push_back({alice, Record({{"model", Value("m")}}), {}, {staff}});
  entities.push_back({staff, {}, {}, {all}});
  entities.push_back(
      {file, Record({{"path", Value("/srv/dir0/src/main.cc")}, {"owner", Value(alice)}}), {}, {}});
  return *Entities::make(std::move(entities));
}

Request make_request(std::size_t action) {
  return Request(EntityUid("Agent", "session-42"), EntityUid("Action", std::string(kActions[action])),
                 EntityUid("File", "/srv/dir0/src/main.cc"),
                 Record({{"labels", Value(Set({Value("user"), Value("workspace")}))},
                         {"risk", Value(3)},
                         {"tool", Value("Bash")}}));
}

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// Sorts; `share` of 0.5 is the median.
double percentile(std::vector<double>& values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

// Times `decide(policies, request, entities)`.
template <class Decide>
void authorize_with(benchmark::State& state, bool scoped, const Decide& decide) {
  const PolicySet policies = *PolicySet::parse(policy_text(static_cast<int>(state.range(0)), scoped));
  const Entities entities = make_entities();
  std::vector<Request> requests;
  for (std::size_t i = 0; i < std::size(kActions); ++i)
    requests.push_back(make_request(i));
  std::vector<double> times_us;
  std::size_t turn = 0;
  for (auto _ : state) {
    const auto start = Clock::now();
    decide(policies, requests[turn++ % requests.size()], entities);
    const double took_us = microseconds_since(start);
    if (times_us.size() < 1'000'000) times_us.push_back(took_us);
  }
  state.counters["p50_us"] = percentile(times_us, 0.5);
  state.counters["p99_us"] = percentile(times_us, 0.99);
}

void with_workspace(benchmark::State& state, bool scoped) {
  Workspace workspace;
  authorize_with(state, scoped, [&](const auto& policies, const auto& request, const auto& entities) {
    benchmark::DoNotOptimize(authorize(policies, request, entities, workspace).decision);
  });
}

void Authorize(benchmark::State& state) {
  with_workspace(state, true);
}
void AuthorizeUnscoped(benchmark::State& state) {
  with_workspace(state, false);
}
void AuthorizeOnce(benchmark::State& state) {
  authorize_with(state, true, [](const auto& policies, const auto& request, const auto& entities) {
    benchmark::DoNotOptimize(authorize(policies, request, entities));
  });
}

// As it was before policies were compiled: every condition of every policy in scope walked as a tree.
void tree_decision(const PolicySet& policies, const Request& request, const Entities& entities) {
  Evaluator evaluator(request, entities);
  std::vector<const Policy*> satisfied;
  for (const Policy* policy : policies.matching(request, entities)) {
    const bool holds =
        std::all_of(policy->conditions.begin(), policy->conditions.end(), [&](const auto& condition) {
          const auto value = evaluator.evaluate_bool(condition.body);
          return value && *value != condition.unless;
        });
    if (holds) satisfied.push_back(policy);
    evaluator.reset();
  }
  benchmark::DoNotOptimize(satisfied);
}
void Tree(benchmark::State& state) {
  authorize_with(state, true, tree_decision);
}
void TreeUnscoped(benchmark::State& state) {
  authorize_with(state, false, tree_decision);
}

void BuildAndAuthorize(benchmark::State& state) {
  const PolicySet policies = *PolicySet::parse(policy_text(static_cast<int>(state.range(0)), true));
  std::size_t turn = 0;
  for (auto _ : state) {
    const Entities entities = make_entities();
    const Request request = make_request(turn++ % std::size(kActions));
    benchmark::DoNotOptimize(authorize(policies, request, entities));
  }
}

void Parse(benchmark::State& state) {
  const std::string text = policy_text(static_cast<int>(state.range(0)), true);
  for (auto _ : state)
    benchmark::DoNotOptimize(PolicySet::parse(text));
}

// Resident memory of this process in MiB; 0 where /proc does not tell.
double resident_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      double kib = 0;
      status >> kib;
      return kib / 1024;
    }
  return 0;
}

void Load100000(benchmark::State& state) {
  const std::string text = policy_text(100'000, state.range(0) == 0);
  for (auto _ : state) {
    const double before_mib = resident_mib();
    const auto policies = PolicySet::parse(text);
    if (!policies) state.SkipWithError(policies.error().message().c_str());
    state.counters["MiB"] = resident_mib() - before_mib;
    const Entities entities = make_entities();
    Workspace workspace;
    const auto start = Clock::now();
    for (std::size_t i = 0; i < std::size(kActions); ++i)
      authorize(*policies, make_request(i), entities, workspace);
    state.counters["authorize_us"] = microseconds_since(start) / static_cast<double>(std::size(kActions));
  }
  state.counters["text_MiB"] = static_cast<double>(text.size()) / (1024 * 1024);
}

// A principal below 2,000 groups, and as many policies that name groups.
void DeepHierarchy(benchmark::State& state) {
  constexpr int kDepth = 2000;
  std::vector<Entity> store;
  std::string text;
  for (int i = 0; i < kDepth; ++i) {
    store.push_back({EntityUid("G", fmt::to_string(i)), {}, {}, {EntityUid("G", fmt::to_string(i + 1))}});
    text += fmt::format("permit(principal in G::\"{}\", action, resource in G::\"x{}\");", i, i);
  }
  const Entities entities = *Entities::make(std::move(store));
  const PolicySet policies = *PolicySet::parse(text);
  const Request request(EntityUid("G", "0"), EntityUid("Action", "a"), EntityUid("G", "1999"));
  Workspace workspace;
  for (auto _ : state)
    benchmark::DoNotOptimize(authorize(policies, request, entities, workspace).decision);
}

// --- given rows
// ------------------------------------------------------------------------------------------------

// What takes longer is counted in processor time, since it is interrupted on any busy machine.
constexpr double kLongMicroseconds = 2000;

double processor_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

constexpr int kRounds = 7;  // the least of their medians counts: other work on the machine only ever adds

// The least over rounds of the median, and of the 99th percentile, of `run(i)` for i < count.
template <class Run>
Json timed(std::size_t count, const Run& run) {
  double p50_us = 1e12, p99_us = 1e12;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> times_us;
    for (std::size_t i = 0; i < count; ++i) {
      const double processor_before_us = processor_us();
      const auto start = Clock::now();
      run(i);
      const double wall_us = microseconds_since(start);
      const double spent_us = processor_us() - processor_before_us;
      times_us.push_back(wall_us > kLongMicroseconds ? std::min(wall_us, spent_us) : wall_us);
    }
    p50_us = std::min(p50_us, percentile(times_us, 0.5));
    p99_us = std::min(p99_us, percentile(times_us, 0.99));
  }
  return Json::object({{"p50_ns", static_cast<std::int64_t>(p50_us * 1000)},
                       {"p99_ns", static_cast<std::int64_t>(p99_us * 1000)}});
}

// {"policies", "schema", "entities", "requests"}: what deciding, parsing and validating take, and the
// decisions.
Result<Json> measure_row(const Json& row) {
  const std::string& text = row["policies"].as_string();
  TRY(const PolicySet policies, PolicySet::parse(text));
  TRY(const Schema schema, Schema::parse(row["schema"].as_string()));
  TRY(const Entities entities, read_entities(row["entities"]));
  std::vector<Request> requests;
  std::vector<std::string> calls;  // as a caller without resident entities would send them
  for (const Json& request : row["requests"].as_array()) {
    TRY(Request read, read_request(request));
    requests.push_back(std::move(read));
    calls.push_back(compact(Json::object({{"request", request}, {"entities", row["entities"]}})));
  }
  Workspace workspace;
  Json decisions = Json::array();
  for (const Request& request : requests)
    decisions.push(Json(name(authorize(policies, request, entities, workspace).decision)));
  const auto times = static_cast<std::size_t>(row["times"].int_or(1000));
  const auto from_json = [&](std::size_t i) {
    const Json call = *parse_json(calls[i % calls.size()]);
    const Entities store = *read_entities(call["entities"]);
    benchmark::DoNotOptimize(authorize(policies, *read_request(call["request"]), store, workspace).decision);
  };
  const auto resident = [&](std::size_t i) {
    benchmark::DoNotOptimize(
        authorize(policies, requests[i % requests.size()], entities, workspace).decision);
  };
  const std::size_t few = std::max<std::size_t>(1, 300 / policies.policies().size());
  return Json::object({{"decisions", std::move(decisions)},
                       {"valid", validate(policies, schema).valid()},
                       {"authorize", timed(times, resident)},
                       {"authorize_from_json", timed(times, from_json)},
                       {"parse", timed(few, [&](std::size_t) { (void)PolicySet::parse(text); })},
                       {"validate", timed(few, [&](std::size_t) { (void)validate(policies, schema); })}});
}

int measure_rows(const char* file) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto row = parse_json(line);
    const auto answer = row ? measure_row(*row) : Result<Json>(std::unexpected(row.error()));
    if (!answer) {
      std::cerr << answer.error().message() << "\n";
      return 1;
    }
    std::cout << compact(*answer) << std::endl;
  }
  return 0;
}

BENCHMARK(Authorize)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(AuthorizeUnscoped)
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10'000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(AuthorizeOnce)->Arg(1)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(Tree)->Arg(1)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(TreeUnscoped)->Arg(1)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(BuildAndAuthorize)->Arg(60)->Unit(benchmark::kMicrosecond);
BENCHMARK(Parse)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(Load100000)->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(DeepHierarchy)->Unit(benchmark::kMicrosecond);

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--rows") return measure_rows(argv[2]);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
