#include "ingest/transcript.h"

#include <gmock/gmock.h>

#include "base/limits.h"
#include "support.h"

namespace weir::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kSession = "45b7aadf-60ac-4363-a087-5f62d2db7362";
constexpr std::string_view kParent = "5d7b3589-4d67-416b-953b-32bb31dc4719";
constexpr std::string_view kSub = "aa9a55b9f60514da8";

std::string claude_path(std::string_view session) {
  return "/home/u/.claude/projects/-srv-projects/" + std::string(session) + ".jsonl";
}

Read claude(const std::string& file, const std::string& path) {
  return read_transcript(read_lines(kCases / "claude-code" / file), path);
}

Read codex(const std::string& file) {
  const auto lines = read_lines(kCases / "codex" / file);
  const std::string thread(parsed(lines.at(0))["payload"]["id"].text_or(""));
  return read_transcript(
      lines, "/home/u/.codex/sessions/2026/11/21/rollout-2026-11-21T22-34-21-" + thread + ".jsonl");
}

TEST(ClaudeCode, ReadsASession) {
  const Read read = claude("session.jsonl", claude_path(kSession));
  EXPECT_THAT(read.errors, IsEmpty());
  EXPECT_THAT(read.stats.unknown_types, IsEmpty());
  const auto calls = read.of("tool.call");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].session, "claude-code:" + std::string(kSession));
  EXPECT_EQ(calls[0].agent.version, "2.1.330");
  EXPECT_EQ(calls[0].plane, "transcript");
  EXPECT_EQ(calls[0].body["tool"].text_or(""), "Bash");
  EXPECT_EQ(compact(calls[0].body["input"]), R"({"command":"echo hi","description":"Say hi"})");
  EXPECT_EQ(calls[0].body["cwd"].text_or(""), "/srv/projects");
  EXPECT_EQ(calls[0].corr.at("tool_use_id"), "toolu_d192d666e8eed7da2b8e7a55");
  EXPECT_EQ(calls[0].time.source, "2026-11-21T22:33:41.564Z");
  const auto lines = read_lines(kCases / "claude-code/session.jsonl");
  const auto line = static_cast<std::size_t>(calls[0].data["line"].as_int());
  EXPECT_THAT(lines[line - 1], HasSubstr("\"tool_use\""));

  const auto results = read.of("tool.result");
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].data["tool"].text_or(""), "Bash");
  EXPECT_EQ(results[0].body["output"].text_or(""), "hi");
  EXPECT_FALSE(results[0].data["failed"].bool_or(true));
  EXPECT_EQ(results[0].data["permission"].text_or(""), "accept");
  EXPECT_EQ(results[0].corr.at("tool_use_id"), calls[0].corr.at("tool_use_id"));

  const auto prompts = read.of("prompt");
  ASSERT_EQ(prompts.size(), 1u);
  EXPECT_EQ(prompts[0].body["text"].text_or(""), "Say hi with the shell");
  EXPECT_EQ(read.of("model.output").size(), 2u);
  EXPECT_EQ(read.stats.tool_calls, 1u);
  EXPECT_EQ(read.stats.tool_results, 1u);
  // Two messages of 20 tokens: the lines of one message repeat its usage.
  EXPECT_EQ(read.stats.output_tokens, 40u);
}

TEST(ClaudeCode, ReadsASubAgentsFile) {
  const std::string path = "/home/u/.claude/projects/-srv-projects/" + std::string(kParent) +
                           "/subagents/agent-" + std::string(kSub) + ".jsonl";
  const Read read = claude("subagent.jsonl", path);
  EXPECT_THAT(read.errors, IsEmpty());
  ASSERT_FALSE(read.events.empty());
  for (const auto& event : read.events) {
    EXPECT_EQ(event.session, "claude-code:" + std::string(kParent) + '/' + std::string(kSub));
    EXPECT_EQ(event.parent, "claude-code:" + std::string(kParent));
    EXPECT_EQ(event.root, event.parent);
  }
  const auto calls = read.of("tool.call");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].agent.type, "general-purpose");
  EXPECT_EQ(calls[0].body["input"]["command"].text_or(""), "echo FROM-SUBAGENT > sub.txt");
}

// The parent's file holds the spawning call only: what the sub-agent did is in its own file.
TEST(ClaudeCode, TheParentDoesNotRepeatItsSubAgent) {
  const Read read = claude("session-with-subagent.jsonl", claude_path(kParent));
  EXPECT_THAT(read.errors, IsEmpty());
  const auto calls = read.of("tool.call");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].data["tool"].text_or(""), "Agent");
  EXPECT_EQ(calls[0].parent, "");
}

