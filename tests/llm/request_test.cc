// Requests as real agents sent them (tests/cases/llm/requests), shortened where a text was long.
#include "llm/request.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

namespace weir::llm {
namespace {

Json captured(const std::string& name) {
  std::ifstream in(WEIR_SOURCE_DIR "/tests/cases/llm/requests/" + name + ".json");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto json = parse_json(text);
  EXPECT_TRUE(json) << name;
  return json ? *json : Json();
}

Request read(const std::string& name) {
  const Json wire = captured(name);
  const auto target = recognise(wire["method"].text_or(""), wire["target"].text_or(""));
  EXPECT_TRUE(target) << name;
  auto request = read_request(target.value_or(Target{}), compact(wire["body"]));
  EXPECT_TRUE(request) << name;
  return request.value_or(Request{});
}

std::set<std::string> names(const Request& request) {
  std::set<std::string> all;
  for (const OfferedTool& tool : request.tools)
    all.insert(tool.name);
  return all;
}

std::string target_text(std::string_view method, std::string_view path) {
  const auto target = recognise(method, path);
  if (!target) return "none";
  const char* const operations[] = {"generate", "retrieve", "count", "other"};
  return std::string(name(target->api)) + " " + operations[static_cast<int>(target->operation)] +
         (target->model.empty() ? "" : " " + target->model) + (target->stream ? " stream" : "") +
         (target->sse ? " sse" : "");
}

TEST(Recognise, KnowsTheFourApisBehindAnyPrefix) {
  EXPECT_EQ(target_text("POST", "/v1/messages?beta=true"), "anthropic generate");
  EXPECT_EQ(target_text("POST", "/proxy/a/v1/messages"), "anthropic generate");
  EXPECT_EQ(target_text("POST", "/v1/messages/count_tokens"), "anthropic count");
  EXPECT_EQ(target_text("POST", "/v1/messages/batches"), "anthropic other");
  EXPECT_EQ(target_text("POST", "/v1/responses"), "responses generate");
  EXPECT_EQ(target_text("GET", "/v1/responses"), "responses generate");
  EXPECT_EQ(target_text("POST", "/backend-api/codex/responses"), "responses generate");
  EXPECT_EQ(target_text("GET", "/v1/responses/resp_1?stream=true"), "responses retrieve");
  EXPECT_EQ(target_text("POST", "/v1/responses/resp_1/cancel"), "responses other");
  EXPECT_EQ(target_text("POST", "/openai/deployments/x/chat/completions?api-version=1"), "chat generate");
  EXPECT_EQ(target_text("GET", "/v1/chat/completions/c1"), "chat retrieve");
  EXPECT_EQ(target_text("POST", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?key=k&alt=sse"),
            "gemini generate gemini-2.5-flash stream sse");
  EXPECT_EQ(target_text("POST", "/v1beta/models/g:streamGenerateContent"), "gemini generate g stream");
  EXPECT_EQ(target_text("POST", "/v1beta/models/g:generateContent"), "gemini generate g");
  EXPECT_EQ(target_text("POST", "/v1beta/models/g:countTokens"), "gemini count g");
}

TEST(Recognise, IsNotFooledByTheFormOfAPath) {
  for (const char* const path : {"/v1//messages", "/v1/messages/", "/v1/%6dessages", "/v1/Messages",
                                 "/v1/./messages", "/v1/x/../messages", "/v1%2Fmessages", "/v1/messages#x"})
    EXPECT_EQ(target_text("POST", path), "anthropic generate") << path;
}

TEST(Recognise, LeavesOtherRequestsAlone) {
  for (const char* const path :
       {"/", "", "/v1/models", "/v1/completions", "/v1/embeddings", "/v1beta/models/g",
        "/v1beta/models/g:embedContent", "/v1/threads/t/messages", "/%", "/%zz"})
    EXPECT_EQ(target_text("POST", path), "none") << path;
}

TEST(Request, ClaudeCode) {
  const Request request = read("claude-code");
  EXPECT_TRUE(request.stream);
  EXPECT_FALSE(request.model.empty());
  EXPECT_TRUE(request.has_system);
  EXPECT_EQ(request.messages, 2);
  EXPECT_TRUE(names(request).contains("Bash"));
  EXPECT_TRUE(request.results.empty());
  for (const OfferedTool& tool : request.tools) {
    EXPECT_EQ(tool.kind, "function");
    EXPECT_TRUE(tool.schema.is_object()) << tool.name;
    EXPECT_FALSE(tool.description.empty()) << tool.name;
  }
}

TEST(Request, CodexOverHttpAndWebSocket) {
  EXPECT_TRUE(names(read("codex")).contains("exec_command"));
  const auto frame = [](const std::string& name) { return *read_frame(compact(captured(name)["body"])); };
  const Request first = frame("codex-frame-1");
  EXPECT_FALSE(first.generate);
  EXPECT_EQ(first.previous_response_id, "");
  EXPECT_TRUE(first.has_system);
  const Request second = frame("codex-frame-2");
  EXPECT_TRUE(second.generate);
  EXPECT_NE(second.previous_response_id, "");
  EXPECT_EQ(second.tools_digest, first.tools_digest);
  const Request third = frame("codex-frame-3");
  ASSERT_EQ(third.results.size(), 1);
  EXPECT_EQ(third.results[0].call_id, "call_c623751ca4c9de33c93ae08c");
  EXPECT_TRUE(third.results[0].text.contains("Output:\nhi"));
}

TEST(Request, CopilotAndGemini) {
  const Request copilot = read("copilot-cli");
  EXPECT_TRUE(copilot.stream);
  EXPECT_TRUE(names(copilot).contains("bash"));
  EXPECT_TRUE(copilot.has_system);
  const Request gemini = read("gemini-cli");
  EXPECT_TRUE(gemini.stream);
  EXPECT_EQ(gemini.model, "gemini-2.5-flash");
  EXPECT_TRUE(names(gemini).contains("update_topic"));
  EXPECT_TRUE(gemini.has_system);
}

Result<Request> body(Api api, std::string_view text) {
  return read_request({.api = api}, text);
}

TEST(Request, OnlyNewResultsOfToolsAreGiven) {
  const auto anthropic = body(Api::anthropic, R"({"messages":[
    {"role":"assistant","content":[{"type":"tool_use","id":"a"}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"old"}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"b"}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"b","is_error":true,"content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]}]}]})");
  ASSERT_EQ(anthropic->results.size(), 1);
  EXPECT_EQ(anthropic->results[0].call_id, "b");
  EXPECT_EQ(anthropic->results[0].text, "x\ny");
  EXPECT_TRUE(anthropic->results[0].is_error);
  const auto responses = body(Api::responses, R"({"input":[
    {"type":"function_call","call_id":"a"},{"type":"function_call_output","call_id":"a","output":"old"},
    {"type":"function_call","call_id":"b"},{"type":"function_call","call_id":"c"},
    {"type":"function_call_output","call_id":"b","output":"1"},{"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"2"}]}]})");
  ASSERT_EQ(responses->results.size(), 2);
  EXPECT_EQ(responses->results[1].text, "2");
  const auto chat = body(Api::chat, R"({"messages":[{"role":"tool","tool_call_id":"a","content":"old"},
    {"role":"assistant","content":null},{"role":"tool","tool_call_id":"b","content":"new"}]})");
  ASSERT_EQ(chat->results.size(), 1);
  EXPECT_EQ(chat->results[0].text, "new");
  const auto gemini = body(Api::gemini, R"({"contents":[{"role":"model","parts":[]},
    {"role":"user","parts":[{"functionResponse":{"id":"i","name":"run","response":{"output":"out","exit":0}}}]}]})");
  ASSERT_EQ(gemini->results.size(), 1);
  EXPECT_EQ(gemini->results[0].text, "out");
  EXPECT_EQ(gemini->results[0].name, "run");
}

