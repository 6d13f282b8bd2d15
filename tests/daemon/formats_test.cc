// Ledger entries: the golden bytes of tests/cases/formats/ledger_entries_v1.jsonl.
#include <gtest/gtest.h>

#include <fstream>

#include "daemon/records.h"

namespace weir::daemon {
namespace {

std::string digest_of(const std::string& two) {
  std::string text = "sha256:";
  for (int i = 0; i < 32; ++i)
    text += two;
  return text;
}

TEST(LedgerEntries, V1AreTheGoldenBytes) {
  std::ifstream in(WEIR_SOURCE_DIR "/tests/cases/formats/ledger_entries_v1.jsonl");
  std::string decision_line, event_line, system_line;
  ASSERT_TRUE(std::getline(in, decision_line) && std::getline(in, event_line) &&
              std::getline(in, system_line));

  event::Event event;
  event.kind = event::kind::kToolCall;
  event.time.wall_ns = 1'795'313'100'123'456'789;
  event::Decision decision;
  decision.id = "019283f0-0000-7000-8000-000000000002";
  decision.event = "019283f0-0000-7000-8000-000000000001";
  decision.root = "claude-code:s1";
  decision.seq = 7;
  decision.verdict = event::Verdict::deny;
  decision.mode = "enforce";
  decision.digests.pack = digest_of("11");
  decision.policies.push_back({.policy = "files.delete-outside"});
  const auto body = [](const char* two) {
    return event::BodyRef{.ref = "r", .commitment = digest_of(two), .bytes = 1};
  };
  EXPECT_EQ(decision_entry(decision, event, body("aa"), body("bb"), body("cc")), decision_line);

  event.id = "019283f0-0000-7000-8000-000000000003";
  event.kind = event::kind::kToolResult;
  event.root = "claude-code:s1";
  event.seq = 9;
  EXPECT_EQ(event_entry(event, body("dd")), event_line);
  EXPECT_EQ(system_entry("daemon.started", event.time.wall_ns, Json::object({{"policies", 41}})),
            system_line);
}

}  // namespace
}  // namespace weir::daemon
