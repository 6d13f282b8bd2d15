// `weir policy analyze|diff|prove|recheck|explain` as scripts run them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/json.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "os/files.h"
#include "os/process.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class PolicyProve : public testing::Test {
 protected:
  void SetUp() override {
    write("s.cedarschema",
          "namespace App { entity User; entity Doc { open: Bool, size: Long };\n"
          "action read appliesTo { principal: User, resource: Doc }; }\n");
    write("old.cedar",
          "@id(\"a\") permit(principal, action, resource) when { resource.open };\n"
          "@id(\"b\") permit(principal, action, resource) when { resource.open && resource.size > 3 };\n");
    write("new.cedar",
          "@id(\"a\") permit(principal, action, resource) when { resource.open || resource.size == 7 };\n");
  }

  void write(const std::string& name, const std::string& text) { std::ofstream(directory_ / name) << text; }
  std::string file(const std::string& name) const { return directory_ / name; }
  bool solver() const { return os::find_program("cvc5").has_value(); }

  static Ran run(std::vector<std::string> argv, const std::string& input = {}) {
    argv.insert(argv.begin(), "policy");
    return run_weir(argv, input);
  }

  const support::ThrowawayDir directory_;
};

TEST_F(PolicyProve, AnalyzePrintsTheShapeThatIsPromised) {
  if (!solver()) GTEST_SKIP() << "cvc5 is not installed";
  const Ran ran = run({"analyze", "--schema", file("s.cedarschema"), file("old.cedar"), "--json"});
  EXPECT_EQ(ran.code, 1) << ran.err;
  const auto json = parse_json(ran.out);
  ASSERT_TRUE(json) << ran.out;
  EXPECT_TRUE((*json)["vacuous"].as_array().empty());
  const Json& at = (*json)["envs"].as_array().at(0);
  EXPECT_EQ(at["principal"].text_or(""), "User");
  EXPECT_EQ(at["action"].text_or(""), "read");
  EXPECT_EQ(canonical(at["findings"]), R"([{"by":"a","kind":"shadowed","policy":"b"}])");
}

TEST_F(PolicyProve, DiffEndsInOneWhenSomethingOpens) {
  if (!solver()) GTEST_SKIP() << "cvc5 is not installed";
  const Ran looser =
      run({"diff", "--schema", file("s.cedarschema"), file("old.cedar"), file("new.cedar"), "--json"});
  EXPECT_EQ(looser.code, 1) << looser.err;
  const auto json = parse_json(looser.out);
  ASSERT_TRUE(json) << looser.out;
  const Json& at = (*json)["envs"].as_array().at(0);
  EXPECT_EQ(at["verdict"].text_or(""), "looser");
  const Json& example = at["examples"].as_array().at(0);
  EXPECT_EQ(example["before"]["decision"].text_or(""), "deny");
  EXPECT_EQ(example["after"]["decision"].text_or(""), "allow");
  const Ran tighter =
      run({"diff", "--schema", file("s.cedarschema"), file("new.cedar"), file("old.cedar"), "--json"});
  EXPECT_EQ(tighter.code, 0) << tighter.err;
  EXPECT_THAT(tighter.out, HasSubstr("\"tighter\""));
  // The example is what `explain` reads.
  const Ran why =
      run({"explain", "--schema", file("s.cedarschema"), "--policies", file("old.cedar"), "--json", "-"},
          canonical(example));
  EXPECT_EQ(why.code, 0) << why.err;
  EXPECT_THAT(why.out, HasSubstr("\"answer\":\"deny\""));
  EXPECT_THAT(why.out, HasSubstr("resource.open"));
}

TEST_F(PolicyProve, EveryPropertyThatShipsIsProvedAndConfirmed) {
  if (!solver() || !os::find_program("z3")) GTEST_SKIP() << "cvc5 or z3 is not installed";
  const Ran ran = run(
      {"prove", "--policies", WEIR_SOURCE_DIR "/content/policies", "--certificate", file("proof"), "--json"});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  const Ran again = run({"recheck", file("proof"), "--json"});
  EXPECT_EQ(again.code, 0) << again.out << again.err;
  std::ofstream(file("proof") + "/00000.smt2", std::ios::app) << ";\n";
  EXPECT_NE(run({"recheck", file("proof")}).code, 0);
}

TEST_F(PolicyProve, AnalyzeEndsInOneFromWarningsOnUnlessAskedOtherwise) {
  if (!solver()) GTEST_SKIP() << "cvc5 is not installed";
  write("open.cedar", "@id(\"a\") permit(principal, action, resource);\n");
  const std::vector<std::string> open{"analyze", "--schema", file("s.cedarschema"), file("open.cedar")};
  const auto with = [](std::vector<std::string> argv, const std::vector<std::string>& more) {
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  };
  const Ran fine = run(with(open, {"--json"}));
  EXPECT_EQ(fine.code, 0) << fine.out;
  EXPECT_THAT(fine.out, HasSubstr(R"("counts":{"error":0,"note":1,"warning":0})"));
  EXPECT_EQ(run(with(open, {"--fail-on", "note"})).code, 1);
  EXPECT_EQ(run(with(open, {"--fail-on", "worry"})).code, 2);
  const std::vector<std::string> shadowed{"analyze", "--schema", file("s.cedarschema"), file("old.cedar")};
  EXPECT_EQ(run(shadowed).code, 1);
  EXPECT_EQ(run(with(shadowed, {"--fail-on", "error"})).code, 0);
}

TEST_F(PolicyProve, KeepsWhatIsProvedOfThePoliciesInForce) {
  if (!solver()) GTEST_SKIP() << "cvc5 is not installed";
  ::setenv("WEIR_HOME", file("home").c_str(), 1);
  const Ran kept = run({"prove", "--keep", "--json"});
  EXPECT_EQ(kept.code, 0) << kept.out << kept.err;
  const auto json = parse_json(kept.out);
  ASSERT_TRUE(json) << kept.out;
  ASSERT_EQ((*json)["written"].as_array().size(), 1u);
  const std::string dir((*json)["written"].as_array()[0].text_or(""));
  const auto index = os::read_file(dir + "/certificate.json", 1 << 24);
  ASSERT_TRUE(index) << index.error().message();
  const auto inputs = (*parse_json(*index))["inputs"];
  for (const char* input : {"pack", "properties", "schema"})
    EXPECT_THAT(std::string(inputs[input].text_or("")), HasSubstr("sha256:")) << input;
  EXPECT_THAT(dir, HasSubstr(std::string(inputs["pack"].text_or("")).substr(7)));
  // What is not proved as a whole is not kept.
  fs::remove_all(dir);
  write("no.cedarprop", "@id(\"p\") never (principal, action, resource);\n");
  const Ran refuted = run({"prove", "--keep", "--properties", file("no.cedarprop")});
  EXPECT_EQ(refuted.code, 1) << refuted.err;
  EXPECT_THAT(refuted.out, HasSubstr("nothing is kept"));
  EXPECT_FALSE(fs::exists(dir));
  EXPECT_EQ(run({"prove", "--keep", "--policies", file("old.cedar")}).code, 2);
  ::unsetenv("WEIR_HOME");
}

TEST_F(PolicyProve, WithoutASolverNothingIsProved) {
  const Ran ran =
      run({"analyze", "--schema", file("s.cedarschema"), "--solver", "no-such-solver", file("old.cedar")});
  EXPECT_NE(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("not installed"));
  EXPECT_EQ(ran.out, "");
}

}  // namespace
}  // namespace weir::cli
