// What passes between a client and a server, with a door of the test's own.
#include "gateway/mcp_relay.h"

#include <gmock/gmock.h>

namespace weir::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Relay : public testing::Test {
 protected:
  McpRelay relay{{.server = "s",
                  .launch = "l",
                  .title = "t",
                  .session = "1",
                  .cwd = "",
                  .ask = [this](const std::string& event, const Json& payload) -> Result<Json> {
                    asked.push_back(event + " " + std::string(payload["name"].text_or("")));
                    last = payload;
                    return answer;
                  },
                  .notice = [this](const std::string& line) { notices.push_back(line); }}};
  Result<Json> answer = Json::object({{"verdict", "allow"}});
  std::vector<std::string> asked;
  std::vector<std::string> notices;
  Json last;

  static std::string call(int id, std::string_view arguments = "{}") {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
           R"(,"method":"tools/call","params":{"name":"a","arguments":)" + std::string(arguments) + "}}";
  }
  static std::string result(int id, std::string_view what) {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"result":)" + std::string(what) + "}";
  }
};

TEST_F(Relay, WhatIsAllowedPassesByteForByte) {
  const std::string line =
      R"( {"jsonrpc":"2.0", "id":1,"method":"tools/call","params":{"name":"a","arguments":{"n":1.50}}})";
  EXPECT_THAT(relay.from_client(line).to_server, ElementsAre(line));
  const std::string back = R"({"result":{"content":[]}, "id":1,"jsonrpc":"2.0"})";
  EXPECT_THAT(relay.from_server(back).to_client, ElementsAre(back));
  EXPECT_THAT(asked, ElementsAre("Call a", "Result a"));
}

TEST_F(Relay, NoAnswerAndNoWordIsARefusal) {
  for (const auto& no : {Result<Json>(fail("gone", "door")), Result<Json>(Json::object()),
                         Result<Json>(Json::object({{"verdict", "ask"}, {"reason", "wait"}})),
                         Result<Json>(Json::object({{"verdict", "unheard-of"}}))}) {
    answer = no;
    const auto passed = relay.from_client(call(1));
    EXPECT_THAT(passed.to_server, IsEmpty());
    ASSERT_EQ(passed.to_client.size(), 1U);
    EXPECT_THAT(passed.to_client[0], HasSubstr("\"isError\":true"));
  }
}

TEST_F(Relay, ARewrittenCallIsTheDoors) {
  answer = Json::object({{"verdict", "transform"}, {"input", Json::object({{"safe", true}})}});
  const auto passed = relay.from_client(call(1, R"({"safe":false})"));
  ASSERT_EQ(passed.to_server.size(), 1U);
  EXPECT_THAT(passed.to_server[0], HasSubstr(R"("arguments":{"safe":true})"));
}

TEST_F(Relay, WhateverIsRewrittenNothingOfTheOldPasses) {
  answer = Json::object({{"verdict", "transform"}, {"input", Json::object({{"uri", "file:///safe"}})}});
  const auto read = relay.from_client(
      R"({"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///secret","_meta":{"t":1}}})");
  EXPECT_THAT(read.to_server, ElementsAre(R"({"jsonrpc":"2.0","id":1,"method":"resources/read",)"
                                          R"("params":{"uri":"file:///safe","_meta":{"t":1}}})"));
  const auto wish = relay.from_server(
      R"({"jsonrpc":"2.0","id":9,"method":"sampling/createMessage","params":{"uri":"file:///secret"}})");
  ASSERT_EQ(wish.to_client.size(), 1U);
  EXPECT_THAT(wish.to_client[0], testing::Not(HasSubstr("secret")));
}

TEST_F(Relay, AnIdIsUsedOnceAtATime) {
  EXPECT_EQ(relay.from_client(call(1)).to_server.size(), 1U);
  const auto again = relay.from_client(call(1));
  EXPECT_THAT(again.to_server, IsEmpty());
  EXPECT_EQ(asked.size(), 1U) << "it was not even judged";
  (void)relay.from_server(result(1, "{}"));
  EXPECT_EQ(relay.from_client(call(1)).to_server.size(), 1U);
  EXPECT_THAT(relay.from_server(result(2, "{}")).to_client, IsEmpty());
  EXPECT_EQ(notices.size(), 1U);
}

TEST_F(Relay, TheResultOfATaskBelongsToItsCall) {
  const std::string get = R"({"jsonrpc":"2.0","id":2,"method":"tasks/result","params":{"taskId":"t-1"}})";
  EXPECT_THAT(relay.from_client(get).to_server, IsEmpty()) << "no call began it";
  (void)relay.from_client(call(1));
  (void)relay.from_server(result(1, R"({"task":{"taskId":"t-1","status":"working"}})"));
  EXPECT_EQ(relay.from_client(get).to_server.size(), 1U);
  (void)relay.from_server(result(2, R"({"content":[{"type":"text","text":"late"}]})"));
  EXPECT_EQ(asked.back(), "Result a");
  EXPECT_THAT(compact(last["output"]), HasSubstr("late"));
}

TEST_F(Relay, WhatAHookHasJudgedIsToldByTheHook) {
  answer = Json::object({{"verdict", "allow"}, {"explained", true}});
  (void)relay.from_client(call(1));
  EXPECT_EQ(relay.from_server(result(1, "{}")).to_client.size(), 1U);
  EXPECT_THAT(asked, ElementsAre("Call a"));
}

TEST_F(Relay, AListHasWhatTheDoorKeepsAndNothingElse) {
  const std::string list = R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})";
  const std::string tools = result(1, R"({"tools":[{"name":"a"},{"name":"b"}]})");
  (void)relay.from_client(list);
  answer = Json::object({{"verdict", "deny"}, {"kept", Json::array({"b"})}});
  EXPECT_THAT(relay.from_server(tools).to_client, ElementsAre(result(1, R"({"tools":[{"name":"b"}]})")));
  (void)relay.from_client(list);
  answer = fail("gone", "door");
  const auto none = relay.from_server(tools);
  ASSERT_EQ(none.to_client.size(), 1U);
  EXPECT_THAT(none.to_client[0], HasSubstr("\"error\""));
}

TEST_F(Relay, WhatTheServerAsksIsJudgedToo) {
  const std::string wish =
      R"({"jsonrpc":"2.0","id":9,"method":"elicitation/create","params":{"message":"your password?"}})";
  EXPECT_EQ(relay.from_server(wish).to_client.size(), 1U);
  EXPECT_THAT(asked, ElementsAre("Call elicitation/create"));
  EXPECT_EQ(relay.from_client(result(9, "{}")).to_server.size(), 1U);
  EXPECT_THAT(relay.from_client(result(9, "{}")).to_server, IsEmpty()) << "answered once";
  answer = Json::object({{"verdict", "deny"}, {"reason", "no"}});
  const auto refused = relay.from_server(wish);
  EXPECT_THAT(refused.to_client, IsEmpty());
  ASSERT_EQ(refused.to_server.size(), 1U);
  EXPECT_THAT(refused.to_server[0], HasSubstr("\"error\""));
}

}  // namespace
}  // namespace weir::gateway
