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
#include <cmath>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "flow/corpus.h"
#include "flow/decode.h"
#include "flow/fold.h"
#include "flow/leaves.h"
#include "flow/shingles.h"

namespace {

using namespace weir;

constexpr std::size_t kContent = 4'000'000;

// Words as unevenly frequent as those of a language: 6,000 of them, the first ones often.
const std::vector<std::string>& vocabulary() {
  static const std::vector<std::string> kWords = [] {
    constexpr const char* kSyllables[] = {"an",  "re", "ti",   "mo",  "sel", "ver", "com", "pro",
                                          "ing", "er", "al",   "pos", "de",  "con", "ma",  "le",
                                          "s",   "ch", "ough", "u",   "i",   "st",  "br",  "ow"};
    std::mt19937_64 random(3);
    std::vector<std::string> words(6000);
    for (std::size_t i = 0; i < words.size(); ++i)
      for (std::size_t parts = random() % 3 + (i < 100 ? 1 : 2); parts-- > 0;)
        words[i] += kSyllables[random() % std::size(kSyllables)];
    return words;
  }();
  return kWords;
}

std::string prose(std::mt19937_64& random, std::size_t bytes) {
  std::uniform_real_distribution<double> chance(0, 1);
  std::string out;
  while (out.size() < bytes) {
    // Zipf's law: the logarithm of the rank is even.
    out += vocabulary()[static_cast<std::size_t>(std::pow(6000.0, chance(random))) - 1];
    out += random() % 12 == 0 ? ".\n" : random() % 9 == 0 ? ", " : " ";
  }
  return out;
}

std::string address(std::uint64_t n) {
  return "person" + std::to_string(n % 5000) + "." + "name" + "@company" + std::to_string(n % 97) +
         ".example";
}

// One result of a tool: a list of mails as YAML.
std::string result(std::mt19937_64& random) {
  std::string out;
  for (int i = 0; i < 8; ++i) {
    std::string body = prose(random, 200 + random() % 3000);
    std::string quoted;
    for (const char c : body)
      c == '\n' ? quoted += "\\n" : quoted += c;
    out += "- attachments: []\n  body: \"" + quoted + "\"\n  id_: '" + std::to_string(random() % 1'000'000) +
           "'\n  read: false\n  recipients:\n  - " + address(random()) + "\n  - " + address(random()) +
           "\n  sender: " + address(random()) + "\n  link: https://site" + std::to_string(random() % 3000) +
           ".example/path/" + std::to_string(random() % 100'000) + "?q=1\n  status: received\n";
  }
  return out;
}

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

double processor_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
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
