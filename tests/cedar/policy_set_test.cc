#include "cedar/policy_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/limits.h"
#include "cedar/authorizer.h"
#include "cedar/parser.h"

namespace weir::cedar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Request alice_reads() {
  return Request(EntityUid("User", "alice"), EntityUid("Action", "read"), EntityUid("File", "a"));
}

std::vector<std::string> ids(const std::vector<const Policy*>& policies) {
  std::vector<std::string> out;
  for (const auto* policy : policies)
    out.push_back(policy->id);
  return out;
}

TEST(PolicySet, GivesIdsAnnotationsAndPlaces) {
  const auto set = PolicySet::parse(
      "// head\n@id(\"first\")\n@decision(\"ask\") @note\npermit(principal, action, resource);\n"
      "  forbid(principal, action, resource);",
      "a.cedar");
  ASSERT_TRUE(set) << set.error().message();
  const Policy* first = set->find("first");
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(*first->annotation("decision"), "ask");
  EXPECT_EQ(*first->annotation("note"), "");
  EXPECT_EQ(first->annotation("none"), nullptr);
  EXPECT_EQ(first->source, "a.cedar");
  EXPECT_EQ(first->position.line, 2u);
  const Policy* second = set->find("policy1");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->effect, Effect::forbid);
  EXPECT_EQ(second->position.line, 5u);
  EXPECT_EQ(second->position.column, 3u);
  EXPECT_EQ(set->find("policy0"), nullptr);
}

TEST(PolicySet, NumbersOnAcrossSources) {
  const std::vector<PolicySource> sources = {
      {"a", "permit(principal, action, resource);"},
      {"b", "permit(principal, action, resource); permit(principal, action, resource);"}};
  const auto set = PolicySet::parse(sources);
  ASSERT_TRUE(set);
  ASSERT_EQ(set->policies().size(), 3u);
  EXPECT_EQ(set->policies()[2].id, "policy2");
  EXPECT_EQ(set->policies()[2].source, "b");
  const auto broken = PolicySet::parse(std::vector<PolicySource>{sources[0], {"b", "permit"}});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().where, "b:1:7");
}

TEST(PolicySet, KeepsTemplatesApart) {
  const auto set = PolicySet::parse("permit(principal == ?principal, action, resource);");
  ASSERT_TRUE(set);
  EXPECT_TRUE(set->policies().empty());
  ASSERT_EQ(set->templates().size(), 1u);
  EXPECT_EQ(authorize(*set, alice_reads(), Entities()).decision, Decision::deny);
}

// The index must find exactly the policies whose scope matches, whatever the form of the scope.
TEST(PolicySet, IndexAgreesWithScanningAllScopes) {
  std::string text;
  const std::string principals[] = {"principal", "principal == User::\"alice\"", "principal in Team::\"t\"",
                                    "principal is User", "principal is User in Team::\"t\""};
  const std::string actions[] = {"action", "action == Action::\"read\"", "action in Action::\"any\"",
                                 "action in [Action::\"write\", Action::\"any\", Action::\"read\"]",
                                 "action in []"};
  const std::string resources[] = {"resource", "resource == File::\"a\"", "resource in Dir::\"d\"",
                                   "resource is File", "resource is File in Dir::\"d\""};
  for (const auto& p : principals)
    for (const auto& a : actions)
      for (const auto& r : resources)
        text += "permit(" + p + ", " + a + ", " + r + ");\n";
  const PolicySet set = *PolicySet::parse(text);
  const Entities entities =
      *Entities::make({{EntityUid("User", "alice"), {}, {}, {EntityUid("Team", "t")}},
                       {EntityUid("Action", "read"), {}, {}, {EntityUid("Action", "any")}},
                       {EntityUid("File", "a"), {}, {}, {EntityUid("Dir", "d")}}});
  int matched = 0;
  for (const char* user : {"alice", "bob"})
    for (const char* type : {"User", "Team"})
      for (const char* action : {"read", "write", "any", "none"})
        for (const char* resource : {"a", "d"})
          for (const char* resource_type : {"File", "Dir"}) {
            const Request request(EntityUid(type, user), EntityUid("Action", action),
                                  EntityUid(resource_type, resource));
            std::vector<const Policy*> expected;
            for (const auto& policy : set.policies())
              if (admits(policy.principal, request.principal(), entities) &&
                  admits(policy.action, request.action(), entities) &&
                  admits(policy.resource, request.resource(), entities))
                expected.push_back(&policy);
            matched += static_cast<int>(expected.size());
            EXPECT_EQ(ids(set.matching(request, entities)), ids(expected));
          }
  EXPECT_GT(matched, 500);
}

