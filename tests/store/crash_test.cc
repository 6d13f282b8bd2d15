// kill -9 at any moment, and many threads at once.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>

#include "os/random.h"
#include "store/check.h"
#include "store/fixture.h"
#include "store/indexer.h"
#include "store/sqlite_query.h"

namespace weir::store {
namespace {

// What the child acknowledges: record and ledger entry `number` are durable.
struct Acknowledged {
  std::uint64_t number = 0;
};

// Hard to compress, so that writes are long enough to be hit in the middle; up to 60 kB.
std::string body_of(std::uint64_t number) {
  std::string body = std::to_string(number) + " ";
  std::uint64_t state = number + 1;
  const std::size_t bytes = number % 9 == 0 ? 60'000 : number % 40 * 50;
  while (body.size() < bytes)
    body += static_cast<char>((state = state * 6364136223846793005u + 1442695040888963407u) >> 56);
  return body;
}

// Appends groups of one to four records with a ledger entry each, from `number` on, and writes every number
// to `out` once it is durable. Never returns.
[[noreturn]] void append_for_ever(const Options& options, std::uint64_t number, int out) {
  auto store = Store::open(options);
  if (!store) ::_exit(1);
  Indexer indexer(**store);
  while (true) {
    const std::uint64_t count = number % 4 + 1;
    std::vector<Sealed> batch;
    std::vector<std::string> entries;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t n = number + i;
      auto sealed = (*store)->seal(event_draft(n, "s" + std::to_string(n / 50), body_of(n)));
      if (!sealed) ::_exit(2);
      batch.push_back(std::move(*sealed));
      entries.push_back("entry " + std::to_string(n));
    }
    if (!(*store)->append(batch, entries, number)) ::_exit(3);
    for (std::uint64_t i = 0; i < count; ++i) {
      const Acknowledged done{number + i};
      if (::write(out, &done, sizeof done) != sizeof done) ::_exit(4);
    }
    number += count;
  }
}

// Runs the child and kills it after delay_us, counted from its start or from its first acknowledgement; the
// number after the last one it acknowledged.
std::uint64_t run_and_kill(const Options& options, std::uint64_t from, int delay_us, bool from_first) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    append_for_ever(options, from, ends[1]);
  }
  ::close(ends[1]);
  pollfd acknowledged{ends[0], POLLIN, 0};
  if (from_first) ::poll(&acknowledged, 1, 20'000);
  ::usleep(static_cast<useconds_t>(delay_us));
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child failed: " << WEXITSTATUS(status);
  std::uint64_t next = from;
  Acknowledged done;
  while (::read(ends[0], &done, sizeof done) == sizeof done) {
    EXPECT_EQ(done.number, next);
    ++next;
  }
  ::close(ends[0]);
  return next;
}

