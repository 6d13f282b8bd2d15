#include "llm/lanes.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace weir::llm {
namespace {

std::string create(const std::string& members) {
  return R"({"type":"response.create","model":"m")" + (members.empty() ? "" : "," + members) + "}";
}
std::string lane_member(const std::string& lane) {
  return lane.empty() ? "" : R"(,"stream_id":")" + lane + "\"";
}
std::string created(const std::string& id, const std::string& lane = "") {
  return R"({"type":"response.created")" + lane_member(lane) + R"(,"response":{"id":")" + id +
         R"(","output":[]}})";
}
std::string item(const std::string& call_id) {
  return R"({"type":"function_call","id":"fc_)" + call_id + R"(","call_id":")" + call_id +
         R"(","name":"shell","arguments":"{}"})";
}
std::string done(const std::string& call_id, const std::string& lane = "") {
  return R"({"type":"response.output_item.done","output_index":0)" + lane_member(lane) + R"(,"item":)" +
         item(call_id) + "}";
}
std::string completed(const std::string& id, const std::string& lane = "", const std::string& output = "") {
  return R"({"type":"response.completed")" + lane_member(lane) + R"(,"response":{"id":")" + id +
         R"(","output":[)" + output + "]}}";
}
constexpr const char* kTools =
    R"("tools":[{"type":"function","name":"shell"}],"instructions":"be good","input":[])";

std::string code_of(const std::expected<LaneRequest, LaneRefusal>& asked) {
  if (asked) return "";
  return std::string((*parse_json(asked.error().frame))["error"]["code"].text_or("?"));
}

TEST(Lanes, RemembersToolsAndInstructionsOfTheWarmUp) {
  Lanes lanes;
  const auto first = lanes.client_frame(create(std::string(R"("generate":false,)") + kTools));
  ASSERT_TRUE(first);
  EXPECT_EQ(lanes.vendor_frame(created("r1")).forward.size(), 1);
  EXPECT_EQ(lanes.vendor_frame(completed("r1")).forward.size(), 1);
  const auto second = lanes.client_frame(create(R"("previous_response_id":"r1","input":[])"));
  ASSERT_TRUE(second);
  ASSERT_EQ(second->tools.size(), 1);
  EXPECT_EQ(second->tools[0].name, "shell");
  EXPECT_EQ(second->tools_digest, first->tools_digest);
  EXPECT_EQ(second->system_digest, first->system_digest);
  const auto third = lanes.client_frame(create(R"("previous_response_id":"r1","tools":[],"input":[])"));
  EXPECT_TRUE(third->tools.empty());
}

TEST(Lanes, AChainToAnUnknownResponseIsRefused) {
  Lanes lanes;
  const auto asked = lanes.client_frame(create(R"("previous_response_id":"r9","stream_id":"a","input":[])"));
  EXPECT_EQ(code_of(asked), "previous_response_not_found");
  EXPECT_TRUE(asked.error().frame.contains(R"("stream_id":"a")"));
  EXPECT_EQ(
      code_of(lanes.client_frame(R"({"type":"response.steer","previous_response_id":"r9","input":[]})")),
      "previous_response_not_found");
}

TEST(Lanes, LanesFromOneResponseDoNotWaitForEachOther) {
  Lanes lanes;
  ASSERT_TRUE(lanes.client_frame(create(kTools)));
  lanes.vendor_frame(created("r1"));
  lanes.vendor_frame(completed("r1"));
  for (const char* const lane : {"a", "b"})
    ASSERT_TRUE(lanes.client_frame(
        create(R"("previous_response_id":"r1","stream_id":")" + std::string(lane) + "\"")));
  lanes.vendor_frame(created("ra", "a"));
  lanes.vendor_frame(created("rb", "b"));
  const Step a = lanes.vendor_frame(done("call", "a"));
  const Step b = lanes.vendor_frame(done("call", "b"));  // the same id in another response is another call
  ASSERT_EQ(a.decide.size(), 1);
  ASSERT_EQ(b.decide.size(), 1);
  EXPECT_NE(a.decide[0].number, b.decide[0].number);
  EXPECT_TRUE(a.forward.empty() && b.forward.empty());
  const Step released = lanes.verdict(b.decide[0].number, Verdict::release());
  ASSERT_EQ(released.forward.size(), 1);
  EXPECT_EQ(released.forward[0].data, done("call", "b"));
  EXPECT_EQ(lanes.vendor_frame(completed("rb", "b", item("call"))).forward.size(), 1);
  EXPECT_TRUE(lanes.vendor_frame(completed("ra", "a", item("call"))).forward.empty());
  EXPECT_TRUE(lanes.waiting());
  const Step refused = lanes.verdict(a.decide[0].number, Verdict::refuse("no"));
  for (const StreamEvent& event : refused.forward) {
    EXPECT_FALSE(event.data.contains("function_call"));
    EXPECT_TRUE(event.data.contains(R"("stream_id":"a")"));
  }
  EXPECT_FALSE(lanes.waiting());
  const auto next = lanes.client_frame(create(R"("previous_response_id":"ra","stream_id":"a")"));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->owed, (std::vector<OwedOutput>{{"call", CallKind::function, "no"}}));
}

