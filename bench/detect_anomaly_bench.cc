// What an anomaly costs in the path of every tool call, and what a profile takes.
//
//   ./detect_anomaly_bench        Time is one call: conduct, look, lesson, outcome. `bytes` is what one
//                                 repository takes on the heap, with the lessons of 20 sessions
//
// Target: a few microseconds a call, a few hundred kB for the daemon's 12 repositories.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <random>
#include <string>

#include "detect/anomaly.h"

namespace {

using namespace weir;
using namespace weir::detect;

// `kinds`: how many programs, hosts and tools such a repository has.
event::Event call_of(std::mt19937& random, int number, int kinds) {
  event::Event event;
  event.kind = event::kind::kToolCall;
  event.agent.name = "claude-code";
  event.session = event.root = "claude-code:s" + std::to_string(number / 200);
  event.time.wall_ns = std::int64_t{20'000'000'000} * (number + 1);
  event.corr["tool_use_id"] = "toolu_" + std::to_string(number);
  event.data.set("tool", "Tool" + std::to_string(random() % static_cast<unsigned>(2 + kinds / 8)));
  return event;
}

std::vector<event::Action> actions_of(std::mt19937& random, int kinds) {
  const auto one = [&](const char* what) {
    return what + std::to_string(random() % static_cast<unsigned>(kinds));
  };
  const std::string program = one("program-");
  return {{.verb = "shell.exec",
           .resource_type = "Program",
           .resource = program,
           .attrs = Json::object({{"operation", one("do-")}})},
          {.verb = "net.connect",
           .resource_type = "Host",
           .resource = "h:443",
           .attrs = Json::object({{"host", one("a-host-of-some-length.example-")}})},
          {.verb = "file.write",
           .resource_type = "Path",
           .resource = "/w/a",
           .attrs = Json::object({{"classes", Json::array({"regenerable", "source"})}})}};
}

void look_and_learn(benchmark::State& state) {
  const int kinds = static_cast<int>(state.range(0));
  std::mt19937 random(1);
  std::vector<event::Event> events;
  std::vector<std::vector<event::Action>> actions;
  for (int i = 0; i < 4000; ++i) {
    events.push_back(call_of(random, i, kinds));
    actions.push_back(actions_of(random, kinds));
  }
  const std::size_t before = mallinfo2().uordblks;
  AnomalyDetector detector({.lessons_held = 32});
  std::size_t next = 0;
  const auto run = [&] {
    const std::size_t i = next++ % events.size();
    const Conduct conduct = conduct_of(events[i], actions[i], "/home/ann/shop");
    AnomalyLook look = detector.look(conduct);
    benchmark::DoNotOptimize(look);
    detector.released(conduct, look);
    detector.outcome(conduct.session, conduct.call, i % 9 == 0 ? CallEnd::failed : CallEnd::fine);
  };
  while (next < events.size())
    run();
  state.counters["bytes"] = static_cast<double>(mallinfo2().uordblks - before);
  for ([[maybe_unused]] auto _ : state)
    run();
}
BENCHMARK(look_and_learn)->Arg(20)->Arg(100)->Arg(1000);

}  // namespace

BENCHMARK_MAIN();
