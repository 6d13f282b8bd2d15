// Which lines of a growing transcript count as a tool call that ran.
#include "daemon/transcript_tail.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/time_text.h"
#include "os/clock.h"
#include "support/throwaway_dir.h"

namespace weir::daemon {
namespace {

constexpr const char* kSession = "01a2004a-cfda-7210-a79d-9e827e8a02ec";

class TranscriptTailTest : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();
  const std::string file_ = dir_ + "/rollout-2026-11-21T22-47-12-" + kSession + ".jsonl";

  void write(const std::string& text) const { std::ofstream(file_, std::ios::app) << text; }
  void record(const std::string& payload, const char* type = "response_item") const {
    write(R"({"timestamp":")" + rfc3339(os::wall_ns()) + R"(","type":")" + type + R"(","payload":)" +
          payload + "}\n");
  }
  void call(const std::string& id, const std::string& tool, const std::string& arguments) const {
    record(R"({"type":"function_call","name":")" + tool + R"(","call_id":")" + id + R"(","arguments":)" +
           canonical(Json(arguments)) + "}");
  }
  void output(const std::string& id, const std::string& text) const {
    record(R"({"type":"function_call_output","call_id":")" + id + R"(","output":)" + canonical(Json(text)) +
           "}");
  }
  TailOptions options() const { return {.agent = "codex", .roots = {dir_}, .started_ns = os::wall_ns()}; }
};

const char* const kRan = "Chunk ID: 1\nProcess exited with code 0\nOutput:\nhi";
const char* const kRuns = "Chunk ID: 1\nProcess running with session ID 77\nOutput:\n$ ";

TEST_F(TranscriptTailTest, ACallThatRanIsFoundOnceWithItsPlace) {
  TranscriptTail tail(options());
  call("call_1", "exec_command", R"({"cmd":"echo hi"})");
  EXPECT_TRUE(tail.poll(true).empty()) << "no result yet";
  output("call_1", kRan);
  const auto found = tail.poll(true);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].tool_use_id, "call_1");
  EXPECT_EQ(found[0].root, std::string("codex:") + kSession);
  EXPECT_EQ(found[0].where, file_ + ":2");
  EXPECT_TRUE(found[0].new_file);
  EXPECT_TRUE(tail.poll(true).empty());
}

TEST_F(TranscriptTailTest, WhatWasThereBeforeTheStartDoesNotCount) {
  call("call_old", "exec_command", R"({"cmd":"echo hi"})");
  output("call_old", kRan);
  TranscriptTail tail(options());
  call("call_new", "exec_command", R"({"cmd":"echo hi"})");
  output("call_new", kRan);
  const auto found = tail.poll(true);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].tool_use_id, "call_new");
  EXPECT_FALSE(found[0].new_file);
}

TEST_F(TranscriptTailTest, RecordsThatSayTheyAreOlderAreCopies) {
  TranscriptTail tail(options());
  const std::string old = rfc3339(os::wall_ns() - 60'000'000'000);
  write(
      R"({"timestamp":")" + old +
      R"(","type":"response_item","payload":{"type":"function_call","name":"exec_command","call_id":"c","arguments":"{}"}})"
      "\n");
  write(
      R"({"timestamp":")" + old +
      R"(","type":"response_item","payload":{"type":"function_call_output","call_id":"c","output":"Process exited with code 0\nOutput:\n"}})"
      "\n");
  EXPECT_TRUE(tail.poll(true).empty());
}

TEST_F(TranscriptTailTest, ResultsOfCallsThatNeverRanDoNotCount) {
  TranscriptTail tail(options());
  call("call_1", "no_such_tool", "{}");
  output("call_1", "unsupported call: no_such_tool");
  call("call_2", "write_stdin", R"({"session_id":9,"chars":"x"})");
  output("call_2", "write_stdin failed: unknown process id 9");
  call("call_3", "exec_command", R"({"cmd":"rm -rf /srv"})");
  output("call_3", "Command blocked by PreToolUse hook: no");
  EXPECT_TRUE(tail.poll(true).empty());
}

TEST_F(TranscriptTailTest, TypingCountsAndNamesTheCallThatOpenedTheShell) {
  TranscriptTail tail(options());
  call("call_1", "exec_command", R"({"cmd":"bash","tty":true})");
  output("call_1", kRuns);
  call("call_2", "write_stdin", R"({"session_id":77,"chars":""})");
  output("call_2", kRuns);
  call("call_3", "write_stdin", R"({"session_id":77,"chars":"\u0003"})");
  output("call_3", kRuns);
  call("call_4", "write_stdin", R"({"session_id":77,"chars":"echo hi\n"})");
  output("call_4", kRuns);
  const auto found = tail.poll(true);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].tool_use_id, "call_1");
  EXPECT_EQ(found[1].tool_use_id, "call_4");
  EXPECT_EQ(found[1].opened_by, "call_1");
}

TEST_F(TranscriptTailTest, HalfALineWaitsAndRottenOnesCostThemselves) {
  TranscriptTail tail(options());
  write("{\"rotten\n\x01\x02\n");
  call("call_1", "exec_command", R"({"cmd":"echo hi"})");
  write(
      R"({"timestamp":"2099-01-01T00:00:00Z","type":"response_item","payload":{"type":"function_call_output",)");
  EXPECT_TRUE(tail.poll(true).empty());
  write(R"("call_id":"call_1","output":"Process exited with code 0\nOutput:\n"}})"
        "\n");
  EXPECT_EQ(tail.poll(true).size(), 1u);
  EXPECT_EQ(tail.bad_lines(), 2u);
}

TEST_F(TranscriptTailTest, AReplacedFileIsReadAgain) {
  TranscriptTail tail(options());
  call("call_1", "exec_command", R"({"cmd":"echo hi"})");
  output("call_1", kRan);
  EXPECT_EQ(tail.poll(true).size(), 1u);
  std::filesystem::rename(file_, file_ + ".old");  // so that the new file is another inode
  call("call_2", "exec_command", R"({"cmd":"echo hi"})");
  output("call_2", kRan);
  const auto found = tail.poll(true);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].tool_use_id, "call_2");
}

}  // namespace
}  // namespace weir::daemon
