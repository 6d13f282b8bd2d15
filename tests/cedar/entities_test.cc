#include "cedar/entities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/limits.h"
#include "cedar/authorize_row.h"
#include "cedar/entity_json.h"

namespace weir::cedar {
namespace {

using testing::HasSubstr;

EntityUid node(std::size_t i) {
  return EntityUid("N", std::to_string(i));
}

TEST(Entities, ClosesLongChainsWithoutRecursion) {
  constexpr std::size_t kLength = 2500;
  std::vector<Entity> chain;
  for (std::size_t i = 0; i < kLength; ++i)
    chain.push_back({node(i), {}, {}, {node(i + 1)}});
  const auto entities = Entities::make(chain);
  ASSERT_TRUE(entities) << entities.error().message();
  EXPECT_TRUE(entities->is_in(node(0), node(kLength)));  // only named as a parent
  EXPECT_FALSE(entities->is_in(node(kLength), node(0)));
  EXPECT_EQ(entities->find(node(kLength)), nullptr);
  EXPECT_EQ(entities->ancestors(node(kLength - 2)).size(), 2u);
}

TEST(Entities, LimitsTheWorkOfClosing) {
  std::vector<Entity> chain;
  for (std::size_t i = 0; i < 20'000; ++i)
    chain.push_back({node(i), {}, {}, {node(i + 1)}});
  const auto entities = Entities::make(std::move(chain));
  ASSERT_FALSE(entities);
  EXPECT_EQ(entities.error().code, ErrorCode::limit);
}

TEST(Entities, RefusesCycles) {
  for (const std::size_t length : {1u, 2u, 50u}) {
    std::vector<Entity> ring;
    for (std::size_t i = 0; i < length; ++i)
      ring.push_back({node(i), {}, {}, {node((i + 1) % length)}});
    const auto entities = Entities::make(std::move(ring));
    ASSERT_FALSE(entities) << length;
    EXPECT_THAT(entities.error().message(), HasSubstr("lead back to it"));
  }
}

TEST(Entities, TakesTheSameEntityTwiceOnlyWhenEqual) {
  const Entity a{node(1), Record({{"x", Value(1)}}), {}, {node(2), node(3)}};
  const Entity same{node(1), Record({{"x", Value(1)}}), {}, {node(3), node(2)}};
  const Entity other{node(1), Record({{"x", Value(2)}}), {}, {node(2), node(3)}};
  EXPECT_TRUE(Entities::make({a, same}));
  EXPECT_FALSE(Entities::make({a, other}));
}

Result<Entities> from_text(std::string_view text) {
  auto json = parse_json(text);
  if (!json) return std::unexpected(json.error());
  return read_entities(*json);
}

// with() against make() of the same entities, asked everything.
TEST(Entities, OneMoreIsTheSameStoreAsMadeAtOnce) {
  std::vector<Entity> all = {{node(0), Record({{"a", Value(1)}}), {}, {node(10)}},
                             {node(1), {}, {}, {node(0), node(11)}},
                             {node(2), {}, {}, {node(1), node(12), node(12)}},
                             {node(3), {}, {}, {}},
                             {node(11), {}, {}, {node(13)}},  // so far only a parent
                             {node(4), {}, {}, {node(2), node(14)}}};
  std::vector<Entity> so_far;
  Entities grown;
  for (const auto& one : all) {
    so_far.push_back(one);
    auto next = grown.with(one);
    ASSERT_TRUE(next) << next.error().message();
    grown = std::move(*next);
    const auto made = Entities::make(so_far);
    ASSERT_TRUE(made);
    for (std::size_t a = 0; a < 16; ++a) {
      const Entity* entity = made->find(node(a));
      ASSERT_EQ(grown.find(node(a)) == nullptr, entity == nullptr) << a;
      if (entity != nullptr) {
        EXPECT_EQ(grown.find(node(a))->attributes.fields(), entity->attributes.fields());
      }
      std::set<std::string> above, expected;
      for (const EntityUid* uid : grown.ancestors(node(a)))
        above.insert(uid->text());
      for (const EntityUid* uid : made->ancestors(node(a)))
        expected.insert(uid->text());
      EXPECT_EQ(above, expected) << a;
      for (std::size_t b = 0; b < 16; ++b)
        EXPECT_EQ(grown.is_in(node(a), node(b)), made->is_in(node(a), node(b))) << a << " in " << b;
    }
  }
  EXPECT_FALSE(grown.with({node(20), {}, {}, {node(20)}}));
  EXPECT_FALSE(grown.with({node(3), Record({{"other", Value(1)}}), {}, {}}));
  EXPECT_FALSE(grown.with({node(13), {}, {}, {node(4)}}));  // node 4 is below it
}

TEST(EntityJson, ReadsEveryForm) {
  const auto entities = from_text(R"([{"uid": {"__entity": {"type": "A::B", "id": "é\u0000"}},
    "attrs": {"i": -9223372036854775808, "s": "x", "t": true, "set": [1, 1, [2]], "r": {"k": {}},
      "e": {"__entity": {"type": "A::B", "id": ""}}, "not an entity": {"type": "User", "id": "a"},
      "ip": {"__extn": {"fn": "ip", "arg": "::1"}},
      "d": {"__extn": {"fn": "offset", "args": [{"__extn": {"fn": "datetime", "arg": "2024-01-01"}},
                                                {"__extn": {"fn": "duration", "arg": "1d"}}]}}},
    "parents": [{"type": "A::C", "id": "p"}, {"__entity": {"type": "A::C", "id": "q"}}],
    "tags": {"t": {"__extn": {"fn": "decimal", "arg": "1.5"}}}}])");
  ASSERT_TRUE(entities) << entities.error().message();
  const EntityUid uid("A::B", std::string("é\0", 3));
  const Entity* entity = entities->find(uid);
  ASSERT_NE(entity, nullptr);
  EXPECT_EQ(Value(entity->attributes).text(),
            R"({d: datetime("2024-01-02T00:00:00.000Z"), e: A::B::"", i: -9223372036854775808, )"
            R"(ip: ip("0:0:0:0:0:0:0:1"), "not an entity": {id: "a", type: "User"}, r: {k: {}}, s: "x", )"
            R"(set: [1, [2]], t: true})");
  EXPECT_EQ(Value(entity->tags).text(), R"({t: decimal("1.5000")})");
  EXPECT_TRUE(entities->is_in(uid, EntityUid("A::C", "q")));
}

TEST(EntityJson, ErrorsNameThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({})", "entities must be an array"},
      {R"([1])", "([0])"},
      {R"([{"attrs": {}}])", "([0].uid)"},
      {R"([{"uid": {"type": "no type", "id": "a"}}])", "([0].uid.type)"},
      {R"([{"uid": {"type": "if", "id": "a"}}])", "([0].uid.type)"},
      {R"([{"uid": {"type": "A", "id": 1}}])", "([0].uid)"},
      {R"([{"uid": "User::alice"}])", "([0].uid)"},
      {R"([{"uid": {"type": "A", "id": "a"}, "attrs": {"x": [1, null]}}])", "([0].attrs.x[1])"},
      {R"([{"uid": {"type": "A", "id": "a"}, "attrs": {"x": 1.5}}])", "64-bit integers"},
      {R"([{"uid": {"type": "A", "id": "a"}, "attrs": {"x": 9223372036854775808}}])", "64-bit integers"},
      {R"([{"uid": {"type": "A", "id": "a"}, "attrs": {"x": {"__extn": {"fn": "ip", "arg": "x"}}}}])",
       "is not a valid ip"},
      {R"([{"uid": {"type": "A", "id": "a"}, "attrs": {"x": {"__extn": {"fn": "no", "arg": "x"}}}}])",
       "([0].attrs.x.__extn.fn)"},
      {R"([{"uid": {"type": "A", "id": "a"}, "attrs": {"x": {"__entity": {"type": "A", "id": "b"}, "y": 1}}}])",
       "reserved for escapes"},
      {R"([{"uid": {"type": "A", "id": "a"}, "parents": {}}])", "([0].parents)"},
      {R"([{"uid": {"type": "A", "id": "a"}, "parents": [{"type": "A"}]}])", "([0].parents[0])"},
      {R"([{"uid": {"type": "A", "id": "a"}, "tags": []}])", "([0].tags)"}};
  for (const auto& [text, expected] : cases) {
    const auto entities = from_text(text);
    ASSERT_FALSE(entities) << text;
    EXPECT_THAT(entities.error().message(), HasSubstr(expected)) << text;
  }
}