void kill_loop(const std::string& below, int rounds, int delay_max_us) {
  const support::ThrowawayDir dir(below);
  Options options = options_in(dir.path());
  options.segment_bytes = 2'000'000;  // rotations happen under fire, too
  std::uint64_t next = 0;
  std::uint64_t cuts = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto random = os::random_bytes<2>();
    const int delay_us = 1'000 + (random[0] * 256 + random[1]) % delay_max_us;
    const std::uint64_t acknowledged = run_and_kill(options, next, delay_us, round % 4 != 0);

    const auto store = must(Store::open(options));
    cuts += store->cut() ? 1 : 0;
    const auto last = must(store->last_ledger_index());
    const std::uint64_t stored = last ? *last + 1 : 0;
    ASSERT_GE(stored, acknowledged) << "round " << round;
    ASSERT_LE(stored, acknowledged + 4) << "more than the one group in flight";
    // Every record is there once, in order, with its entry and its body.
    std::uint64_t number = 0;
    must(store->for_each({}, [&](const Record& record) -> Result<bool> {
      EXPECT_EQ(record.id, id_of(number));
      ++number;
      return true;
    }));
    ASSERT_EQ(number, stored) << "record and ledger entry live and die together";
    const CheckReport report = must(check_store(*store));
    ASSERT_TRUE(report.damages.empty()) << report.damages[0].what;
    ASSERT_EQ(report.ledger_entries, stored);
    next = stored;
  }
  std::printf("  %d kills, %llu records, %llu torn tails cut\n", rounds,
              static_cast<unsigned long long>(next), static_cast<unsigned long long>(cuts));
  ASSERT_GT(next, 0u);

  const auto store = must(Store::open(options));
  std::uint64_t number = 0;
  must(store->for_each({}, [&](const Record& record) -> Result<bool> {
    if (number % 50 != 0) return ++number, true;  // looked for by reading everything: some are enough
    TRY(const Json envelope, record.json());
    TRY(const std::string body, store->body(record.root, std::string(envelope["body"]["ref"].text_or(""))));
    EXPECT_EQ(body, body_of(number)) << number;
    return ++number, true;
  }));
  // The index survived the same kills or was replaced, and agrees.
  Indexer indexer(*store);
  ASSERT_TRUE(indexer.wait_for(store->end(), 20'000)) << indexer.state().error;
  SqliteQuery query(*store);
  std::uint64_t events = 0;
  for (std::uint64_t before = INT64_MAX;;) {
    const auto page = must(query.sessions({.before = before, .count_max = 1000}));
    for (const auto& session : page)
      events += session.events;
    if (page.size() < 1000) break;
    before = page.back().last_number;
  }
  EXPECT_EQ(events, next);
}

TEST(Kill9, LosesNothingAcknowledgedAndShowsNothingTornOnDisk) {
  kill_loop("/tmp", full_level() ? 250 : 10, 60'000);
}

// Without a disk to wait for, the kill comes in the middle of a write far more often.
TEST(Kill9, LosesNothingAcknowledgedAndShowsNothingTornInMemory) {
  kill_loop(in_memory(), full_level() ? 250 : 30, 25'000);
}

// Many seal, one appends, one indexes, others read and ask. For ThreadSanitizer above all.
TEST(Threads, SealAppendIndexAndAskAtOnce) {
  const support::ThrowawayDir dir(in_memory());
  Options options = options_in(dir.path());
  options.segment_bytes = 100'000;
  const auto store = must(Store::open(options));
  Indexer indexer(*store);
  SqliteQuery query(*store);
  store->use_locator(&query);
  constexpr std::uint64_t kSealers = 4;
  const std::uint64_t each = full_level() ? 2000 : 150;
  std::mutex mutex;
  std::vector<Sealed> waiting;
  std::atomic<std::uint64_t> sealers_left = kSealers;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kSealers; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < each; ++i) {
        const std::uint64_t number = t * each + i;
        Sealed sealed = must(
            store->seal(event_draft(number, "s" + std::to_string(i % 20), "body " + std::to_string(number))));
        const std::lock_guard lock(mutex);
        waiting.push_back(std::move(sealed));
      }
      --sealers_left;
    });
  std::atomic<bool> done = false;
  threads.emplace_back([&] {  // the committer
    std::uint64_t index = 0;
    while (true) {
      const bool last = sealers_left == 0;
      std::vector<Sealed> batch;
      {
        const std::lock_guard lock(mutex);
        batch.swap(waiting);
      }
      const std::vector<std::string> entries(batch.size(), "entry");
      must(store->append(batch, entries, index));
      index += entries.size();
      if (last && batch.empty()) break;
    }
    done = true;
  });
  for (int reader = 0; reader < 2; ++reader)
    threads.emplace_back([&] {
      Position at;
      std::uint64_t seen = 0;
      while (!done || at < store->end()) {
        const RecordPage page = must(query.follow(at, 50));
        at = page.next;
        seen += page.records.size();
        for (const Record& record : page.records)
          if (record.seq % 31 == 0) {
            const std::string ref(must(record.json())["body"]["ref"].text_or(""));
            EXPECT_EQ(must(store->body(record.root, ref)), "body " + std::to_string(record.seq));
          }
        (void)query.sessions({});
        (void)must(store->last_ledger_index());
        store->wait_beyond(at, 1);
      }
      EXPECT_EQ(seen, kSealers * each);
    });
  for (std::thread& thread : threads)
    thread.join();
  ASSERT_TRUE(indexer.wait_for(store->end(), 60'000)) << indexer.state().error;
  std::uint64_t events = 0;
  for (const auto& session : must(query.sessions({.count_max = 1000})))
    events += session.events;
  EXPECT_EQ(events, kSealers * each);
  store->use_locator(nullptr);
}

// One key for a session, however many ask for it first.
TEST(Threads, OneKeyForASession) {
  const support::ThrowawayDir dir(in_memory());
  const auto store = must(Store::open(options_in(dir.path())));
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::set<std::string> refs;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int session = 0; session < 300; ++session) {  // more than the key ring holds at a time
        const Sealed sealed = must(store->seal(event_draft(1, "s" + std::to_string(session), "same")));
        const std::lock_guard lock(mutex);
        refs.insert(sealed.body_ref.ref);
      }
    });
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(refs.size(), 300u);
  EXPECT_EQ(store->keys_count(), 300u);
}

}  // namespace
}  // namespace weir::store
