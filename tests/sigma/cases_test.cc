// tests/cases/sigma: every case by the engine and by the plain reading of its rule.
#include "sigma/cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/yaml.h"
#include "sigma/plain.h"
#include "sigma/write.h"

namespace weir::sigma {
namespace {

const std::filesystem::path kCases = WEIR_SOURCE_DIR "/tests/cases/sigma";

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> documents_of(const std::string& text) {
  std::vector<std::string> out;
  std::size_t at = 0;
  for (std::size_t end = 0; end != std::string::npos; at = end + 5) {
    end = text.find("\n---\n", at);
    out.push_back(text.substr(at, end - at) + "\n");
    if (end == std::string::npos) break;
  }
  return out;
}

void judge(const Rule& rule, const Json& events, bool expected, const std::string& name) {
  if (!events.is_array()) return;
  const auto engine = Engine::compile({&rule, 1});
  ASSERT_TRUE(engine) << engine.error().message();
  Workspace workspace;
  FlatEvent flat;
  for (const Json& event : events.as_array()) {
    flat.assign(event);
    const auto matched = engine->match(rule.logsource, flat.fields(), workspace);
    ASSERT_TRUE(matched);
    EXPECT_EQ(!matched->empty(), expected) << name << ": engine on " << compact(event);
    EXPECT_EQ(holds_plainly(rule.condition, flat.fields()), expected)
        << name << ": plainly on " << compact(event);
    // In company other values stand before and behind.
    Json crowded = Json::object({{"\x01 before", "zz"}});
    for (const auto& [key, value] : event.as_object())
      crowded.set(key, value);
    crowded.set("~ behind", "zz");
    flat.assign(crowded);
    EXPECT_EQ(!engine->match(rule.logsource, flat.fields(), workspace)->empty(), expected)
        << name << ": engine on " << compact(crowded);
  }
}

void run_document(const std::string& text, const std::string& file) {
  const auto yaml = parse_yaml(text, file);
  ASSERT_TRUE(yaml) << yaml.error().message();
  const std::string name = file + ": " + std::string((*yaml)["name"].text_or(""));
  RuleSet set;
  read_rules(set, "title: a case\nlogsource: {product: test}\n" + text, file, {});
  link(set);
  if (yaml->has("refused")) {
    ASSERT_EQ(set.errors(), 1U) << name;
    const Problem& problem = *std::find_if(set.problems.begin(), set.problems.end(), [](const Problem& p) {
      return p.weight == Problem::Weight::error;
    });
    EXPECT_THAT(problem.error.message(), testing::HasSubstr((*yaml)["refused"].as_string())) << name;
    EXPECT_THAT(problem.error.where, testing::StartsWith(file + ":")) << name;
    EXPECT_NE(problem.error.hint, "") << name;
    EXPECT_TRUE(set.rules.empty()) << name;
    return;
  }
  ASSERT_EQ(set.errors(), 0U) << name << ": " << set.problems.front().error.message();
  judge(set.rules[0], (*yaml)["match"], true, name);
  judge(set.rules[0], (*yaml)["no_match"], false, name);
  // The same again from what it is written as.
  RuleSet again;
  read_rules(again, to_yaml(set.rules[0]), file, {});
  ASSERT_EQ(again.errors(), 0U) << name << "\n"
                                << to_yaml(set.rules[0]) << again.problems.front().error.message();
  judge(again.rules[0], (*yaml)["match"], true, name + " (written anew)");
  judge(again.rules[0], (*yaml)["no_match"], false, name + " (written anew)");
}

TEST(SigmaCases, Rules) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kCases)) {
    if (entry.path().extension() != ".case") continue;
    ++files;
    for (const std::string& document : documents_of(text_of(entry.path())))
      run_document(document, entry.path().filename().string());
  }
  EXPECT_GE(files, 4U);
}

TEST(SigmaCases, Correlations) {
  RuleSet set;
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::directory_iterator(kCases / "correlations")) {
    const std::string path = entry.path().string();
    if (path.ends_with(kCasesSuffix))
      read_cases(text_of(entry.path()), path, cases, set.problems);
    else
      read_rules(set, text_of(entry.path()), path, {});
  }
  link(set);
  for (const Problem& problem : set.problems)
    EXPECT_EQ(problem.weight, Problem::Weight::warning) << problem.error.message();
  const auto engine = Engine::compile(set.rules);
  ASSERT_TRUE(engine);
  Workspace workspace;
  for (const Case& one : cases) {
    const Outcome outcome = run_case(one, set, *engine, workspace);
    EXPECT_TRUE(outcome.as_expected) << one.where << " " << one.rule << ": " << outcome.why;
  }
  EXPECT_GE(cases.size(), 20U);
}

TEST(SigmaCases, AFailureIsSeen) {
  RuleSet set;
  read_rules(set, "title: t\nid: x\nlogsource: {product: p}\ndetection: {s: {A: 1}, condition: s}\n", "r.yml",
             {});
  link(set);
  std::vector<Case> cases;
  read_cases(
      "rule: x\nmatch: [{A: 2}]\nno_match: [{A: 1}]\n---\nrule: y\nmatch: [{A: 1}]\n---\nmatch: [{A: 1}]\n",
      "c.yml", cases, set.problems);
  EXPECT_EQ(set.errors(), 1U);  // the last document names no rule
  const auto engine = Engine::compile(set.rules);
  Workspace workspace;
  ASSERT_EQ(cases.size(), 3U);
  for (const Case& one : cases)
    EXPECT_FALSE(run_case(one, set, *engine, workspace).as_expected) << one.where;
}

}  // namespace
}  // namespace weir::sigma
