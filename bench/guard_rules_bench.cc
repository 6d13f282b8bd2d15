// What the Sigma rules that ship add to one guarded call: records, match, findings, correlations; the shell's
// reading and the policies are not counted.
//
//   ./guard_rules_bench                                            agent_commands.jsonl beside this file
//   zcat rows.jsonl.gz | WEIR_BENCH_COMMANDS=/dev/stdin ./guard_rules_bench
//   WEIR_BENCH_RULES=DIR ./guard_rules_bench                       other rules
//
//   Look      the event's records against all rules          Settle   correlations asked and remembered
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "content.h"
#include "guard/guard.h"
#include "guard/rules.h"
#include "guard/understand.h"

namespace {

using namespace weir;
using namespace weir::guard;

struct Call {
  event::Event event;
  std::vector<event::Action> actions;
};

struct Scene {
  std::shared_ptr<const Pack> pack;
  std::vector<Call> calls;

  Scene() {
    PackSources sources;
    for (const auto& file : content_files()) {
      NamedText text{std::string(file.name), std::string(file.bytes)};
      if (file.name.starts_with("paths/")) sources.paths.push_back(text);
      if (file.name.starts_with("commands/")) sources.commands.push_back(text);
      const bool cases = file.name.ends_with(".cases.yml");
      const bool is_rule = file.name.starts_with("rules/") && file.name.ends_with(".yml") && !cases;
      if (is_rule && std::getenv("WEIR_BENCH_RULES") == nullptr) sources.rules.push_back(text);
    }
    if (const char* dir = std::getenv("WEIR_BENCH_RULES"))
      for (const auto& entry : std::filesystem::directory_iterator(dir)) {
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        sources.rules.push_back({entry.path().string(), text.str()});
      }
    pack = Pack::load(sources).value();
    const char* path = std::getenv("WEIR_BENCH_COMMANDS");
    std::ifstream file(path != nullptr ? path : WEIR_SOURCE_DIR "/bench/agent_commands.jsonl");
    const GuardOptions options{.home = "/home/ann", .workspace = "/workspace"};
    SessionState state;
    state.workspace = "/workspace";
    for (std::string line; std::getline(file, line);)
      if (const auto row = parse_json(line)) {
        Call call{.event = command_event((*row)["command"].text_or(""), "/workspace"), .actions = {}};
        call.event.session = call.event.root = "claude-code:1";
        call.actions = understand(call.event, state, options, *pack, {}).actions;
        calls.push_back(std::move(call));
      }
  }
};

const Scene& scene() {
  static const Scene one;
  return one;
}

void Look(benchmark::State& state) {
  const sigma::Watch watch(scene().pack->rules());
  sigma::Watch::Scratch scratch;
  std::size_t found = 0, number = 0;
  for (auto _ : state) {
    const Call& call = scene().calls[number++ % scene().calls.size()];
    found += watch.look(call.event, call.actions, scratch).findings.size();
  }
  state.counters["findings"] = static_cast<double>(found) / static_cast<double>(number);
  const auto size = scene().pack->rules()->engine().size();
  state.counters["rules"] = static_cast<double>(size.rules);
  state.counters["literals"] = static_cast<double>(size.literals);
  state.counters["expressions"] = static_cast<double>(size.expressions);
  state.counters["always"] = static_cast<double>(size.always);
}

void Settle(benchmark::State& state) {
  sigma::Watch watch(scene().pack->rules());
  sigma::Watch::Scratch scratch;
  std::vector<sigma::Watch::Seen> seen;
  for (const Call& call : scene().calls)
    seen.push_back(watch.look(call.event, call.actions, scratch));
  std::int64_t now_ns = 0;
  std::size_t number = 0;
  for (auto _ : state) {
    const auto& one = seen[number++ % seen.size()];
    now_ns += 1'000'000'000;
    benchmark::DoNotOptimize(watch.findings(one, now_ns));
    benchmark::DoNotOptimize(watch.commit(one, now_ns, sigma::Watch::Part::all));
  }
}

BENCHMARK(Look);
BENCHMARK(Settle);

}  // namespace

BENCHMARK_MAIN();
