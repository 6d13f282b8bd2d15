// What it costs to ask who committed the file that a call reads: the first time (`git log --follow` over a
// history of 10,000 commits to 500 files) and when the answer is kept (`git rev-parse`), beside starting git
// alone.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "content.h"
#include "daemon/commit_authors.h"
#include "flow/words.h"
#include "os/files.h"
#include "os/process.h"

namespace {

using namespace weir;

constexpr int kCommits = 10'000;
constexpr int kFiles = 500;

struct Scene {
  std::string dir;
  flow::Products products;

  Scene() {
    char name[] = "/tmp/weir-cab.XXXXXX";
    dir = os::resolve_path(::mkdtemp(name));
    std::string stream;
    for (int i = 0; i < kCommits; ++i) {
      const std::string text = "text of commit " + std::to_string(i) + "\n";
      stream += "commit refs/heads/main\ncommitter Ann <ann@corp.example> " +
                std::to_string(1'700'000'000 + i) + " +0000\ndata 5\nwork\n\nM 100644 inline " + file(i) +
                "\ndata " + std::to_string(text.size()) + "\n" + text + "\n";
    }
    (void)os::run_child(
        {.argv = {"sh", "-c",
                  "cd \"$1\" && git init -q -b main && git fast-import --quiet && git reset -q --hard", "sh",
                  dir},
         .env = std::nullopt,
         .cwd = {},
         .input = stream});
    for (const auto& content : content_files())
      if (content.name == "flow/words.yaml") {
        const auto words = flow::Words::read(content.bytes, content.name);
        const std::vector<flow::Products::File> files = {
            {"t.yaml", "trusted: {authors: {commits: [ann@corp.example]}}\n"}};
        products = *flow::Products::read(files, *words);
      }
  }
  ~Scene() { (void)os::run_child({.argv = {"rm", "-rf", dir}}); }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  static std::string file(int number) { return "f" + std::to_string(number % kFiles) + ".txt"; }
};

const Scene& scene() {
  static const Scene one;
  return one;
}

void look(daemon::CommitAuthors& authors, const std::string& path, benchmark::State& state) {
  event::Event event;
  event.body = Json::object({{"cwd", scene().dir}});
  event::Action action;
  action.verb = "file.read";
  action.resource_type = "Path";
  action.resource = path;
  const std::vector<event::Action> actions = {action};
  std::vector<flow::CarriedFile> found;
  authors.look({event, actions, "", true}, scene().products, found);
  if (!found.empty()) state.SkipWithError("all of it is Ann's");
}

void GitAlone(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(os::run_child({.argv = {"git", "--version"}}));
}
void FirstTime(benchmark::State& state) {
  daemon::CommitAuthors authors;
  (void)scene();
  int number = 0;
  for (auto _ : state)
    look(authors, scene().dir + "/" + Scene::file(number++), state);
}
void Kept(benchmark::State& state) {
  daemon::CommitAuthors authors;
  for (auto _ : state)
    look(authors, scene().dir + "/f1.txt", state);
}

BENCHMARK(GitAlone)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(FirstTime)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(50);
BENCHMARK(Kept)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
