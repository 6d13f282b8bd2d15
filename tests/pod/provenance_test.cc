#include "pod/provenance.h"

#include <gtest/gtest.h>

namespace weir::pod {
namespace {

using Program = Provenance::Program;
constexpr Program kShell{100, 1}, kCurl{99, 2}, kSed{98, 3}, kPython{97, 4};
const Origin kPage{.kind = Origin::Kind::host, .name = "pages.example:443", .steps = {}};

std::vector<std::string> steps_of(const Provenance& known, Program program) {
  const auto origins = known.of(program);
  return origins.size() == 1 ? origins[0].steps : std::vector<std::string>();
}

TEST(Provenance, FollowsFilesThroughThreePrograms) {
  Provenance known;
  known.started(kCurl, kShell, "curl");
  known.writes(kCurl, "/w/page");
  known.came_from(kCurl, kPage);
  known.started(kSed, kShell, "sed");
  known.reads(kSed, "/w/page");
  known.writes(kSed, "/w/out");
  known.started(kPython, kShell, "python3");
  known.reads(kPython, "/w/out");
  EXPECT_EQ(steps_of(known, kPython),
            (std::vector<std::string>{"curl", "/w/page", "sed", "/w/out", "python3"}));
  EXPECT_TRUE(known.of(kShell).empty());
}

TEST(Provenance, WhatAWriterLearnsLaterReachesWhatItHasOpen) {
  Provenance known;
  known.writes(kCurl, "/w/page");
  known.reads(kSed, "/w/page");
  EXPECT_TRUE(known.of(kSed).empty());
  known.came_from(kCurl, kPage);
  EXPECT_EQ(known.of(kSed).size(), 1u);
}

TEST(Provenance, AProgramThatHasEndedPassesOnNothingMore) {
  Provenance known;
  known.reads(kSed, "/w/page");
  known.writes(kSed, "/w/out");
  known.keep([](Program program) { return program != kSed; });
  known.writes(kCurl, "/w/page");
  known.came_from(kCurl, kPage);
  known.reads(kPython, "/w/out");
  EXPECT_TRUE(known.of(kPython).empty());
}

TEST(Provenance, ChildrenHoldWhatTheirParentHeldWhenTheyBegan) {
  Provenance known;
  known.started(kSed, kShell, "sed");
  known.came_from(kShell, kPage);
  known.started(kCurl, kShell, "curl");
  EXPECT_TRUE(known.of(kSed).empty());
  EXPECT_EQ(known.of(kCurl).size(), 1u);
}

TEST(Provenance, ACopyHasWhatItsOriginalHasOpen) {
  constexpr Program kCopy{100, 7};
  Provenance known;
  known.started(kShell, {}, "sh");
  known.reads(kShell, "/w/fifo");
  known.forked(kCopy, kShell);
  known.writes(kCurl, "/w/fifo");
  known.came_from(kCurl, kPage);
  EXPECT_EQ(known.of(kCopy).size(), 1u);
}

TEST(Provenance, WhatIsClosedTakesAndDoesNotGive) {
  Provenance known;
  known.started(kShell, {}, "agent");
  known.close(kShell);
  known.came_from(kShell, kPage);
  known.writes(kShell, "/w/notes");
  known.started(kCurl, kShell, "curl");
  known.reads(kSed, "/w/notes");
  EXPECT_EQ(known.of(kShell).size(), 1u);
  EXPECT_TRUE(known.of(kCurl).empty());
  EXPECT_TRUE(known.of(kSed).empty());
}

TEST(Provenance, ARenamedFileIsWhatItWas) {
  Provenance known;
  known.is_origin("/w/.env", {.kind = Origin::Kind::file, .name = "/w/.env", .steps = {}});
  known.copied("/w/.env", "/w/readme");
  known.started(kPython, kShell, "python3");
  known.reads(kPython, "/w/readme");
  EXPECT_EQ(steps_of(known, kPython), (std::vector<std::string>{"/w/.env", "/w/readme", "python3"}));
}

TEST(Provenance, TellsOnceWhichPlacesGotWhat) {
  Provenance known;
  known.writes(kCurl, "/w/page");
  known.came_from(kCurl, kPage);
  known.came_from(kCurl, kPage);
  const auto news = known.news();
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(news[0].first, "/w/page");
  EXPECT_EQ(news[0].second.name, kPage.name);
  EXPECT_TRUE(known.news().empty());
}

// Files that nobody has anything to do with any more make room; what holds something stays, and when there is
// no more room that is said.
TEST(Provenance, SaysWhenItHadToForget) {
  Provenance known;
  for (std::size_t i = 0; i <= kPlacesMax; ++i) {
    known.reads(kSed, "/w/" + std::to_string(i));
    if (i % 100 == 0) known.keep([](Program) { return false; });
  }
  EXPECT_TRUE(known.complete());
  known.came_from(kCurl, kPage);
  for (std::size_t i = 0; i <= kPlacesMax; ++i)
    known.writes(kCurl, "/v/" + std::to_string(i));
  EXPECT_FALSE(known.complete());
  EXPECT_LE(known.size(), kPlacesMax + 2);
}

TEST(Provenance, ALoopAndALongChainEnd) {
  Provenance known;
  constexpr std::uint64_t kLong = 10'000;
  for (std::uint64_t i = 0; i < kLong; ++i) {
    known.reads({i + 1, 1}, "/w/" + std::to_string(i));
    known.writes({i + 1, 1}, "/w/" + std::to_string((i + 1) % kLong));
  }
  known.came_from(kCurl, kPage);
  known.writes(kCurl, "/w/0");
  const auto origins = known.of({kLong, 1});
  ASSERT_EQ(origins.size(), 1u);
  EXPECT_LE(origins[0].steps.size(), kStepsMax);
}

}  // namespace
}  // namespace weir::pod
