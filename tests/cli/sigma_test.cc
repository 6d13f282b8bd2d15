// `weir sigma`, called as a script does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/bytes.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "os/files.h"
#include "support/surroundings.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;

constexpr const char* kRule =
    "title: Needle\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nname: needle\nlogsource: {product: linux}\n"
    "detection: {s: {F|contains: needle}, condition: s}\n";

class SigmaCommand : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();
  const support::WithVariable weir_home_{"WEIR_HOME", dir_ + "/home"};

  void SetUp() override { std::filesystem::create_directories(dir_ + "/rules"); }

  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(os::write_file_atomic(dir_ + "/" + name, text));
  }
  int run(std::vector<std::string> argv, const std::string& input = "") {
    argv.insert(argv.begin(), "sigma");
    const Ran ran = run_weir(argv, input);
    out_ = ran.out;
    err_ = ran.err;
    return ran.code;
  }
  std::string rules() const { return dir_ + "/rules"; }

  std::string out_, err_;
};

TEST_F(SigmaCommand, MatchAnswersRowsInOrder) {
  write("rules/a.yml", kRule);
  const int code = run({"match", "--rules", rules(), "--jsonl"},
                       R"({"id":1,"logsource":{"product":"Linux"},"event":{"F":"a NEEDLE"}})"
                       "\n"
                       R"({"id":"two","logsource":{"product":"windows"},"event":{"F":"needle"},"more":1})"
                       "\n");
  EXPECT_EQ(code, exit_code::kFine) << err_;
  EXPECT_EQ(
      out_,
      "{\"id\":1,\"matches\":[\"929a690e-bef0-4204-a928-ef5e620d6fcc\"]}\n{\"id\":\"two\",\"matches\":[]}\n");
}

TEST_F(SigmaCommand, BadRowsAndBadRulesAreNamedAndTheRunGoesOn) {
  write("rules/a.yml",
        std::string(kRule) +
            "---\ntitle: bad\nlogsource: {product: p}\ndetection: {s: {A|x: 1}, condition: s}\n");
  const int code =
      run({"match", "--rules", rules()},
          "{\"id\":1}\nnot "
          "json\n{\"id\":3,\"logsource\":{\"product\":\"linux\"},\"event\":{\"F\":\"needle\"}}\n");
  EXPECT_EQ(code, exit_code::kFindings);
  EXPECT_THAT(out_, HasSubstr("the row has no event"));
  EXPECT_THAT(out_, HasSubstr("{\"id\":3,\"matches\":[\"929a690e"));
  EXPECT_THAT(err_, HasSubstr("a.yml:9"));
  EXPECT_THAT(err_, HasSubstr("1 of 2 documents cannot be used"));
}

TEST_F(SigmaCommand, CorrelationsFireByTheTimeOfEvents) {
  write("rules/a.yml", std::string(kRule) +
                           "---\ntitle: Twice\nid: twice\ncorrelation: {type: event_count, rules: [needle], "
                           "group-by: [U], timespan: 10s, "
                           "condition: {gte: 2}}\n");
  const auto row = [](const std::string& time) {
    return R"({"id":")" + time +
           R"(","logsource":{"product":"linux"},"event":{"F":"needle","U":"a","UtcTime":")" + time + "\"}}\n";
  };
  EXPECT_EQ(run({"match", "--rules", rules()},
                row("2025-01-01 10:00:00") + row("2025-01-01 10:00:11") + row("2025-01-01 10:00:20.500")),
            exit_code::kFine)
      << err_;
  EXPECT_EQ(
      out_,
      "{\"id\":\"2025-01-01 10:00:00\",\"matches\":[]}\n{\"id\":\"2025-01-01 10:00:11\",\"matches\":[]}\n"
      "{\"id\":\"2025-01-01 10:00:20.500\",\"matches\":[\"twice\"]}\n");
}

