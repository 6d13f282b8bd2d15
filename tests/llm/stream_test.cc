// Every recorded answer of tests/cases/llm, with every combination of verdicts in every order, read by a
// client that shares no code with the streams (support/llm_client.h).
#include "llm/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "support/llm_client.h"
#include "support/llm_streams.h"

namespace weir::llm {
namespace {

using test::Client;
using test::Outcome;
using test::Recorded;
using test::recorded_answers;
using test::SeenAnswer;

constexpr const char* kNewArguments = R"({"command":"echo \"rewritten\" ☕"})";
constexpr const char* kReason = "policy \"no-shell\"\nsays no";

SeenAnswer read(const Recorded& recorded, const std::vector<StreamEvent>& events) {
  Client client(recorded.api);
  for (const StreamEvent& event : events) {
    if (recorded.whole) {
      const auto body = parse_json(event.data);
      EXPECT_TRUE(body) << recorded.name;
      if (body) client.read_whole(*body);
    } else {
      client.read(event);
    }
  }
  return client.answer();
}

Verdict verdict_of(std::size_t digit) {
  return digit == 0   ? Verdict::release()
         : digit == 1 ? Verdict::refuse(kReason)
                      : Verdict::rewrite(kNewArguments);
}

// Reads the whole answer, then gives the verdicts in an order; `choice` has one digit to base 3 for each
// call.
Outcome run_late(const Recorded& recorded, std::size_t choice, const std::vector<std::size_t>& order) {
  ToolStream stream(recorded.api);
  Outcome run = test::play(stream, recorded.events, recorded.whole);
  const std::vector<ToolCall> asked = run.asked;
  for (const std::size_t i : order) {
    std::size_t digit = choice;
    for (std::size_t k = 0; k < i; ++k)
      digit /= 3;
    EXPECT_TRUE(stream.waiting());
    run.add(stream.verdict(asked[i].number, verdict_of(digit % 3)));
  }
  EXPECT_FALSE(stream.waiting());
  return run;
}

std::vector<StreamEvent> without_pings(std::vector<StreamEvent> events) {
  std::erase_if(events, [](const StreamEvent& event) { return event.name == "ping"; });
  return events;
}

TEST(ToolStream, ThereAreRecordedAnswersOfEveryApi) {
  std::size_t of_api[4] = {};
  for (const Recorded& recorded : recorded_answers())
    ++of_api[static_cast<int>(recorded.api)];
  for (const std::size_t count : of_api)
    EXPECT_GE(count, 5);
}

TEST(ToolStream, ReleasedAtOnceEveryByteIsTheSame) {
  for (const Recorded& recorded : recorded_answers()) {
    ToolStream stream(recorded.api);
    const Outcome run = test::play(stream, recorded.events, recorded.whole,
                                   [](const ToolCall&) { return Verdict::release(); });
    EXPECT_EQ(run.out, recorded.events) << recorded.name;
    EXPECT_FALSE(run.broken) << recorded.name;
    EXPECT_TRUE(run.refused.empty()) << recorded.name;
    EXPECT_TRUE(read(recorded, run.out).wrong.empty()) << recorded.name;
  }
}

TEST(ToolStream, WordsDoNotWait) {
  for (const Recorded& recorded : recorded_answers()) {
    if (!recorded.name.ends_with("-text.sse")) continue;
    ToolStream stream(recorded.api);
    for (const StreamEvent& event : recorded.events)
      EXPECT_EQ(stream.take(event).forward, std::vector<StreamEvent>{event}) << recorded.name;
  }
}

TEST(ToolStream, CallsAreGivenOutWhole) {
  std::map<std::string, std::vector<std::string>> expected = {
      {"anthropic-parallel.sse",
       {R"(function toolu_1 Bash {"command":"cat a\nb \"é\""})",
        R"(function toolu_2 Read {"file_path":"/etc/hosts"})"}},
      {"anthropic-no-arguments.sse", {"function toolu_9 ListFiles "}},
      {"responses-custom.sse",
       {"custom call_1 apply_patch *** Begin Patch\n*** Add File: a\n+b\n*** End Patch"}},
      {"responses-shell.sse",
       {R"(shell call_1 shell_call {"commands":["ls -la"],"max_output_length":4096,"timeout_ms":1000})",
        R"(apply_patch call_2 apply_patch_call {"diff":"+b","path":"a","type":"create_file"})"}},
      {"chat-interleaved.sse",
       {R"(function call_1 bash {"command":"ls"})", R"(function call_2 view {"path":"/a"})"}},
      {"chat-legacy.sse", {R"(function  bash {"command":"ls"})"}},
      {"gemini-call.sse", {R"(function fc1 run_shell_command {"command":"ls"})"}},
      {"gemini-array.json", {R"(function  run_shell_command {"command":"ls"})", R"(function  list {"a":1})"}},
  };
  for (const Recorded& recorded : recorded_answers()) {
    if (!expected.contains(recorded.name)) continue;
    ToolStream stream(recorded.api);
    std::vector<std::string> calls;
    for (const ToolCall& call : test::play(stream, recorded.events, recorded.whole).asked)
      calls.push_back(std::string(name(call.kind)) + " " + call.id + " " + call.name + " " + call.arguments);
    EXPECT_EQ(calls, expected[recorded.name]);
    expected.erase(recorded.name);
  }
  EXPECT_TRUE(expected.empty());
}