TEST(Lanes, ASecondResponseOfALaneWaitsForTheFirst) {
  Lanes lanes;
  ASSERT_TRUE(lanes.client_frame(create(kTools)));
  ASSERT_TRUE(lanes.client_frame(create(kTools)));
  lanes.vendor_frame(created("r1"));
  const Step asked = lanes.vendor_frame(done("c1"));
  EXPECT_TRUE(lanes.vendor_frame(completed("r1", "", item("c1"))).forward.empty());
  EXPECT_TRUE(lanes.vendor_frame(created("r2")).forward.empty());
  EXPECT_TRUE(lanes.vendor_frame(completed("r2")).forward.empty());
  const Step all = lanes.verdict(asked.decide[0].number, Verdict::release());
  ASSERT_EQ(all.forward.size(), 4);
  EXPECT_EQ(all.forward[3].data, completed("r2"));
}

TEST(Lanes, ASteeredResponseGoesOnUnasked) {
  Lanes lanes;
  ASSERT_TRUE(lanes.client_frame(create(kTools)));
  lanes.vendor_frame(created("r1"));
  EXPECT_TRUE(lanes.client_frame(
      R"({"type":"response.steer","previous_response_id":"r1","input":[{"role":"user","content":"x"}]})"));
  EXPECT_EQ(lanes.vendor_frame(R"({"type":"response.steer.accepted"})").forward.size(), 1);
  lanes.vendor_frame(
      R"({"type":"response.incomplete","response":{"id":"r1","output":[],"incomplete_details":{"reason":"steered"}}})");
  EXPECT_FALSE(lanes.vendor_frame(created("r2")).broken);
  const Step asked = lanes.vendor_frame(done("c1"));
  EXPECT_EQ(asked.decide.size(), 1);
  EXPECT_TRUE(asked.forward.empty());
  lanes.verdict(asked.decide[0].number, Verdict::release());
  EXPECT_FALSE(lanes.vendor_frame(completed("r2", "", item("c1"))).broken);
  EXPECT_TRUE(lanes.vendor_frame(created("r3")).broken);  // once only
}

TEST(Lanes, WhatNobodyAskedForEndsTheConnection) {
  const std::vector<std::vector<std::string>> cases = {
      {created("r1")},
      {created("r1", "other")},
      {done("c")},
      {R"({"type":"session.note","item":)" + item("c") + "}"},
      {R"({"type":"error","error":{"message":"m"},"item":)" + item("c") + "}"},
      {"{}"},
      {"[]"},
      {"not json"},
      {R"({"type":"x","stream_id":7})"}};
  for (const auto& frames : cases) {
    Lanes lanes;
    Step last;
    for (const std::string& frame : frames)
      last = lanes.vendor_frame(frame);
    EXPECT_TRUE(last.broken) << frames[0];
    ASSERT_EQ(last.forward.size(), 1);
    EXPECT_FALSE(last.forward[0].data.contains("call_id"));
    EXPECT_TRUE(lanes.vendor_frame(R"({"type":"keepalive"})").forward.empty());
  }
  Lanes lanes;
  ASSERT_TRUE(lanes.client_frame(create(kTools)));
  lanes.vendor_frame(created("r1"));
  EXPECT_TRUE(lanes.vendor_frame(completed("r2")).broken);
}

TEST(Lanes, BinaryFramesEndTheConnection) {
  Lanes lanes;
  EXPECT_TRUE(lanes.client_frame(create(kTools), true).error().close);
  Lanes other;
  EXPECT_TRUE(other.vendor_frame(created("r1"), true).broken);
}

TEST(Lanes, LimitsAreTheVendorsOwn) {
  Lanes lanes;
  for (int i = 0; i < 16; ++i)
    ASSERT_TRUE(lanes.client_frame(create(R"("stream_id":"l)" + std::to_string(i) + "\"")));
  EXPECT_EQ(code_of(lanes.client_frame(create(""))), "websocket_stream_limit_reached");
  lanes.vendor_frame(R"({"type":"error","stream_id":"l0","error":{"message":"busy"}})");
  EXPECT_TRUE(lanes.client_frame(create(R"("stream_id":"l0")")));
  Lanes many;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "l" + std::to_string(i);
    const auto asked = many.client_frame(create(R"("stream_id":")" + name + "\""));
    EXPECT_EQ(asked.has_value(), i < 32) << i;
    if (asked) many.vendor_frame(created("r" + name, name));
    if (asked) many.vendor_frame(completed("r" + name, name));
  }
}

}  // namespace
}  // namespace weir::llm