TEST_F(SigmaCommand, CheckNamesWhatIsWrong) {
  write("rules/a.yml", kRule);
  EXPECT_EQ(run({"check", rules()}), exit_code::kFine);
  write("rules/b.yml", kRule);
  EXPECT_EQ(run({"check", "--json", rules()}), exit_code::kFindings);
  EXPECT_THAT(out_, HasSubstr("\"errors\":1"));
  EXPECT_THAT(out_, HasSubstr("already the name of the rule at"));
  std::filesystem::remove(dir_ + "/rules/b.yml");
  write("rules/c.yml", "title: t\nlogsource: {product: p}\ndetection: {s: {A: 1}, condition: s}\n");
  EXPECT_EQ(run({"check", rules()}), exit_code::kFine);
  EXPECT_THAT(err_, HasSubstr("there is no id"));
  EXPECT_EQ(run({"check", "--strict", rules()}), exit_code::kFindings);
}

TEST_F(SigmaCommand, TestRunsTheCasesBesideTheRules) {
  write("rules/a.yml", kRule);
  write("rules/a.cases.yml", "rule: needle\nmatch:\n  - {F: the needle}\nno_match:\n  - {F: hay}\n");
  EXPECT_EQ(run({"test", rules()}), exit_code::kFine);
  EXPECT_EQ(out_, "2 cases passed, 0 failed; 1 rules\n");
  write("rules/a.cases.yml", "rule: needle\nmatch:\n  - {F: hay}\n");
  EXPECT_EQ(run({"test", rules()}), exit_code::kFindings);
  EXPECT_THAT(err_, HasSubstr("it does not match, but must"));
  EXPECT_EQ(run({"test"}), exit_code::kFine) << err_;  // what ships
}

TEST_F(SigmaCommand, PlaceholdersComeFromAFile) {
  write("rules/a.yml",
        "title: t\nid: p\nlogsource: {product: linux}\ndetection: {s: {U|expand: '%adm%'}, condition: s}\n");
  EXPECT_EQ(run({"check", rules()}), exit_code::kFindings);
  write("p.yml", "adm: ['adm_*', root]\n");
  EXPECT_EQ(run({"match", "--rules", rules(), "--placeholders", dir_ + "/p.yml"},
                R"({"id":1,"logsource":{"product":"linux"},"event":{"U":"adm_bob"}})"
                "\n"),
            exit_code::kFine);
  EXPECT_EQ(out_, "{\"id\":1,\"matches\":[\"p\"]}\n");
}

TEST_F(SigmaCommand, ImportWritesCanaryRulesAsSigma) {
  write("canary.yaml",
        "- {id: HIGH-1, name: n, severity: HIGH, tools: [Bash], match: [{field: command, patterns: "
        "['cur+l']}], message: m}\n");
  EXPECT_EQ(run({"import", dir_ + "/canary.yaml", "--out", dir_ + "/out"}), exit_code::kFine) << err_;
  EXPECT_EQ(run({"import", dir_ + "/canary.yaml", "--out", dir_ + "/out"}), exit_code::kUsage);  // is there
  EXPECT_EQ(run({"check", dir_ + "/out"}), exit_code::kFine) << err_;
  const std::string row =
      R"({"id":1,"logsource":{"product":"weir","category":"tool_call"},"event":{"tool":"Bash","command":"CURL x"}})";
  for (const std::string& from : {dir_ + "/canary.yaml", dir_ + "/out"}) {
    EXPECT_EQ(run({"match", "--rules", from}, row + "\n"), exit_code::kFine) << err_;
    EXPECT_EQ(out_, "{\"id\":1,\"matches\":[\"HIGH-1\"]}\n") << from;
  }
}

TEST_F(SigmaCommand, ListAndMistakes) {
  write("rules/a.yml", kRule);
  EXPECT_EQ(run({"list", "--json", rules()}), exit_code::kFine);
  EXPECT_THAT(out_, HasSubstr("\"logsource\":{\"product\":\"linux\"}"));
  EXPECT_EQ(run({"check", dir_ + "/none"}), exit_code::kUsage);
  EXPECT_THAT(err_, HasSubstr("there is no such file or directory"));
}

}  // namespace
}  // namespace weir::cli
