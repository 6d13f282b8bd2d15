// Answers and events in every form bring the same; what Weir answers itself is read back as what it means.
#include "a2a/answer.h"

#include <gmock/gmock.h>

#include "a2a/refusal.h"
#include "a2a/requests.h"
#include "http/sse.h"

namespace weir::a2a {
namespace {

using testing::HasSubstr;
using testing_requests::ask;
using testing_requests::rest;
using testing_requests::rpc;

constexpr char kSend[] = R"({"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"a"}]}})";
constexpr char kSendV03[] =
    R"({"message":{"kind":"message","messageId":"m","role":"user","parts":[{"kind":"text","text":"a"}]}})";

// The same operation in the four forms.
struct Forms {
  Operation rpc_v1;
  Operation rest_v1;
  Operation rpc_v03;
  Operation rest_v03;
};
Forms sending(bool stream) {
  const std::string path = stream ? "/message:stream" : "/message:send";
  return {*ask(rpc("1.0", stream ? "SendStreamingMessage" : "SendMessage", kSend)),
          *ask(rest("1.0", "POST", path, kSend)),
          *ask(rpc("0.3", stream ? "message/stream" : "message/send", kSendV03)),
          *ask(rest("0.3", "POST", "/v1" + path, kSendV03))};
}

std::string result(const std::string& json) {
  return R"({"jsonrpc":"2.0","id":1,"result":)" + json + "}";
}

std::string value(const Result<Answer>& answer) {
  return answer ? canonical(to_json(*answer)) : "refused: " + answer.error().message();
}

TEST(Answer, OneTaskInFourForms) {
  const Forms forms = sending(false);
  const std::string v1 =
      R"({"id":"t","contextId":"c","status":{"state":"TASK_STATE_INPUT_REQUIRED","message":{"messageId":"q",)"
      R"("role":"ROLE_AGENT","parts":[{"text":"which?"}]}},"artifacts":[{"artifactId":"x","name":"n",)"
      R"("parts":[{"url":"https://x.example"}]}]})";
  const std::string v03 =
      R"({"kind":"task","id":"t","contextId":"c","status":{"state":"input-required","message":{"kind":"message",)"
      R"("messageId":"q","role":"agent","parts":[{"kind":"text","text":"which?"}]}},"artifacts":[{"artifactId":"x",)"
      R"("name":"n","parts":[{"kind":"file","file":{"uri":"https://x.example"}}]}]})";
  const std::string proto =
      R"({"id":"t","contextId":"c","status":{"state":"TASK_STATE_INPUT_REQUIRED","message":{"messageId":"q",)"
      R"("role":"ROLE_AGENT","content":[{"text":"which?"}]}},"artifacts":[{"artifactId":"x","name":"n",)"
      R"("parts":[{"file":{"fileWithUri":"https://x.example"}}]}]})";
  const std::string one = value(read_answer(forms.rpc_v1, {200, result(R"({"task":)" + v1 + "}")}));
  EXPECT_THAT(one, HasSubstr("TASK_STATE_INPUT_REQUIRED"));
  EXPECT_EQ(one, value(read_answer(forms.rest_v1, {200, R"({"task":)" + v1 + "}"})));
  EXPECT_EQ(one, value(read_answer(forms.rpc_v03, {200, result(v03)})));
  EXPECT_EQ(one, value(read_answer(forms.rest_v03, {201, R"({"task":)" + proto + "}"})));
  const auto answer = read_answer(forms.rpc_v1, {200, result(R"({"task":)" + v1 + "}")});
  ASSERT_EQ(brought(*answer).size(), 2U);
  EXPECT_EQ(brought(*answer)[0]->text, "which?");
  EXPECT_EQ(brought(*answer)[1]->kind, PartKind::url);
}

