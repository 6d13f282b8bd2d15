// Validation of policies, levels, entities and requests. Verdicts and messages stand in
// tests/cases/cedar/validate_*.case; here is what a case file cannot say well.
#include "cedar/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/entity_json.h"
#include "cedar/parser.h"
#include "cedar/typecheck.h"
#include "cedar/validate_data.h"
#include "cedar/validate_row.h"

namespace weir::cedar {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kSchema = R"(
entity Group;
entity User in [Group] { name: String, age?: Long, manager: User, nested: { user: User } } tags User;
entity Doc { owner: User, open: Bool };
entity Plan enum ["free", "paid"];
action all;
action read in [all] appliesTo {
  principal: [User], resource: [Doc],
  context: { user: User, level: Long, plan?: Plan, price?: decimal, friends: Set<User> }
};
)";

Schema schema_of(const char* text = kSchema) {
  auto schema = Schema::parse(text, "s");
  if (!schema) ADD_FAILURE() << schema.error().message();
  return *schema;
}

PolicySet policies_of(const std::string& text) {
  auto policies = PolicySet::parse(text, "p");
  if (!policies) ADD_FAILURE() << policies.error().message();
  return *policies;
}

std::string when(const std::string& condition) {
  return "permit(principal, action, resource) when { " + condition + " };";
}

std::set<std::string> lines_of(const ValidationResult& result) {
  std::set<std::string> out;
  for (const auto& error : result.errors)
    out.insert("error " + error.message);
  for (const auto& warning : result.warnings)
    out.insert("warning " + warning.message);
  if (out.empty()) out.insert("valid");
  return out;
}

// Runs one file: each `expect` is held against the policies and the schema above it.
int run_case(const fs::path& path) {
  std::ifstream in(path);
  std::string line, section, schema, policies;
  std::set<std::string> expected;
  int checked = 0, number = 0, begin = 0;
  const auto finish = [&] {
    if (section != "expect") return;
    SCOPED_TRACE(path.filename().string() + ":" + std::to_string(begin));
    EXPECT_EQ(lines_of(validate(policies_of(policies), schema_of(schema.c_str()))), expected) << policies;
    ++checked;
  };
  while (std::getline(in, line)) {
    ++number;
    if (line.starts_with("--- ")) {
      finish();
      section = line.substr(4);
      begin = number;
      if (section == "schema") schema.clear();
      if (section == "policies") policies.clear();
      expected.clear();
    } else if (section == "schema") {
      schema += line + "\n";
    } else if (section == "policies") {
      policies += line + "\n";
    } else if (section == "expect" && !line.empty()) {
      expected.insert(line);
    }
  }
  finish();
  return checked;
}

TEST(Validate, Cases) {
  int checked = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(WEIR_SOURCE_DIR) / "tests/cases/cedar"))
    if (entry.path().filename().string().starts_with("validate_")) checked += run_case(entry.path());
  EXPECT_GE(checked, 200);
}

TEST(Validate, SpansNamePlacesOfMistakes) {
  const std::string text =
      "@id(\"a\") permit(principal, action, resource) when { principal.nam == \"x\" };\n"
      "permit(principal, action, resource) when { context.price.lessThan(decimal(\"1.0\")) && 1 };";
  const auto result = validate(policies_of(text), schema_of());
  ASSERT_EQ(result.errors.size(), 3u);
  const auto shown = [&](const Diagnostic& error) {
    return error.policy + " " + text.substr(error.span.begin, error.span.end - error.span.begin);
  };
  EXPECT_EQ(shown(result.errors[0]), "a principal.nam");
  EXPECT_EQ(result.errors[0].help, "did you mean `name`?");
  EXPECT_EQ(shown(result.errors[1]), "policy1 context.price");
  EXPECT_EQ(result.errors[1].help, "try testing for the attribute's presence with `context has price && ..`");
  EXPECT_EQ(shown(result.errors[2]), "policy1 1");
}

