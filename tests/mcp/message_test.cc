// JSON-RPC messages, read strictly.
#include "mcp/message.h"

#include <gmock/gmock.h>

namespace weir::mcp {
namespace {

using testing::HasSubstr;

Message one(std::string_view bytes) {
  auto read = read_messages(bytes);
  EXPECT_TRUE(read) << read.error().message();
  return read ? read->front() : Message();
}

TEST(Message, RequestsNotificationsAndResponses) {
  const Message call = one(R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a"}})");
  EXPECT_EQ(call.kind, MessageKind::request);
  EXPECT_EQ(call.id, "7");
  EXPECT_EQ(call.params()["name"].text_or(""), "a");
  EXPECT_EQ(one(R"({"jsonrpc":"2.0","id":"7","method":"ping"})").id, "\"7\"") << "7 and \"7\" are two ids";
  EXPECT_EQ(one(R"({"jsonrpc":"2.0","method":"notifications/initialized"})").kind, MessageKind::notification);
  const Message answer = one(R"({"jsonrpc":"2.0","id":7,"result":{"tools":[]}})");
  EXPECT_EQ(answer.kind, MessageKind::response);
  EXPECT_FALSE(answer.failed);
  EXPECT_TRUE(one(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}})").failed);
  EXPECT_EQ(
      read_messages(R"([{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","id":1,"method":"b"}])")->size(), 2U);
}

TEST(Message, WhatTwoReadersCouldReadDifferentlyIsRefused) {
  for (const char* bad :
       {R"({"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"})",
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}})",
        R"({"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"})",
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","NAME":"b"}})",
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"},"PARAMS":{"name":"b"}})",
        R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})",
        R"({"jsonrpc":"2.0","id":null,"method":"ping"})",
        R"({"jsonrpc":"2.0","id":[1],"method":"ping"})",
        R"({"jsonrpc":"2.0","id":99999999999999999999,"method":"p"})",
        R"({"jsonrpc":"2.0","id":1,"method":"ping","params":["a"]})",
        R"({"jsonrpc":"1.0","id":1,"method":"ping"})",
        R"({"id":1,"method":"ping"})",
        R"({"jsonrpc":"2.0","id":1,"method":""})",
        R"({"jsonrpc":"2.0","id":1,"method":"a\u0000b"})",
        R"({"jsonrpc":"2.0","id":1})",
        R"({"jsonrpc":"2.0","id":1,"result":{},"error":{}})",
        R"({"jsonrpc":"2.0","result":{}})",
        R"({"jsonrpc":"2.0","id":1,"method":"a","result":{}})",
        R"([])",
        R"(7)",
        R"([7])",
        R"({"jsonrpc":"2.0","id":1,"method":"ping"}{})",
        R"({"jsonrpc":"2.0","id":null,"result":{}})"})
    EXPECT_FALSE(read_messages(bad)) << bad;
  std::string batch = "[";
  for (int i = 0; i < 101; ++i)
    batch += std::string(i == 0 ? "" : ",") + R"({"jsonrpc":"2.0","method":"a"})";
  EXPECT_EQ(read_messages(batch + "]").error().code, ErrorCode::limit);
}

TEST(Message, AnswersOfOurOwnAreReadBack) {
  const Message refused = one(refused_call("\"x\"", "no \"quotes\"\nhere"));
  EXPECT_EQ(refused.id, "\"x\"");
  EXPECT_TRUE(refused.result()["isError"].bool_or(false));
  EXPECT_THAT(std::string(refused.result()["content"].as_array()[0]["text"].text_or("")),
              HasSubstr("\"quotes\"\nhere"));
  const Message error = one(error_answer("", kParseError, "not JSON"));
  EXPECT_TRUE(error.failed);
  EXPECT_EQ(error.whole["error"]["code"].int_or(0), kParseError);
}

}  // namespace
}  // namespace weir::mcp
