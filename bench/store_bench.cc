// Store: what sealing costs, records per second that are durable in groups of several sizes, index rows per
// second, and the memory all of it takes. The disk is the current directory's. The bars: 50,000 records a
// second to durable segments, 20,000 a second indexed, resident memory small beside the daemon's 60 MB.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/hash.h"
#include "os/files.h"
#include "store/indexer.h"
#include "store/sqlite_query.h"
#include "store/store.h"

namespace {

using namespace weir;
using namespace weir::store;

class TempDir {
 public:
  TempDir() {
    char name[] = "./weir-store-bench.XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  Options options() const { return {.dir = path_ + "/store", .keys_dir = path_ + "/keys"}; }

 private:
  std::string path_;
};

// Resident memory in KiB, now or at its highest.
double resident_kib(std::string_view field) {
  const std::string status = os::read_file("/proc/self/status", 65'536).value_or("");
  const auto at = status.find(field);
  return at == std::string::npos ? 0 : std::atof(status.c_str() + at + field.size());
}

// Text about as compressible as tool calls are: words that differ from record to record.
std::string body_of(std::size_t bytes, std::uint64_t number) {
  std::string body = "{\"input\":{\"command\":\"";
  for (std::uint64_t i = 0; body.size() < bytes; ++i)
    body += to_hex(ByteView(sha256(std::to_string(number + i / 4))).first(6)) + " --flag /usr/share/doc ";
  return body + "\"}}";
}

Draft event_of(std::uint64_t number, std::size_t body_bytes) {
  const std::string id =
      "01900000-0000-7000-8000-" + to_hex(ByteView(sha256(std::to_string(number))).first(6));
  const std::string session = "claude-code:" + std::to_string(number / 500);
  Draft draft{.kind = RecordKind::event, .id = id, .root = session, .session = session, .seq = number};
  draft.envelope = Json::object({{"v", 1},
                                 {"id", id},
                                 {"kind", "tool.call"},
                                 {"host", "build-7"},
                                 {"user", "dev"},
                                 {"agent", Json::object({{"name", "claude-code"}, {"version", "2.1.330"}})},
                                 {"session", session},
                                 {"root", session},
                                 {"plane", "hook"},
                                 {"source", "claude-code/PreToolUse"},
                                 {"assurance", "claimed"},
                                 {"time", Json::object({{"wall", "2026-11-22T00:44:24.000000001Z"}})},
                                 {"seq", number},
                                 {"corr", Json::object({{"tool_use_id", "toolu_" + id}})},
                                 {"data", Json::object({{"tool", "Bash"}})}});
  draft.body = body_bytes == 0 ? "" : body_of(body_bytes, number);
  return draft;
}

void seal_record(benchmark::State& state) {
  const TempDir dir;
  const auto store = Store::open(dir.options());
  CHECK(store);
  std::uint64_t number = 0;
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    Draft draft = event_of(number++ % 400, static_cast<std::size_t>(state.range(0)));
    state.ResumeTiming();
    auto sealed = (*store)->seal(std::move(draft));
    CHECK(sealed);
    benchmark::DoNotOptimize(sealed);
  }
}
BENCHMARK(seal_record)
    ->ArgName("body_bytes")
    ->Arg(0)
    ->Arg(300)
    ->Arg(4'000)
    ->Arg(64'000)
    ->Unit(benchmark::kMicrosecond);

// Groups of range(0) records, each with a ledger entry: one write and one fdatasync a group.
void append_durably(benchmark::State& state) {
  const TempDir dir;
  auto store = Store::open(dir.options());
  CHECK(store);
  const auto group = static_cast<std::uint64_t>(state.range(0));
  std::vector<Sealed> sealed;
  for (std::uint64_t i = 0; i < group; ++i)
    sealed.push_back(*(*store)->seal(event_of(i, 300)));
  const std::vector<std::string> entries(group, std::string(400, 'e'));
  std::uint64_t index = 0;
  for ([[maybe_unused]] auto _ : state) {
    CHECK((*store)->append(sealed, entries, index));
    index += group;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(index));
}
BENCHMARK(append_durably)
    ->ArgName("group")
    ->Arg(1)
    ->Arg(8)
    ->Arg(64)
    ->Arg(1000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

// How long one fdatasync of the same file takes, with as many bytes: what no store can be faster than.
void bare_fdatasync(benchmark::State& state) {
  const TempDir dir;
  CHECK(os::make_dirs(dir.options().dir));
  const os::Fd fd(
      ::open((dir.options().dir + "/file").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const std::string bytes(1500, 'x');
  for ([[maybe_unused]] auto _ : state) {
    CHECK(os::write_all(fd.get(), bytes));
    CHECK(::fdatasync(fd.get()) == 0);
  }
}
BENCHMARK(bare_fdatasync)->UseRealTime()->Unit(benchmark::kMicrosecond);

// 20,000 events and decisions indexed from nothing.
void index_records(benchmark::State& state) {
  const TempDir dir;
  auto store = Store::open(dir.options());
  CHECK(store);
  std::vector<Sealed> sealed;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    sealed.push_back(*(*store)->seal(event_of(i, 60)));
    if (sealed.size() < 1000) continue;
    CHECK((*store)->append(sealed));
    sealed.clear();
  }
  std::uint64_t records = 0;
  for ([[maybe_unused]] auto _ : state) {
    const auto built = rebuild_index(**store);
    CHECK(built);
    records += *built;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
}
BENCHMARK(index_records)->UseRealTime()->Unit(benchmark::kMillisecond);

// What the store adds to a daemon's memory over 10,000 decisions in 20 sessions, index and questions
// included.
void memory_after_10k(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    const double before = resident_kib("VmRSS:");
    const TempDir dir;
    auto store = Store::open(dir.options());
    CHECK(store);
    Indexer indexer(**store);
    SqliteQuery query(**store);
    for (std::uint64_t i = 0; i < 10'000; i += 10) {
      std::vector<Sealed> group;
      for (std::uint64_t k = 0; k < 10; ++k)
        group.push_back(*(*store)->seal(event_of(i + k, 2000)));
      CHECK((*store)->append(group));
    }
    CHECK(indexer.wait_for((*store)->end(), 120'000));
    CHECK(query.sessions({}));
    state.counters["added_KiB"] = resident_kib("VmRSS:") - before;
    state.counters["peak_KiB"] = resident_kib("VmHWM:");
  }
}
BENCHMARK(memory_after_10k)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
