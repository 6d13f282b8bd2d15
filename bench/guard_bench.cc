// What the shipped policies cost for requests as the guard makes them: six Actions of everyday tool calls.
//
//   ./guard_bench                 times are per Action
//
// `Judge` is all that the guard does for one Action: request, small entity store, decision, annotations.
// `Authorize` is the decision alone as the guard asks it, `AuthorizeResident` with a workspace that is kept,
// `Tree` as it was before policies were compiled.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "cedar/authorizer.h"
#include "cedar/evaluator.h"
#include "content.h"
#include "guard/guard.h"
#include "guard/judge.h"

namespace {

using namespace weir;
using namespace weir::guard;

std::shared_ptr<const Pack> shipped_pack() {
  PackSources sources;
  for (const auto& file : content_files()) {
    NamedText text{std::string(file.name), std::string(file.bytes)};
    if (file.name.starts_with("policies/") && file.name.ends_with(".cedar")) sources.policies.push_back(text);
    if (file.name == "policies/weir.cedarschema") sources.schema = text;
    if (file.name.starts_with("paths/")) sources.paths.push_back(text);
    if (file.name.starts_with("commands/")) sources.commands.push_back(text);
    if (file.name.starts_with("facts/")) sources.facts.push_back(text);
  }
  return Pack::load(sources).value();
}

event::Action action(std::string verb, std::string type, std::string resource, Json attrs) {
  event::Action out;
  out.verb = std::move(verb);
  out.resource_type = std::move(type);
  out.resource = std::move(resource);
  out.attrs = std::move(attrs);
  return out;
}

std::vector<event::Action> everyday_actions() {
  const Json inside = Json::object({{"known", true}, {"in_workspace", true}, {"exists", true}});
  Json secret = Json::object({{"known", true}, {"exists", true}});
  secret.set("classes", Json(Json::Array{Json("ssh-keys"), Json("credentials")}));
  return {action("file.read", "Path", "/workspace/src/main.cc", inside),
          action("file.write", "Path", "/workspace/src/main.cc", inside),
          action("file.read", "Path", "/home/ann/.ssh/id_ed25519", secret),
          action("file.delete", "Path", "/srv/data", Json::object({{"known", true}, {"recursive", true}})),
          action("shell.exec", "Program", "make", Json::object({{"program", "make"}})),
          action("net.connect", "Host", "example.com:443", Json::object({{"host", "example.com"}}))};
}

// One situation and the requests that the guard makes in it.
struct Scene {
  std::shared_ptr<const Pack> pack = shipped_pack();
  std::vector<event::Action> actions = everyday_actions();
  event::Event event;
  SessionState state;
  GuardOptions options{.home = "/home/ann"};
  std::vector<cedar::Request> requests;
  std::vector<cedar::Entities> entities;

  Situation situation() const { return {event, state, options, "enforce", "same_user"}; }

  Scene() {
    event.kind = event::kind::kToolCall;
    event.agent.name = "claude-code";
    event.plane = event::plane::kHook;
    event.data = Json::object({{"tool", "Bash"}});
    event.body = Json::object({{"tool", "Bash"}, {"input", Json::object({{"command", "make"}})}});
    const Situation now = situation();
    const Requests maker(now, *pack);
    for (const auto& one : actions) {
      CedarRequest made = maker.of(one);
      requests.push_back(std::move(made.request));
      entities.push_back(cedar::Entities::make(std::move(made.entities)).value());
    }
  }
};

void Judge(benchmark::State& state) {
  const Scene scene;
  const Situation situation = scene.situation();
  std::size_t turn = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(judge({scene.actions[turn++ % scene.actions.size()]}, situation, *scene.pack));
}

// `decide(policies, request, entities)` for each of the requests in turn.
template <class Decide>
void over_requests(benchmark::State& state, const Decide& decide) {
  const Scene scene;
  std::size_t turn = 0;
  for (auto _ : state) {
    const std::size_t i = turn++ % scene.requests.size();
    decide(scene.pack->policies(), scene.requests[i], scene.entities[i]);
  }
  state.counters["policies"] = static_cast<double>(scene.pack->policies().policies().size());
}

void Authorize(benchmark::State& state) {
  over_requests(state, [](const auto& policies, const auto& request, const auto& entities) {
    benchmark::DoNotOptimize(cedar::authorize(policies, request, entities));
  });
}

void AuthorizeResident(benchmark::State& state) {
  cedar::Workspace workspace;
  over_requests(state, [&](const auto& policies, const auto& request, const auto& entities) {
    benchmark::DoNotOptimize(cedar::authorize(policies, request, entities, workspace).decision);
  });
}

void Tree(benchmark::State& state) {
  over_requests(state, [](const auto& policies, const auto& request, const auto& entities) {
    cedar::Evaluator evaluator(request, entities);
    for (const cedar::Policy* policy : policies.matching(request, entities)) {
      benchmark::DoNotOptimize(
          std::all_of(policy->conditions.begin(), policy->conditions.end(), [&](const auto& condition) {
            const auto value = evaluator.evaluate_bool(condition.body);
            return value && *value != condition.unless;
          }));
      evaluator.reset();
    }
  });
}

BENCHMARK(Judge)->Unit(benchmark::kMicrosecond);
BENCHMARK(Authorize)->Unit(benchmark::kMicrosecond);
BENCHMARK(AuthorizeResident)->Unit(benchmark::kMicrosecond);
BENCHMARK(Tree)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