TEST(ToolStream, CallsOfTheVendorAreReportedOnly) {
  std::map<std::string, std::vector<std::string>> expected = {
      {"anthropic-server-tools.sse", {R"(web_search {"query":"weir"})"}},
      {"responses-server-tools.sse",
       {R"(web_search_call {"action":{"query":"weir","type":"search"},"id":"ws_1","status":"completed","type":"web_search_call"})",
        R"(ask {"arguments":"{\"q\":1}","id":"mcp_1","name":"ask","output":"42","server_label":"docs","status":"completed","type":"mcp_call"})"}},
      {"gemini-parallel.sse", {R"(executableCode {"code":"1+1","language":"PYTHON"})"}},
  };
  for (const Recorded& recorded : recorded_answers()) {
    ToolStream stream(recorded.api);
    std::vector<std::string> calls;
    for (const ToolCall& call : test::play(stream, recorded.events, recorded.whole).happened)
      calls.push_back(call.name + " " + call.arguments);
    EXPECT_EQ(calls, expected[recorded.name]) << recorded.name;
  }
}

std::string expected_arguments(const Recorded& recorded) {
  const bool as_value =
      recorded.api == Api::anthropic || recorded.api == Api::gemini || recorded.name == "responses-shell.sse";
  return as_value ? canonical(*parse_json(kNewArguments)) : kNewArguments;
}

// One outcome: which calls the client sees, with which arguments, and that all of it is a valid answer.
void check(const Recorded& recorded, const Outcome& run, std::size_t choice) {
  const std::string where = recorded.name + " with verdicts " + std::to_string(choice);
  const SeenAnswer before = read(recorded, recorded.events);
  const SeenAnswer after = read(recorded, run.out);
  EXPECT_EQ(after.wrong, std::vector<std::string>{}) << where;
  EXPECT_EQ(after.ended, before.ended) << where;
  EXPECT_FALSE(run.broken) << where;
  std::vector<test::SeenCall> expected;
  std::size_t refused = 0;
  for (std::size_t i = 0, digits = choice; i < before.calls.size(); ++i, digits /= 3) {
    if (digits % 3 == 1) ++refused;
    if (digits % 3 != 1) expected.push_back(before.calls[i]);
    if (digits % 3 == 2) expected.back().arguments = expected_arguments(recorded);
    if (digits % 3 == 0 || before.calls[i].arguments == "{}") continue;
    const std::string quoted = canonical(Json(before.calls[i].arguments));  // as it stands in a text of JSON
    for (const StreamEvent& event : run.out) {
      EXPECT_FALSE(event.data.contains(before.calls[i].arguments)) << where;
      EXPECT_FALSE(event.data.contains(quoted.substr(1, quoted.size() - 2))) << where;
    }
  }
  EXPECT_EQ(after.calls, expected) << where;
  std::size_t said = 0;
  for (std::size_t at = 0; (at = after.text.find(kReason, at)) != std::string::npos; ++at)
    ++said;
  EXPECT_EQ(said, refused) << where << after.text;
  if (refused > 0 && expected.empty() && !before.stop.empty())
    EXPECT_EQ(after.stop, recorded.api == Api::anthropic ? "end_turn" : "stop") << where;
  else
    EXPECT_EQ(after.stop, before.stop) << where;
}

TEST(ToolStream, EveryCombinationOfVerdictsInEveryOrderIsOneValidAnswer) {
  for (const Recorded& recorded : recorded_answers()) {
    ToolStream stream(recorded.api);
    const std::size_t calls = test::play(stream, recorded.events, recorded.whole).asked.size();
    std::size_t combinations = 1;
    for (std::size_t i = 0; i < calls; ++i)
      combinations *= 3;
    for (std::size_t choice = 0; choice < combinations; ++choice) {
      std::vector<std::size_t> order(calls);
      std::iota(order.begin(), order.end(), 0);
      const Outcome first = run_late(recorded, choice, order);
      check(recorded, first, choice);
      if (choice == 0) {
        EXPECT_EQ(without_pings(first.out), without_pings(recorded.events)) << recorded.name;
      }
      while (std::next_permutation(order.begin(), order.end()))
        EXPECT_EQ(run_late(recorded, choice, order).out, first.out) << recorded.name;
      std::size_t next = 0;
      ToolStream early(recorded.api);
      const Outcome at_once = test::play(early, recorded.events, recorded.whole, [&](const ToolCall&) {
        std::size_t digits = choice;
        for (std::size_t k = 0; k < next; ++k)
          digits /= 3;
        ++next;
        return verdict_of(digits % 3);
      });
      EXPECT_EQ(without_pings(at_once.out), without_pings(first.out)) << recorded.name;
    }
  }
}

TEST(ToolStream, CutAnywhereNothingUndecidedCameThrough) {
  for (const Recorded& recorded : recorded_answers()) {
    if (recorded.whole) continue;
    for (std::size_t cut = 0; cut <= recorded.events.size(); ++cut) {
      ToolStream stream(recorded.api);
      const std::vector<StreamEvent> events(recorded.events.begin(),
                                            recorded.events.begin() + static_cast<std::ptrdiff_t>(cut));
      const Outcome silent = test::play(stream, events, false);
      for (const StreamEvent& event : silent.out) {
        EXPECT_FALSE(event.data.contains("\"call_1") || event.data.contains("\"toolu_1") ||
                     event.data.contains("functionCall"))
            << recorded.name << " cut at " << cut << ": " << event.data;
      }
      const SeenAnswer seen = read(recorded, silent.out);
      EXPECT_TRUE(seen.calls.empty()) << recorded.name << " cut at " << cut;
    }
  }
}

// The same call with its arguments in pieces of every size.
TEST(ToolStream, ArgumentsInPiecesOfEverySizeAreOneCall) {
  const std::string arguments = R"({"command":"printf '%s' \"a\" \\ b","n":[1,2,{"x":null}]})";
  for (std::size_t size = 1; size <= arguments.size(); ++size) {
    Recorded recorded{.name = "anthropic-split", .api = Api::anthropic, .whole = false, .events = {}};
    const auto add = [&](const std::string& type, const std::string& members) {
      recorded.events.push_back({type, R"({"type":")" + type + "\"" + members + "}"});
    };
    add("message_start", R"(,"message":{"content":[]})");
    add("content_block_start",
        R"(,"index":0,"content_block":{"type":"tool_use","id":"t","name":"Bash","input":{}})");
    for (std::size_t at = 0; at < arguments.size(); at += size)
      add("content_block_delta", R"(,"index":0,"delta":{"type":"input_json_delta","partial_json":)" +
                                     canonical(Json(arguments.substr(at, size))) + "}");
    add("content_block_stop", R"(,"index":0)");
    add("message_delta", R"(,"delta":{"stop_reason":"tool_use"})");
    add("message_stop", "");
    for (std::size_t choice = 0; choice < 3; ++choice) {
      const Outcome run = run_late(recorded, choice, {0});
      ASSERT_EQ(run.asked.size(), 1);
      EXPECT_EQ(run.asked[0].arguments, arguments);
      check(recorded, run, choice);
    }
  }
}

