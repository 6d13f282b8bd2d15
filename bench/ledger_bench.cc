// Ledger: entries per second from append() to a published checkpoint on the disk of the current directory's
// file system, and how long one checkpoint takes. The bar: 50,000 entries per second with batches.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "ledger/log.h"
#include "ledger/verify.h"

namespace {

using namespace weir;
using namespace weir::ledger;

Signer bench_signer() {
  const std::array<std::uint8_t, 32> seed{1};
  return Signer("weir.local/bench", seed);
}

class TempDir {
 public:
  TempDir() {
    char name[] = "./weir-ledger-bench.XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<std::string> batch_of(std::size_t count, std::size_t bytes) {
  std::vector<std::string> entries(count, std::string(bytes, 'e'));
  for (std::size_t i = 0; i < count; ++i)
    entries[i] += std::to_string(i);
  return entries;
}

// Batches of range(0) entries of range(1) bytes, a checkpoint after each 50,000 entries: once a second at the
// bar.
void append_and_checkpoint(benchmark::State& state) {
  const auto entries =
      batch_of(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  const TempDir dir;
  auto log = Log::open(dir.path() + "/log", bench_signer());
  CHECK(log);
  std::uint64_t since = 0;
  for ([[maybe_unused]] auto _ : state) {
    CHECK(log->append(log->size(), entries));
    since += entries.size();
    if (since < 50'000) continue;
    CHECK(log->checkpoint());
    since = 0;
  }
  CHECK(log->checkpoint());
  state.SetItemsProcessed(static_cast<std::int64_t>(log->size()));
}
BENCHMARK(append_and_checkpoint)
    ->Args({100, 300})
    ->Args({1000, 300})
    ->Args({1000, 2000})
    ->UseRealTime()
    ->MinTime(3);

// One new entry, then a checkpoint: what an idle daemon pays.
void one_entry_checkpoint(benchmark::State& state) {
  const TempDir dir;
  auto log = Log::open(dir.path() + "/log", bench_signer());
  CHECK(log->append(0, batch_of(70'000, 300)));
  CHECK(log->checkpoint());
  const auto one = batch_of(1, 300);
  for ([[maybe_unused]] auto _ : state) {
    CHECK(log->append(log->size(), one));
    CHECK(log->checkpoint());
  }
}
BENCHMARK(one_entry_checkpoint)->UseRealTime()->Unit(benchmark::kMillisecond);

void verify_all(benchmark::State& state) {
  const TempDir dir;
  {
    auto log = Log::open(dir.path() + "/log", bench_signer());
    CHECK(log->append(0, batch_of(200'000, 300)));
    CHECK(log->checkpoint());
  }
  for ([[maybe_unused]] auto _ : state)
    CHECK(verify(dir.path() + "/log")->ok());
  state.SetItemsProcessed(state.iterations() * 200'000);
}
BENCHMARK(verify_all)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
