// Every single step of a log's life fails once, and the power is cut before every single step, with all that
// was not durable lost, kept, or lost at random. Each time the log must open again, verify, never contradict
// a checkpoint that a reader may have seen, and end the same.
#include <gtest/gtest.h>

#include <map>

#include "ledger/verify.h"
#include "sim_disk.h"
#include "support.h"

namespace weir::ledger {
namespace {

const std::string kDir = "/var/ledger";

// reference_root(0, size), computed once for each size.
const Digest& known_root(std::uint64_t size) {
  static std::map<std::uint64_t, Digest> roots;
  const auto it = roots.find(size);
  return it != roots.end() ? it->second : roots.emplace(size, reference_root(0, size)).first->second;
}

// Appends and checkpoints up to 900 entries in steps that cross tile borders; a small buffer makes append()
// write, too. Stops at the first error. `seen` collects checkpoints that readers could see.
Status live(SimDisk& disk, std::vector<std::string>& seen) {
  const auto look = [&] {
    if (const std::string bytes = disk.contents(kDir + "/checkpoint"); !bytes.empty()) seen.push_back(bytes);
  };
  const auto run = [&]() -> Status {
    TRY(Log log, Log::open(kDir, test_signer(), {.disk = &disk, .pending_bytes_max = 20'000}));
    for (const std::uint64_t size : {0, 1, 2, 255, 256, 300, 301, 511, 600, 900}) {
      if (size < log.size()) continue;
      TRY_STATUS(log.append(log.size(), entries(log.size(), size)));
      TRY_STATUS(log.checkpoint());
      look();
    }
    return {};
  };
  const Status status = run();
  look();
  return status;
}

void expect_verifies(SimDisk& disk, const std::string& since, const std::string& when) {
  const auto report = verify(disk, kDir, {.key = test_signer().verifier(), .since = since});
  ASSERT_TRUE(report) << when << report.error().message();
  for (const auto& problem : report->problems)
    ADD_FAILURE() << when << problem.where << ": " << problem.what;
}

void expect_ends_well(SimDisk& disk, std::vector<std::string>& seen, const std::string& when) {
  const std::string last_seen = seen.empty() ? std::string() : seen.back();
  if (!last_seen.empty()) {
    const auto log = Log::open(kDir, test_signer(), {.disk = &disk});
    ASSERT_TRUE(log) << when << log.error().message();
    const auto before = open_checkpoint(last_seen, test_signer().verifier());
    EXPECT_GE(log->size(), before->size) << when;
  }
  const Status status = live(disk, seen);
  ASSERT_TRUE(status) << when << status.error().message();
  for (const std::string& bytes : seen) {
    const auto checkpoint = open_checkpoint(bytes, test_signer().verifier());
    ASSERT_TRUE(checkpoint) << when << bytes;
    EXPECT_EQ(checkpoint->root, known_root(checkpoint->size)) << when;
  }
  expect_verifies(disk, seen.front(), when);
  EXPECT_EQ(open_checkpoint(disk.contents(kDir + "/checkpoint"), test_signer().verifier())->size, 900u);
}

int steps_of_a_life() {
  SimDisk disk;
  std::vector<std::string> seen;
  const Status status = live(disk, seen);
  CHECK(status);
  CHECK(seen.size() == 11);
  return disk.steps();
}

TEST(Power, CutBeforeEveryStep) {
  const int steps = steps_of_a_life();
  ASSERT_GT(steps, 100);
  for (int step = 1; step <= steps; ++step) {
    for (unsigned seed = 0; seed < 4; ++seed) {
      const auto loss = seed == 0   ? SimDisk::Loss::everything
                        : seed == 1 ? SimDisk::Loss::nothing
                                    : SimDisk::Loss::random;
      const std::string when =
          "power cut before step " + std::to_string(step) + ", seed " + std::to_string(seed) + ": ";
      SimDisk disk;
      std::vector<std::string> seen;
      disk.cut_power_at(step);
      ASSERT_FALSE(live(disk, seen)) << when;
      disk.restart(loss, seed * 10'007 + static_cast<unsigned>(step));
      // What readers find right after the crash verifies as it is.
      if (const std::string found = disk.contents(kDir + "/checkpoint"); !found.empty())
        expect_verifies(disk, found, when);
      expect_ends_well(disk, seen, when);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Power, CutAgainDuringRecovery) {
  const int steps = steps_of_a_life();
  std::mt19937 random(42);
  for (int round = 0; round < 300; ++round) {
    const std::string when = "round " + std::to_string(round) + ": ";
    SimDisk disk;
    std::vector<std::string> seen;
    for (int crash = 0; crash < 4; ++crash) {
      disk.cut_power_at(disk.steps() + 1 + static_cast<int>(random() % static_cast<unsigned>(steps / 2)));
      (void)live(disk, seen);
      disk.restart(SimDisk::Loss::random, random());
    }
    expect_ends_well(disk, seen, when);
    if (HasFatalFailure()) return;
  }
}

TEST(Power, EveryStepFailsOnceAndNothingIsLost) {
  const int steps = steps_of_a_life();
  for (int step = 1; step <= steps; ++step) {
    const std::string when = "step " + std::to_string(step) + " fails: ";
    SimDisk disk;
    disk.fail_at(step);
    std::vector<std::string> seen;
    const Status status = live(disk, seen);
    ASSERT_FALSE(status) << when;
    EXPECT_EQ(status.error().code, ErrorCode::unavailable) << when;
    expect_ends_well(disk, seen, when);
    if (HasFatalFailure()) return;
  }
}

// The same Log object goes on after the failure, as a daemon does.
TEST(Power, TheSameWriterGoesOnAfterAFailure) {
  const int steps = steps_of_a_life();
  for (int step = 5; step <= steps; ++step) {
    SimDisk disk;
    auto log = Log::open(kDir, test_signer(), {.disk = &disk, .pending_bytes_max = 20'000});
    ASSERT_TRUE(log);
    disk.fail_at(step);
    int failures = 0;
    for (const std::uint64_t size : {0, 1, 2, 255, 256, 300, 301, 511, 600, 900}) {
      while (log->size() < size)
        failures += !log->append(log->size(), entries(log->size(), size));
      for (int attempt = 0; !log->checkpoint(); ++attempt) {
        ++failures;
        ASSERT_LT(attempt, 2);
      }
      EXPECT_EQ(log->published_size(), size);
      // `signed` is never behind what readers see, also on the second attempt.
      EXPECT_EQ(disk.contents(kDir + "/signed"), disk.contents(kDir + "/checkpoint"));
    }
    EXPECT_LE(failures, 1);
    expect_verifies(disk, disk.contents(kDir + "/checkpoint"), "step " + std::to_string(step) + ": ");
    if (HasFatalFailure()) return;
  }
}

TEST(Power, FullDiskBoundsMemoryAndSaysSo) {
  SimDisk disk;
  auto log = Log::open(kDir, test_signer(), {.disk = &disk, .pending_bytes_max = 20'000});
  ASSERT_TRUE(log->append(0, entries(0, 200)));
  ASSERT_TRUE(log->checkpoint());
  const std::string before = disk.contents(kDir + "/checkpoint");
  disk.set_full(true);
  const auto refused = log->append(200, entries(200, 5000));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_NE(refused.error().message().find("no space left"), std::string::npos);
  const std::uint64_t taken = log->size();
  EXPECT_LT(taken, 2000u);
  EXPECT_FALSE(log->append(taken, entries(taken, taken + 1)));
  EXPECT_EQ(log->size(), taken);
  EXPECT_FALSE(log->checkpoint());
  EXPECT_EQ(disk.contents(kDir + "/checkpoint"), before);
  disk.set_full(false);
  ASSERT_TRUE(log->append(taken, entries(taken, 5000)));
  ASSERT_TRUE(log->checkpoint());
  EXPECT_EQ(log->root(), reference_root(0, 5000));
  expect_verifies(disk, before, "");
}

}  // namespace
}  // namespace weir::ledger
