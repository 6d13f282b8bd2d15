#include "prove/property.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/hash.h"
#include "prove/certificate.h"
#include "prove/explain.h"
#include "prove/support.h"

namespace weir::prove {
namespace {

using namespace testing_support;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kSchema = R"(
entity Team;
entity Agent in [Team];
entity Host { name: String };
action send appliesTo { principal: [Agent], resource: [Host],
  context: { labels: Set<String>, approved: Bool, note?: Long } };
action stop appliesTo { principal: [Agent], resource: [Host] };
)";
constexpr const char* kPolicies = R"(
@id("all") permit(principal, action, resource);
@id("flow") @reason("Secrets stay here.") forbid(principal, action == Action::"send", resource)
when { context.labels.containsAll(["untrusted", "secret"]) && !(resource.name like "*.example.com") }
unless { context.approved };
@id("stop") @decision("ask") forbid(principal, action == Action::"stop", resource);
)";

std::vector<Property> properties(const std::string& text) {
  auto parsed = parse_properties(text, "test.cedarprop");
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed ? *parsed : std::vector<Property>();
}

PropertyOutcome outcome(const std::string& text, bool* proved = nullptr) {
  Prover solver = prover();
  auto out = prove_properties(properties(text), policies(kPolicies), schema(kSchema), solver);
  EXPECT_TRUE(out) << out.error().message();
  if (proved != nullptr) *proved = out->at(0).truth == Truth::yes;
  return out->at(0);
}

TEST(Property, ReadsNeverAndAlways) {
  const auto list = properties(R"(// a comment with never in it
@id("a") @description("never; always") never (principal, action == Action::"send", resource) when { "never" == ";" };
@id("b") @verdict("warn")
always(principal, action, resource);)");
  ASSERT_EQ(list.size(), 2u);
  EXPECT_FALSE(list[0].always);
  EXPECT_EQ(list[0].verdict, event::Verdict::deny);
  EXPECT_EQ(list[0].description, "never; always");
  EXPECT_TRUE(list[1].always);
  EXPECT_EQ(list[1].verdict, event::Verdict::warn);
  EXPECT_EQ(list[1].rule.position.line, 3u);
}

TEST(Property, RefusesWhatIsNone) {
  for (const char* text :
       {"@id(\"a\") permit(principal, action, resource);", "never (principal, action, resource);",
        "@id(\"a\") @decision(\"ask\") never (principal, action, resource);",
        "@id(\"a\") @verdict(\"maybe\") never (principal, action, resource);",
        "@id(\"a\") @verdict(\"ask\") @approvals(\"3\") never (principal, action, resource);",
        "@id(\"a\") @approvals(\"2\") never (principal, action, resource);", "@id(\"a\") never",
        "@id(\"a\") never (principal == ?principal, action, resource);", "\"", "@", "never"})
    EXPECT_FALSE(parse_properties(text, "x")) << text;
}

TEST(Property, ProvedRefutedVacuous) {
  NEEDS_SOLVER();
  const auto proved = outcome(R"(@id("p") never (principal, action == Action::"send", resource)
    when { context.labels.contains("secret") && context.labels.contains("untrusted") && resource.name == "evil.test" &&
           !context.approved };)");
  EXPECT_EQ(proved.truth, Truth::yes) << proved.why;
  EXPECT_EQ(proved.environment_count, 1u);
  const auto refuted = outcome(R"(@id("p") never (principal, action == Action::"send", resource)
    when { context.labels.contains("secret") && !(resource.name like "*.example.com") };)");
  EXPECT_EQ(refuted.truth, Truth::no);
  EXPECT_EQ(refuted.answer, "allow");
  ASSERT_TRUE(refuted.example);
  const auto asked =
      outcome(R"(@id("p") @verdict("ask") never (principal, action == Action::"stop", resource);)");
  EXPECT_EQ(asked.truth, Truth::yes);
  const auto not_denied = outcome(R"(@id("p") never (principal, action == Action::"stop", resource);)");
  EXPECT_EQ(not_denied.truth, Truth::no);
  EXPECT_EQ(not_denied.answer, "ask");
  const auto runs = outcome(R"(@id("p") always (principal, action == Action::"send", resource)
    when { context.labels.isEmpty() };)");
  EXPECT_EQ(runs.truth, Truth::yes);
  const auto blocked = outcome(R"(@id("p") always (principal, action == Action::"send", resource);)");
  EXPECT_EQ(blocked.truth, Truth::no);
  const auto nothing = outcome(R"(@id("p") never (principal, action == Action::"send", resource)
    when { resource.name == "a" && resource.name == "b" };)");
  EXPECT_TRUE(nothing.vacuous);
}

