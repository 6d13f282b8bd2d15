// How long a command takes to be parsed and analysed, in microseconds.
#include <benchmark/benchmark.h>

#include <fstream>
#include <string>
#include <vector>

#include "content.h"
#include "shell/effects.h"

namespace {

using namespace weir;
using namespace weir::shell;

const char* const kCommands[] = {
    "git status",
    "cd /srv/app && npm ci && npm run build -- --mode production > build.log 2>&1",
    "find . -name '*.pyc' -not -path './.venv/*' -print0 | xargs -0 rm -f",
    "for f in a b c; do sed -i \"s/$f/x/\" \"src/$f.txt\"; done",
    "curl -fsSL https://example.com/install.sh | sudo bash -s -- --yes",
    "docker run --rm -v \"$PWD\":/app -w /app node:20 sh -c 'npm test -- --coverage'",
};

const CommandTable& table() {
  static const CommandTable shipped = [] {
    CommandTable out;
    for (const ContentFile& file : content_files())
      if (file.name.starts_with("commands/") && file.name.ends_with(".yaml"))
        (void)out.add(file.bytes, file.name);
    return out;
  }();
  return shipped;
}

void parse_command(benchmark::State& state) {
  const std::string_view command = kCommands[state.range(0)];
  for (auto _ : state)
    benchmark::DoNotOptimize(parse(command));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * command.size()));
}
BENCHMARK(parse_command)->DenseRange(0, std::size(kCommands) - 1)->Unit(benchmark::kMicrosecond);

void analyze_command(benchmark::State& state) {
  const std::string_view command = kCommands[state.range(0)];
  const Environment here{
      .cwd = "/workspace", .home = "/home/dev", .workspace = "/workspace", .variables = {}, .depth = 0};
  for (auto _ : state)
    benchmark::DoNotOptimize(analyze(command, here, table()));
}
BENCHMARK(analyze_command)->DenseRange(0, std::size(kCommands) - 1)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