TEST(Answer, EventsInFourForms) {
  const Forms forms = sending(true);
  const std::string one = value(
      read_event(forms.rpc_v1, "message",
                 result(R"({"artifactUpdate":{"taskId":"t","contextId":"c","append":true,"lastChunk":true,)"
                        R"("artifact":{"artifactId":"x","parts":[{"text":"a"}]}}})")));
  EXPECT_THAT(one, HasSubstr("\"append\":true"));
  EXPECT_EQ(
      one,
      value(read_event(
          forms.rpc_v03, "message",
          result(
              R"({"kind":"artifact-update","taskId":"t","contextId":"c","append":true,)"
              R"("lastChunk":true,"artifact":{"artifactId":"x","parts":[{"kind":"text","text":"a"}]}})"))));
  EXPECT_EQ(one,
            value(read_event(forms.rest_v1, "message",
                             R"({"artifactUpdate":{"taskId":"t","contextId":"c","append":true,)"
                             R"("lastChunk":true,"artifact":{"artifactId":"x","parts":[{"text":"a"}]}}})")));
  EXPECT_EQ(one,
            value(read_event(forms.rest_v03, "message",
                             R"({"artifactUpdate":{"taskId":"t","contextId":"c","append":true,)"
                             R"("lastChunk":true,"artifact":{"artifactId":"x","parts":[{"text":"a"}]}}})")));
  const auto ends = [&](const char* state) {
    return read_event(forms.rest_v1, "message",
                      R"({"statusUpdate":{"taskId":"t","contextId":"c","status":{"state":")" +
                          std::string(state) + R"("}}})")
        ->ends;
  };
  EXPECT_TRUE(ends("TASK_STATE_COMPLETED"));
  EXPECT_FALSE(ends("TASK_STATE_AUTH_REQUIRED"));
  EXPECT_EQ(*read_event(forms.rest_v03, "message",
                        R"({"statusUpdate":{"taskId":"t","status":{"state":"TASK_STATE_CANCELLED"}}})")
                 ->state,
            TaskState::canceled);
}

TEST(Answer, WhatReadersTakeDifferentlyIsRefused) {
  const Forms forms = sending(false);
  const auto read = [&](const std::string& json) { return value(read_answer(forms.rpc_v1, {200, json})); };
  const std::string task = R"("task":{"id":"t","status":{"state":"TASK_STATE_WORKING"}})";
  const std::string message = R"("message":{"messageId":"m","role":"ROLE_AGENT","parts":[{"text":"a"}]})";
  EXPECT_THAT(read(result("{" + task + "}")), HasSubstr("TASK_STATE_WORKING"));
  EXPECT_THAT(read(result("{" + task + "," + message + "}")), HasSubstr("two payloads"));
  EXPECT_THAT(read(result("{" + task + R"(,"status_update":{}})")), HasSubstr("another spelling"));
  EXPECT_THAT(read(result("{" + task + R"(,"msg":{}})")), HasSubstr("another spelling"));
  EXPECT_THAT(read(result("{}")), HasSubstr("holds none of"));
  EXPECT_THAT(read(R"({"jsonrpc":"2.0","id":2,"result":{)" + task + "}}"), HasSubstr("another request"));
  EXPECT_THAT(read(R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}})"),
              HasSubstr("a result and an error"));
  EXPECT_THAT(read(result(R"({"task":{"id":"t","status":{"state":"working"}}})")), HasSubstr("not a state"));
  EXPECT_THAT(read(result(R"({"task":{"id":"t","status":{"state":"TASK_STATE_WORKING","update":{}}}})")),
              HasSubstr("another spelling"));
  EXPECT_THAT(value(read_answer(forms.rest_v1, {302, ""})), HasSubstr("elsewhere"));
  EXPECT_THAT(value(read_event(forms.rpc_v1, "other", result("{}"))), HasSubstr("type of event"));
  EXPECT_THAT(value(read_answer(forms.rpc_v03, {200, result(R"({"task":{"id":"t"}})")})),
              HasSubstr("not a kind"))
      << "an answer of 1.0 to a client of 0.3";
}

TEST(Answer, Errors) {
  const Forms forms = sending(false);
  const auto rpc_error = read_answer(
      forms.rpc_v1,
      {200,
       R"({"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"gone","data":[{"reason":"TASK_NOT_FOUND","domain":"a2a-protocol.org"}]}})"});
  ASSERT_TRUE(rpc_error);
  EXPECT_EQ(rpc_error->reason, "TASK_NOT_FOUND");
  EXPECT_EQ(rpc_error->code, -32001);
  EXPECT_EQ(read_answer(forms.rest_v1, {404, R"({"error":{"code":404,"message":"gone"}})"})->text, "gone");
  EXPECT_EQ(read_answer(forms.rest_v03, {404, R"({"code":-32001,"message":"gone"})"})->text, "gone");
  EXPECT_EQ(read_answer(forms.rest_v1, {502, "<html>"})->code, 502) << "of a proxy before it";
  EXPECT_THAT(value(read_answer(forms.rest_v1, {200, "<html>"})), HasSubstr("refused"));
}

