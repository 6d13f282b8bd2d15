// What a scan has finished: kept, given back, and dropped when it no longer holds.
#include "daemon/scan_state.h"
#include "support/throwaway_dir.h"

#include <gtest/gtest.h>

#include <fstream>

namespace weir::daemon {
namespace {

class ScanStateTest : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();

  std::string transcript(const std::string& name, const std::string& session) const {
    const std::string path = dir_ + "/" + name;
    std::ofstream(path) << R"({"type":"mode","sessionId":")" << session << "\"}\n";
    return path;
  }
  ScanState load(const std::string& key = "k") const {
    auto state = ScanState::load(dir_ + "/state", key);
    EXPECT_TRUE(state) << state.error().message();
    return *std::move(state);
  }
  static ScanFinding finding(const std::string& file) {
    ScanFinding f;
    f.file = file;
    f.line = 3;
    f.agent = "claude-code";
    f.session = "claude-code:a";
    f.tool_use_id = "t1";
    f.policies = {{.policy = "p", .evidence_class = "destructive"}, {.policy = "q"}};
    f.reason = "a \"reason\"";
    f.severity = "high";
    f.text = "rm";
    f.same = 17'000'000'000'000'000'000U;
    return f;
  }
};

TEST_F(ScanStateTest, GivesBackWhatWasFinished) {
  const auto a = transcript("a.jsonl", "a");
  const auto b = transcript("b.jsonl", "b");
  ScanState first = load();
  EXPECT_EQ(first.keep({a, b}).to_read, (std::vector{a, b}));
  first.found(finding(a));
  ScanTotals totals;
  totals.files = 1;
  totals.tool_calls = 5;
  totals.calls_by_agent["claude-code"] = 5;
  totals.problems = {"one"};
  first.finished(a, totals);
  ASSERT_TRUE(first.save());

  ScanState second = load();
  const auto kept = second.keep({a, b});
  EXPECT_EQ(kept.to_read, std::vector{b});
  EXPECT_EQ(kept.files, 1u);
  EXPECT_EQ(kept.totals.tool_calls, 5u);
  EXPECT_EQ(kept.totals.calls_by_agent.at("claude-code"), 5u);
  EXPECT_EQ(kept.totals.problems, std::vector<std::string>{"one"});
  ASSERT_EQ(kept.findings.size(), 1u);
  EXPECT_EQ(kept.findings[0].fingerprint(), finding(a).fingerprint());
  EXPECT_EQ(kept.findings[0].same, finding(a).same);
  EXPECT_EQ(kept.findings[0].reason, finding(a).reason);
  EXPECT_EQ(kept.findings[0].policies[0].evidence_class, "destructive");
  EXPECT_EQ(kept.findings[0].policies[1].policy, "q");
}

TEST_F(ScanStateTest, ATreeIsReadAgainWhenOneOfItsFilesIsNewOrChanged) {
  const auto a = transcript("a.jsonl", "s");
  const auto b = transcript("b.jsonl", "s");
  ScanState first = load();
  (void)first.keep({a, b});
  first.finished(a, {});
  ASSERT_TRUE(first.save());
  EXPECT_EQ(load().keep({a, b}).to_read.size(), 2u);  // half a tree is none
  first.finished(b, {});
  ASSERT_TRUE(first.save());
  EXPECT_TRUE(load().keep({a, b}).to_read.empty());
  const auto c = transcript("c.jsonl", "s");
  EXPECT_EQ(load().keep({a, b, c}).to_read.size(), 3u);
  std::ofstream(a, std::ios::app) << "{}\n";
  EXPECT_EQ(load().keep({a, b}).to_read.size(), 2u);
}

TEST_F(ScanStateTest, AnotherKeyKeepsNothingAndAnotherFileIsRefused) {
  const auto a = transcript("a.jsonl", "a");
  ScanState first = load();
  (void)first.keep({a});
  first.finished(a, {});
  ASSERT_TRUE(first.save());
  EXPECT_EQ(load("other policies").keep({a}).to_read.size(), 1u);
  std::ofstream(dir_ + "/state") << "a list of things\n";
  EXPECT_FALSE(ScanState::load(dir_ + "/state", "k"));
}

TEST_F(ScanStateTest, TotalsOfOneFileAreTheDifference) {
  ScanTotals before;
  before.lines = 5;
  before.calls_by_agent["codex"] = 2;
  before.problems = {"old"};
  ScanTotals now = before;
  now.lines = 9;
  now.calls_by_agent["codex"] = 2;
  now.calls_by_agent["claude-code"] = 1;
  now.problems.push_back("new");
  const ScanTotals since = now.since(before);
  EXPECT_EQ(since.lines, 4u);
  EXPECT_FALSE(since.calls_by_agent.contains("codex"));
  EXPECT_EQ(since.calls_by_agent.at("claude-code"), 1u);
  EXPECT_EQ(since.problems, std::vector<std::string>{"new"});
}

}  // namespace
}  // namespace weir::daemon