TEST(ClaudeCode, NamesFailuresAndEveryTool) {
  const Read read = claude("session-tools.jsonl", claude_path("9a3dc718-3e83-4a80-bf06-8b16443e428c"));
  std::vector<std::string> tools;
  for (const auto& call : read.of("tool.call"))
    tools.emplace_back(call.data["tool"].text_or(""));
  EXPECT_THAT(tools, ElementsAre("Write", "Bash", "Read", "Edit", "Monitor"));
  std::vector<bool> failed;
  std::vector<std::string> answered;
  for (const auto& result : read.of("tool.result")) {
    failed.push_back(result.data["failed"].bool_or(false));
    answered.emplace_back(result.data["tool"].text_or(""));
  }
  EXPECT_THAT(answered, ElementsAre("Write", "Bash", "Read", "Edit", "Monitor"));
  EXPECT_THAT(failed, ElementsAre(false, true, true, false, false));
}

std::vector<std::string> claude_lines(const std::vector<std::string>& extra) {
  std::vector<std::string> lines;
  for (const auto& one : extra)
    lines.push_back(R"({"sessionId":"s-1","cwd":"/srv","uuid":"u",)" + one + '}');
  return lines;
}

TEST(ClaudeCode, KeepsAndCountsUnknownRecords) {
  const Read read = read_transcript(
      claude_lines({R"("type":"hologram","colour":"blue")", R"("type":"hologram")", R"("type":7)",
                    R"("type":"system","subtype":"brand_new")",
                    R"("type":"assistant","message":{"id":"m","content":[{"type":"dance","steps":3}]})",
                    R"("type":"assistant","message":{"id":"m","content":[{"type":"tool_use","name":5}]})",
                    R"("type":"user","message":{"content":17})"}),
      claude_path("s"));
  EXPECT_EQ(read.stats.unknown_types.at("hologram"), 2u);
  EXPECT_EQ(read.stats.unknown_types.at("(none)"), 1u);
  EXPECT_EQ(read.stats.unknown_types.at("assistant/dance"), 1u);
  EXPECT_EQ(read.stats.unknown_types.at("assistant/tool_use"), 1u);
  EXPECT_EQ(read.stats.unknown_types.at("user/text"), 1u);
  EXPECT_EQ(read.stats.unknown_types.size(), 5u) << "new kinds of system notices are no alarm";
  const auto notices = read.of("lifecycle");
  ASSERT_EQ(notices.size(), 7u);
  EXPECT_EQ(notices[0].data["type"].text_or(""), "hologram");
  EXPECT_EQ(notices[0].body["rest"]["colour"].text_or(""), "blue");
  EXPECT_EQ(notices[4].body["block"]["steps"].int_or(0), 3);
}

TEST(ClaudeCode, MarksWhatIsNotTheUsersOwnText) {
  const Read read = read_transcript(
      claude_lines(
          {R"("type":"user","isMeta":true,"message":{"role":"user","content":"<system-reminder>"})",
           R"("type":"user","promptSource":"sdk","message":{"content":[{"type":"text","text":"hello"}]})",
           R"("type":"assistant","message":{"content":[{"type":"thinking","thinking":"hm","signature":"x"}]})",
           R"("type":"assistant","message":{"content":[{"type":"server_tool_use","id":"srv_1","name":"web_search","input":{"query":"q"}}]})"}),
      claude_path("s"));
  const auto prompts = read.of("prompt");
  ASSERT_EQ(prompts.size(), 2u);
  EXPECT_TRUE(prompts[0].data["meta"].bool_or(false));
  EXPECT_FALSE(prompts[1].data.has("meta"));
  EXPECT_EQ(prompts[1].data["prompt_source"].text_or(""), "sdk");
  ASSERT_EQ(read.of("model.output").size(), 1u);
  EXPECT_TRUE(read.of("model.output")[0].data["thinking"].bool_or(false));
  EXPECT_EQ(read.of("tool.call").at(0).data["runs"].text_or(""), "server");
}

