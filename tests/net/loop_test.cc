// Loop, tasks, scopes and deadlines: order and ends, never how long something took.
#include "net/loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace weir::net {
namespace {

Task<int> plus_one(int n) {
  co_return n + 1;
}

Task<int> count_up(int times) {
  int n = 0;
  for (int i = 0; i < times; ++i)
    n = co_await plus_one(n);
  co_return n;
}

Task<Status> wait_for(Loop& loop, std::int64_t ms) {
  co_return co_await loop.sleep(ms);
}

Task<void> note_end(Loop& loop, std::int64_t ms, int number, std::vector<int>& order) {
  const Status slept = co_await loop.sleep(ms);
  order.push_back(slept ? number : -number);
}

TEST(Task, ThatEndsWithoutWaitingDoesNotGrowTheStack) {
  Loop loop;
  EXPECT_EQ(loop.run_task(count_up(1'000'000)), 1'000'000);
}

TEST(Loop, SleepsEndInTheOrderOfTheirTimes) {
  Loop loop;
  std::vector<int> order;
  const auto run = [](Loop& on, std::vector<int>& into) -> Task<void> {
    TaskGroup group(co_await CurrentScope());
    group.start(note_end(on, 40, 3, into));
    group.start(note_end(on, 1, 1, into));
    group.start(note_end(on, 20, 2, into));
    co_await group.ended();
  };
  loop.run_task(run(loop, order));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(Loop, ASleepIsNeverTooShort) {
  Loop loop;
  const std::int64_t before = loop.now_ms();
  ASSERT_TRUE(loop.run_task(wait_for(loop, 15)));
  EXPECT_GE(loop.now_ms() - before, 15);
}

TEST(Loop, JobsOfOtherThreadsRunOnItsOwn) {
  Loop loop;
  std::thread::id ran;
  std::thread other([&] {
    loop.post([&] {
      ran = std::this_thread::get_id();
      loop.stop();
    });
  });
  loop.run();
  other.join();
  EXPECT_EQ(ran, std::this_thread::get_id());
}

TEST(Loop, EndsItsTasksWhenItGoes) {
  std::vector<int> order;
  {
    Loop loop;
    loop.spawn(note_end(loop, 3'600'000, 1, order));
    loop.spawn(note_end(loop, 3'600'000, 2, order));
    EXPECT_TRUE(order.empty());
  }
  std::ranges::sort(order);
  EXPECT_EQ(order, (std::vector<int>{-2, -1}));
}

TEST(Scope, CancellingEndsWhatWaitsBelowItAndNothingElse) {
  Loop loop;
  std::vector<int> order;
  const auto run = [](Loop& on, std::vector<int>& into) -> Task<void> {
    TaskGroup kept(co_await CurrentScope());
    TaskGroup given_up(co_await CurrentScope());
    kept.start(note_end(on, 20, 1, into));
    given_up.start(note_end(on, 3'600'000, 2, into));
    given_up.cancel();
    EXPECT_TRUE(into.empty());  // nobody is resumed inside the call
    co_await given_up.ended();
    given_up.start(note_end(on, 3'600'000, 3, into));  // ends at once
    co_await kept.ended();
  };
  loop.run_task(run(loop, order));
  EXPECT_EQ(order, (std::vector<int>{-2, -3, 1}));
}

TEST(Within, GivesUpWhatIsLateAndLeavesTheRest) {
  Loop loop;
  // Status is no Result of a value; the template wants one.
  const auto sleep = [](Loop& on, std::int64_t ms) -> Task<Result<int>> {
    CO_TRY_STATUS(co_await on.sleep(ms));
    co_return 7;
  };
  const auto late = loop.run_task(within(5, sleep(loop, 3'600'000)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().what, "time is up");
  EXPECT_EQ(loop.run_task(within(3'600'000, sleep(loop, 5))), 7);
}

TEST(Resolve, AddressesAreThemselves) {
  Loop loop;
  const auto v4 = loop.run_task(loop.resolve("127.0.0.1", 80));
  ASSERT_TRUE(v4);
  ASSERT_EQ(v4->size(), 1U);
  EXPECT_EQ(v4->front().text(), "127.0.0.1:80");
  EXPECT_EQ(loop.run_task(loop.resolve("::1", 81))->front().text(), "[::1]:81");
  const auto named = loop.run_task(loop.resolve("localhost", 82));  // by /etc/hosts
  ASSERT_TRUE(named);
  EXPECT_EQ(named->front().port(), 82);
}

// ---- the wheel

struct Rings {
  explicit Rings(Loop& loop) : deadline(loop, [this] { ++count; }) {}
  int count = 0;
  Deadline deadline;
};

TEST(DeadlineWheel, CallsEachOnceWhenItsTimeHasCome) {
  Loop loop;
  DeadlineWheel wheel(1'000);
  Rings soon(loop), later(loop), next_turn(loop);
  wheel.add(soon.deadline, 1'010);
  wheel.add(next_turn.deadline, 1'010 + 4'096);  // the same slot
  wheel.add(later.deadline, 1'500);
  EXPECT_EQ(wheel.next_ms(), 1'010);
  wheel.advance(1'009);
  EXPECT_EQ(soon.count, 0);
  wheel.advance(1'010);
  EXPECT_EQ(soon.count, 1);
  EXPECT_EQ(next_turn.count, 0);
  EXPECT_EQ(wheel.next_ms(), 1'500);
  wheel.advance(1'000'000);
  EXPECT_EQ(soon.count + later.count + next_turn.count, 3);
  EXPECT_EQ(wheel.next_ms(), std::nullopt);
}

TEST(DeadlineWheel, WhatIsDisarmedDoesNotRing) {
  Loop loop;
  DeadlineWheel wheel(0);
  Rings first(loop), second(loop);
  Deadline disarms(loop, [&] { second.deadline.disarm(); });
  wheel.add(first.deadline, 5);
  first.deadline.disarm();
  wheel.add(disarms, 7);  // due in the same advance, before the other
  wheel.add(second.deadline, 8);
  wheel.advance(100);
  EXPECT_EQ(first.count, 0);
  EXPECT_EQ(second.count, 0);
}

TEST(DeadlineWheel, MayBeArmedAnewByWhatItCalls) {
  Loop loop;
  DeadlineWheel wheel(0);
  int count = 0;
  std::optional<Deadline> again;
  again.emplace(loop, [&] {
    if (++count < 3) wheel.add(*again, 1);  // past: as soon as can be
  });
  wheel.add(*again, 1);
  wheel.advance(10);
  EXPECT_EQ(count, 1);
  wheel.advance(20);
  wheel.advance(30);
  wheel.advance(40);
  EXPECT_EQ(count, 3);
}

// ---- places

TEST(Endpoint, ReadsWhatItWrites) {
  for (const char* text : {"127.0.0.1:8080", "[::1]:0", "0.0.0.0:65535", "unix:/run/weir/a.sock"})
    EXPECT_EQ(Endpoint::parse(text)->text(), text);
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:65536", "::1:80", "localhost:80", "127.0.0.1:+1",
                           "unix:", "127.0.0.1: 80", "127.0.0.1:80 "})
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  EXPECT_FALSE(Endpoint::unix_path(std::string(108, 'a')));
}

}  // namespace
}  // namespace weir::net