TEST(Validate, EveryPolicyIsReportedOnce) {
  // Two environments find the same mistake; it is one.
  const Schema schema =
      schema_of("entity A { x: Long }; entity B; action a, b appliesTo { principal: A, resource: [A, B] };");
  const auto result = validate(policies_of(when("principal.y == 1") + when("principal.x == true")), schema);
  ASSERT_EQ(result.errors.size(), 2u);
  EXPECT_EQ(result.errors[0].policy, "policy0");
  EXPECT_EQ(result.errors[1].policy, "policy1");
}

TEST(Validate, WrittenOutPolicyHasALimit) {
  // `is ... in` needs its left side twice: nested it doubles at every level.
  std::string nested = "principal";
  for (int i = 0; i < 60; ++i)
    nested = "(if " + nested + " is User in Group::\"g\" then principal else principal)";
  const auto result = validate(policies_of(when(nested + " == principal")), schema_of());
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_THAT(result.errors[0].message, HasSubstr(std::to_string(limits::kCedarCoreNodesMax)));
}

TEST(Validate, LongChainsAreNoDeepTrees) {
  std::string chain = "principal has age";
  for (int i = 0; i < 20'000; ++i)
    chain += " && principal.age == " + std::to_string(i);
  EXPECT_TRUE(validate(policies_of(when(chain)), schema_of()).valid());
}

// 2,000 groups in one another are two million links: too many to close, yet the answers are right.
TEST(Validate, LargeHierarchiesAreWalkedInstead) {
  std::string text = "entity A; action a0;";
  for (int i = 1; i < 2000; ++i)
    text += "action a" + std::to_string(i) + " in a" + std::to_string(i - 1) +
            (i < 1999 ? ";" : " appliesTo { principal: A, resource: A };");
  const auto result =
      validate(policies_of("permit(principal, action in Action::\"a5\", resource);"
                           "permit(principal, action in Action::\"a5\", resource) when { principal.x };"
                           "permit(principal, action == Action::\"a5\", resource);"),
               schema_of(text.c_str()));
  EXPECT_THAT(
      lines_of(result),
      ::testing::UnorderedElementsAre(
          "error attribute `x` on entity type `A` not found",
          "warning policy is impossible: the policy expression evaluates to false for all valid requests",
          "warning unable to find an applicable action given the policy scope constraints"));
}

TEST(Typecheck, TypedTreeLeavesOutWhatIsNotReached) {
  const Schema schema = schema_of();
  const Hierarchy hierarchy(schema);
  const RequestEnvironment environment{"User", EntityUid("Action", "read"), "Doc"};
  const auto policies = policies_of(when("if action == Action::\"read\" then resource.open else 1 == \"x\""));
  const auto condition = core_condition(policies.policies()[0]);
  ASSERT_TRUE(condition);
  const Typing typing = typecheck(*condition, schema, hierarchy, environment);
  EXPECT_TRUE(typing.succeeded);
  EXPECT_FALSE(typing.always_false);
  const TypedExpression* at = &typing.typed;
  while (at->expression->op == Op::and_)
    at = &at->args.back();
  ASSERT_EQ(at->expression->op, Op::if_);
  ASSERT_EQ(at->args.size(), 2u);
  EXPECT_EQ(at->args[0].type->known, true);
  EXPECT_EQ(at->args[1].expression->op, Op::attribute);
}

// The least level at which a condition is valid; -1 for none up to 5.
int level_of(const std::string& condition) {
  const Schema schema = schema_of();
  const PolicySet policies = policies_of(when(condition));
  EXPECT_TRUE(validate(policies, schema).valid()) << condition;
  for (std::uint32_t level = 0; level <= 5; ++level)
    if (validate(policies, schema, {level}).valid()) return static_cast<int>(level);
  return -1;
}

// RFC 76: how many steps from entity to entity.
TEST(Level, CountsSteps) {
  EXPECT_EQ(level_of("true"), 0);
  EXPECT_EQ(level_of("principal == context.user"), 0);
  EXPECT_EQ(level_of("context.level == 1"), 0);
  EXPECT_EQ(level_of("principal is User"), 0);
  EXPECT_EQ(level_of("principal.name == \"x\""), 1);
  EXPECT_EQ(level_of("principal has age"), 1);
  EXPECT_EQ(level_of("principal in Group::\"g\""), 1);
  EXPECT_EQ(level_of("principal.hasTag(\"t\")"), 1);
  EXPECT_EQ(level_of("context.user.name == \"x\""), 1);
  EXPECT_EQ(level_of("principal.manager.name == \"x\""), 2);
  EXPECT_EQ(level_of("principal.manager == context.user"), 1);
  EXPECT_EQ(level_of("resource.owner.manager.name == \"x\""), 3);
  EXPECT_EQ(level_of("principal.nested.user.name == \"x\""), 2);
  EXPECT_EQ(level_of("principal.hasTag(\"t\") && principal.getTag(\"t\").name == \"x\""), 2);
  EXPECT_EQ(level_of("(if principal has age then principal else resource.owner).name == \"x\""), 2);
  EXPECT_EQ(level_of("{a: principal, b: resource.owner.manager}.a.name == \"x\""), 2);
  EXPECT_EQ(level_of("context.friends.contains(principal.manager.manager)"), 2);
  EXPECT_EQ(level_of("false && principal.manager.manager.name == \"x\""), 0);
}

TEST(Level, LiteralsAreNeverRead) {
  EXPECT_EQ(level_of("User::\"a\".name == \"x\""), -1);
  EXPECT_EQ(level_of("principal == User::\"a\""), 0);
  const auto result = validate(policies_of(when("User::\"a\".name == \"x\"")), schema_of(), {5});
  ASSERT_FALSE(result.errors.empty());
  EXPECT_EQ(result.errors[0].message, "entity literals cannot be dereferenced at any level");
}

TEST(Level, MistakeNamesBothLevels) {
  const auto result = validate(policies_of(when("principal.manager.name == \"x\"")), schema_of(), {1});
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_EQ(result.errors[0].message,
            "this policy requires level 2, which exceeds the maximum allowed level (1)");
}

std::vector<std::string> entity_problems(const std::string& json, const Schema& schema) {
  const auto document = parse_json(json);
  EXPECT_TRUE(document) << json;
  const auto entities = read_entities(*document, &schema);
  EXPECT_TRUE(entities) << entities.error().message();
  std::vector<std::string> out;
  for (const auto& problem : validate_entities(*entities, schema))
    out.push_back(problem.where + ": " + problem.message);
  return out;
}

constexpr const char* kUser =
    R"("attrs": {"name": "a", "manager": {"type": "User", "id": "b"}, "nested": {"user": {"type": "User", "id": "b"}}})";

TEST(ValidateEntities, GoodOnesPass) {
  const Schema schema = schema_of();
  EXPECT_THAT(entity_problems("[]", schema), IsEmpty());
  EXPECT_THAT(
      entity_problems(
          R"([{"uid": "User::\"a\"", )" + std::string(kUser) +
              R"(, "parents": ["Group::\"g\""], "tags": {"t": {"__entity": {"type": "User", "id": "c"}}}},
                                      {"uid": "Plan::\"free\""}, {"uid": "Action::\"read\"", "parents": ["Action::\"all\""]}])",
          schema),
      IsEmpty());
}