TEST(Property, TwoPeopleAreMoreThanOne) {
  NEEDS_SOLVER();
  const auto one = outcome(
      R"(@id("p") @verdict("ask") @approvals("2") never (principal, action == Action::"stop", resource);)");
  EXPECT_EQ(one.truth, Truth::no);
  EXPECT_EQ(one.answer, "ask");
  const auto at_most = outcome(
      R"(@id("p") @verdict("ask") @approvals("1") always (principal, action == Action::"stop", resource);)");
  EXPECT_EQ(at_most.truth, Truth::yes);
}

TEST(Property, AConditionThatCanErrProvesNothing) {
  NEEDS_SOLVER();
  const auto found = outcome(R"(@id("p") never (principal, action == Action::"send", resource)
    when { context has note && context.note + 1 > 3 && context.labels.contains("x") && !context.labels.contains("x") };)");
  EXPECT_EQ(found.truth, Truth::unknown);
  EXPECT_THAT(found.why, HasSubstr("err"));
}

TEST(Certificate, IsConfirmedByTheSecondSolverAndNotWhenTouched) {
  NEEDS_SOLVER();
  if (!os::find_program("z3")) GTEST_SKIP() << "z3 is not installed";
  Prover solver = prover(true);
  const auto out =
      prove_properties(properties(R"(@id("p") never (principal, action == Action::"send", resource)
    when { context.labels.containsAll(["secret", "untrusted"]) && resource.name == "evil.test" && !context.approved };
    @id("q") @verdict("ask") never (principal, action == Action::"stop", resource);)"),
                       policies(kPolicies), schema(kSchema), solver);
  ASSERT_TRUE(out);
  Certificate certificate = certify(solver, {{"policies", "sha256:00"}});
  ASSERT_GT(certificate.obligations, 1u);
  EXPECT_EQ(certificate.files[0].name, "certificate.json");
  const auto read = [&](const std::string& name) -> Result<std::string> {
    for (const auto& file : certificate.files)
      if (file.name == name) return file.text;
    return fail(ErrorCode::not_found, "no such file", name);
  };
  const auto again = recheck(certificate.files[0].text, read, {.program = "z3"});
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->agreed, certificate.obligations) << (again->open.empty() ? "" : again->open[0]);
  EXPECT_THAT(again->disagreed, ElementsAre());
  EXPECT_EQ(again->digest, certificate.digest);
  certificate.files[1].text += "; touched\n";
  const auto touched = recheck(certificate.files[0].text, read, {.program = "z3"});
  ASSERT_FALSE(touched);
  EXPECT_EQ(touched.error().code, ErrorCode::corrupt);
}

TEST(Certificate, ASolverThatIsWrongIsCaught) {
  if (!os::find_program("z3")) GTEST_SKIP() << "z3 is not installed";
  const std::string script = "(set-logic ALL)(declare-const s (Set String))(assert (set.member \"a\" s))";
  const std::string index =
      R"({"format":"weir-proof/1","solver":"x","obligations":[{"name":"n","file":"0.smt2","digest":")" +
      digest_text(sha256(script)) + "\"}]}";
  const auto found =
      recheck(index, [&](const std::string&) -> Result<std::string> { return script; }, {.program = "z3"});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_THAT(found->disagreed, ElementsAre("n"));
}

TEST(Explain, NamesClausesAndTheNearestChange) {
  NEEDS_SOLVER();
  Prover solver = prover();
  const cedar::EntityUid agent("Agent", "a"), host("Host", "h");
  const Example example{
      cedar::Request(
          agent, cedar::EntityUid("Action", "send"), host,
          cedar::Record(
              {{"labels", cedar::Value(cedar::Set({cedar::Value("secret"), cedar::Value("untrusted")}))},
               {"approved", cedar::Value(false)}})),
      *cedar::Entities::make(
          {{agent, {}, {}, {}}, {host, cedar::Record({{"name", cedar::Value("evil.test")}}), {}, {}}})};
  const auto found = explain(policies(kPolicies), schema(kSchema), example, {{"test.cedar", kPolicies}},
                             Semantics::weir, &solver);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->answer, "deny");
  EXPECT_EQ(found->policies.at(0).id, "flow");
  EXPECT_TRUE(found->policies.at(0).decides);
  ASSERT_EQ(found->policies.at(0).clauses.size(), 2u);
  EXPECT_EQ(found->policies.at(0).clauses[0].outcome, "true");
  EXPECT_THAT(found->policies.at(0).clauses[0].text, HasSubstr("containsAll"));
  EXPECT_EQ(found->policies.at(0).clauses[1].outcome, "false");
  EXPECT_TRUE(found->searched) << found->why;
  std::vector<std::string> changes;
  for (const auto& flip : found->flips) {
    EXPECT_EQ(flip.what.size(), 1u);
    EXPECT_EQ(flip.answer, "allow");
    changes.push_back(flip.what[0]);
  }
  std::sort(changes.begin(), changes.end());
  EXPECT_THAT(changes, testing::IsSupersetOf({"context.approved", "context.labels", "resource.name"}));
}

}  // namespace
}  // namespace weir::prove
