#include "ingest/places.h"

#include <gtest/gtest.h>

namespace weir::ingest {
namespace {

TEST(ProjectSlug, ReplacesEveryUnitThatIsNotAlphanumeric) {
  EXPECT_EQ(claude_project_slug("/srv/projects"), "-srv-projects");
  EXPECT_EQ(claude_project_slug("/srv/my_proj.v2 x"), "-srv-my-proj-v2-x");
  EXPECT_EQ(claude_project_slug("/h\xc3\xa9"), "-h-");         // é: one UTF-16 unit
  EXPECT_EQ(claude_project_slug("/\xf0\x9f\x98\x80"), "---");  // U+1F600: two units
  EXPECT_EQ(claude_project_slug("/\xff"), "--");               // not UTF-8: U+FFFD
  EXPECT_EQ(claude_project_slug(""), "");
}

TEST(TranscriptPaths, SayWhoseTheyAre) {
  const auto session =
      read_transcript_path("/h/.claude/projects/-s/45b7aadf-60ac-4363-a087-5f62d2db7362.jsonl");
  ASSERT_TRUE(session);
  EXPECT_EQ(*session, (TranscriptPath{TranscriptFormat::claude_code_session,
                                      "45b7aadf-60ac-4363-a087-5f62d2db7362", ""}));
  const auto sub = read_transcript_path("x/5d7b3589-4d67-416b-953b-32bb31dc4719/subagents/agent-aa9.jsonl");
  ASSERT_TRUE(sub);
  EXPECT_EQ(*sub, (TranscriptPath{TranscriptFormat::claude_code_subagent,
                                  "5d7b3589-4d67-416b-953b-32bb31dc4719", "aa9"}));
  const auto rollout =
      read_transcript_path("rollout-2026-11-21T22-34-21-01a2003f-0d0f-7e61-96d0-f9481ee839d1.jsonl");
  ASSERT_TRUE(rollout);
  EXPECT_EQ(rollout->format, TranscriptFormat::codex_rollout);
  EXPECT_EQ(rollout->session, "01a2003f-0d0f-7e61-96d0-f9481ee839d1");
  for (const auto* path :
       {"", "/", "notes.jsonl", "rollout-x.jsonl", "a/subagents/agent-.jsonl", "agent-x.jsonl",
        "45b7aadf-60ac-4363-a087-5f62d2db7362.json", "subagents/agent-x.jsonl", ".jsonl"})
    EXPECT_FALSE(read_transcript_path(path)) << path;
}

TEST(TranscriptPaths, RootsAndSubAgents) {
  EXPECT_EQ(transcript_roots("claude-code").size(), 1u);
  EXPECT_EQ(transcript_roots("codex").size(), 2u);
  EXPECT_TRUE(transcript_roots("x").empty());
  EXPECT_EQ(subagent_folder("/p/abc.jsonl"), "/p/abc/subagents");
}

}  // namespace
}  // namespace weir::ingest
