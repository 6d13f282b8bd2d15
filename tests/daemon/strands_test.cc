// Work by session tree: in order within one, each piece told the number of the thread it runs on.
#include "daemon/strands.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>

namespace weir::daemon {
namespace {

TEST(Strands, AThreadRunsOnePieceAtATimeAndKnowsItsNumber) {
  constexpr std::size_t kThreads = 3;
  std::array<std::atomic<int>, kThreads> running{};
  std::atomic<int> done = 0;
  std::atomic<bool> overlapped = false, out_of_range = false;
  std::array<std::vector<int>, 4> order;
  {
    Strands strands(kThreads);
    for (int i = 0; i < 400; ++i)
      ASSERT_TRUE(strands.post("tree " + std::to_string(i % 4), [&, i](std::size_t thread) {
        if (thread >= kThreads) {
          out_of_range = true;
          return;
        }
        if (running[thread].fetch_add(1) != 0) overlapped = true;
        order[static_cast<std::size_t>(i % 4)].push_back(i);
        running[thread].fetch_sub(1);
        ++done;
      }));
  }  // runs what is queued
  EXPECT_EQ(done, 400);
  EXPECT_FALSE(out_of_range);
  EXPECT_FALSE(overlapped);
  for (const auto& one : order)
    EXPECT_TRUE(std::is_sorted(one.begin(), one.end()));
}

}  // namespace
}  // namespace weir::daemon
