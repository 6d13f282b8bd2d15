#include "setup/json_edit.h"

#include <gtest/gtest.h>

#include "setup/fixtures.h"

namespace weir::setup {
namespace {

using testing::claude_settings;

Installation installation() {
  return {.hook_path = "/opt/weir/weir-hook",
          .socket = "/run/user/1000/weir/event/event.sock",
          .public_key_base64 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="};
}

TEST(JsonEdit, WhatWasPutInComesOutByteForByte) {
  for (const auto& fixture : claude_settings()) {
    SCOPED_TRACE(fixture.name);
    const auto edit =
        insert_hooks(fixture.text, hook_groups(Agent::claude, installation()), {}, Comments::refuse);
    ASSERT_TRUE(edit) << edit.error().message();
    const auto settings = parse_settings(edit->text, Comments::refuse);
    ASSERT_TRUE(settings) << settings.error().message() << "\n" << edit->text;
    for (const auto& event : hook_events(Agent::claude)) {
      const auto& groups = (*settings)["hooks"][event];
      ASSERT_TRUE(groups.is_array()) << event;
      EXPECT_TRUE(weir_command(groups.as_array().back()["hooks"].as_array().front())) << event;
    }
    const auto back = remove_hooks(edit->text, edit->segments, Comments::refuse);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, fixture.text);
  }
}

TEST(JsonEdit, ByStructureEverythingElseMeansTheSame) {
  for (const auto& fixture : claude_settings()) {
    SCOPED_TRACE(fixture.name);
    const auto edit =
        insert_hooks(fixture.text, hook_groups(Agent::claude, installation()), {}, Comments::refuse);
    ASSERT_TRUE(edit);
    const auto left = remove_hooks_by_structure(edit->text, Comments::refuse);
    ASSERT_TRUE(left) << left.error().message();
    auto now = *parse_settings(*left, Comments::refuse);
    auto then = *parse_settings(fixture.text, Comments::refuse);
    EXPECT_FALSE(names_weir(now));
    // Containers that were empty before may be gone.
    for (Json* json : {&now, &then})
      if (Json* hooks = json->find("hooks")) {
        hooks->erase("PreToolUse");
        hooks->erase("Stop");
        if (hooks->as_object().empty()) json->erase("hooks");
      }
    EXPECT_EQ(canonical(now), canonical(then));
  }
}

TEST(JsonEdit, AddsInTheStyleOfTheFile) {
  const std::vector<HookGroup> one = {{"Stop", Json::object({{"hooks", Json::array()}})}};
  const auto edit = [&](std::string_view text) {
    return insert_hooks(text, one, {}, Comments::refuse)->text;
  };
  EXPECT_EQ(edit("{\n\t\"a\": 1\n}\n"),
            "{\n\t\"a\": 1,\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{\"hooks\":[]}\n\t\t]\n\t}\n}\n");
  EXPECT_EQ(
      edit("{\r\n  \"a\": 1\r\n}"),
      "{\r\n  \"a\": 1,\r\n  \"hooks\": {\r\n    \"Stop\": [\r\n      {\"hooks\":[]}\r\n    ]\r\n  }\r\n}");
  EXPECT_EQ(edit("{\"a\":1}"), "{\"a\":1,\"hooks\": {\"Stop\": [{\"hooks\":[]}]}}");
  EXPECT_EQ(edit("{\n  \"hooks\": {\n    \"Stop\": [\n      1\n    ]\n  }\n}"),
            "{\n  \"hooks\": {\n    \"Stop\": [\n      1,\n      {\"hooks\":[]}\n    ]\n  }\n}");
  EXPECT_EQ(edit(""), "{\n  \"hooks\": {\n    \"Stop\": [\n      {\"hooks\":[]}\n    ]\n  }\n}\n");
}

TEST(JsonEdit, KeepsWhatTheUserChangedMeanwhile) {
  const std::string before = "{\n  \"model\": \"opus\"\n}\n";
  auto edit = *insert_hooks(before, hook_groups(Agent::claude, installation()), {}, Comments::refuse);
  std::string text = edit.text;
  text.replace(text.find("opus"), 4, "sonnet");
  EXPECT_EQ(*remove_hooks(text, edit.segments, Comments::refuse), "{\n  \"model\": \"sonnet\"\n}\n");
  // A hook of the user added behind ours, in an event that only Weir had.
  const std::string ours = "\"Stop\": [";
  text.insert(text.find(ours) + ours.size(), R"({"hooks":[{"type":"command","command":"bell"}]},)");
  const auto left = remove_hooks(text, edit.segments, Comments::refuse);
  ASSERT_TRUE(left);
  const auto settings = parse_settings(*left, Comments::refuse);
  ASSERT_TRUE(settings) << *left;
  EXPECT_EQ(compact((*settings)["hooks"]), R"({"Stop":[{"hooks":[{"type":"command","command":"bell"}]}]})");
}

TEST(JsonEdit, CutsOneHandlerOutOfAMixedGroup) {
  const std::string text =
      R"({"hooks":{"Stop":[{"hooks":[{"command":"a"},{"command":"/x/weir-hook codex Stop"},{"command":"b"}]}]}})";
  EXPECT_EQ(*remove_hooks_by_structure(text, Comments::refuse),
            R"({"hooks":{"Stop":[{"hooks":[{"command":"a"},{"command":"b"}]}]}})");
}

TEST(JsonEdit, RefusesWhatTheAgentWouldIgnore) {
  const auto groups = hook_groups(Agent::claude, installation());
  const auto error = [&](std::string_view text, Comments comments = Comments::refuse) {
    const auto edit = insert_hooks(text, groups, {}, comments);
    return edit ? std::string() : edit.error().message();
  };
  EXPECT_NE(error("{\n // mine\n}").find("comments"), std::string::npos);
  EXPECT_NE(error("{\"a\":1,}").find("comments"), std::string::npos);
  EXPECT_NE(error("{\"a\":1"), "");
  EXPECT_NE(error("[]").find("not a JSON object"), std::string::npos);
  EXPECT_NE(error(R"({"hooks":1})").find("hooks"), std::string::npos);
  EXPECT_NE(error(R"({"hooks":{"PreToolUse":{}}})").find("hooks.PreToolUse"), std::string::npos);
  EXPECT_NE(error(R"({"hooks":{},"hooks":{}})").find("twice"), std::string::npos);
  EXPECT_NE(error(std::string(200, '[')), "");
  EXPECT_NE(error("{\"a\":\"\xff\"}"), "");
  EXPECT_NE(error("{\"a\":1e999}"), "");
  EXPECT_NE(error("{\"a\":1} x", Comments::allow), "");
}

TEST(JsonEdit, LivesWithCommentsWhereTheyAreAllowed) {
  for (const std::string text :
       {"{\n  // first\n  \"a\": 1, /* x */ // y\n}\n", "// only a comment\n", "{ /* empty */ }",
        "{\"hooks\": { // none\n \"Stop\": [ 1, ], }, }", "{\"s\": \"// no comment /* here */\"}"}) {
    SCOPED_TRACE(text);
    const auto edit = insert_hooks(text, hook_groups(Agent::claude, installation()), {}, Comments::allow);
    ASSERT_TRUE(edit) << edit.error().message();
    const auto settings = parse_settings(edit->text, Comments::allow);
    ASSERT_TRUE(settings) << edit->text;
    EXPECT_TRUE(names_weir(*settings));
    EXPECT_EQ(*remove_hooks(edit->text, edit->segments, Comments::allow), text);
    const auto left = remove_hooks_by_structure(edit->text, Comments::allow);
    ASSERT_TRUE(left);
    EXPECT_TRUE(parse_settings(*left, Comments::allow)) << *left;
  }
}

TEST(JsonEdit, ACommentThatQuotesWhatWasPutInStaysWhereItIs) {
  const std::string text = "{ // c\n \"hooks\": { /*,\n \"x\": 1, \n \"x\": 1,*/ }, }";
  const auto edit = insert_hooks(text, hook_groups(Agent::codex, installation()), Json::object({{"x", 1}}),
                                 Comments::allow);
  ASSERT_TRUE(edit);
  ASSERT_GT(edit->segments.size(), 1U);
  std::size_t quoted = 0;
  for (const auto& segment : edit->segments)
    quoted += edit->text.find(segment) != edit->text.rfind(segment) ? 1U : 0U;
  EXPECT_EQ(quoted, 1U) << "the comment should hold one of the segments";
  EXPECT_EQ(remove_hooks(edit->text, edit->segments, Comments::allow).value(), text);
}

TEST(JsonEdit, AddsMembersOnceAndNeverOverwrites) {
  const Json members = Json::object({{"allowManagedHooksOnly", true}});
  EXPECT_EQ(insert_hooks("{\"a\":1}", {}, members, Comments::refuse)->text,
            "{\"a\":1,\"allowManagedHooksOnly\": true}");
  EXPECT_EQ(insert_hooks("{\"allowManagedHooksOnly\":true}", {}, members, Comments::refuse)->segments.size(),
            0U);
  EXPECT_FALSE(insert_hooks("{\"allowManagedHooksOnly\":false}", {}, members, Comments::refuse));
}

TEST(HookPlan, CommandsAreRecognisedHoweverTheyAreWritten) {
  const Installation odd{.hook_path = "/opt/my tools/it's/weir-hook",
                         .socket = "/run/a b.sock",
                         .public_key_base64 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="};
  for (const Agent agent : {Agent::claude, Agent::codex})
    for (const auto& group : hook_groups(agent, odd)) {
      const auto command = weir_command(group.group["hooks"].as_array().front());
      ASSERT_TRUE(command);
      EXPECT_EQ(*command, (WeirCommand{odd.hook_path, std::string(name(agent)), group.event, odd.socket,
                                       odd.public_key_base64}));
    }
  const auto is_ours = [](const char* line) {
    return weir_command(Json::object({{"command", line}})).has_value();
  };
  EXPECT_TRUE(is_ours("\"/a b/weir-hook\" codex Stop"));
  EXPECT_FALSE(is_ours("cat /opt/weir/weir-hook"));
  EXPECT_FALSE(is_ours("true; /opt/weir/weir-hook codex Stop"));
  EXPECT_FALSE(is_ours("/opt/weir/weir-hook codex Stop || true"));
  EXPECT_FALSE(is_ours("/opt/weir/weir-hook-not"));
  EXPECT_FALSE(is_ours(""));
}

TEST(HookPlan, GatesEverythingThatCanRefuseAndReplacesNothing) {
  const auto events = hook_events(Agent::claude);
  const auto has = [&](const char* event) {
    return std::find(events.begin(), events.end(), event) != events.end();
  };
  for (const char* event :
       {"PreToolUse", "UserPromptSubmit", "ConfigChange", "PermissionRequest", "SubagentStart"})
    EXPECT_TRUE(has(event)) << event;
  EXPECT_FALSE(has("WorktreeCreate"));
  for (const auto& group : hook_groups(Agent::claude, installation())) {
    EXPECT_EQ(group.group["matcher"].text_or(""), "*");
    EXPECT_EQ(group.group["hooks"].as_array()[0]["onFailure"].text_or(""), "block");
  }
  EXPECT_EQ(hook_events(Agent::codex).size(), 14U);
  EXPECT_FALSE(check_installation({"relative/weir-hook", "/s", installation().public_key_base64}));
  EXPECT_FALSE(check_installation({"/weir-hook", "/s", "AAAA"}));
  EXPECT_FALSE(check_installation({"/a\nb/weir-hook", "/s", installation().public_key_base64}));
  EXPECT_TRUE(check_installation(installation()));
}

}  // namespace
}  // namespace weir::setup
