// The scanner over the shipped transcripts: session trees, order of files, counts, following.
#include "daemon/scanner.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "daemon/pack_loader.h"
#include "support/throwaway_dir.h"

namespace weir::daemon {
namespace {

const std::string kCases = WEIR_SOURCE_DIR "/tests/cases/ingest";

class ScannerTest : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();

  // Compiling the detectors takes its time.
  static void SetUpTestSuite() {
    auto pack = load_pack({.detectors = true});
    ASSERT_TRUE(pack) << pack.error().message();
    pack_ = *pack;
  }
  static void TearDownTestSuite() { pack_.reset(); }

  ScanTotals scan_all(const std::vector<std::string>& paths) {
    Scanner scanner(pack_, {.home = "/home/user"});
    const auto files = find_transcripts(paths, "/home/user", {});
    EXPECT_TRUE(files);
    for (const auto& file : *files)
      EXPECT_TRUE(scanner.scan(file, [&](const ScanFinding& finding) { findings_.push_back(finding); }));
    return scanner.totals();
  }

  static std::shared_ptr<const guard::Pack> pack_;
  std::vector<ScanFinding> findings_;
};
std::shared_ptr<const guard::Pack> ScannerTest::pack_;

TEST_F(ScannerTest, ReadsTheShippedTranscriptsOfBothAgents) {
  const auto totals = scan_all({kCases + "/claude-code", kCases + "/codex"});
  EXPECT_EQ(totals.files, 9u);
  EXPECT_EQ(totals.bad_lines, 0u);
  EXPECT_TRUE(totals.unknown_types.empty()) << totals.unknown_types.begin()->first;
  EXPECT_GT(totals.calls_by_agent.at("claude-code"), 0u);
  EXPECT_GT(totals.calls_by_agent.at("codex"), 0u);
  EXPECT_EQ(totals.findings, findings_.size());
}

TEST_F(ScannerTest, ASubAgentIsOfItsParentsTree) {
  const auto totals =
      scan_all({kCases + "/claude-code/session-with-subagent.jsonl", kCases + "/claude-code/subagent.jsonl"});
  EXPECT_EQ(totals.files, 2u);
  EXPECT_EQ(totals.sessions_by_agent.at("claude-code"), 1u);
}

TEST_F(ScannerTest, SubAgentsComeRightAfterTheirSession) {
  const std::vector<std::string> names = {"/p/b.jsonl", "/p/a.jsonl", "/p/a/subagents/agent-1.jsonl",
                                          "/p/a-c.jsonl"};
  for (const auto& name : names) {
    std::filesystem::create_directories(std::filesystem::path(dir_ + name).parent_path());
    std::ofstream(dir_ + name) << "\n";
  }
  const auto files = find_transcripts({dir_, dir_ + "/p"}, "", {});
  ASSERT_TRUE(files);
  const std::vector<std::string> expected = {dir_ + "/p/a-c.jsonl", dir_ + "/p/a.jsonl",
                                             dir_ + "/p/a/subagents/agent-1.jsonl", dir_ + "/p/b.jsonl"};
  EXPECT_EQ(*files, expected);
  EXPECT_FALSE(find_transcripts({dir_ + "/none"}, "", {}));
}

TEST_F(ScannerTest, FollowingReadsEachLineOnceAndNoticesReplacedFiles) {
  const std::string file = dir_ + "/s.jsonl";
  const std::string line = R"({"type":"new-kind","sessionId":"s1"})";
  Scanner scanner(pack_, {.home = "/home/user", .follow = true});
  const auto pass = [&] { scanner.scan(file, [](const ScanFinding&) {}); };
  std::ofstream(file) << "";
  pass();
  EXPECT_EQ(scanner.totals().unknown_files, 0u);  // it may become one
  std::ofstream(file) << line << "\n" << line;
  pass();
  pass();
  EXPECT_EQ(scanner.totals().lines, 1u);
  std::ofstream(file, std::ios::app) << "\n" << line << "\n";
  pass();
  EXPECT_EQ(scanner.totals().lines, 3u);
  EXPECT_EQ(scanner.totals().unknown_types.at("new-kind"), 3u);
  std::ofstream(file) << line << "\n";  // cut and written anew
  pass();
  EXPECT_EQ(scanner.totals().lines, 4u);
  EXPECT_EQ(scanner.totals().unknown_types.at("new-kind"), 4u);
  ASSERT_EQ(scanner.totals().problems.size(), 1u);
  EXPECT_NE(scanner.totals().problems[0].find(file), std::string::npos);
}

TEST_F(ScannerTest, ManySessionsAreCountedOnceAndForgottenByAge) {
  constexpr int kSessions = 3000;
  const std::string file = dir_ + "/many.jsonl";
  {
    std::ofstream out(file);
    for (int round = 0; round < 2; ++round)
      for (int i = 0; i < kSessions; ++i)
        out << R"({"type":"assistant","sessionId":"s)" << i
            << R"(","message":{"id":"m","content":[{"type":"tool_use","id":"t)" << i
            << R"(","name":"Bash","input":{"command":"ls"}}]}})" << "\n";
  }
  const auto totals = scan_all({file});
  EXPECT_EQ(totals.sessions_by_agent.at("claude-code"), static_cast<std::uint64_t>(kSessions));
  // The second round repeats the first: the same ids and inputs in the same sessions.
  EXPECT_EQ(totals.tool_calls, static_cast<std::uint64_t>(kSessions));
  EXPECT_EQ(totals.repeated_calls, static_cast<std::uint64_t>(kSessions));
}