TEST(Request, DigestsTellWhatChanged) {
  const auto tools = [](std::string_view list) {
    return *body(Api::anthropic, R"({"messages":[],"tools":[)" + std::string(list) + "]}");
  };
  const std::string a = R"({"name":"a","description":"d","input_schema":{}})";
  const std::string b = R"({"name":"b","description":"d","input_schema":{}})";
  EXPECT_EQ(tools(a + "," + b).tools_digest, tools(b + "," + a).tools_digest);
  EXPECT_NE(tools(a).tools_digest, tools(a + "," + b).tools_digest);
  EXPECT_EQ(
      tools(a).tools_digest,
      tools(R"({"name":"a","input_schema":{},"description":"d","cache_control":{"type":"e"}})").tools_digest);
  EXPECT_NE(tools(a).tools_digest, tools(R"({"name":"a","description":"D","input_schema":{}})").tools_digest);
  EXPECT_NE(body(Api::anthropic, R"({"system":"x"})")->system_digest,
            body(Api::anthropic, R"({"system":"y"})")->system_digest);
  EXPECT_EQ(
      body(Api::anthropic, R"({"system":"x"})")->system_digest,
      body(Api::anthropic, R"({"system":[{"type":"text","text":"x","cache_control":{}}]})")->system_digest);
}

TEST(Request, ToolsOfEveryKindAreNamed) {
  const auto responses = body(
      Api::responses, R"({"tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"f"}]},
    {"type":"mcp","server_label":"docs"},{"type":"web_search"},{"type":"custom","name":"apply_patch"}]})");
  EXPECT_EQ(names(*responses), (std::set<std::string>{"f", "docs", "web_search", "apply_patch"}));
  const auto gemini =
      body(Api::gemini, R"({"tools":[{"googleSearch":{}},{"functionDeclarations":[{"name":"f"}]}]})");
  EXPECT_EQ(names(*gemini), (std::set<std::string>{"googleSearch", "f"}));
  const auto anthropic = body(
      Api::anthropic,
      R"({"tools":[{"type":"web_search_20250305","name":"web_search"}],"mcp_servers":[{"name":"m","url":"u"}]})");
  EXPECT_EQ(names(*anthropic), (std::set<std::string>{"web_search", "m"}));
}

TEST(Request, WhatCanBeReadInTwoWaysIsAnError) {
  for (const char* const text :
       {"", "[]", "{", R"({"model":"a","model":"b"})", R"({"messages":[{"role":"user","role":"system"}]})",
        R"({"messages":{}})", R"({"tools":"x"})", R"({"stream":"true"})"})
    EXPECT_FALSE(body(Api::anthropic, text)) << text;
  EXPECT_FALSE(body(Api::responses, R"({"previous_response_id":7})"));
  EXPECT_FALSE(body(Api::responses, R"({"stream_id":")" + std::string(600, 'x') + "\"}"));
  EXPECT_FALSE(read_frame(R"({"type":"response.launch"})"));
  EXPECT_FALSE(read_frame(
      R"({"type":"response.steer","previous_response_id":"r","input":[{"role":"system","content":"x"}]})"));
  EXPECT_TRUE(
      read_frame(
          R"({"type":"response.steer","previous_response_id":"r","input":[{"role":"user","content":"x"}]})")
          ->steer);
  std::string many = R"({"tools":[{"name":"a"})";
  for (int i = 0; i < 5000; ++i)
    many += R"(,{"name":"a"})";
  EXPECT_EQ(body(Api::anthropic, many + "]}").error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace weir::llm
