// What is remembered of tool servers.
#include "daemon/mcp_book.h"

#include <gmock/gmock.h>

#include <fstream>

#include "support/throwaway_dir.h"

namespace weir::daemon {
namespace {

using testing::HasSubstr;

event::Event offer(std::string_view server, std::string_view launch, const Json& tools) {
  event::Event event;
  event.kind = event::kind::kOffered;
  event.plane = event::plane::kWire;
  event.data =
      Json::object({{"server", server}, {"offered", "tool"}, {"first_page", true}, {"last_page", true}});
  event.body = Json::object({{"launch", launch}, {"list", Json::object({{"tools", tools}})}});
  return event;
}

event::Event call(std::string_view server, std::string_view launch, std::string_view tool, bool wire = true) {
  event::Event event;
  event.kind = event::kind::kToolCall;
  event.plane = wire ? event::plane::kWire : event::plane::kHook;
  event.data = Json::object({{"server", server}});
  event.body = Json::object(
      {{"tool", "mcp__" + std::string(server) + "__" + std::string(tool)}, {"input", Json::object()}});
  if (wire) event.body.set("launch", launch);
  return event;
}

Json tools(std::string_view description) {
  return Json::array({Json::object({{"name", "read_note"}, {"description", description}})});
}

bool orders(const Json& descriptor, bool) {
  return descriptor["description"].text_or("").find("ORDER") != std::string_view::npos;
}

std::string flags(const event::Event& event) {
  const Json& items = event.body["items"];
  return compact(items.is_array() ? items.as_array()[0]["flags"] : event.body["mcp"]["flags"]);
}

class Book : public testing::Test {
 protected:
  const support::ThrowawayDir dir;
  std::string place = dir.path() + "/mcp";
  os::Log log = os::Log::none();

  std::string looked(McpBook& book, event::Event event) {
    const Status done =
        event.kind == event::kind::kOffered ? book.look(event, 1, orders) : book.look_call(event, orders);
    return done ? flags(event) : done.error().message();
  }
};

TEST_F(Book, CallsGetWhatTheOfferGot) {
  McpBook book(place, log);
  EXPECT_EQ(looked(book, call("s", "l", "read_note")), R"(["pin_unknown"])");
  EXPECT_EQ(looked(book, call("s", "l", "read_note", false)), "null")
      << "a hook's call of a server that the wire never saw";
  EXPECT_EQ(looked(book, offer("s", "l", tools("x"))), R"(["pin_first"])");
  EXPECT_EQ(looked(book, call("s", "l", "read_note")), "null");
  EXPECT_EQ(looked(book, call("s", "l", "other")), R"(["pin_unknown"])");
  EXPECT_EQ(looked(book, offer("s", "l", tools("y"))), R"(["pin_changed"])");
  EXPECT_EQ(looked(book, call("s", "l", "read_note")), R"(["pin_changed"])");
  EXPECT_EQ(looked(book, call("s", "l", "read_note", false)), R"(["pin_changed"])")
      << "the hook's call as well";
  EXPECT_EQ(looked(book, call("s", "other launch", "read_note")), R"(["pin_unknown"])");
}

TEST_F(Book, WhatSpeaksAgainstADescriptionIsAnsweredByAPerson) {
  McpBook book(place, log);
  EXPECT_EQ(looked(book, offer("s", "l", tools("ORDER"))), R"(["gives_orders","pin_first"])");
  EXPECT_EQ(looked(book, call("s", "l", "read_note")), R"(["gives_orders"])");
  ASSERT_TRUE(book.approve("s", {"read_note"}, 2));
  EXPECT_EQ(looked(book, call("s", "l", "read_note")), "null");
  EXPECT_EQ(looked(book, offer("s", "l", tools("ORDER two"))), R"(["gives_orders","pin_changed"])")
      << "of this text only";
}

TEST_F(Book, ArgumentsAreCheckedAgainstTheSchemaThatIsPinned) {
  McpBook book(place, log);
  const auto with_schema = [](const char* name, std::string_view schema) {
    return Json::object({{"name", name}, {"inputSchema", *parse_json(schema)}});
  };
  (void)looked(
      book, offer("s", "l",
                  Json::array({with_schema("add", R"({"properties":{"a":{"type":"number"}},"required":["a"],
                                                               "additionalProperties":false})"),
                               with_schema("far", R"({"$ref":"https://evil.example/s.json"})")})));
  const auto asked = [&](std::string_view tool, std::string_view input, bool wire = true) {
    event::Event event = call("s", "l", tool, wire);
    event.body.set("input", *parse_json(input));
    EXPECT_TRUE(book.look_call(event, orders));
    return compact(event.body["mcp"]);
  };
  EXPECT_EQ(asked("add", R"({"a":1.5})"), "null");
  EXPECT_EQ(asked("add", R"({"a":"1","b":2})"),
            R"({"unfit":["/a must be a number","/b is not allowed"],"flags":["arguments_unfit"]})");
  EXPECT_EQ(asked("add", "{}", false), R"({"unfit":["lacks \"a\""],"flags":["arguments_unfit"]})")
      << "a hook's call as well";
  EXPECT_EQ(asked("far", "{}"), R"({"flags":["schema_unchecked"]})");
}

TEST_F(Book, OutlivesTheDaemon) {
  {
    McpBook book(place, log);
    (void)looked(book, offer("s", "l", tools("x")));
  }
  McpBook book(place, log);
  EXPECT_EQ(looked(book, offer("s", "l", tools("z"))), R"(["pin_changed"])");
  EXPECT_EQ(looked(book, offer("s", "another", tools("x"))), R"(["launch_changed","pin_first"])");
  EXPECT_FALSE(book.approve("nobody", {}, 1));
  ASSERT_TRUE(book.forget("s"));
  EXPECT_EQ(looked(book, offer("s", "l", tools("z"))), R"(["pin_first"])");
}

TEST_F(Book, PinsThatCannotBeReadRefuse) {
  {
    McpBook book(place, log);
    (void)looked(book, offer("s", "l", tools("x")));
  }
  std::ofstream(place + "/s.json") << R"({"v":1,"launches":{"l":{"pins":{}}}})";
  McpBook book(place, log);
  EXPECT_THAT(looked(book, offer("s", "l", tools("x"))), HasSubstr("cannot be read"));
  EXPECT_THAT(looked(book, call("s", "l", "read_note")), HasSubstr("cannot be read"));
  EXPECT_FALSE(book.approve("s", {}, 1));
  ASSERT_TRUE(book.forget("s"));
  EXPECT_EQ(looked(book, offer("s", "l", tools("x"))), R"(["pin_first"])");
}

}  // namespace
}  // namespace weir::daemon