TEST(Authorize, ListsOverriddenPermitsBesideTheForbids) {
  const auto set = *PolicySet::parse(
      "permit(principal, action, resource); @id(\"no\") forbid(principal, action, resource);"
      "@id(\"bad\") forbid(principal, action, resource) when { 1 };");
  const Response response = authorize(set, alice_reads(), Entities());
  EXPECT_EQ(response.decision, Decision::deny);
  EXPECT_THAT(ids(response.reason()), ElementsAre("no"));
  EXPECT_THAT(ids(response.satisfied_permits), ElementsAre("policy0"));
  ASSERT_EQ(response.errors.size(), 1u);
  EXPECT_EQ(response.errors[0].policy->effect, Effect::forbid);
  EXPECT_THAT(response.errors[0].error.message, HasSubstr("needs a bool, not a long"));
}

TEST(Authorize, IsReentrantOverSharedValues) {
  const PolicySet set = *PolicySet::parse(
      "permit(principal in Team::\"t\", action, resource) when { [1, context.n].contains(2) && "
      "context.n + 1 == 3 };");
  const Entities entities = *Entities::make({{EntityUid("User", "alice"), {}, {}, {EntityUid("Team", "t")}}});
  std::vector<std::thread> threads;
  std::atomic<int> allowed = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, mine = set, store = entities] {
      for (int i = 0; i < 500; ++i) {
        const Request request(EntityUid("User", "alice"), EntityUid("Action", "a"), EntityUid("File", "f"),
                              Record({{"n", Value(i % 2 == 0 ? 2 : 3)}}));
        allowed += authorize(mine, request, store).decision == Decision::allow;
      }
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(allowed, 4 * 250);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

// Every way to nest must end at the limit with an error, not in a crash; just below it must work.
TEST(Limits, NestingOfExpressions) {
  constexpr std::size_t kDeep = limits::kCedarDepthMax;
  const std::pair<std::string_view, std::string_view> nests[] = {{"(", ")"},
                                                                 {"[", "]"},
                                                                 {"{a:", "}"},
                                                                 {"!(", ")"},
                                                                 {"if true then 1 else ", ""},
                                                                 {"ip(", ")"},
                                                                 {"[1].contains(", ")"},
                                                                 {"1 + (", ")"}};
  for (const auto& [open, close] : nests) {
    for (const std::size_t depth : {kDeep + 1, kDeep * 50}) {
      const auto deep = parse_expression(repeated(open, depth) + "1" + repeated(close, depth));
      ASSERT_FALSE(deep) << open;
      EXPECT_EQ(deep.error().code, ErrorCode::limit) << open << deep.error().what;
    }
    EXPECT_TRUE(parse_expression(repeated(open, kDeep / 2 - 1) + "1" + repeated(close, kDeep / 2 - 1)))
        << open;
  }
  for (const auto* chain : {".a", "[\"a\"]", " + 1", " - 1", " * 1"}) {
    const auto deep = parse_expression("context" + repeated(chain, kDeep * 50));
    ASSERT_FALSE(deep) << chain;
    EXPECT_EQ(deep.error().code, ErrorCode::limit) << chain;
  }
  EXPECT_FALSE(parse_expression("context has a" + repeated(".a", kDeep * 50)));
}

TEST(Limits, LongChainsOfLogicAreFlat) {
  for (const auto* op : {" || ", " && "}) {
    const auto chain = parse_expression("true" + repeated(std::string(op) + "context.x == 1", 5000));
    ASSERT_TRUE(chain) << chain.error().what;
    EXPECT_EQ(chain->args.size(), 5001u);
    EXPECT_LT(chain->height, 6);
  }
}

TEST(Limits, FoldedNestedSetsAreHeldOnce) {
  std::string text = repeated("[", 100) + "1" + repeated(",1", 20000) + repeated("]", 100);
  const auto set = parse_expression(text);
  ASSERT_TRUE(set);
  EXPECT_TRUE(set->constant);
  EXPECT_FALSE(set->args[0].constant);
}

TEST(Limits, TextThatIsNotUtf8IsRefusedWithItsPlace) {
  const auto bad = PolicySet::parse("permit(principal,\n action, resource); // \xff\n");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().where, "2:24");
  EXPECT_FALSE(PolicySet::parse(std::string(limits::kCedarBytesMax + 1, ' ')));
}

}  // namespace
}  // namespace weir::cedar
