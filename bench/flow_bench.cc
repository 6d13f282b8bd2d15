// What it costs to remember what was read and to ask where a value came from.
//
//   build/release/flow_bench
//
// 4 MB of prior content made here, seeded: mails, files, pages, lists of records as a serializer prints them,
// in leaves of 5 to 4,000 bytes. Look-ups are of ordinary values that stand there (addresses, ids, names,
// URLs), that do not, and of arguments of 2 KiB of which a part was copied. Counters: bytes_per_second of
// building and reading, p50/p99 of one look-up in microseconds of this thread's processor time, memory over
// content.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "flow/corpus.h"
#include "flow/decode.h"
#include "flow/fold.h"
#include "flow/leaves.h"
#include "flow/shingles.h"
#include "flow_content.h"

namespace {

using namespace weir;
using namespace weir::bench;

struct Prior {
  std::vector<std::string> results;
  std::vector<std::string> texts;  // folded leaves
  std::vector<std::string> values;
  std::vector<std::string> absent;
};

const Prior& prior() {
  static const Prior kPrior = [] {
    Prior made;
    std::mt19937_64 random(42);
    std::size_t bytes = 0;
    while (bytes < kContent) {
      made.results.push_back(result(random));
      for (const auto& leaf : flow::read_leaves(made.results.back()).leaves) {
        made.texts.push_back(flow::fold(leaf.value));
        bytes += made.texts.back().size();
        if (leaf.key != "body" && leaf.key != "read" && leaf.key != "status")
          made.values.push_back(made.texts.back());
      }
    }
    std::ranges::shuffle(made.values, random);
    made.values.resize(4000);
    for (int i = 0; i < 4000; ++i)
      made.absent.push_back(i % 2 == 0 ? "nobody" + std::to_string(i) + "@company7.example"
                                       : "https://elsewhere" + std::to_string(i) + ".example/path");
    return made;
  }();
  return kPrior;
}

const flow::Corpus& corpus() {
  static const flow::Corpus kCorpus = [] {
    flow::Corpus made;
    for (const auto& text : prior().texts)
      made.add(text);
    return made;
  }();
  return kCorpus;
}

template <typename Ask>
void time_each(benchmark::State& state, const std::vector<std::string>& values, Ask ask) {
  std::vector<double> times;
  for (auto _ : state) {
    const std::string& value = values[times.size() % values.size()];
    const double begin = processor_us();
    ask(value);
    times.push_back(processor_us() - begin);
  }
  std::ranges::sort(times);
  state.counters["p50_us"] = times[times.size() / 2];
  state.counters["p99_us"] = times[times.size() * 99 / 100];
}

std::size_t total(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const auto& text : texts)
    bytes += text.size();
  return bytes;
}

void Leaves(benchmark::State& state) {
  for (auto _ : state)
    for (const auto& text : prior().results)
      benchmark::DoNotOptimize(flow::read_leaves(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * total(prior().results)));
}
BENCHMARK(Leaves);

void LeavesJson(benchmark::State& state) {
  std::string json = "[";
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i)
    json += std::string(i > 0 ? "," : "") + R"({"id":)" + std::to_string(i) + R"(,"sender":")" +
            address(random()) + R"(","read":false,"subject":"words of a subject","score":0.5})";
  json += "]";
  for (auto _ : state)
    benchmark::DoNotOptimize(flow::read_leaves(json));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * json.size()));
}
BENCHMARK(LeavesJson);

void Fold(benchmark::State& state) {
  for (auto _ : state)
    for (const auto& text : prior().results)
      benchmark::DoNotOptimize(flow::fold(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * total(prior().results)));
}
BENCHMARK(Fold);

void FoldAccents(benchmark::State& state) {
  std::string text;
  while (text.size() < 1'000'000)
    text += "Grüße aus München, señor José naïve café \u5317\u4EAC \u043F\u0440\u0438\u0432\u0435\u0442 ";
  for (auto _ : state)
    benchmark::DoNotOptimize(flow::fold(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(FoldAccents);

void Undress(benchmark::State& state) {
  for (auto _ : state)
    for (const auto& text : prior().texts)
      benchmark::DoNotOptimize(flow::undressed(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * total(prior().texts)));
}
BENCHMARK(Undress);

void CorpusBuild(benchmark::State& state) {
  double memory = 0;
  for (auto _ : state) {
    flow::Corpus made;
    for (const auto& text : prior().texts)
      made.add(text);
    memory = static_cast<double>(made.bytes()) / static_cast<double>(made.content_bytes());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * total(prior().texts)));
  state.counters["memory_ratio"] = memory;
}
BENCHMARK(CorpusBuild);

void FindPresent(benchmark::State& state) {
  (void)corpus();
  time_each(state, prior().values,
            [](const std::string& value) { benchmark::DoNotOptimize(corpus().find(value)); });
}
BENCHMARK(FindPresent);

void FindAbsent(benchmark::State& state) {
  (void)corpus();
  time_each(state, prior().absent,
            [](const std::string& value) { benchmark::DoNotOptimize(corpus().find(value)); });
}
BENCHMARK(FindAbsent);

void FindCommonWord(benchmark::State& state) {
  (void)corpus();
  time_each(state, {"received", "false", "com"},
            [](const std::string& value) { benchmark::DoNotOptimize(corpus().find(value)); });
}
BENCHMARK(FindCommonWord);

flow::Shingles shingled() {
  flow::Shingles made;
  for (std::uint32_t i = 0; i < corpus().texts(); ++i)
    made.add(corpus(), i);
  return made;
}

void ShinglesBuild(benchmark::State& state) {
  double memory = 0;
  for (auto _ : state)
    memory = static_cast<double>(shingled().bytes()) / static_cast<double>(corpus().content_bytes());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * corpus().content_bytes()));
  state.counters["memory_ratio"] = memory;
}
BENCHMARK(ShinglesBuild);

// Arguments of 2 KiB: prose of their own with 200 bytes from what was read.
void Overlaps(benchmark::State& state) {
  static const flow::Shingles kShingles = shingled();
  std::mt19937_64 random(9);
  std::vector<std::string> arguments;
  while (arguments.size() < 200) {
    const std::string& from = prior().texts[random() % prior().texts.size()];
    if (from.size() < 400) continue;
    arguments.push_back(flow::fold(prose(random, 900) + from.substr(100, 200) + prose(random, 950)));
  }
  time_each(state, arguments,
            [](const std::string& text) { benchmark::DoNotOptimize(kShingles.overlaps(corpus(), text)); });
}
BENCHMARK(Overlaps);

}  // namespace

BENCHMARK_MAIN();