TEST(ValidateEntities, EveryProblemIsNamed) {
  const Schema schema = schema_of();
  const auto one = [&](const std::string& entity) { return entity_problems("[" + entity + "]", schema); };
  EXPECT_THAT(
      one(R"({"uid": "Usr::\"a\""})"),
      ElementsAre(R"(Usr::"a": entity `Usr::"a"` has type `Usr` which is not declared in the schema)"));
  EXPECT_THAT(one(R"({"uid": "Plan::\"gold\""})"),
              ElementsAre(HasSubstr(R"(`"gold"` is not declared as a valid eid)")));
  EXPECT_THAT(one(R"({"uid": "Doc::\"d\"", "attrs": {"open": 1, "size": 3}})"),
              ElementsAre(HasSubstr("to have attribute `owner`"),
                          HasSubstr("expected to have type Bool, but it is 1"),
                          HasSubstr("attribute `size` on `Doc::\"d\"` should not exist")));
  EXPECT_THAT(one(R"({"uid": "Group::\"g\"", "tags": {"t": 1}, "parents": ["Group::\"h\""]})"),
              ElementsAre(HasSubstr("not allowed to have an ancestor of type `Group`"),
                          HasSubstr("no tags should exist on")));
  EXPECT_THAT(one(R"({"uid": "Action::\"read\"", "parents": []})"),
              ElementsAre(HasSubstr("does not match its schema declaration")));
  EXPECT_THAT(one(R"({"uid": "Action::\"nope\""})"),
              ElementsAre(HasSubstr("was not declared as an action in the schema")));
}