TEST(ClaudeCode, ManyBlocksInOneLineBecomeManyEvents) {
  const Read read = read_transcript(
      claude_lines(
          {R"("type":"assistant","message":{"id":"m","content":[{"type":"text","text":"a"},)"
           R"({"type":"tool_use","id":"t1","name":"Bash","input":{"command":"ls"}},)"
           R"({"type":"tool_use","id":"t2","name":"Read","input":{"file_path":"/x"}}]})",
           R"("type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t2","content":"x"},)"
           R"({"type":"tool_result","tool_use_id":"t1","content":"y","is_error":true}]})",
           R"("type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t9","content":"z"}]})"}),
      claude_path("s"));
  EXPECT_EQ(read.of("tool.call").size(), 2u);
  const auto results = read.of("tool.result");
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].data["tool"].text_or(""), "Read");
  EXPECT_EQ(results[1].data["tool"].text_or(""), "Bash");
  EXPECT_EQ(results[2].data["tool"].text_or("?"), "") << "a result whose call was never seen";
}

TEST(Codex, ReadsARollout) {
  const Read read = codex("rollout.jsonl");
  EXPECT_THAT(read.errors, IsEmpty());
  EXPECT_THAT(read.stats.unknown_types, IsEmpty());
  EXPECT_EQ(read.stats.gaps, 0u);
  ASSERT_EQ(read.of("session.start").size(), 1u);
  const auto calls = read.of("tool.call");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].session, "codex:01a2003f-0d0f-7e61-96d0-f9481ee839d1");
  EXPECT_EQ(calls[0].agent.version, "0.169.0");
  EXPECT_EQ(compact(calls[0].body["input"]), R"({"cmd":"echo hi"})");
  EXPECT_EQ(calls[0].body["cwd"].text_or(""), "/srv/projects");
  EXPECT_EQ(calls[0].corr.at("tool_use_id"), "call_7db37f20be897d0f489d3c21") << "the id its hook sends";
  EXPECT_EQ(calls[0].corr.at("turn_id"), "01a2003f-0d35-7430-97b9-258da5c7604e");
  const auto results = read.of("tool.result");
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].data["exit_code"].int_or(-1), 0);
  EXPECT_FALSE(results[0].data["failed"].bool_or(true));
  int own = 0;
  for (const auto& prompt : read.of("prompt"))
    if (!prompt.data.has("meta")) {
      ++own;
      EXPECT_EQ(prompt.body["text"].text_or(""), "Say hi with the shell");
    }
  EXPECT_EQ(own, 1);
}

// The rollout shows what no hook does: text typed into a running shell.
TEST(Codex, ShowsWriteStdin) {
  const auto calls = codex("rollout-write-stdin.jsonl").of("tool.call");
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[1].data["tool"].text_or(""), "write_stdin");
  EXPECT_EQ(calls[1].body["input"]["chars"].text_or(""), "echo VIA-STDIN > stdin.txt\n");
}

TEST(Codex, ASubAgentHangsUnderItsSessionAndDoesNotRepeatItsParent) {
  const Read parent = codex("rollout-parent.jsonl");
  const Read sub = codex("rollout-forked-subagent.jsonl");
  EXPECT_EQ(parent.of("tool.call").size(), 3u);
  ASSERT_EQ(sub.of("agent.start").size(), 1u);
  const auto calls = sub.of("tool.call");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].body["input"]["cmd"].text_or(""), "echo SUB > sub.txt");
  EXPECT_EQ(calls[0].root, parent.events.at(0).session);
  EXPECT_EQ(calls[0].parent, parent.events.at(0).session);
  EXPECT_EQ(calls[0].session, calls[0].root + "/01a200d1-5779-79e0-95ea-a3880b868888");
  EXPECT_EQ(sub.stats.inherited, 7u);
  EXPECT_EQ(sub.stats.gaps, 0u);
  // The parent's own words do not count as prompts of the sub-agent.
  for (const auto& prompt : sub.of("prompt"))
    EXPECT_THAT(std::string(prompt.body["text"].text_or("")),
                testing::AnyOf("SUBAGENT-TASK: write", HasSubstr("<")));
}

TEST(Codex, ReadsAPatchAppliedFromTheShell) {
  const auto calls = codex("rollout-patch.jsonl").of("tool.call");
  ASSERT_EQ(calls.size(), 1u) << "the FileChange item repeats the call and must not count twice";
  EXPECT_THAT(std::string(calls[0].body["input"]["cmd"].text_or("")), HasSubstr("*** Add File: patched.txt"));
}

std::string rollout_line(int ordinal, std::string_view type, std::string_view payload) {
  return R"({"timestamp":"2026-11-21T22:34:21.000Z","ordinal":)" + std::to_string(ordinal) + R"(,"type":")" +
         std::string(type) + R"(","payload":)" + std::string(payload) + '}';
}
const std::string kRollout = "rollout-2026-11-21T22-34-21-01a2003f-0d0f-7e61-96d0-f9481ee839d1.jsonl";

