// Envelope, Decision and Receipt: the golden bytes of tests/cases/formats are read and written for ever.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "event/decision.h"
#include "event/event.h"

namespace weir::event {
namespace {

Json golden(const std::string& name, std::string* bytes = nullptr) {
  std::ifstream in(WEIR_SOURCE_DIR "/tests/cases/formats/" + name);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_FALSE(text.empty()) << name;
  if (!text.empty()) text.pop_back();  // the newline at the end of the file
  if (bytes != nullptr) *bytes = text;
  const auto json = parse_json(text);
  EXPECT_TRUE(json) << name;
  return json.value_or(Json());
}

TEST(Formats, TheEnvelopeV1ReadsAndWritesTheSameBytes) {
  std::string bytes;
  const auto event = event_from_envelope(golden("event_v1.json", &bytes));
  ASSERT_TRUE(event) << event.error().message();
  EXPECT_EQ(canonical(envelope_json(*event)), bytes);
  EXPECT_EQ(event->kind, kind::kToolCall);
  EXPECT_EQ(event->agent.type, "Explore");
  EXPECT_EQ(event->session, "claude-code:s1/a1");
  EXPECT_EQ(event->parent, "claude-code:s1");
  EXPECT_EQ(event->assurance, Assurance::claimed);
  EXPECT_EQ(event->time.mono_ns, 98765432101);
  EXPECT_EQ(event->seq, 7u);
  EXPECT_EQ(event->corr.at("tool_use_id"), "toolu_1");
  EXPECT_EQ(event->body_ref.bytes, 61u);
  EXPECT_TRUE(event->extra.has("later_member"));
}

TEST(Formats, TheDecisionV1ReadsAndWritesTheSameBytes) {
  std::string bytes;
  const auto decision = decision_from_json(golden("decision_v1.json", &bytes));
  ASSERT_TRUE(decision) << decision.error().message();
  EXPECT_EQ(canonical(to_json(*decision)), bytes);
  EXPECT_EQ(decision->verdict, Verdict::warn);
  EXPECT_EQ(decision->would, Verdict::ask);
  ASSERT_EQ(decision->policies.size(), 2u);
  EXPECT_EQ(decision->policies[1].mode, "observe");
  EXPECT_EQ(decision->policies[1].error, "overflow");
  ASSERT_TRUE(decision->approval);
  EXPECT_EQ(decision->approval->approvers.size(), 1u);
}

TEST(Formats, TheReceiptV1ReadsAndWritesTheSameBytes) {
  std::string bytes;
  const auto receipt = receipt_from_json(golden("receipt_v1.json", &bytes));
  ASSERT_TRUE(receipt);
  EXPECT_EQ(canonical(to_json(*receipt)), bytes);
  EXPECT_EQ(receipt->latency_ns, 1'234'000);
}

TEST(Envelope, UnknownKindsAndMembersRoundTrip) {
  const auto json = parse_json(
      R"({"v":2,"id":"x","kind":"telepathy","agent":{"name":"a"},"session":"a:1","root":"a:1","plane":"p","source":"s",)"
      R"("assurance":"kernel","time":{"wall":"2026-01-01T00:00:00Z"},"seq":1,"novel":{"deep":[1,2]}})");
  ASSERT_TRUE(json);
  const auto event = event_from_envelope(*json);
  ASSERT_TRUE(event) << event.error().message();
  EXPECT_EQ(event->kind, "telepathy");
  EXPECT_EQ(canonical(envelope_json(*event)["novel"]), R"({"deep":[1,2]})");
}

TEST(Envelope, MistakesNameTheField) {
  const Json good = golden("event_v1.json");
  const struct {
    const char* field;
    Json value;
    const char* where;
  } cases[] = {{"v", 0, "v"},
               {"id", "", "id"},
               {"kind", "", "kind"},
               {"session", "", "session"},
               {"seq", -1, "seq"},
               {"seq", "7", "seq"},
               {"assurance", "certain", "assurance"},
               {"corr", 3, "corr"},
               {"time", Json::object({{"wall", "yesterday"}}), "time.wall"},
               {"time", Json::object({{"wall", "2026-01-01T00:00:00Z"}, {"mono_ns", "-5"}}), "time.mono_ns"}};
  for (const auto& one : cases) {
    Json bad = good;
    bad.set(one.field, one.value);
    const auto event = event_from_envelope(bad);
    ASSERT_FALSE(event) << one.field;
    EXPECT_EQ(event.error().where, one.where);
  }
  EXPECT_FALSE(event_from_envelope(Json("text")));
}

TEST(Decision, NamesOfVerdictsAndSeveritiesAreAscending) {
  int rank = 0;
  for (const char* name : {"allow", "warn", "transform", "ask", "guide", "deny", "quarantine"}) {
    ASSERT_TRUE(verdict_from(name)) << name;
    EXPECT_EQ(static_cast<int>(*verdict_from(name)), rank);
    EXPECT_EQ(lets_run(*verdict_from(name)), rank++ <= 2);
  }
  EXPECT_FALSE(verdict_from("block"));
  EXPECT_FALSE(severity_from("urgent"));
}

Decision big_decision(std::size_t actions, std::size_t text_bytes) {
  Decision decision = *decision_from_json(golden("decision_v1.json"));
  decision.actions.assign(actions, {"file.write",
                                    "Path",
                                    "/workspace/" + std::string(text_bytes, 'x'),
                                    Certainty::certain,
                                    {},
                                    Json::object()});
  return decision;
}

TEST(Decision, NeverExceeds16KiB) {
  for (const std::size_t actions : {1u, 20u, 256u})
    for (const std::size_t text : {10u, 1000u, 20'000u}) {
      Decision decision = big_decision(actions, text);
      decision.reason = std::string(40'000, 'r');
      decision.advice = std::string(40'000, 'a');
      decision.assumptions = Json::object({{"paths", Json(std::string(30'000, 'p'))}});
      decision.rewrite = Json::object({{"command", Json(std::string(30'000, 'c'))}});
      const Json json = to_json(decision);
      EXPECT_LE(canonical(json).size(), limits::kDecisionBytesMax) << actions << " " << text;
      const auto back = decision_from_json(json);
      ASSERT_TRUE(back);
      EXPECT_EQ(back->actions.size() + back->actions_cut, actions);
    }
}

TEST(Decision, WhatIsCutIsCountedAndCommittedTo) {
  const Json json = to_json(big_decision(256, 500));
  EXPECT_GT(json["actions_cut"].int_or(0), 0);
  EXPECT_TRUE(json["actions_digest"].text_or("").starts_with("sha256:"));
  EXPECT_EQ(json["actions_digest"], to_json(big_decision(256, 500))["actions_digest"]);
  EXPECT_NE(json["actions_digest"], to_json(big_decision(256, 501))["actions_digest"]);
  EXPECT_FALSE(to_json(big_decision(2, 10)).has("actions_cut"));
}

TEST(Decision, TextsAreCutAtCharacters) {
  Decision decision;
  for (std::size_t shift = 0; shift < 3; ++shift) {
    decision.reason = std::string(shift, 'a');
    for (int i = 0; i < 1000; ++i)
      decision.reason += "€";
    EXPECT_TRUE(parse_json(canonical(to_json(decision)))) << shift;  // refuses broken UTF-8
  }
}

TEST(Action, ItsCanonicalFormIsWrittenDirectly) {
  Action plain;
  plain.verb = "shell.exec";
  Action full{"file.delete", "Path", "/a \"b\"\n\xff", Certainty::possible, {3, 14}, Json::object()};
  full.attrs.set("recursive", true);
  full.attrs.set("classes", Json::array({"x", "y"}));
  full.attrs.set("depth", 7);
  Action opaque{"net.connect", "Host", "", Certainty::opaque, {0, 1}, Json::object()};
  for (const Action& action : {plain, full, opaque}) {
    std::string out;
    append_canonical(out, action);
    EXPECT_EQ(out, canonical(to_json(action)));
  }
}

}  // namespace
}  // namespace weir::event