std::vector<std::string> request_problems(const std::string& json) {
  const Schema schema = schema_of();
  const auto document = parse_json(json);
  EXPECT_TRUE(document) << json;
  const auto request = read_request(*document, &schema);
  EXPECT_TRUE(request) << request.error().message();
  std::vector<std::string> out;
  for (const auto& problem : validate_request(*request, schema))
    out.push_back(problem.where + ": " + problem.message);
  return out;
}

TEST(ValidateRequest, ScopeAndContextAreChecked) {
  const std::string good = R"("context": {"user": {"type": "User", "id": "b"}, "level": 1, "friends": []})";
  const auto request = [&](const char* principal, const char* action, const char* resource,
                           const std::string& context) {
    return request_problems(std::string(R"({"principal": ")") + principal + R"(", "action": ")" + action +
                            R"(", "resource": ")" + resource + R"(", )" + context + "}");
  };
  constexpr const char *kUserA = R"(User::\"a\")", *kRead = R"(Action::\"read\")", *kDoc = R"(Doc::\"d\")";
  EXPECT_THAT(request(kUserA, kRead, kDoc, good), IsEmpty());
  EXPECT_THAT(request(kDoc, kRead, kDoc, good),
              ElementsAre("principal: principal type `Doc` is not valid for `Action::\"read\"`"));
  EXPECT_THAT(request("X::\\\"a\\\"", kRead, kUserA, good),
              ElementsAre("principal: principal type `X` is not declared in the schema",
                          "resource: resource type `User` is not valid for `Action::\"read\"`"));
  EXPECT_THAT(request(kUserA, "Action::\\\"fly\\\"", kDoc, good),
              ElementsAre("action: request's action `Action::\"fly\"` is not declared in the schema"));
  EXPECT_THAT(
      request(
          kUserA, kRead, kDoc,
          R"("context": {"user": {"type": "User", "id": "b"}, "level": "1", "plan": {"type": "Plan", "id": "x"}, "z": 1})"),
      ElementsAre("context: expected the attribute `friends`, which is missing",
                  "context.level: type mismatch: value was expected to have type Long, but it is \"1\"",
                  "context: attribute `z` should not exist according to the schema",
                  HasSubstr("`\"x\"` is not declared as a valid eid")));
}

TEST(ValidateRow, AnswersVerdictAndMistakes) {
  const auto row = parse_json(
      R"({"id": 1, "policies": "permit(principal, action, resource) when { principal.x };", "schema": "entity A; action a appliesTo { principal: A, resource: A };"})");
  const auto answer = validate_row(*row);
  ASSERT_TRUE(answer);
  EXPECT_FALSE((*answer)["valid"].as_bool());
  const Json& error = (*answer)["errors"].as_array().at(0);
  EXPECT_EQ(error["policy"].as_string(), "policy0");
  EXPECT_EQ(error["message"].as_string(), "attribute `x` on entity type `A` not found");
  EXPECT_EQ(error["span"]["line"].as_int(), 1);
  EXPECT_EQ(error["span"]["column"].as_int(), 44);
  EXPECT_FALSE(validate_row(*parse_json(R"({"policies": 1})")));
  const auto bad = validate_row(*parse_json(R"({"policies": "", "schema": "entity"})"));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().where, "schema:1:7");
}

}  // namespace
}  // namespace weir::cedar
