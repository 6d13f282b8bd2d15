// A process that appends and signs under load is killed with SIGKILL at random moments. Rounds:
// WEIR_CRASH_ROUNDS, 40 by default. After each the log is opened, handed what it misses, verified, and
// compared with every checkpoint that was seen before.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "ledger/verify.h"
#include "support.h"

namespace weir::ledger {
namespace {

int rounds() {
  return std::atoi(os::env_or("WEIR_CRASH_ROUNDS", "40").c_str());
}

// The child: goes on where the log is, in batches of changing size, a checkpoint after nearly every one.
[[noreturn]] void work(const std::string& dir, unsigned seed) {
  std::mt19937 random(seed);
  auto log = Log::open(dir, test_signer(), {.pending_bytes_max = 30'000});
  if (!log) ::_exit(2);
  while (true) {
    const std::uint64_t count = random() % 3 == 0 ? random() % 700 : 1 + random() % 5;
    if (!log->append(log->size(), entries(log->size(), log->size() + count))) ::_exit(3);
    if (random() % 4 != 0 && !log->checkpoint()) ::_exit(4);
  }
}

class Observer {
 public:
  // Reads the checkpoint as any reader would and holds it against the reference and what was seen before.
  void look(const std::string& dir) {
    const std::string bytes = slurp(dir + "/checkpoint");
    if (bytes.empty() || bytes == last_) return;
    const auto checkpoint = open_checkpoint(bytes, test_signer().verifier());
    ASSERT_TRUE(checkpoint) << checkpoint.error().message() << "\n" << bytes;
    ASSERT_GE(checkpoint->size, size_) << "went back";
    ASSERT_EQ(checkpoint->root, reference_root(0, checkpoint->size)) << "forked at " << checkpoint->size;
    last_ = bytes;
    size_ = checkpoint->size;
    ++seen_;
  }
  const std::string& last() const { return last_; }
  std::uint64_t size() const { return size_; }
  int seen() const { return seen_; }

 private:
  std::string last_;
  std::uint64_t size_ = 0;
  int seen_ = 0;
};

void kill_once(const std::string& dir, unsigned seed, Observer& observer) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) work(dir, seed);
  std::mt19937 random(seed + 1);
  // Every other time the log must have grown first, however slow the disk is today.
  const int seen_before = observer.seen();
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (seed % 4 == 1 && observer.seen() == seen_before && std::chrono::steady_clock::now() < patience)
    observer.look(dir);
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 40'000);
  while (std::chrono::steady_clock::now() < end)
    observer.look(dir);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
  observer.look(dir);
}

void recover(const std::string& dir, const Observer& observer) {
  // What lies there right after the kill verifies as it is.
  if (!observer.last().empty()) {
    const auto found = verify(dir, {.key = test_signer().verifier(), .since = observer.last()});
    ASSERT_TRUE(found) << found.error().message();
    for (const auto& problem : found->problems)
      ADD_FAILURE() << "after the kill: " << problem.where << ": " << problem.what;
  }
  auto log = Log::open(dir, test_signer());
  ASSERT_TRUE(log) << log.error().message();
  ASSERT_GE(log->size(), observer.size());
  const auto appended = log->append(log->size(), entries(log->size(), log->size() + 17));
  ASSERT_TRUE(appended) << appended.error().message();
  ASSERT_TRUE(log->checkpoint());
  const auto report = verify(dir, {.key = test_signer().verifier(), .since = observer.last()});
  if (observer.last().empty()) return;
  ASSERT_TRUE(report) << report.error().message();
  for (const auto& problem : report->problems)
    ADD_FAILURE() << problem.where << ": " << problem.what;
}

TEST(Crash, KilledAtAnyMoment) {
  int seen = 0;
  std::uint64_t most = 0;
  for (int round = 0; round < rounds();) {
    const support::ThrowawayDir temp;
    const std::string dir = temp / "log";
    Observer observer;
    // A fresh log now and then: the first steps are the rarest, and checking stays quick.
    for (int i = 0; i < 10 && round < rounds(); ++i, ++round) {
      kill_once(dir, static_cast<unsigned>(round * 2 + 1), observer);
      if (HasFatalFailure()) return;
      recover(dir, observer);
      if (HasFatalFailure()) return;
      observer.look(dir);
    }
    seen += observer.seen();
    most = std::max(most, observer.size());
    if (const auto rows = independent_verdicts({dir})) {
      EXPECT_TRUE((*rows)[0]["ok"].bool_or(false)) << compact((*rows)[0]);
    }
  }
  RecordProperty("checkpoints_seen", seen);
  std::printf("%d kills, %d checkpoints seen, largest log %llu\n", rounds(), seen,
              static_cast<unsigned long long>(most));
  EXPECT_GE(seen, rounds() / 2);
}

}  // namespace
}  // namespace weir::ledger
