// How long it takes to freeze, and to kill, a tree of 200 processes that fork 15 times a second each. Target:
// 100 ms, without the time in which other work of the machine had the processor. The figures are manual
// times.
#include <benchmark/benchmark.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "pod/tree.h"

namespace {

using weir::Result;
using weir::pod::Tree;
using weir::pod::TreeResult;

constexpr int kForkers = 200;
constexpr unsigned kLifetimeMaxS = 20;  // nothing of a failed run outlives it for longer

// A child that lives for a moment, and one of its own that leaves group and session and is orphaned at once.
[[noreturn]] void keep_forking() {
  ::signal(SIGCHLD, SIG_IGN);
  ::alarm(kLifetimeMaxS);
  for (;;) {
    if (::fork() == 0) {
      if (::fork() == 0) {
        ::alarm(kLifetimeMaxS);
        ::setsid();
        ::usleep(50'000);
      }
      ::_exit(0);
    }
    ::usleep(65'000);
  }
}

// The root of the tree, a subreaper as the supervisor of a run is.
pid_t start_tree() {
  const pid_t root = ::fork();
  if (root != 0) return root;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  for (int i = 0; i < kForkers; ++i)
    if (::fork() == 0) keep_forking();
  for (;;)
    if (::waitpid(-1, nullptr, 0) < 0) ::usleep(1000);
}

// How long this thread has waited for a processor, from /proc/thread-self/schedstat.
std::int64_t waited_ns() {
  std::int64_t ran = 0;
  std::int64_t waited = 0;
  std::ifstream("/proc/thread-self/schedstat") >> ran >> waited;
  return waited;
}

template <class Act>
void measure(benchmark::State& state, Act act) {
  for (auto _ : state) {
    const pid_t root = start_tree();
    const Tree tree(root);
    ::usleep(500'000);  // all forkers are there and have forked a few times
    const std::int64_t before_ns = waited_ns();
    const Result<TreeResult> result = act(tree);
    const std::int64_t waited = waited_ns() - before_ns;
    if (!result || !result->survivors.empty()) state.SkipWithError("somebody survived");
    if (result) state.SetIterationTime(static_cast<double>(result->took_ns - waited) / 1e9);
    (void)tree.kill();
    ::kill(root, SIGKILL);
    ::waitpid(root, nullptr, 0);
  }
}

void freeze_200(benchmark::State& state) {
  measure(state, [](const Tree& tree) { return tree.freeze(); });
}
BENCHMARK(freeze_200)->Iterations(5)->UseManualTime()->Unit(benchmark::kMillisecond);

void kill_200(benchmark::State& state) {
  measure(state, [](const Tree& tree) { return tree.kill(); });
}
BENCHMARK(kill_200)->Iterations(5)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