TEST(Answer, OtherMethods) {
  const auto list = ask(rpc("1.0", "ListTaskPushNotificationConfigs", R"({"taskId":"t"})"));
  EXPECT_EQ(read_answer(*list, {200, result(R"({"configs":[{"id":"p","taskId":"t","url":"https://h"}]})")})
                ->pushes.front()
                .url,
            "https://h");
  const auto list_v03 = ask(rpc("", "tasks/pushNotificationConfig/list", R"({"id":"t"})"));
  EXPECT_EQ(read_answer(*list_v03,
                        {200, result(R"([{"taskId":"t","pushNotificationConfig":{"url":"https://h"}}])")})
                ->pushes.front()
                .task_id,
            "t");
  const auto rest_v03 = ask(rest("", "GET", "/v1/tasks/t/pushNotificationConfigs/p"));
  EXPECT_EQ(
      read_answer(
          *rest_v03,
          {200,
           R"({"name":"tasks/t/pushNotificationConfigs/p","pushNotificationConfig":{"id":"p","url":"https://h"}})"})
          ->pushes.front()
          .task_id,
      "t");
  const auto gone = ask(rest("1.0", "DELETE", "/tasks/t/pushNotificationConfigs/p"));
  EXPECT_EQ(read_answer(*gone, {204, ""})->kind, AnswerKind::nothing);
  const auto tasks = ask(rpc("1.0", "ListTasks", "{}"));
  EXPECT_EQ(
      read_answer(
          *tasks,
          {200,
           result(R"({"tasks":[{"id":"t","status":{"state":"TASK_STATE_WORKING"}}],"nextPageToken":""})")})
          ->tasks.size(),
      1U);
  EXPECT_EQ(read_notification(
                Version::v1_0,
                R"({"statusUpdate":{"taskId":"t","contextId":"c","status":{"state":"TASK_STATE_FAILED"}}})")
                ->state,
            TaskState::failed);
}

TEST(Refusal, IsReadAsWhatItMeansInEveryForm) {
  const TaskNames names{"no-task", "ctx", "msg"};
  const Forms unary = sending(false);
  for (const auto* asked : {&unary.rpc_v1, &unary.rest_v1, &unary.rpc_v03, &unary.rest_v03}) {
    const Refusal said = refuse_as_task(*asked, names, "The policy \"x\" says no.");
    const auto read = read_answer(*asked, {said.status, said.body});
    ASSERT_TRUE(read) << read.error().message() << said.body;
    EXPECT_EQ(read->state, TaskState::rejected);
    EXPECT_EQ(brought(*read).front()->text, "The policy \"x\" says no.");
    const Refusal error = refuse(*asked, "no");
    const auto read_error = read_answer(*asked, {error.status, error.body});
    ASSERT_TRUE(read_error) << error.body;
    EXPECT_EQ(read_error->kind, AnswerKind::error);
    EXPECT_EQ(read_error->text, "no");
  }
  const Forms stream = sending(true);
  for (const auto* asked : {&stream.rpc_v1, &stream.rest_v1, &stream.rpc_v03, &stream.rest_v03})
    for (const std::string task : {"t", ""}) {
      const std::string bytes = refuse_in_stream(*asked, {task, "c", "m"}, "withheld");
      http::SseSplitter splitter;
      const auto event = splitter.next(bytes);
      ASSERT_TRUE(event && *event) << bytes;
      const auto read = read_event(*asked, (*event)->type, (*event)->data);
      ASSERT_TRUE(read) << read.error().message() << bytes;
      EXPECT_TRUE(read->ends);
      if (task.empty())
        EXPECT_EQ(read->text, "withheld");
      else
        EXPECT_EQ(read->state, TaskState::failed);
    }
}

TEST(Refusal, AMessageWithinATaskIsRefusedByAnError) {
  const auto asked =
      ask(rpc("1.0", "SendMessage",
              R"({"message":{"messageId":"m","taskId":"t","role":"ROLE_USER","parts":[{"text":"a"}]}})"));
  const Refusal said = refuse_as_task(*asked, {"n", "c", "m"}, "no");
  EXPECT_EQ(read_answer(*asked, {said.status, said.body})->kind, AnswerKind::error)
      << "the task itself goes on: a client must not take it for rejected";
}

}  // namespace
}  // namespace weir::a2a
