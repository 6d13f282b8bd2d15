// The bundled model: one call, then goodbye, on both wires.
#include "daemon/scripted_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/live_test.h"

namespace weir::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

net::HttpRequest post(const std::string& path, const std::string& body) {
  return {.method = "POST", .path = path, .body = body};
}

TEST(ScriptedModel, ClaudeIsAskedOnceAndHeard) {
  ScriptedModel model("echo x && false");
  const auto first =
      model.answer(post("/v1/messages", R"({"model":"m","stream":true,"tools":[{"name":"Bash"}],)"
                                        R"("messages":[{"role":"user","content":"go"}]})"));
  EXPECT_EQ(first.content_type, "text/event-stream");
  EXPECT_THAT(first.body, HasSubstr("\"name\":\"Bash\""));
  EXPECT_THAT(first.body, HasSubstr("echo x && false"));
  EXPECT_TRUE(model.asked());
  EXPECT_THAT(model.heard(), ElementsAre());
  const auto second = model.answer(post(
      "/v1/messages",
      R"({"model":"m","stream":true,"tools":[{"name":"Bash"}],"messages":[{"role":"user","content":"go"},)"
      R"({"role":"assistant","content":[{"type":"tool_use","id":"t","name":"Bash","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t","is_error":true,"content":"Weir refused"}]}]})"));
  EXPECT_THAT(second.body, HasSubstr("end_turn"));
  EXPECT_THAT(second.body, Not(HasSubstr("echo x")));
  EXPECT_THAT(model.heard(), ElementsAre("Weir refused"));
}

TEST(ScriptedModel, CodexIsAskedByTheToolItOffersAndHeard) {
  ScriptedModel model("echo x");
  const auto first = model.answer(
      post("/v1/responses", R"({"tools":[{"type":"function","name":"exec_command"}],"input":[]})"));
  EXPECT_THAT(first.body, HasSubstr("response.completed"));
  EXPECT_THAT(first.body, HasSubstr("exec_command"));
  EXPECT_THAT(first.body, HasSubstr(R"({\"cmd\":\"echo x\"})"));
  (void)model.answer(
      post("/v1/responses",
           R"({"tools":[{"name":"exec_command"}],"input":[{"type":"function_call","call_id":"c"},)"
           R"({"type":"function_call_output","call_id":"c","output":"Weir refused it"}]})"));
  EXPECT_THAT(model.heard(), ElementsAre("Weir refused it"));
}

TEST(ScriptedModel, SideRequestsAndNonsenseGetNoCall) {
  ScriptedModel model("echo x");
  EXPECT_THAT(model.answer(post("/v1/messages", R"({"messages":[]})")).body, Not(HasSubstr("echo x")));
  EXPECT_EQ(model.answer(post("/v1/messages", "[]")).status, 404);
  EXPECT_EQ(model.answer(post("/v1/messages", "{")).status, 404);
  EXPECT_EQ(model.answer(post("/elsewhere", "{}")).status, 404);
  EXPECT_EQ(model.answer({.method = "GET", .path = "/v1/models", .body = {}}).status, 200);
  EXPECT_FALSE(model.asked());
}

// Only a refusal by verdict, known to the model, of a call that did not run.
TEST(LiveReport, HeldNeedsAllThree) {
  const LiveReport good{.asked = true, .ran = false, .heard = "Weir refused this command."};
  EXPECT_TRUE(good.held());
  for (const auto& spoil : std::vector<std::function<void(LiveReport&)>>{
           [](LiveReport& r) { r.asked = false; }, [](LiveReport& r) { r.ran = true; },
           [](LiveReport& r) { r.heard = ""; }, [](LiveReport& r) { r.heard = "permission denied"; },
           [](LiveReport& r) { r.heard = "Weir refused this because it could not decide: no daemon"; }}) {
    LiveReport bad = good;
    spoil(bad);
    EXPECT_FALSE(bad.held());
  }
}

}  // namespace
}  // namespace weir::daemon