TEST(Codex, ReportsMissingAndRepeatedOrdinals) {
  const Read read =
      read_transcript({rollout_line(0, "session_meta", R"({"id":"t-1","cwd":"/srv"})"),
                       rollout_line(1, "turn_context", "{}"), rollout_line(4, "turn_context", "{}"),
                       rollout_line(4, "turn_context", "{}"), rollout_line(5, "turn_context", "{}")},
                      kRollout);
  const auto gaps = read.of("gap");
  ASSERT_EQ(gaps.size(), 2u);
  EXPECT_EQ(gaps[0].data["reason"].text_or(""), "ordinals missing");
  EXPECT_EQ(gaps[0].data["expected"].int_or(0), 2);
  EXPECT_EQ(gaps[0].data["found"].int_or(0), 4);
  EXPECT_EQ(gaps[0].data["line"].int_or(0), 3);
  EXPECT_EQ(gaps[1].data["reason"].text_or(""), "ordinal repeated");
  EXPECT_EQ(read.stats.gaps, 2u);
}

TEST(Codex, AMissingBeginningAndABadLineAreGaps) {
  EXPECT_EQ(read_transcript({rollout_line(3, "turn_context", "{}")}, kRollout).of("gap").size(), 1u);
  const Read read = read_transcript(
      {rollout_line(0, "turn_context", "{}"), "{\"timestamp\":", rollout_line(2, "turn_context", "{}")},
      kRollout);
  EXPECT_EQ(read.stats.bad_lines, 1u);
  EXPECT_EQ(read.of("gap").size(), 1u);
  // A reader that joins in the middle of a growing file does not know what came before.
  auto reader = make_reader(TranscriptFormat::codex_rollout, kRollout);
  ASSERT_TRUE(reader->feed(rollout_line(7, "turn_context", "{}"), 8));
  EXPECT_EQ(reader->stats().gaps, 0u);
}

TEST(Codex, ReadsEveryFormOfCall) {
  const Read read = read_transcript(
      {rollout_line(0, "session_meta", R"({"id":"t-1","cwd":"/srv"})"),
       rollout_line(
           1, "response_item",
           R"({"type":"custom_tool_call","call_id":"c1","name":"apply_patch","input":"*** Begin Patch"})"),
       rollout_line(
           2, "response_item",
           R"({"type":"local_shell_call","call_id":"c2","action":{"type":"exec","command":["ls"]}})"),
       rollout_line(3, "response_item",
                    R"({"type":"web_search_call","action":{"type":"search","query":"q"}})"),
       rollout_line(
           4, "response_item",
           R"({"type":"function_call","call_id":"c3","name":"run","namespace":"mcp__db","arguments":"{}"})"),
       rollout_line(5, "response_item",
                    R"({"type":"function_call","call_id":"c4","name":"shell","arguments":"{oops"})"),
       rollout_line(6, "response_item",
                    R"({"type":"custom_tool_call_output","call_id":"c1","output":"done"})"),
       rollout_line(
           7, "response_item",
           R"({"type":"function_call_output","call_id":"c2","output":{"metadata":{"exit_code":3}}})"),
       rollout_line(8, "response_item",
                    R"({"type":"function_call_output","call_id":"c3",)"
                    R"("output":"Chunk\nOutput:\nProcess exited with code 9\n"})")},
      kRollout);
  std::vector<std::string> tools;
  for (const auto& call : read.of("tool.call"))
    tools.emplace_back(call.data["tool"].text_or(""));
  EXPECT_THAT(tools, ElementsAre("apply_patch", "local_shell", "web_search", "mcp__db__run", "shell"));
  const auto calls = read.of("tool.call");
  EXPECT_EQ(calls[0].body["input"]["input"].text_or(""), "*** Begin Patch");
  EXPECT_EQ(calls[2].data["runs"].text_or(""), "server");
  EXPECT_EQ(calls[4].body["input"]["arguments"].text_or(""), "{oops");
  EXPECT_TRUE(calls[4].data["malformed"].bool_or(false));
  const auto results = read.of("tool.result");
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].data["tool"].text_or(""), "apply_patch");
  EXPECT_TRUE(results[1].data["failed"].bool_or(false));
  EXPECT_FALSE(results[2].data["failed"].bool_or(true)) << "what a command prints is not its exit code";
}