TEST(Schema, MistakesAreNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"entity User = { a: Nothing };", "failed to resolve type: Nothing (s:1:20)"},
      {"type A = B; type B = Set<A>; entity U { a: A };", "cycle in common type references containing `A`"},
      {"entity User", "(s:1:12)"},
      {"entity User; entity User;", "declared twice"},
      {"action a appliesTo { who: User };", "expected principal, resource or context"},
      {"namespace A { entity U; ", "(s:1:25)"}};
  for (const auto& [text, expected] : cases) {
    const auto schema = Schema::parse(text, "s");
    ASSERT_FALSE(schema) << text;
    EXPECT_THAT(schema.error().message(), HasSubstr(expected)) << text;
  }
  std::string deep = "type T0 = Long;";
  for (int i = 1; i < 5000; ++i)
    deep += "type T" + std::to_string(i) + " = T" + std::to_string(i - 1) + ";";
  EXPECT_FALSE(Schema::parse("entity U { a: T4999 }; " + deep));
  // Types are compared part by part, so one that is too large when written out (2^40 attributes) is refused.
  std::string wide = "type T0 = Long;";
  for (int i = 1; i < 150; ++i)
    wide += "type T" + std::to_string(i) + " = { a: T" + std::to_string(i - 1) + ", b: T" +
            std::to_string(i - 1) + " };";
  const auto large = Schema::parse("entity U { a: T40 }; " + wide);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::limit);
}

