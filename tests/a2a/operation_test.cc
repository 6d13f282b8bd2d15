// One request in four forms is one operation; what readers could take differently is refused.
#include "a2a/operation.h"

#include <gmock/gmock.h>

#include "a2a/refusal.h"
#include "a2a/requests.h"

namespace weir::a2a {
namespace {

using testing::HasSubstr;
using testing_requests::ask;
using testing_requests::Given;
using testing_requests::rest;
using testing_requests::rpc;

std::string value(const Given& given) {
  const auto asked = ask(given);
  if (!asked) return "refused: " + asked.error().error.message();
  return canonical(to_json(*asked));
}

std::string why(const Given& given) {
  const auto asked = ask(given);
  return asked ? "read: " + canonical(to_json(*asked)) : asked.error().error.message();
}

Fault fault(const Given& given) {
  const auto asked = ask(given);
  EXPECT_FALSE(asked) << canonical(to_json(*asked));
  return asked ? Fault::refused : asked.error().fault;
}

constexpr char kMessageV1[] =
    R"({"messageId":"m","contextId":"c","taskId":"t","role":"ROLE_USER","parts":[{"text":"hello\nyou"},)"
    R"({"raw":"aGk=","mediaType":"text/plain","filename":"a.txt"},{"url":"https://x.example/f","mediaType":"image/png"},)"
    R"({"data":{"n":1}}],"metadata":{"k":1},"extensions":["urn:e"]})";
constexpr char kMessageV03[] =
    R"({"kind":"message","messageId":"m","contextId":"c","taskId":"t","role":"user","parts":[)"
    R"({"kind":"text","text":"hello\nyou"},{"kind":"file","file":{"bytes":"aGk=","mimeType":"text/plain","name":"a.txt"}},)"
    R"({"kind":"file","file":{"uri":"https://x.example/f","mimeType":"image/png"}},{"kind":"data","data":{"n":1}}],)"
    R"("metadata":{"k":1},"extensions":["urn:e"]})";
constexpr char kMessageProto[] =
    R"({"messageId":"m","contextId":"c","taskId":"t","role":"ROLE_USER","content":[{"text":"hello\nyou"},)"
    R"({"file":{"fileWithBytes":"aGk=","mimeType":"text/plain","name":"a.txt"}},)"
    R"({"file":{"fileWithUri":"https://x.example/f","mimeType":"image/png"}},{"data":{"data":{"n":1}}}],)"
    R"("metadata":{"k":1},"extensions":["urn:e"]})";

std::string with(std::string_view message, std::string_view more) {
  return R"({"message":)" + std::string(message) + std::string(more) + "}";
}

TEST(Operation, OneMessageInFiveForms) {
  const std::string v1 =
      R"(,"configuration":{"acceptedOutputModes":["text/plain"],"historyLength":2,)"
      R"("returnImmediately":true,"taskPushNotificationConfig":{"url":"https://h.example/w",)"
      R"("token":"s3cret","authentication":{"scheme":"Bearer","credentials":"k"}}})";
  const std::string v03 = R"(,"configuration":{"acceptedOutputModes":["text/plain"],"historyLength":2,)"
                          R"("blocking":false,"pushNotificationConfig":{"url":"https://h.example/w",)"
                          R"("token":"s3cret","authentication":{"schemes":["Bearer"],"credentials":"k"}}})";
  std::string proto = v03;
  proto.replace(proto.find("pushNotificationConfig"), 22, "pushNotification");
  const std::string one = value(rpc("1.0", "SendMessage", with(kMessageV1, v1)));
  EXPECT_THAT(one, HasSubstr(R"("blocking":false)"));
  EXPECT_THAT(one, HasSubstr(R"("url":"https://h.example/w")"));
  EXPECT_THAT(one, Not(HasSubstr("s3cret"))) << "a record of it holds no secret";
  EXPECT_EQ(one, value(rest("1.0", "POST", "/message:send", with(kMessageV1, v1))));
  EXPECT_EQ(one, value(rpc("", "message/send", with(kMessageV03, v03))));
  EXPECT_EQ(one, value(rest("0.3", "POST", "/v1/message:send", with(kMessageProto, proto))));
  EXPECT_EQ(one, value(rest("", "POST", "/v1/message:send", with(kMessageV03, v03))))
      << "agents that use the JSON schema in REST of 0.3";
}

struct Case {
  const char* method;
  const char* params;
  const char* rest_method;
  const char* target;
  const char* body;
  const char* method_v03;  // "" when 0.3 has none
  const char* params_v03;
};

TEST(Operation, EveryMethodIsTheSameOverBothBindings) {
  const Case cases[] = {
      {"GetTask", R"({"id":"t","historyLength":3})", "GET", "/tasks/t?historyLength=3", "", "tasks/get",
       R"({"id":"t","historyLength":3})"},
      {"CancelTask", R"({"id":"t"})", "POST", "/tasks/t:cancel", "", "tasks/cancel", R"({"id":"t"})"},
      {"SubscribeToTask", R"({"id":"t"})", "POST", "/tasks/t:subscribe", "", "tasks/resubscribe",
       R"({"id":"t"})"},
      {"SubscribeToTask", R"({"id":"t"})", "GET", "/tasks/t:subscribe", "", "tasks/resubscribe",
       R"({"id":"t"})"},
      {"CreateTaskPushNotificationConfig", R"({"taskId":"t","id":"p","url":"https://h.example"})", "POST",
       "/tasks/t/pushNotificationConfigs", R"({"id":"p","url":"https://h.example"})",
       "tasks/pushNotificationConfig/set",
       R"({"taskId":"t","pushNotificationConfig":{"id":"p","url":"https://h.example"}})"},
      {"GetTaskPushNotificationConfig", R"({"taskId":"t","id":"p"})", "GET",
       "/tasks/t/pushNotificationConfigs/p", "", "tasks/pushNotificationConfig/get",
       R"({"id":"t","pushNotificationConfigId":"p"})"},
      {"ListTaskPushNotificationConfigs", R"({"taskId":"t"})", "GET", "/tasks/t/pushNotificationConfigs", "",
       "tasks/pushNotificationConfig/list", R"({"id":"t"})"},
      {"DeleteTaskPushNotificationConfig", R"({"taskId":"t","id":"p"})", "DELETE",
       "/tasks/t/pushNotificationConfigs/p", "", "tasks/pushNotificationConfig/delete",
       R"({"id":"t","pushNotificationConfigId":"p"})"},
      {"ListTasks", R"({"contextId":"c","status":"TASK_STATE_WORKING"})", "GET",
       "/tasks?contextId=c&status=TASK_STATE_WORKING", "", "", ""},
  };
  for (const auto& one : cases) {
    const std::string expected = value(rpc("1.0", one.method, one.params));
    EXPECT_THAT(expected, HasSubstr(one.method));
    EXPECT_EQ(expected, value(rest("1.0", one.rest_method, one.target, one.body))) << one.target;
    if (*one.method_v03 == '\0') continue;
    EXPECT_EQ(expected, value(rpc("0.3", one.method_v03, one.params_v03)));
    EXPECT_EQ(expected, value(rest("", one.rest_method, std::string("/v1") + one.target,
                                   *one.body == '\0' ? "" : one.params_v03)))
        << one.target;
  }
  EXPECT_EQ(value(rpc("1.0", "GetExtendedAgentCard", "{}")), value(rest("1.0", "GET", "/extendedAgentCard")));
  EXPECT_EQ(value(rpc("", "agent/getAuthenticatedExtendedCard", "{}")), value(rest("", "GET", "/v1/card")));
}

TEST(Operation, TenantsAreInThePathOrInTheBody) {
  EXPECT_EQ(value(rpc("1.0", "GetTask", R"({"id":"t","tenant":"acme"})")),
            value(rest("1.0", "GET", "/acme/tasks/t")));
  EXPECT_THAT(why(rest("1.0", "GET", "/acme/tasks/t?tenant=other")), HasSubstr("two of them"));
  EXPECT_THAT(why(rest("1.0", "GET", "/tasks/tasks/pushNotificationConfigs")), HasSubstr("read: "))
      << "a task of that name, not a tenant";
  EXPECT_THAT(why(rest("1.0", "GET", "/v1/tasks/t")), HasSubstr("a path of 0.3"));
  EXPECT_THAT(why(rest("", "GET", "/tasks/t")), HasSubstr("a path of 1.0"));
}

TEST(Operation, TheVersionIsSaidOnceAndFitsTheMethod) {
  EXPECT_EQ(fault(rpc("2.0", "SendMessage", "{}")), Fault::version_not_supported);
  EXPECT_EQ(fault(rpc("1.0.0", "SendMessage", "{}")), Fault::version_not_supported);
  EXPECT_EQ(fault(rpc("", "SendMessage", "{}")), Fault::method_not_found) << "said nowhere it is 0.3";
  EXPECT_EQ(fault(rpc("1.0", "message/send", "{}")), Fault::method_not_found);
  Given in_query = rpc("", "GetTask", R"({"id":"t"})");
  in_query.target = "/rpc?A2A-Version=1.0";
  const auto asked = ask(in_query);
  ASSERT_TRUE(asked);
  EXPECT_TRUE(asked->version_in_query_only);
  in_query.version = "0.3";
  EXPECT_THAT(why(in_query), HasSubstr("two versions"));
  in_query.version = "1.0";
  EXPECT_TRUE(ask(in_query));
  in_query.more = {{"a2a-version", "0.3"}};
  EXPECT_THAT(why(in_query), HasSubstr("said twice"));
  in_query.more.clear();
  in_query.target = "/rpc?a2a-version=0.3";
  EXPECT_THAT(why(in_query), HasSubstr("another spelling"));
}

TEST(Operation, WhatReadersTakeDifferentlyIsRefused) {
  const auto send = [](std::string_view message) { return rpc("1.0", "SendMessage", with(message, "")); };
  const auto part = [&](const std::string& one) {
    return send(R"({"messageId":"m","role":"ROLE_USER","parts":[)" + one + "]}");
  };
  EXPECT_THAT(why(part(R"({"text":"a"})")), HasSubstr("read: "));
  EXPECT_THAT(why(part(R"({"text":null,"url":"https://x.example"})")), HasSubstr("\"kind\":\"url\""));
  EXPECT_THAT(why(part(R"({"text":"a","url":"https://x.example"})")), HasSubstr("must hold one of"));
  EXPECT_THAT(why(part(R"({})")), HasSubstr("must hold one of"));
  EXPECT_THAT(why(part(R"({"text":"a","media_type":"x"})")), HasSubstr("another spelling of \"mediaType\""));
  EXPECT_THAT(why(part(R"({"text":"a","URL":"x"})")), HasSubstr("another spelling of \"url\""));
  EXPECT_THAT(why(part(R"({"text":"a","file":{"uri":"x"}})")), HasSubstr("another version"));
  EXPECT_THAT(why(part(R"({"raw":"a*"})")), HasSubstr("not base64"));
  EXPECT_THAT(why(part(R"({"text":1})")), HasSubstr("must be text"));
  EXPECT_THAT(why(part(R"({"text":"a","text":"b"})")), HasSubstr("twice")) << "duplicate keys";
  EXPECT_THAT(why(send(R"({"messageId":"m","role":1,"parts":[{"text":"a"}]})")), HasSubstr("role"));
  EXPECT_THAT(why(send(R"({"messageId":"m","role":"ROLE_AGENT","parts":[{"text":"a"}]})")),
              HasSubstr("speaks as the user"));
  EXPECT_THAT(why(send(R"({"messageId":"m","task_id":"t","role":"ROLE_USER","parts":[{"text":"a"}]})")),
              HasSubstr("another spelling of \"taskId\""));
  EXPECT_THAT(why(send(R"({"messageId":"m","role":"ROLE_USER","parts":[]})")), HasSubstr("list of parts"));
  EXPECT_THAT(why(rpc("1.0", "SendMessage",
                      with(R"({"messageId":"m","role":"ROLE_USER","parts":[{"text":"a"}]})",
                           R"(,"request":{"messageId":"x"})"))),
              HasSubstr("another spelling of \"message\""));
  EXPECT_THAT(why(rpc("1.0", "GetTask", R"({"id":"t","historyLength":"3"})")), HasSubstr("must be a number"));
  EXPECT_THAT(why(rpc("1.0", "GetTask", R"({"id":"t","historyLength":18446744073709551617})")),
              HasSubstr("not valid JSON"));
  EXPECT_THAT(why(rpc("1.0", "GetTask", "{}")), HasSubstr("names no task"));
  EXPECT_THAT(why(rpc("1.0", "GetTask", R"({"id":"a\u0000b"})")), HasSubstr("control characters"));
}

TEST(Operation, MessagesOfJsonRpc) {
  const auto body = [](const std::string& text) { return Given{.body = text, .version = "1.0"}; };
  EXPECT_EQ(fault(body("{")), Fault::parse_error);
  EXPECT_EQ(fault(body("[]")), Fault::invalid_request);
  EXPECT_EQ(fault(body(R"({"jsonrpc":"1.0","id":1,"method":"GetTask","params":{"id":"t"}})")),
            Fault::invalid_request);
  EXPECT_EQ(fault(body(R"({"jsonrpc":"2.0","method":"GetTask","params":{"id":"t"}})")),
            Fault::invalid_request)
      << "A2A has no notifications";
  EXPECT_EQ(fault(body(R"({"jsonrpc":"2.0","id":1,"method":"GetTask","Method":"x","params":{"id":"t"}})")),
            Fault::invalid_request);
  EXPECT_EQ(fault(body(R"({"jsonrpc":"2.0","id":1,"method":"Other","params":{}})")), Fault::method_not_found);
  Given other = rpc("1.0", "GetTask", R"({"id":"t"})");
  other.target = "/other";
  EXPECT_EQ(fault(other), Fault::method_not_found);
  other.target = "/rpc/";
  EXPECT_TRUE(ask(other));
  other.method = "GET";
  EXPECT_EQ(fault(other), Fault::invalid_request);
  Given typed = rpc("1.0", "GetTask", R"({"id":"t"})");
  typed.more = {{"content-type", "text/plain"}};
  EXPECT_EQ(fault(typed), Fault::invalid_request) << "two types";
}

TEST(Operation, PathsAreReadOneWay) {
  EXPECT_EQ(fault(rest("1.0", "GET", "/tasks/%2e%2e")), Fault::invalid_request);
  EXPECT_EQ(fault(rest("1.0", "GET", "/tasks/a%2Fb")), Fault::invalid_request);
  EXPECT_EQ(fault(rest("1.0", "GET", "/tasks/a%5Cb")), Fault::invalid_request);
  EXPECT_EQ(fault(rest("1.0", "GET", "/tasks//a")), Fault::invalid_request);
  EXPECT_EQ(fault(rest("1.0", "GET", "/tasks/a%zz")), Fault::invalid_request);
  EXPECT_EQ(fault(rest("1.0", "GET", "/tasks/a%3Acancel")), Fault::invalid_request);
  EXPECT_EQ(fault(rest("1.0", "GET", "/Tasks/a")), Fault::method_not_found) << "some servers ignore case";
  EXPECT_EQ(fault(rest("1.0", "PUT", "/tasks/a")), Fault::method_not_found);
  EXPECT_EQ(fault(rest("1.0", "GET", "/tasks/a:cancel")), Fault::method_not_found);
  EXPECT_EQ(fault(rest("1.0", "GET", "/tasks/a?x=1&x=2")), Fault::invalid_request);
  EXPECT_EQ(fault(rest("1.0", "GET", "/tasks/a", "{}")), Fault::invalid_request) << "a body nobody expects";
  EXPECT_EQ(fault(rest("1.0", "POST", "/tasks/a/pushNotificationConfigs",
                       R"({"taskId":"b","url":"https://h.example"})")),
            Fault::invalid_params);
  EXPECT_THAT(value(rest("1.0", "GET", "/tasks/a%20b")), HasSubstr(R"("task_id":"a b")"));
  EXPECT_THAT(value(rest("1.0", "GET", "/tasks/urn:t:7")), HasSubstr(R"("task_id":"urn:t:7")"));
}

TEST(Operation, AWrongRequestIsAnsweredInItsOwnForm) {
  const auto body = [](const Given& given) { return refuse(ask(given).error()).body; };
  EXPECT_EQ(
      body(rpc("1.0", "Other", "{}")),
      R"x({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no version of A2A has this method (method)"}})x");
  EXPECT_THAT(body(rpc("3.0", "GetTask", "{}")), HasSubstr("VERSION_NOT_SUPPORTED"));
  const Refusal said = refuse(ask(rest("1.0", "GET", "/nowhere")).error());
  EXPECT_EQ(said.status, 404);
  EXPECT_EQ(
      said.body,
      R"x({"error":{"code":404,"status":"NOT_FOUND","message":"no route of A2A (path)","details":[]}})x");
  EXPECT_EQ(refuse(ask(rest("", "GET", "/v1/nowhere")).error()).body,
            R"x({"code":-32601,"message":"no route of A2A (path)"})x");
}

}  // namespace
}  // namespace weir::a2a
