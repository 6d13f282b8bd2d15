#include "prove/analyze.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/json.h"
#include "os/files.h"
#include "prove/compare.h"
#include "prove/obligations.h"
#include "prove/support.h"

namespace weir::prove {
namespace {

using namespace testing_support;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::set<std::string> official_names(const Analysis& analysis, const cedar::Schema& schema) {
  const ShortNames names(schema);
  std::set<std::string> out;
  for (const auto& at : analysis.environments)
    for (const auto& finding : at.findings) {
      const std::string where = names.type(at.environment.principal) + "/" +
                                names.action(at.environment.action) + "/" +
                                names.type(at.environment.resource) + ": ";
      if (finding.kind == AnalysisFinding::Kind::shadowed)
        out.insert(where + "Policy `" + finding.policy + "` shadowed by `" + finding.by + "`");
      if (finding.kind == AnalysisFinding::Kind::overridden)
        out.insert(where + "Policy `" + finding.policy + "` overridden by `" + finding.by + "`");
      if (finding.kind == AnalysisFinding::Kind::redundant)
        out.insert(where + "Redundant Policies: `" + std::min(finding.policy, finding.by) + "` and `" +
                   std::max(finding.policy, finding.by) + "`");
    }
  return out;
}

void check_analysis(const Json& row) {
  const auto& args = row["args"].as_array();
  const auto set = policies(row["files"][args[0].as_string()].as_string());
  const auto types = schema(row["files"][args[1].as_string()].as_string());
  Prover solver = prover();
  const auto analysis = analyze(set, types, solver, {});
  ASSERT_TRUE(analysis) << analysis.error().message();
  EXPECT_FALSE(analysis->has_unknown());
  std::set<std::string> expected;
  for (const auto& at : row["perEnv"].as_array())
    for (const auto& finding : at["findings"].as_array())
      expected.insert(at["principal"].as_string() + "/" + at["action"].as_string() + "/" +
                      at["resource"].as_string() + ": " + finding.as_string());
  EXPECT_EQ(official_names(*analysis, types), expected);
  std::vector<std::string> vacuous;
  for (const auto& entry : analysis->vacuous)
    vacuous.push_back("Policy `" + entry.policy + "` applies to " + (entry.always ? "all" : "no") +
                      " authorization requests.");
  std::vector<std::string> wanted;
  for (const auto& text : row["vacuous"].as_array())
    wanted.push_back(text.as_string());
  EXPECT_EQ(vacuous, wanted);
}

void check_comparison(const Json& row) {
  const auto& args = row["args"].as_array();
  const auto before = policies(row["files"][args[0].as_string()].as_string());
  const auto after = policies(row["files"][args[1].as_string()].as_string());
  const auto types = schema(row["files"][args[2].as_string()].as_string());
  Prover solver = prover();
  const auto comparison = compare(before, after, types, solver, Semantics::cedar);
  ASSERT_TRUE(comparison) << comparison.error().message();
  const ShortNames names(types);
  std::set<std::string> found;
  for (const auto& at : comparison->environments) {
    using Verdict = EnvironmentComparison::Verdict;
    EXPECT_NE(at.verdict, Verdict::unknown) << at.why;
    const std::string word = at.verdict == Verdict::equivalent ? "equivalent to"
                             : at.verdict == Verdict::tighter  ? "more permissive than"
                             : at.verdict == Verdict::looser   ? "less permissive than"
                                                               : "incomparable with";
    found.insert(names.type(at.environment.principal) + "/" + names.action(at.environment.action) + "/" +
                 names.type(at.environment.resource) + ": pset1 is " + word + " pset2");
  }
  std::set<std::string> expected;
  for (const auto& at : row["perEnv"].as_array())
    expected.insert(at["principal"].as_string() + "/" + at["action"].as_string() + "/" +
                    at["resource"].as_string() + ": " + at["findings"].as_array()[0].as_string());
  EXPECT_EQ(found, expected);
}

// The development half of the official tool's own cases; examples are replayed inside.
TEST(Analyze, AgreesWithTheOfficialTool) {
  NEEDS_SOLVER();
  const auto text = os::read_file(WEIR_SOURCE_DIR "/../shared/data/cedar/cedar-analysis-dev.jsonl", 16 << 20);
  if (!text) GTEST_SKIP() << "the development data is not beside the checkout";
  std::size_t rows = 0;
  for (const auto line : split(*text, '\n')) {
    if (line.empty()) continue;
    const auto row = parse_json(line);
    ASSERT_TRUE(row);
    SCOPED_TRACE((*row)["name"].as_string());
    (*row)["cmd"].as_array()[1].as_string() == "policies" ? check_analysis(*row) : check_comparison(*row);
    ++rows;
  }
  EXPECT_EQ(rows, 23u);
}

constexpr const char* kSchema = R"(
entity Team;
entity Agent in [Team] { trust: Long, owner?: Agent, labels: Set<String> } tags String;
entity File { path: String, size: Long, home: __cedar::ipaddr };
action read, write appliesTo { principal: [Agent], resource: [File],
  context: { approved: Bool, note?: String, at: __cedar::datetime } };
)";

TEST(Analyze, FindsWhatOnePolicySaysOfAnother) {
  NEEDS_SOLVER();
  const auto types = schema(kSchema);
  Prover solver = prover();
  const auto analysis = analyze(policies(R"(
@id("wide") permit(principal, action == Action::"read", resource) when { resource.path like "/srv/*" };
@id("narrow") permit(principal, action == Action::"read", resource) when { resource.path like "/srv/a*" };
@id("again") permit(principal, action == Action::"read", resource) when { !(!(resource.path like "/srv/*")) };
@id("closed") permit(principal, action == Action::"write", resource) when { context.approved };
@id("shut") forbid(principal, action == Action::"write", resource) when { context.approved || resource.size > 3 };
@id("errs") forbid(principal, action == Action::"write", resource) when { resource.size * resource.size > 100 };
@id("here") permit(principal, action, resource) when { action == Action::"read" && context.approved };
)"),
                                types, solver, {});
  ASSERT_TRUE(analysis) << analysis.error().message();
  std::vector<std::string> found;
  for (const auto& at : analysis->environments)
    for (const auto& finding : at.findings)
      found.push_back(at.environment.action.id() + " " + std::string(name(finding.kind)) + " " +
                      finding.policy + " " + finding.by);
  EXPECT_THAT(found, ElementsAre("read redundant again wide", "read shadowed narrow again",
                                 "read shadowed narrow wide", "write overridden closed shut",
                                 "write may_error errs ", "write never_applies here "));
  EXPECT_THAT(analysis->vacuous, IsEmpty());
  EXPECT_THAT(analysis->unread, ElementsAre("Agent.labels", "Agent.owner", "Agent.trust", "File.home",
                                            "context.at", "context.note"));
}

TEST(Analyze, RefusesPoliciesThatAreNotValid) {
  NEEDS_SOLVER();
  Prover solver = prover();
  const auto analysis =
      analyze(policies("permit(principal, action, resource) when { resource.nothing == 1 };"),
              schema(kSchema), solver, {});
  ASSERT_FALSE(analysis);
  EXPECT_THAT(analysis.error().message(), HasSubstr("nothing"));
}

TEST(Compare, ShowsWhatOpensMostSevereFirst) {
  NEEDS_SOLVER();
  Prover solver = prover();
  const auto before = policies(R"(
@id("all") permit(principal, action, resource);
@id("secret") @severity("critical") forbid(principal, action == Action::"write", resource) when { resource.path like "*.env" };
@id("big") @severity("low") forbid(principal, action == Action::"read", resource) when { resource.size > 10 };)");
  const auto after = policies(R"(
@id("all") permit(principal, action, resource);
@id("secret") @severity("critical") forbid(principal, action == Action::"write", resource) when { resource.path like "*/.env" };
@id("big") @severity("low") forbid(principal, action == Action::"read", resource) when { resource.size > 11 };)");
  const auto comparison = compare(before, after, schema(kSchema), solver, Semantics::cedar);
  ASSERT_TRUE(comparison) << comparison.error().message();
  ASSERT_EQ(comparison->environments.size(), 2u);
  EXPECT_TRUE(comparison->looser());
  const auto& first = comparison->environments[0];
  EXPECT_EQ(first.environment.action.id(), "write");
  EXPECT_EQ(first.verdict, EnvironmentComparison::Verdict::looser);
  EXPECT_EQ(first.loosened->severity, "critical");
  EXPECT_THAT(first.loosened->policies_before, ElementsAre("secret"));
  EXPECT_EQ(comparison->environments[1].verdict, EnvironmentComparison::Verdict::looser);
}

TEST(Compare, TheGuardsVerdictsHaveAnOrder) {
  NEEDS_SOLVER();
  Prover solver = prover();
  const auto types = schema(kSchema);
  const auto with = [](const char* verdict) {
    return policies(std::string(R"(@id("all") permit(principal, action, resource);
      @id("x") @decision(")") +
                    verdict + R"(") forbid(principal, action == Action::"write", resource);)");
  };
  const auto weaker = compare(with("ask"), with("warn"), types, solver, Semantics::weir);
  ASSERT_TRUE(weaker);
  EXPECT_TRUE(weaker->looser());
  EXPECT_EQ(weaker->environments[0].loosened->before, "ask");
  EXPECT_EQ(weaker->environments[0].loosened->after, "warn");
  const auto stronger = compare(with("ask"), with("quarantine"), types, solver, Semantics::weir);
  ASSERT_TRUE(stronger);
  EXPECT_FALSE(stronger->looser());
}

TEST(Obligations, ALayerThatPermitsWidens) {
  NEEDS_SOLVER();
  Prover solver = prover();
  const auto types = schema(kSchema);
  const std::string base = R"(@id("dev") permit(principal in Team::"dev", action, resource);)";
  const auto wide = narrows(
      policies(base), policies(base + R"(@id("mine") permit(principal, action == Action::"read", resource)
    when { resource.path == "/tmp/x" };)"),
      types, solver);
  ASSERT_TRUE(wide) << wide.error().message();
  EXPECT_EQ(wide->truth, Truth::no);
  EXPECT_EQ(wide->before, "deny");
  EXPECT_EQ(wide->after, "allow");
  EXPECT_THAT(wide->text(), HasSubstr("File::"));
  const auto narrow = narrows(
      policies(base), policies(base + R"(@id("mine") permit(principal in Team::"dev", action, resource)
    when { resource.path == "/tmp/x" }; @id("no") @decision("ask") forbid(principal, action, resource);)"),
      types, solver);
  ASSERT_TRUE(narrow);
  EXPECT_EQ(narrow->truth, Truth::yes) << narrow->why;
}

TEST(Obligations, AForbidThatCanErrIsFound) {
  NEEDS_SOLVER();
  Prover solver = prover();
  const auto types = schema(kSchema);
  const auto bad = no_forbid_errs(policies(R"(@id("sum") forbid(principal, action, resource)
    when { principal.trust + resource.size > 3 };)"),
                                  types, solver);
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->truth, Truth::no);
  EXPECT_EQ(bad->policy, "sum");
  const auto good = no_forbid_errs(policies(R"(@id("sum") forbid(principal, action, resource)
    when { principal.trust < 1000 && resource.size < 1000 && principal.trust > -5 && resource.size > -5 &&
           principal.trust + resource.size > 3 };
    @id("tag") forbid(principal, action, resource) when { principal.hasTag("a") && principal.getTag("a") == "b" };)"),
                                   types, solver);
  ASSERT_TRUE(good);
  EXPECT_EQ(good->truth, Truth::yes) << good->why << good->policy;
}

}  // namespace
}  // namespace weir::prove