TEST(AuthorizeLine, AnswersEveryRow) {
  EXPECT_EQ(compact(authorize_line(
                R"({"id": 7, "policies": "permit(principal, action, resource) when { context.x > 1 };",
                    "requests": [{"principal": "U::\"a\"", "action": "Action::\"a\"", "resource": "R::\"r\"",
                                  "context": {"x": 2}},
                                 {"principal": {"type": "U", "id": "a"}, "action": "Action::\"a\"",
                                  "resource": "R::\"r\"", "context": {}}]})")),
            R"({"id":7,"responses":[{"decision":"allow","reason":["policy0"],"errors":[]},)"
            R"({"decision":"deny","reason":[],"errors":["policy0"]}]})");
}

TEST(AuthorizeLine, BadRowsSayWhatAndWhere) {
  const std::pair<const char*, const char*> cases[] = {
      {"not json", ""},
      {R"({"id": "a"})", "policies"},
      {R"({"id": "a", "policies": "permit(", "requests": []})", "policies:1:8"},
      {R"({"id": "a", "policies": "", "requests": {}})", "requests"},
      {R"({"id": "a", "policies": "", "requests": [], "entities": [{}]})", "entities[0].uid"},
      {R"({"id": "a", "policies": "", "requests": [], "schema": "entity"})", "schema:1:7"},
      {R"({"id": "a", "policies": "", "requests": [{"principal": 1}]})", "requests[0].principal"},
      {R"({"id": "a", "policies": "", "requests": [{"principal": "A::\"a\"", "action": "A::\"a\"",
           "resource": "A::\"a\"", "context": {"x": null}}]})",
       "requests[0].context.x"}};
  for (const auto& [line, where] : cases) {
    const Json answer = authorize_line(line);
    ASSERT_TRUE(answer.has("error")) << line;
    EXPECT_EQ(answer["error"]["where"].text_or("-"), where) << line;
    EXPECT_FALSE(answer["error"]["what"].text_or("").empty());
    EXPECT_FALSE(answer.has("responses"));
  }
  EXPECT_EQ(authorize_line(cases[1].first)["id"].text_or(""), "a");
}

}  // namespace
}  // namespace weir::cedar