TEST(ToolStream, AVerdictCountsOnceAndOnlyForACallThatWaits) {
  const auto all = recorded_answers();
  const auto at =
      std::find_if(all.begin(), all.end(), [](const Recorded& r) { return r.name == "anthropic-call.sse"; });
  ToolStream stream(Api::anthropic);
  EXPECT_TRUE(stream.verdict(0, Verdict::release()).forward.empty());
  for (const StreamEvent& event : at->events) {
    stream.take(event);
    if (stream.waiting()) break;
    EXPECT_TRUE(stream.verdict(0, Verdict::release()).forward.empty());
  }
  EXPECT_TRUE(stream.verdict(-1, Verdict::release()).forward.empty());
  EXPECT_TRUE(stream.verdict(7, Verdict::release()).forward.empty());
  EXPECT_EQ(stream.verdict(0, Verdict::refuse("no")).forward.size(), 3);
  EXPECT_TRUE(stream.verdict(0, Verdict::release()).forward.empty());
}

TEST(ToolStream, ARewriteThatIsNoObjectIsARefusal) {
  for (const Recorded& recorded : recorded_answers()) {
    if (!recorded.name.ends_with("-call.sse")) continue;
    ToolStream stream(recorded.api);
    const Outcome run =
        test::play(stream, recorded.events, false, [](const ToolCall&) { return Verdict::rewrite("[1"); });
    const SeenAnswer seen = read(recorded, run.out);
    EXPECT_TRUE(seen.calls.empty()) << recorded.name;
    EXPECT_TRUE(seen.text.contains("rewritten arguments do not fit")) << recorded.name;
    EXPECT_TRUE(seen.wrong.empty());
  }
}

}  // namespace
}  // namespace weir::llm
