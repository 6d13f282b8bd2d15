// What the wire of a tool server tells becomes an Event, and a Decision what it acts on.
#include "ingest/mcp_wire.h"

#include <gmock/gmock.h>

#include "ingest/tools.h"

namespace weir::ingest {
namespace {

using event::Verdict;
using testing::HasSubstr;

constexpr std::string_view kCall =
    R"({"session_id":"s-1","server":"git.hub","launch":"sha256:1","method":"tools/call","name":"create_issue",)"
    R"("input":{"title":"x"},"call_id":"mcp-s-1-1","cwd":"/w"})";

TEST(McpWire, ACallIsAToolCallOfTheServer) {
  const auto event = read_mcp("Call", kCall);
  ASSERT_TRUE(event) << event.error().message();
  EXPECT_EQ(event->kind, event::kind::kToolCall);
  EXPECT_EQ(event->plane, "wire");
  EXPECT_EQ(event->assurance, event::Assurance::observed);
  EXPECT_EQ(event->session, "mcp:s-1");
  EXPECT_EQ(event->corr.at("tool_use_id"), "mcp-s-1-1");
  const auto use = tool_use(event->agent.name, event->body["tool"].text_or(""), event->body["input"]);
  EXPECT_EQ(use.server + " " + use.tool, "git.hub create_issue");
  EXPECT_EQ(event->body["input"]["title"].text_or(""), "x");
}

TEST(McpWire, OtherMethodsAreCalledByTheirNames) {
  for (const char* method :
       {"prompts/get", "resources/read", "completion/complete", "sampling/createMessage"}) {
    Json payload = parse_json(kCall).value();
    payload.set("method", method);
    const auto event = read_mcp("Call", compact(payload));
    ASSERT_TRUE(event) << method;
    std::string name = method;
    name[name.find('/')] = '.';
    EXPECT_EQ(event->data["tool"].text_or(""), "mcp__git.hub__" + name);
  }
}

TEST(McpWire, AResultAndAnOffer) {
  const auto result = read_mcp("Result", R"({"session_id":"s","server":"a","method":"tools/call","name":"t",)"
                                         R"("call_id":"c","failed":true,"output":{"content":[]}})");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->kind, event::kind::kToolResult);
  EXPECT_TRUE(result->data["failed"].bool_or(false));
  const auto offer =
      read_mcp("Offer", R"({"session_id":"s","server":"a","kind":"tool","launch":"d","first_page":true,)"
                        R"("last_page":false,"list":{"tools":[]}})");
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->kind, event::kind::kOffered);
  EXPECT_FALSE(offer->data["last_page"].bool_or(true));
  EXPECT_TRUE(offer->body["list"].is_object());
}

TEST(McpWire, WhatIsMalformedIsRefused) {
  for (const auto& [member, value] : Json::Object{{"session_id", "a/b"},
                                                  {"server", "../x"},
                                                  {"server", ""},
                                                  {"method", "tools/list"},
                                                  {"name", ""},
                                                  {"name", "a\nb"},
                                                  {"input", 7},
                                                  {"call_id", Json()}}) {
    Json payload = parse_json(kCall).value();
    payload.set(member, value);
    EXPECT_FALSE(read_mcp("Call", compact(payload))) << member << compact(value);
  }
  EXPECT_FALSE(read_mcp("Other", kCall));
  EXPECT_FALSE(read_mcp("Offer", R"({"session_id":"s","server":"a","kind":"else"})"));
  EXPECT_FALSE(read_mcp("Call", "[]"));
}

event::Decision offer_of(std::vector<std::string> names, std::vector<std::uint32_t> refused) {
  event::Decision decision;
  decision.verdict = refused.empty() ? Verdict::allow : Verdict::deny;
  for (const auto& one : names)
    decision.actions.push_back(
        {"mcp.offer", "Tool", "srv/" + one, event::Certainty::certain, {}, Json::object()});
  if (!refused.empty())
    decision.policies.push_back(
        {"mcp.changed", Verdict::deny, "enforce", "It changed.", "high", "x", {}, refused[0]});
  decision.refused_actions = std::move(refused);
  return decision;
}

TEST(McpWire, OfAnOfferEachItemStandsAlone) {
  EXPECT_EQ(render_mcp("Offer", offer_of({"a", "b"}, {})).out,
            R"({"verdict":"allow","kept":["a","b"],"withheld":[]})");
  const auto some = render_mcp("Offer", offer_of({"a", "b", "c"}, {0, 2})).out;
  EXPECT_THAT(some, HasSubstr(R"("kept":["b"])"));
  EXPECT_THAT(some, HasSubstr(R"({"name":"c","policy":"mcp.changed","reason":"It changed."})"))
      << "the record names a policy once, the answer with each item";
}

TEST(McpWire, AStoppedSessionIsOfferedNothing) {
  auto decision = offer_of({"a", "b"}, {});
  decision.verdict = Verdict::quarantine;
  decision.reason = "Stopped.";
  EXPECT_THAT(render_mcp("Offer", decision).out, HasSubstr(R"("kept":[])"));
}

TEST(McpWire, ARefusedCallSaysWhyAndARewrittenOneWhat) {
  event::Decision decision;
  decision.verdict = Verdict::ask;
  decision.reason = "Look first.";
  decision.approval_id = "ab12-cd34";
  const auto held = parse_json(render_mcp("Call", decision).out).value();
  EXPECT_EQ(held["verdict"].text_or(""), "ask");
  EXPECT_THAT(std::string(held["reason"].text_or("")), HasSubstr("weir approve ab12-cd34"));
  decision = {};
  decision.verdict = Verdict::transform;
  decision.rewrite = Json::object({{"title", "y"}});
  EXPECT_EQ(render_mcp("Call", decision).out, R"({"verdict":"transform","input":{"title":"y"}})");
}

}  // namespace
}  // namespace weir::ingest
