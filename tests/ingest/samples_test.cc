// Every sample of both agents that lies beside the checkout. Skipped with a message where there is none; the
// cases in tests/cases/ingest are a cleaned part of these.
#include <gmock/gmock.h>

#include "ingest/hook.h"
#include "ingest/tools.h"
#include "support.h"

namespace weir::ingest {
namespace {

struct Agent {
  const char* name;
  const char* folder;
};
constexpr Agent kAgents[] = {{"claude-code", "claude-code-2.1.330"}, {"codex", "codex-0.169.0"}};

class Samples : public testing::TestWithParam<Agent> {
 protected:
  void SetUp() override {
    folder_ = kSamples / GetParam().folder;
    if (!std::filesystem::is_directory(folder_)) GTEST_SKIP() << "no samples in " << folder_;
  }
  std::filesystem::path folder_;
};
INSTANTIATE_TEST_SUITE_P(Agents, Samples, testing::ValuesIn(kAgents),
                         [](const auto& one) { return std::string(one.param.name).substr(0, 5); });

TEST_P(Samples, HookPayloadsAreRead) {
  int read = 0;
  for (const auto* sub : {"hooks", "hooks-subagent"})
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / sub)) {
      const std::string event_name = entry.path().stem().string();
      const auto event = read_hook(GetParam().name, event_name, read_text(entry.path()));
      ASSERT_TRUE(event) << entry.path() << event.error().message();
      if (event->kind == event::kind::kToolCall) {
        const ToolUse use =
            tool_use(event->agent.name, event->body["tool"].text_or(""), event->body["input"]);
        EXPECT_NE(use.kind, ToolKind::unknown) << entry.path();
        EXPECT_EQ(use.opaque, "") << entry.path();
      }
      ++read;
    }
  EXPECT_GE(read, 12);
}

TEST_P(Samples, TranscriptsAreReadWithoutLoss) {
  std::uint64_t calls = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const std::string file = entry.path().filename().string();
    if (entry.path().extension() != ".jsonl" || file.find("output") != std::string::npos) continue;
    const auto lines = read_lines(entry.path());
    const Read read = read_transcript(lines, entry.path().string());
    EXPECT_TRUE(read.errors.empty()) << file;
    EXPECT_EQ(read.stats.lines, lines.size()) << file;
    EXPECT_EQ(read.stats.gaps, 0u) << file;
    EXPECT_THAT(read.stats.unknown_types, testing::IsEmpty()) << file;
    EXPECT_GE(read.events.size(), lines.size()) << file << ": every line is an Event";
    EXPECT_EQ(read.stats.tool_calls, read.stats.tool_results) << file;
    for (const auto& call : read.of("tool.call")) {
      const ToolUse use = tool_use(call.agent.name, call.body["tool"].text_or(""), call.body["input"]);
      EXPECT_NE(use.kind, ToolKind::unknown) << file << ' ' << use.tool;
    }
    calls += read.stats.tool_calls;
  }
  EXPECT_EQ(calls, 3u) << "sub-agents and typed input included";
}

}  // namespace
}  // namespace weir::ingest
