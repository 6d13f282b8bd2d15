// The policies that profiles add (content/profiles/*): each set loads beside the shipped policies, keeps what
// it promises, and is needed for it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "os/files.h"
#include "prove/analyze.h"
#include "prove/certificate.h"
#include "prove/obligations.h"
#include "prove/property.h"
#include "prove/support.h"

namespace weir::prove {
namespace {

using namespace testing_support;

const std::string kContent = WEIR_SOURCE_DIR "/content";

std::string texts(const std::string& dir, std::string_view ending) {
  std::string out;
  for (const auto& name : os::list_dir(dir))
    if (name.ends_with(ending)) out += os::read_file(dir + "/" + name, 1 << 20).value_or("") + "\n";
  return out;
}

TEST(Packs, KeepWhatTheyPromiseAndAreNeededForIt) {
  NEEDS_SOLVER();
  const auto types = schema(texts(kContent + "/policies", ".cedarschema"));
  const std::string shipped_text = texts(kContent + "/policies", ".cedar");
  const auto shipped = policies(shipped_text);
  std::size_t packs = 0;
  for (const auto& name : os::list_dir(kContent + "/profiles")) {
    SCOPED_TRACE(name);
    const std::string dir = kContent + "/profiles/" + name;
    if (texts(dir, ".cedar").empty() || texts(dir, ".cedarprop").empty()) continue;
    ++packs;
    const auto with = policies(shipped_text + texts(dir, ".cedar"));
    auto promised = parse_properties(texts(dir, ".cedarprop"), name);
    ASSERT_TRUE(promised) << promised.error().message();
    Prover solver = prover(true);
    const auto kept = prove_properties(*promised, with, types, solver);
    ASSERT_TRUE(kept) << kept.error().message();
    for (const auto& one : *kept) {
      EXPECT_EQ(one.truth, Truth::yes) << one.id << ": " << one.why;
      EXPECT_FALSE(one.vacuous) << one.id;
    }
    // Without the pack each `never` is broken: it is the pack that keeps it.
    Prover plain = prover();
    const auto without = prove_properties(*promised, shipped, types, plain);
    ASSERT_TRUE(without);
    for (std::size_t i = 0; i < without->size(); ++i)
      EXPECT_EQ((*without)[i].truth, (*promised)[i].always ? Truth::yes : Truth::no) << (*without)[i].id;
    // It is an addition: nothing is answered more weakly with it.
    const auto narrower = narrows(shipped, with, types, plain);
    ASSERT_TRUE(narrower);
    EXPECT_EQ(narrower->truth, Truth::yes) << narrower->text();
    if (!os::find_program("z3")) continue;
    const auto certificate = certify(solver, {});
    const std::string directory = testing::TempDir() + "weir_packs_test_" + name;
    ASSERT_TRUE(write_certificate(certificate, directory));
    const auto again = recheck(certificate.files[0].text, files_of(directory), {.program = "z3"});
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->agreed, certificate.obligations);
    EXPECT_EQ(read_certificate(certificate.files[0].text, files_of(directory))->digest, certificate.digest);
  }
  EXPECT_GE(packs, 1u);
}

// A linter that is red from the beginning is switched off: what ships has nothing above a note.
TEST(Packs, TheShippedPoliciesAreWithoutWarnings) {
  NEEDS_SOLVER();
  Prover solver = prover();
  const auto found = analyze(policies(texts(kContent + "/policies", ".cedar")),
                             schema(texts(kContent + "/policies", ".cedarschema")), solver, {});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_FALSE(found->has_unknown());
  EXPECT_FALSE(found->has_findings(AnalysisSeverity::warning));
  EXPECT_TRUE(found->has_findings(AnalysisSeverity::note)) << "base.allow is about everything, and says so";
}

// A policy that does nothing in one environment and something in another does what it was written for.
TEST(Analyze, WarnsOfWhatIsIdleEverywhere) {
  NEEDS_SOLVER();
  Prover solver = prover();
  const auto types = schema(
      "entity User; entity Doc { open: Bool };\n"
      "action read, write appliesTo { principal: User, resource: Doc };\n");
  const std::string one = "@id(\"one\") forbid(principal, action == Action::\"read\", resource);";
  const std::string both = "@id(\"both\") forbid(principal, action, resource) when { resource.open };";
  const auto found = analyze(policies(one + both), types, solver, {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->count(AnalysisSeverity::note), 1u);
  EXPECT_EQ(found->count(AnalysisSeverity::warning), 0u);
  const auto closed = analyze(
      policies(one + both + "@id(\"rest\") forbid(principal, action == Action::\"write\", resource);"), types,
      solver, {});
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->count(AnalysisSeverity::warning), 2u);
}

TEST(Analyze, TellsWhatIsMeantFromWhatIsNot) {
  NEEDS_SOLVER();
  Prover solver = prover();
  const auto types = schema(
      "entity User; entity Doc { open: Bool, size: Long };\n"
      "action read appliesTo { principal: User, resource: Doc };\n");
  const auto severity = [&](const std::string& text) {
    const auto found = analyze(policies(text), types, solver, {.conflicts = true});
    EXPECT_TRUE(found) << found.error().message();
    for (const auto one : {AnalysisSeverity::error, AnalysisSeverity::warning, AnalysisSeverity::note})
      if (found->count(one) > 0) return std::string(name(one));
    return std::string("none");
  };
  EXPECT_EQ(severity("permit(principal, action, resource);"), "note");
  EXPECT_EQ(severity("permit(principal, action, resource) when { resource.open || !resource.open };"),
            "warning");
  EXPECT_EQ(severity("permit(principal, action, resource) when { resource.open };"), "none");
  EXPECT_EQ(severity("permit(principal, action, resource) when { resource.open };"
                     "forbid(principal, action, resource) when { resource.size == 3 };"),
            "note");
  EXPECT_EQ(severity("permit(principal, action, resource) when { resource.size + 1 == 3 };"), "warning");
  // What another covers is idle, unless it says more.
  const std::string open = "permit(principal, action, resource) when { resource.size != 9 };";
  const auto two = [](const char* wide, const char* narrow) {
    return fmt::format(
        "@id(\"w\") {} forbid(principal, action, resource) when {{ resource.open }};"
        "@id(\"n\") {} forbid(principal, action, resource) when {{ resource.open && resource.size == 3 }};",
        wide, narrow);
  };
  EXPECT_EQ(severity(two("", "")), "warning");
  EXPECT_EQ(severity(two("", "@decision(\"ask\")")), "warning");
  EXPECT_EQ(severity(two("@decision(\"ask\")", "")), "note");
  EXPECT_EQ(severity(two("@mode(\"observe\")", "")), "note");
  EXPECT_EQ(severity(open + "@decision(\"ask\") forbid(principal, action, resource) when { resource.size != "
                            "9 || resource.open };"),
            "note");
  EXPECT_EQ(severity("forbid(principal, action, resource) when { resource.size + 1 == 3 };"), "error");
}

}  // namespace
}  // namespace weir::prove
