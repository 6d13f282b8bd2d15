#include "ingest/trace.h"

#include <gmock/gmock.h>

#include "support.h"

namespace weir::ingest {
namespace {

using testing::ElementsAre;

const char* const kRow = R"({"id":"suite/a/1","label":"x","tools":[{"name":"get"}],"trace":[
  {"r":"user","t":"read it"},
  {"r":"assistant","t":"I will","c":[{"f":"get","a":{"url":"http://x"}},{"f":"list","a":null},{"f":"get","a":"raw"}]},
  {"r":"tool","t":"two","f":"list"},
  {"r":"tool","t":"one","f":"get"},
  {"r":"tool","t":"","f":"get","e":"ValueError"},
  {"r":"assistant","c":[{"f":"send"}]},
  {"r":"tool","t":"sent"},
  {"r":"tool","t":"nobody asked","f":"ghost"},
  {"r":"assistant","t":"done"}]})";

TEST(ParseTrace, CountsCallsAndGivesResultsToThem) {
  const auto row = parse_trace(parsed(kRow));
  ASSERT_TRUE(row) << row.error().message();
  EXPECT_EQ(row->id.text_or(""), "suite/a/1");
  EXPECT_EQ(row->calls, 4u);
  std::vector<std::string> kinds;
  for (const auto& event : row->events) {
    kinds.push_back(event.kind);
    EXPECT_EQ(event.agent.name, "replay");
    EXPECT_EQ(event.session, event.root);
    EXPECT_EQ(event.session.find('/'), std::string::npos);
  }
  EXPECT_THAT(kinds, ElementsAre("lifecycle", "prompt", "model.output", "tool.call", "tool.call", "tool.call",
                                 "tool.result", "tool.result", "tool.result", "tool.call", "tool.result",
                                 "tool.result", "model.output"));
  EXPECT_EQ(row->events[0].body["tools"].as_array().size(), 1u);
  EXPECT_EQ(row->events[3].data["call"].int_or(-1), 0);
  EXPECT_EQ(row->events[3].body["input"]["url"].text_or(""), "http://x");
  EXPECT_EQ(compact(row->events[4].body["input"]), "{}");
  EXPECT_EQ(row->events[5].body["input"]["arguments"].text_or(""), "raw");
  EXPECT_EQ(row->events[6].data["call"].int_or(-1), 1) << "named tool wins over order";
  EXPECT_EQ(row->events[7].data["call"].int_or(-1), 0);
  EXPECT_EQ(row->events[8].data["call"].int_or(-1), 2);
  EXPECT_TRUE(row->events[8].data["failed"].bool_or(false));
  EXPECT_EQ(row->events[10].data["tool"].text_or(""), "send")
      << "unnamed results answer the oldest open call";
  EXPECT_EQ(row->events[10].data["call"].int_or(-1), 3);
  EXPECT_FALSE(row->events[11].data.has("call"));
}

TEST(ParseTrace, OnlyAnAgentWhoseToolsAreKnownIsTaken) {
  const auto row = [](const std::string& agent) {
    return parse_trace(parsed(R"({"id":1,"agent":)" + agent + R"(,"trace":[{"r":"user","t":"x"}]})"));
  };
  for (const char* known : {"\"claude-code\"", "\"claude\"", "\"codex\"", "null"})
    EXPECT_TRUE(row(known)) << known;
  for (const char* unknown : {"\"gemini-cli\"", "\"nosuch\"", "\"\"", "1", "\"replay\""}) {
    const auto refused = row(unknown);
    ASSERT_FALSE(refused) << unknown;
    EXPECT_EQ(refused.error().where, "agent");
    EXPECT_FALSE(refused.error().hint.empty());
  }
}

TEST(ParseTrace, SessionsFollowTheId) {
  const auto session = [](const char* id) {
    const auto row =
        parse_trace(parsed(std::string(R"({"id":)") + id + R"(,"trace":[{"r":"user","t":"x"}]})"));
    return row ? row->events[0].session : std::string();
  };
  EXPECT_EQ(session("\"a\""), session("\"a\""));
  EXPECT_NE(session("\"a\""), session("\"b\""));
  EXPECT_NE(session("1"), session("\"1\""));
}

TEST(ParseTrace, ErrorsNameThePlace) {
  const auto where = [](const char* row) {
    const auto parsed_row = parse_trace(parsed(row));
    return parsed_row ? std::string("fine") : parsed_row.error().where;
  };
  EXPECT_EQ(where(R"({"id":1})"), "trace");
  EXPECT_EQ(where(R"({"id":1,"trace":{}})"), "trace");
  EXPECT_EQ(where(R"({"id":1,"tools":5,"trace":[]})"), "tools");
  EXPECT_EQ(where(R"({"id":1,"trace":[{"r":"user","t":"x"},{"r":"robot"}]})"), "trace[1].r");
  EXPECT_EQ(where(R"({"id":1,"trace":["x"]})"), "trace[0]");
  EXPECT_EQ(where(R"({"id":1,"trace":[{"r":"user","t":7}]})"), "trace[0].t");
  EXPECT_EQ(where(R"({"id":1,"trace":[{"r":"assistant","c":{}}]})"), "trace[0].c");
  EXPECT_EQ(where(R"({"id":1,"trace":[{"r":"assistant","c":[{"f":"ok"},{"a":1}]}]})"), "trace[0].c[1].f");
  EXPECT_EQ(where(R"({"id":1,"trace":[{"r":"tool","f":9}]})"), "trace[0].f");
  EXPECT_EQ(where(R"({"trace":[]})"), "fine");
  EXPECT_FALSE(parse_trace(Json("x")));
}

}  // namespace
}  // namespace weir::ingest