std::string call_line(const std::string& session, const std::string& id, const std::string& command) {
  return R"({"type":"assistant","sessionId":")" + session +
         R"(","message":{"id":"m","content":[{"type":"tool_use","id":")" + id +
         R"(","name":"Bash","input":{"command":")" + command + R"("}}]}})" + "\n";
}

std::string result_line(const std::string& session, const std::string& id, const std::string& text) {
  return R"({"type":"user","sessionId":")" + session +
         R"(","message":{"content":[{"type":"tool_result","tool_use_id":")" + id + R"(","content":")" + text +
         R"("}]},"toolUseResult":{"stdout":")" + text + R"("}})" + "\n";
}

TEST_F(ScannerTest, AFindingShowsNoSecret) {
  const std::string token = std::string("xo") + "xb-" + "263594206564-2343594206574-FGqddMF8t08v8N7Oq4i57vs1";
  std::ofstream(dir_ + "/a.jsonl") << call_line("s", "t1", "post " + token + " && rm -rf /srv/data");
  scan_all({dir_});
  ASSERT_FALSE(findings_.empty());
  for (const auto& finding : findings_)
    EXPECT_EQ(finding.text, "post [redacted] && rm -rf /srv/data");
}

// The first line tells the format, also when it is longer than what is read to tell it.
TEST_F(ScannerTest, ASessionThatBeginsWithALongLineIsRead) {
  const std::string paste = R"({"type":"user","sessionId":"s","message":{"role":"user","content":")" +
                            std::string(300'000, 'x') + "\"}}\n";
  std::ofstream(dir_ + "/a.jsonl") << paste << call_line("s", "t1", "rm -rf /srv/data");
  std::ofstream(dir_ + "/b.jsonl") << call_line("s", "t2", "rm -rf /srv/data" + std::string(200'000, ' '));
  const auto totals = scan_all({dir_});
  EXPECT_EQ(totals.files, 2u);
  EXPECT_EQ(totals.unknown_files, 0u);
  EXPECT_EQ(findings_.size(), 2u);
}

TEST_F(ScannerTest, ACopiedCallIsJudgedOnceAndItsFindingToldAgain) {
  const std::string file = dir_ + "/a.jsonl";
  std::ofstream(file) << call_line("s", "t1", "rm -rf /srv/data") << call_line("s", "t1", "rm -rf /srv/data");
  const auto totals = scan_all({file});
  EXPECT_EQ(totals.tool_calls, 1u);
  EXPECT_EQ(totals.repeated_calls, 1u);
  ASSERT_EQ(findings_.size(), 2u);
  EXPECT_NE(findings_[0].same, 0u);
  EXPECT_EQ(findings_[0].same, findings_[1].same);
  EXPECT_EQ(findings_[1].line, 2u);
}

// A reused id is no way past the guard, nor is a command that was judged elsewhere.
TEST_F(ScannerTest, ACallWithAKnownIdAndAnotherInputIsJudged) {
  const std::string file = dir_ + "/a.jsonl";
  std::ofstream(file) << call_line("s", "t1", "ls") << call_line("s", "t1", "rm -rf /srv/data")
                      << call_line("s", "t2", "rm -rf /srv/data") << call_line("other", "t1", "ls");
  const auto totals = scan_all({file});
  EXPECT_EQ(totals.tool_calls, 4u);
  EXPECT_EQ(totals.repeated_calls, 0u);
  ASSERT_EQ(findings_.size(), 2u);
  EXPECT_NE(findings_[0].same, findings_[1].same);
}

TEST_F(ScannerTest, AForkedSessionTellsItsHistoryAsTheSame) {
  std::ofstream(dir_ + "/a.jsonl") << call_line("a", "t1", "rm -rf /srv/data");
  std::ofstream(dir_ + "/b.jsonl") << call_line("b", "t1", "rm -rf /srv/data");
  const auto totals = scan_all({dir_});
  EXPECT_EQ(totals.sessions_by_agent.at("claude-code"), 2u);
  ASSERT_EQ(findings_.size(), 2u);
  EXPECT_EQ(findings_[0].same, findings_[1].same);
}

TEST_F(ScannerTest, ATextIsLookedAtOnceAndFoundEverywhere) {
  const std::string token = std::string("gh") + "p_" + "q7Zb3kXw9RtY2mNc5VdJ8sLf4HgA1pKe6UoT";
  const std::string text = std::string(200, 'x') + " export GITHUB_TOKEN=" + token;
  std::ofstream(dir_ + "/a.jsonl") << result_line("a", "t1", text);
  std::ofstream(dir_ + "/b.jsonl") << result_line("b", "t9", text);
  const auto totals = scan_all({dir_});
  ASSERT_EQ(findings_.size(), 2u);
  EXPECT_EQ(findings_[0].policies.at(0).policy, findings_[1].policies.at(0).policy);
  EXPECT_EQ(findings_[0].same, findings_[1].same);
  EXPECT_GE(totals.texts.repeated_texts, 3u);
  EXPECT_GE(totals.texts.repeated_bytes, 3 * text.size());
}

// Rules of a user's own, also CanaryAI's, see in a scan what they see in the daemon: what tools answered and
// what people asked.
TEST_F(ScannerTest, RulesSeeResultsAndPrompts) {
  std::filesystem::create_directories(dir_ + "/config/rules");
  std::ofstream(dir_ + "/config/rules/own.yml") << R"(title: A marker in a result
id: 6f0a0f5e-2d3a-4a58-9f43-0d0c5f0f1a01
name: own_result
logsource: {product: weir, category: tool_result}
detection: {s: {tool: Bash, output|contains: marker-of-results}, condition: s}
level: high
---
title: A marker in a prompt
id: 6f0a0f5e-2d3a-4a58-9f43-0d0c5f0f1a02
name: own_prompt
logsource: {product: weir, category: prompt}
detection: {s: {text|contains: marker-of-prompts}, condition: s}
level: high
)";
  std::ofstream(dir_ + "/config/rules/canary.yml") << R"(- id: CANARY-OUT
  name: A word in an answer
  severity: HIGH
  message: A word was answered.
  tools: [Bash, shell]
  match:
    - field: output
      patterns: ["canary-word-[0-9]+"]
)";
  const auto pack = load_pack({.user_dir = dir_ + "/config"});
  ASSERT_TRUE(pack) << pack.error().message();
  std::filesystem::create_directories(dir_ + "/t");
  const std::string prompt =
      R"({"type":"user","uuid":"p1","sessionId":"s","message":{"role":"user","content":"say marker-of-prompts"}})";
  const std::string blocks =
      R"({"type":"user","uuid":"r3","sessionId":"s","message":{"content":[{"type":"tool_result",)"
      R"("tool_use_id":"t2","content":[{"type":"text","text":"so canary-word-7 came"}]}]}})";
  std::ofstream(dir_ + "/t/claude.jsonl")
      << prompt << "\n"
      << call_line("s", "t1", "ls") << result_line("s", "t1", "a marker-of-results here")
      << call_line("s", "t2", "ls") << blocks << "\n";
  std::ofstream(dir_ + "/t/codex.jsonl")
      << R"({"timestamp":"2026-11-01T10:00:00.000Z","type":"session_meta","payload":{"id":"0199a213-81c0-7800-8aa1-bbab2a035a53","timestamp":"2026-11-01T10:00:00.000Z","cwd":"/w","originator":"codex_cli_rs","cli_version":"0.169.0"}})"
      << "\n"
      << R"({"timestamp":"2026-11-01T10:00:01.000Z","type":"response_item","payload":{"type":"function_call","name":"shell","arguments":"{\"command\":[\"ls\"]}","call_id":"c1"}})"
      << "\n"
      << R"({"timestamp":"2026-11-01T10:00:02.000Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c1","output":"canary-word-8"}})"
      << "\n";
  Scanner scanner(*pack, {.home = "/home/user"});
  const auto files = find_transcripts({dir_ + "/t"}, "/home/user", {});
  ASSERT_TRUE(files);
  std::map<std::string, int> told;
  for (const auto& file : *files)
    scanner.scan(file, [&](const ScanFinding& finding) { ++told[finding.policies.at(0).policy]; });
  const std::map<std::string, int> expected = {{"CANARY-OUT", 2}, {"own_prompt", 1}, {"own_result", 1}};
  EXPECT_EQ(told, expected);
}

}  // namespace
}  // namespace weir::daemon
