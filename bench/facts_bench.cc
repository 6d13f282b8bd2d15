// Facts over a stream of events: a hundred definitions, sliced by session and by host.
//
//   ./facts_bench                 items_per_second are events; `bytes` what the monitor remembers
//
// Target: 300,000 events/s on one core with 100 facts.
#include <benchmark/benchmark.h>

#include "facts/monitor.h"

namespace {

using namespace weir::facts;

// Every shape of fact that ships, with other values each time.
std::vector<Definition> definitions(int count) {
  const char* kShapes[] = {
      "once[10m](verb = file.read and class = c%)",
      "net.connect and once[10m](file.read and class in [c%, credential])",
      "count[5m](verb = v%) >= 20",
      "distinct[10m](host, net.connect and tool = t%) > 15",
      "not kind = prompt since kind = k%",
      "count[10m](kind = tool.call and verdict in [deny, v%]) >= 3",
      "previously tool = t% and net.connect",
      "sum[1h](attr.bytes, net.connect and host = h%) > 1000000",
      "once[1m..1h] finding_class = f% and shell.exec",
      "historically[30s] not resource like \"/etc/%*\"",
  };
  std::vector<Definition> out;
  for (int i = 0; i < count; ++i) {
    std::string text = kShapes[i % 10];
    for (std::size_t at; (at = text.find('%')) != std::string::npos;)
      text.replace(at, 1, std::to_string(i / 10));
    Definition fact{"f" + std::to_string(i), "…", {"session"}, parse_formula(text, "bench").value(), {}};
    if (i % 5 == 4) fact.by = {"host", "session"};
    out.push_back(std::move(fact));
  }
  return out;
}

std::vector<Instant> stream(std::size_t count) {
  const char* kVerbs[] = {"file.read", "file.write", "shell.exec", "net.connect", "file.delete", "v3"};
  std::vector<Instant> out;
  for (std::size_t i = 0; i < count; ++i) {
    Instant one{static_cast<std::int64_t>(i) * 200'000'000, {}};
    one.add("kind", "tool.call");
    one.add("session", "claude-code:" + std::to_string(i % 20));
    one.add("agent", "claude-code");
    one.add("tool", "t" + std::to_string(i % 7));
    one.add("verb", kVerbs[i % 6]);
    one.add("resource", "/workspace/src/file" + std::to_string(i % 100));
    one.add("class", "c" + std::to_string(i % 13));
    one.add("host", "h" + std::to_string(i % 40));
    one.add("attr.bytes", std::to_string(i % 4000));
    one.add("flag", "exists");
    out.push_back(std::move(one));
  }
  return out;
}

void Commit(benchmark::State& state) {
  const auto events = stream(20'000);
  Monitor monitor(FactSet::compile(definitions(static_cast<int>(state.range(0)))).value());
  Truths truths;
  std::int64_t lap = 0;
  std::size_t turn = 0;
  Instant event;
  for (auto _ : state) {
    // Time goes on from lap to lap, so windows fill and empty as they do in life.
    if (turn == events.size()) turn = 0, ++lap;
    event = events[turn++];
    event.time_ns += lap * 4'000'000'000'000;
    monitor.commit(event, truths);
    benchmark::DoNotOptimize(truths);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.counters["bytes"] = static_cast<double>(monitor.bytes());
  state.counters["slices"] = static_cast<double>(monitor.slices());
}

void Peek(benchmark::State& state) {
  const auto events = stream(20'000);
  Monitor monitor(FactSet::compile(definitions(static_cast<int>(state.range(0)))).value());
  (void)monitor.commit(events);
  std::size_t turn = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(monitor.peek({&events[turn++ % events.size()], 1}));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK(Commit)->Arg(15)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(Peek)->Arg(15)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
