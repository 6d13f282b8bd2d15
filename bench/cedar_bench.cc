// Cost of one decision, with 1, 10, 100 and 1000 policies of the kind that guards agents: scopes by action
// and resource type, conditions with `like`, labels, `in` and attributes.
//
//   ./cedar_bench                 times are per request
//
// `Authorize` decides over resident policies and entities; `BuildAndAuthorize` also makes the request and its
// small entity store as a host would for each tool call; `Parse` reads the policy text.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "cedar/authorizer.h"

namespace {

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

void authorize_with(benchmark::State& state, bool scoped) {
  const PolicySet policies = *PolicySet::parse(policy_text(static_cast<int>(state.range(0)), scoped));
  const Entities entities = make_entities();
  std::vector<Request> requests;
  for (std::size_t i = 0; i < std::size(kActions); ++i)
    requests.push_back(make_request(i));
  std::vector<double> times_us;
  std::size_t turn = 0;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(authorize(policies, requests[turn++ % requests.size()], entities));
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    if (times_us.size() < 1'000'000) times_us.push_back(took.count());
  }
  std::sort(times_us.begin(), times_us.end());
  state.counters["p50_us"] = times_us[times_us.size() / 2];
  state.counters["p99_us"] = times_us[times_us.size() * 99 / 100];
}

void Authorize(benchmark::State& state) {
  authorize_with(state, true);
}
void AuthorizeUnscoped(benchmark::State& state) {
  authorize_with(state, false);
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

BENCHMARK(Authorize)->Arg(1)->Arg(10)->Arg(60)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(AuthorizeUnscoped)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(BuildAndAuthorize)->Arg(60)->Unit(benchmark::kMicrosecond);
BENCHMARK(Parse)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
