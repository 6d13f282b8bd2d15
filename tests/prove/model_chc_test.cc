#include "prove/model_chc.h"

#include <gmock/gmock.h>

#include "os/process.h"
#include "prove/model_support.h"

namespace weir::prove {
namespace {

using test::load_shipped;
using test::load_text;
using testing::HasSubstr;

class ModelProofs : public testing::Test {
 protected:
  void SetUp() override {
    if (!os::find_program("z3") || !os::find_program("cvc5")) GTEST_SKIP() << "z3 and cvc5 are not installed";
  }
  static Solver solver(const char* program) {
    auto started = Solver::start({.program = program, .query_ms = 30'000});
    CHECK(started.has_value());
    return std::move(*started);
  }
};

constexpr const char* kPolicies = "@id(\"all\") permit (principal, action, resource);";

// Two counters without bounds that are compared with each other: no search can end, an invariant can.
constexpr const char* kLedger = R"(model: ledger
policies: [p.cedar]
agents: {a: {tools: [grant, post]}}
counters: {granted: {unbounded: true}, posted: {unbounded: true}}
tools:
  grant: {counts: [granted]}
  post: {counts: [posted], when: true.posted < true.granted}
properties:
  covered: {always: true.posted <= true.granted}
  too-strong: {always: true.granted <= true.posted}
)";

TEST_F(ModelProofs, DecideWhatSearchCannot) {
  const auto loaded = load_text(kLedger, kPolicies);
  ASSERT_TRUE(loaded) << loaded.error().message();
  const ModelSearch search = search_model((*loaded)->system, {});
  EXPECT_FALSE(search.complete);
  EXPECT_EQ(search.outcomes[0].verdict, ModelOutcome::Verdict::not_checked);
  EXPECT_EQ(search.outcomes[1].verdict, ModelOutcome::Verdict::violated);

  Solver spacer = solver("z3");
  const auto proof = prove_model((*loaded)->system, 0, spacer);
  ASSERT_TRUE(proof) << proof.error().message();
  ASSERT_EQ(proof->verdict, ModelProof::Verdict::proved) << proof->why;
  const auto refuted = prove_model((*loaded)->system, 1, spacer);
  ASSERT_TRUE(refuted);
  EXPECT_EQ(refuted->verdict, ModelProof::Verdict::refuted);

  const auto certificate = model_certificate((*loaded)->system, 0, *proof, "sha256:0");
  ASSERT_TRUE(certificate) << certificate.error().message();
  Solver other = solver("cvc5");
  const auto checked = check_certificate(*certificate, other);
  ASSERT_TRUE(checked) << checked.error().message();
  EXPECT_TRUE(checked->holds) << checked->problem;
  EXPECT_GE(checked->obligations, 3U);
}

TEST_F(ModelProofs, AWrongInvariantIsNotConfirmed) {
  const auto loaded = load_text(kLedger, kPolicies);
  ASSERT_TRUE(loaded);
  Solver other = solver("cvc5");
  // Too weak (not safe), too strong (a step leaves it), and false at the beginning.
  for (const auto& [body, obligation] :
       {std::pair("true", "safe"), std::pair("(= a b)", "steps"), std::pair("(> a 0)", "initial")}) {
    ModelProof proof{.verdict = ModelProof::Verdict::proved,
                     .invariant = std::string("(define-fun Inv ((a Int) (b Int)) Bool ") + body + ")"};
    const auto certificate = model_certificate((*loaded)->system, 0, proof, "sha256:0");
    ASSERT_TRUE(certificate) << certificate.error().message();
    const auto checked = check_certificate(*certificate, other);
    ASSERT_TRUE(checked) << checked.error().message();
    EXPECT_FALSE(checked->holds) << body;
    EXPECT_THAT(checked->problem, HasSubstr(obligation));
  }
}

TEST_F(ModelProofs, AnInvariantMayOnlyDefine) {
  const auto loaded = load_text(kLedger, kPolicies);
  ASSERT_TRUE(loaded);
  for (const char* invariant :
       {"(assert false)", "(define-fun Inv ((a Int) (b Int)) Bool true) (assert false)",
        "(define-fun Inv ((a Int) (b Int)) Bool true", "(exit)", "true; (assert false)"})
    EXPECT_FALSE(model_obligations((*loaded)->system, 0, invariant)) << invariant;
}

TEST_F(ModelProofs, ATamperedCertificateIsRefused) {
  const auto loaded = load_text(kLedger, kPolicies);
  ASSERT_TRUE(loaded);
  ModelProof proof{.verdict = ModelProof::Verdict::proved,
                   .invariant = "(define-fun Inv ((a Int) (b Int)) Bool (>= a b))"};
  auto certificate = model_certificate((*loaded)->system, 0, proof, "sha256:0");
  ASSERT_TRUE(certificate);
  certificate->find("obligations")->as_array()[0].set("script", "(set-logic ALL)(assert false)");
  Solver other = solver("cvc5");
  const auto checked = check_certificate(*certificate, other);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::corrupt);
}

// Search and Spacer are two independent engines over one model: they must agree on everything that ships.
TEST_F(ModelProofs, AgreeWithSearchOnTheShippedModels) {
  Solver spacer = solver("z3");
  Solver other = solver("cvc5");
  for (const auto& [name, variant] :
       {std::pair("single-coding-agent", ""), std::pair("single-coding-agent", "unwatched-notes"),
        std::pair("debate", ""), std::pair("debate", "silent-revision"), std::pair("supervisor", "")}) {
    const auto loaded = load_shipped(name, variant);
    ASSERT_NE(loaded, nullptr);
    const ModelSearch search = search_model(loaded->system, {});
    for (std::size_t p = 0; p < loaded->model.properties.size(); ++p) {
      const auto proof = prove_model(loaded->system, p, spacer);
      ASSERT_TRUE(proof) << proof.error().message();
      const bool violated = search.outcomes[p].verdict == ModelOutcome::Verdict::violated;
      // A long counterexample may take Spacer longer than its limit; it must never be called proved.
      if (violated && proof->verdict == ModelProof::Verdict::unknown) continue;
      EXPECT_EQ(proof->verdict, violated ? ModelProof::Verdict::refuted : ModelProof::Verdict::proved)
          << name << " " << variant << " " << loaded->model.properties[p].name << " " << proof->why;
      std::printf("%-20s %-16s %-26s spacer %8.1f ms\n", name, variant,
                  loaded->model.properties[p].name.c_str(), static_cast<double>(proof->elapsed_ns) / 1e6);
      if (proof->verdict != ModelProof::Verdict::proved) continue;
      const auto certificate = model_certificate(loaded->system, p, *proof, "sha256:0");
      ASSERT_TRUE(certificate) << certificate.error().message();
      const auto checked = check_certificate(*certificate, other);
      ASSERT_TRUE(checked) << checked.error().message();
      EXPECT_TRUE(checked->holds) << checked->problem;
    }
  }
}

}  // namespace
}  // namespace weir::prove
