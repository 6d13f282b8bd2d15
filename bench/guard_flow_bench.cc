// What labels and provenance cost in the guard, through the door that it uses: FlowWatch.
//
//   build/release/bench/guard_flow_bench
//
// 4 MB of results of tools (bench/flow_content.h) read by a session; then calls that send, to addresses that
// were read, that were typed and that are nobody's, with a body of 2 KiB. Processor time of this thread.
// Counters: p50_us and p99_us of one call or result, us_per_mb of reading, memory_ratio: heap that the
// session holds over what it has read (limit 3), of_limit: p50 over the limit of 200 us.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>

#include "base/json.h"
#include "content.h"
#include "flow_content.h"
#include "guard/flow_watch.h"

namespace {

using namespace weir;
using namespace weir::bench;

constexpr double kLimitUs = 200;

std::shared_ptr<const flow::Words> words() {
  for (const auto& file : content_files())
    if (file.name == "flow/words.yaml")
      return std::make_shared<const flow::Words>(
          flow::Words::read(std::string(file.bytes), "flow/words.yaml").value());
  return nullptr;
}

event::Event event_of(std::string_view kind, std::uint64_t seq, const std::string& tool, Json body) {
  event::Event event;
  event.kind = kind;
  event.seq = seq;
  event.agent.name = "claude-code";
  event.session = event.root = "bench";
  event.corr["tool_use_id"] = "call-" + std::to_string(seq / 2);
  event.data = Json::object({{"tool", tool}});
  event.body = std::move(body);
  return event;
}

event::Event call_of(std::uint64_t seq, const std::string& tool, Json input) {
  return event_of(event::kind::kToolCall, seq, tool,
                  Json::object({{"tool", tool}, {"input", std::move(input)}}));
}

std::size_t heap_bytes() {
  const struct mallinfo2 now = mallinfo2();
  return now.uordblks + now.hblkhd;
}

struct Prior {
  guard::FlowWatch watch{words()};
  std::size_t content = 0;
  std::size_t heap = 0;  // that the session holds
  std::vector<double> times;
  std::uint64_t seq = 0;

  Prior() {
    const std::size_t before = heap_bytes();
    std::mt19937_64 random(42);
    watch.note(event_of(event::kind::kPrompt, ++seq, "",
                        Json::object({{"text", "Answer the mails and send the report to " + address(1) +
                                                   ", " + address(2) + " and ann@example.com"}})));
    ++seq;
    while (content < kContent) {
      const std::string text = result(random);
      content += text.size();
      const event::Event call = call_of(seq++, "mcp__mail__list_mails", Json::object({{"page", 1}}));
      watch.call(call, {}, event::Verdict::allow);
      const event::Event answer = event_of(event::kind::kToolResult, seq++, "mcp__mail__list_mails",
                                           Json::object({{"output", text}}));
      const double begin = processor_us();
      watch.note(answer);
      times.push_back(processor_us() - begin);
    }
    heap = heap_bytes() - before - times.capacity() * sizeof(double);
  }
};

Prior& prior() {
  static Prior made;
  return made;
}

void count(benchmark::State& state, std::vector<double> times) {
  std::ranges::sort(times);
  state.counters["p50_us"] = times[times.size() / 2];
  state.counters["p99_us"] = times[times.size() * 99 / 100];
  state.counters["of_limit"] = times[times.size() / 2] / kLimitUs;
}

// Labels and values of one call, as decide() asks for them.
void Assess(benchmark::State& state) {
  std::mt19937_64 random(7);
  std::vector<event::Event> calls;
  for (std::uint64_t i = 0; i < 1000; ++i)
    calls.push_back(call_of(prior().seq, "mcp__mail__send_email",
                            Json::object({{"recipients", Json::array({address(random()), address(2)})},
                                          {"cc", "nobody" + std::to_string(i) + "@company7.example"},
                                          {"attachment_id", std::to_string(random() % 1'000'000)},
                                          {"subject", prose(random, 40)},
                                          {"body", prose(random, 2048)}})));
  std::vector<double> times;
  for (auto _ : state) {
    const auto& call = calls[times.size() % calls.size()];
    const double begin = processor_us();
    benchmark::DoNotOptimize(prior().watch.assess(call, {}));
    times.push_back(processor_us() - begin);
  }
  count(state, std::move(times));
  const auto content = static_cast<double>(prior().content);
  state.counters["memory_ratio"] = static_cast<double>(prior().heap) / content;
  state.counters["session_ratio"] = static_cast<double>(prior().watch.session()->bytes()) / content;
}
BENCHMARK(Assess);

// Reading one result of about 14 kB.
void Note(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(prior());
  const auto& times = prior().times;
  double all = 0;
  for (const double time : times)
    all += time;
  state.counters["us_per_mb"] = all / (static_cast<double>(prior().content) / 1e6);
  count(state, times);
}
BENCHMARK(Note)->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