// A command that ran without a call of the model (a user's own, or inside code mode) is still a call.
TEST(Codex, UnannouncedExecutionsBecomeCalls) {
  const Read read = read_transcript(
      {rollout_line(0, "session_meta", R"({"id":"t-1","cwd":"/srv"})"),
       rollout_line(
           1, "event_msg",
           R"({"type":"item_completed","item":{"type":"CommandExecution","id":"x1","source":"user_shell",)"
           R"("command":["bash","-c","id"],"exit_code":0}})"),
       rollout_line(
           2, "event_msg",
           R"({"type":"item_completed","item":{"type":"FileChange","id":"x2","changes":{"/a":{"type":"add"}}}})"),
       rollout_line(
           3, "event_msg",
           R"({"type":"item_completed","item":{"type":"McpToolCall","id":"x3","server":"db","tool":"q"}})")},
      kRollout);
  const auto calls = read.of("tool.call");
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_TRUE(calls[0].data["derived"].bool_or(false));
  EXPECT_EQ(calls[0].data["item_source"].text_or(""), "user_shell");
  EXPECT_EQ(calls[1].data["tool"].text_or(""), "file_change");
  EXPECT_EQ(calls[2].data["tool"].text_or(""), "mcp__db__q");
}

TEST(Detect, LooksAtLinesThenAtThePath) {
  const auto detect = [](std::string_view path, std::vector<std::string_view> lines) {
    return detect_format(path, lines);
  };
  const std::string rollout = rollout_line(0, "session_meta", "{}");
  EXPECT_EQ(detect("x", {rollout}), TranscriptFormat::codex_rollout);
  EXPECT_EQ(detect("x", {"garbage", R"({"type":"user","sessionId":"s"})"}),
            TranscriptFormat::claude_code_session);
  EXPECT_EQ(detect("x", {R"({"type":"user","sessionId":"s","agentId":"a","isSidechain":true})"}),
            TranscriptFormat::claude_code_subagent);
  EXPECT_EQ(detect("s/subagents/agent-a.jsonl", {R"({"type":"api-request","sessionId":"s"})"}),
            TranscriptFormat::claude_code_subagent);
  EXPECT_EQ(detect("a/" + kRollout, {}), TranscriptFormat::codex_rollout);
  EXPECT_EQ(detect(claude_path(kSession), {"\xff\xfe"}), TranscriptFormat::claude_code_session);
  EXPECT_EQ(detect("notes.jsonl", {R"({"a":1})"}), TranscriptFormat::unknown);
  EXPECT_EQ(make_reader(TranscriptFormat::unknown, "x"), nullptr);
}

TEST(Reader, NamesTheBadLineAndGoesOn) {
  auto lines = read_lines(kCases / "claude-code/session.jsonl");
  const std::size_t good = read_transcript(lines, "f.jsonl").events.size();
  const std::vector<std::string> bad = {"{\"type\":",
                                        "[1,2]",
                                        "\"text\"",
                                        "\x01\x02\xff",
                                        R"({"a":1,"a":2})",
                                        std::string(300, '[') + std::string(300, ']'),
                                        "42"};
  for (const auto& line : bad)
    lines.insert(lines.begin() + 3, line);
  lines.insert(lines.begin(), "");
  const Read read = read_transcript(lines, "f.jsonl");
  EXPECT_EQ(read.events.size(), good);
  ASSERT_EQ(read.errors.size(), bad.size());
  EXPECT_EQ(read.stats.bad_lines, bad.size());
  EXPECT_EQ(read.errors[0].where, "f.jsonl:5");
  EXPECT_FALSE(read.errors[0].what.empty());
}

TEST(Reader, SkipsALineThatIsTooLong) {
  auto reader = make_reader(TranscriptFormat::claude_code_session, "f.jsonl");
  const auto events = reader->feed(std::string(limits::kTranscriptLineBytesMax + 1, 'x'), 9);
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().code, ErrorCode::limit);
  EXPECT_EQ(events.error().where, "f.jsonl:9");
}

TEST(Reader, CountsUnknownTypesUnderABound) {
  auto reader = make_reader(TranscriptFormat::claude_code_session, "f.jsonl");
  for (std::size_t i = 0; i < limits::kTranscriptTypesMax + 100; ++i)
    ASSERT_TRUE(reader->feed(R"({"type":"t)" + std::to_string(i) + R"("})", i + 1));
  EXPECT_EQ(reader->stats().unknown_types.size(), limits::kTranscriptTypesMax + 1);
  EXPECT_EQ(reader->stats().unknown_types.at("(others)"), 100u);
}

