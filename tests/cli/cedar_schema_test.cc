// `weir cedar validate` and `weir cedar translate-schema` as people run them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;

class CedarSchema : public testing::Test {
 protected:
  void SetUp() override {
    write("s.cedarschema",
          "entity User { name: String, age?: Long };\n"
          "action read appliesTo { principal: User, resource: User, context: { level: Long } };\n");
    write("good.cedar", "permit(principal, action, resource) when { principal.name == \"a\" };\n");
  }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << text;
    return file(name);
  }
  std::string file(const std::string& name) const { return directory_ / name; }

  static Ran run(std::vector<std::string> argv, const std::string& input = {}) {
    argv.insert(argv.begin(), "cedar");
    return run_weir(argv, input);
  }

  const support::ThrowawayDir directory_;
};

TEST_F(CedarSchema, GoodPoliciesPass) {
  const Ran ran = run({"validate", "--schema", file("s.cedarschema"), "--policies", file("good.cedar")});
  EXPECT_EQ(ran.code, exit_code::kFine) << ran.err;
  EXPECT_EQ(ran.out, "policy set validation passed: 0 errors, 0 warnings\n");
}

TEST_F(CedarSchema, MistakesAreShownInTheirLine) {
  const std::string bad =
      write("bad.cedar", "permit(principal, action, resource)\nwhen { principal.age > 17 };\n");
  const Ran ran = run({"validate", "--schema", file("s.cedarschema"), "--policies", bad});
  EXPECT_EQ(ran.code, exit_code::kFindings);
  EXPECT_THAT(ran.out, HasSubstr("bad.cedar:2:8"));
  EXPECT_THAT(ran.out, HasSubstr("^^^^^^^^^^^^^"));
  EXPECT_THAT(ran.out, HasSubstr("help: try testing for the attribute's presence with `e has age && ..`"));
  EXPECT_THAT(ran.out, HasSubstr("validation failed: 1 error, 0 warnings"));
}

TEST_F(CedarSchema, LevelEntitiesAndRequestAreCheckedToo) {
  const std::string entities = write("e.json", R"([{"uid": "User::\"a\"", "attrs": {"name": 3}}])");
  const std::string request =
      write("r.json", R"({"principal": "User::\"a\"", "action": "Action::\"read\"", "resource": "User::\"b\"",
                          "context": {}})");
  const Ran ran = run({"validate", "--schema", file("s.cedarschema"), "--policies", file("good.cedar"),
                       "--level", "0", "--entities", entities, "--request", request, "--json"});
  EXPECT_EQ(ran.code, exit_code::kFindings) << ran.err;
  const auto json = parse_json(ran.out);
  ASSERT_TRUE(json) << ran.out;
  EXPECT_FALSE((*json)["valid"].as_bool());
  EXPECT_THAT((*json)["errors"].as_array().at(0)["message"].as_string(), HasSubstr("requires level 1"));
  EXPECT_THAT((*json)["entities"].as_array().at(0)["message"].as_string(), HasSubstr("to have type String"));
  EXPECT_EQ((*json)["request"].as_array().at(0)["message"].as_string(),
            "expected the attribute `level`, which is missing");
}

TEST_F(CedarSchema, WarningsCountOnDemand) {
  const std::string never = write("never.cedar", "permit(principal, action, resource) when { false };\n");
  const std::vector<std::string> argv = {"validate", "--schema", file("s.cedarschema"), "--policies", never};
  EXPECT_EQ(run(argv).code, exit_code::kFine);
  auto strict = argv;
  strict.push_back("--deny-warnings");
  const Ran ran = run(strict);
  EXPECT_EQ(ran.code, exit_code::kFindings);
  EXPECT_THAT(ran.out, HasSubstr("warning: for policy `policy0`, policy is impossible"));
}

TEST_F(CedarSchema, RowsAndUsage) {
  const Ran rows = run(
      {"validate", "--jsonl"},
      R"({"id": "a", "policies": "permit(principal, action, resource);", "schema": "entity A; action a appliesTo { principal: A, resource: A };"})"
      "\n{\"id\": \"b\", \"policies\": \"permit\", \"schema\": \"\"}\n");
  EXPECT_EQ(rows.code, exit_code::kFindings);
  EXPECT_THAT(rows.out, HasSubstr(R"({"id":"a","valid":true,"errors":[],"warnings":[]})"));
  EXPECT_THAT(rows.out, HasSubstr(R"({"id":"b","error":{)"));
  EXPECT_EQ(run({"validate"}).code, exit_code::kUsage);
  EXPECT_EQ(run({"translate-schema", "--direction", "sideways"}).code, exit_code::kUsage);
}

TEST_F(CedarSchema, TranslatesBothWays) {
  const Ran json =
      run({"translate-schema", "--direction", "cedar-to-json", "--schema", file("s.cedarschema")});
  ASSERT_EQ(json.code, exit_code::kFine) << json.err;
  const Ran text = run({"translate-schema", "--direction", "json-to-cedar"}, json.out);
  ASSERT_EQ(text.code, exit_code::kFine) << text.err;
  const Ran again = run({"translate-schema", "--direction", "cedar-to-json"}, text.out);
  EXPECT_EQ(again.out, json.out);
}

}  // namespace
}  // namespace weir::cli