// Every field of every record takes every wrong type: no crash, no lost line, still one root per session
// name.
TEST(Reader, SurvivesWrongTypesInEveryField) {
  const Json wrong[] = {Json(),
                        Json(false),
                        Json(-1),
                        Json(UINT64_MAX),
                        Json(0.5),
                        Json("x / y\n"),
                        Json::array({Json(1)}),
                        Json::object({{"type", 3}})};
  const std::pair<const char*, const char*> files[] = {{"claude-code/session-tools.jsonl", "f.jsonl"},
                                                       {"codex/rollout-parent.jsonl", kRollout.c_str()}};
  for (const auto& [file, path] : files) {
    const auto lines = read_lines(kCases / file);
    const TranscriptFormat format =
        detect_format(path, std::vector<std::string_view>(lines.begin(), lines.end()));
    for (const auto& line : lines) {
      const Json record = parsed(line);
      const auto attempt = [&](const Json& changed) {
        auto reader = make_reader(format, path);
        const auto events = reader->feed(compact(changed), 2);
        ASSERT_TRUE(events) << compact(changed);
        ASSERT_FALSE(events->empty()) << compact(changed);
        for (const auto& event : *events) {
          EXPECT_TRUE(event.session == event.root || event.session.starts_with(event.root + '/'));
          EXPECT_EQ(event.root.find('/'), std::string::npos);
        }
      };
      for (const auto& [key, value] : record.as_object())
        for (const Json& bad : wrong) {
          Json changed = record;
          changed.set(key, bad);
          attempt(changed);
          if (!value.is_object()) continue;
          for (const auto& [inner, unused] : value.as_object()) {
            changed = record;
            changed.find(key)->set(inner, bad);
            attempt(changed);
          }
        }
    }
  }
}

// A scan reads in place and makes no Events that it does not judge: those it makes are the same.
TEST(Reader, ReadsForAScanWhatItReadsForEverybody) {
  for (const std::string file :
       {"claude-code/session.jsonl", "claude-code/session-tools.jsonl",
        "claude-code/session-with-subagent.jsonl", "claude-code/subagent.jsonl", "codex/rollout.jsonl",
        "codex/rollout-parent.jsonl", "codex/rollout-forked-subagent.jsonl", "codex/rollout-patch.jsonl",
        "codex/rollout-write-stdin.jsonl"}) {
    const auto format =
        file.starts_with("codex") ? TranscriptFormat::codex_rollout : TranscriptFormat::claude_code_session;
    const auto whole = make_reader(format, file);
    const auto scan = make_reader(format, file);
    std::uint64_t number = 0;
    for (const std::string& line : read_lines(kCases / file)) {
      std::vector<event::Event> expected = whole->feed(line, ++number).value();
      std::erase_if(expected, [](const auto& event) {
        return event.kind != event::kind::kToolCall && event.kind != event::kind::kToolResult &&
               event.kind != event::kind::kPrompt && event.kind != event::kind::kGap;
      });
      const std::string padded = line + std::string(JsonDocument::kPaddingBytes, '{');
      auto records =
          scan->read({std::string_view(padded).substr(0, line.size()), number, JsonDocument::kPaddingBytes},
                     Wanted::judged);
      ASSERT_TRUE(records);
      ASSERT_EQ(records->size(), expected.size()) << file << ":" << number;
      for (std::size_t i = 0; i < expected.size(); ++i) {
        auto& [event, body] = (*records)[i];
        std::size_t texts = 0;
        body.each_text([&](std::string_view) { ++texts; });
        EXPECT_GT(texts, 0u);
        EXPECT_EQ(body.text("cwd"), expected[i].body["cwd"].text_or(""));
        event.body = body.to_json();
        EXPECT_EQ(event, expected[i]) << file << ":" << number;
      }
    }
    EXPECT_EQ(scan->stats().lines, whole->stats().lines);
    EXPECT_EQ(scan->stats().events, whole->stats().events);
    EXPECT_EQ(scan->stats().gaps, whole->stats().gaps);
    EXPECT_EQ(scan->stats().inherited, whole->stats().inherited);
    EXPECT_EQ(scan->stats().tool_calls, whole->stats().tool_calls);
    EXPECT_EQ(scan->stats().unknown_types, whole->stats().unknown_types);
    EXPECT_EQ(scan->stats().input_tokens, whole->stats().input_tokens);
  }
}

}  // namespace
}  // namespace weir::ingest
