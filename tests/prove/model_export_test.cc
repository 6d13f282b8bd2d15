// The exports say what the model says: Spin, an independent model checker, gives the same verdict.
#include "prove/model_export.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include "os/files.h"
#include "os/process.h"
#include "prove/model_support.h"
#include "support/throwaway_dir.h"

namespace weir::prove {
namespace {

using test::load_text;
using testing::HasSubstr;

// "violated", "holds", or what went wrong.
std::string spin_verdict(const std::string& promela) {
  const support::ThrowawayDir directory;
  const std::string& path = directory.path();
  if (!os::write_file_atomic(path + "/m.pml", promela)) return "cannot write";
  for (const std::vector<std::string>& argv :
       {std::vector<std::string>{"spin", "-a", "m.pml"},
        std::vector<std::string>{"cc", "-O1", "-w", "-DSAFETY", "-DNOREDUCE", "-DMEMLIM=1024", "-o", "pan",
                                 "pan.c"}}) {
    const auto run = os::run_child({.argv = argv, .cwd = path, .timeout_ms = 300'000});
    if (!run || run->exit.code != 0)
      return argv[0] + ": " + (run ? run->out + run->err : run.error().message());
  }
  const auto run = os::run_child({.argv = {path + "/pan", "-m1000000"}, .cwd = path, .timeout_ms = 300'000});
  if (!run) return run.error().message();
  if (run->out.find("errors: 0") == std::string::npos)
    return run->out.find("assertion violated") != std::string::npos ? "violated" : run->out + run->err;
  const bool whole = run->out.find("Search not completed") == std::string::npos &&
                     run->out.find("max search depth too small") == std::string::npos;
  return whole ? "holds" : run->out;
}

struct Case {
  const char* model;
  const char* variant;
};

class Spin : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!os::find_program("spin") || !os::find_program("cc")) GTEST_SKIP() << "spin is not installed";
  }
};

TEST_P(Spin, AgreesOnEveryProperty) {
  // Spin knows no symmetry: three of the ten agents are enough to compare verdicts.
  std::string text = test::shipped_text(GetParam().model);
  if (const auto at = text.find("count: 10"); at != std::string::npos) text.replace(at, 9, "count: 3");
  const auto loaded = load_text(text, "", GetParam().variant);
  ASSERT_TRUE(loaded) << loaded.error().message();
  const ModelSearch search = search_model((*loaded)->system, {});
  ASSERT_TRUE(search.complete);
  for (std::size_t p = 0; p < search.outcomes.size(); ++p) {
    const auto promela = promela_text((*loaded)->system, {.property = static_cast<int>(p)});
    ASSERT_TRUE(promela) << promela.error().message();
    EXPECT_EQ(spin_verdict(*promela), name(search.outcomes[p].verdict))
        << (*loaded)->model.properties[p].name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Spin,
                         testing::Values(Case{"single-coding-agent", ""},
                                         Case{"single-coding-agent", "unwatched-notes"}, Case{"batch", ""},
                                         Case{"batch", "shared-cache"}, Case{"mail-agent", ""},
                                         Case{"mail-agent", "unwatched-notes"}, Case{"delegation", ""},
                                         Case{"delegation", "text-for-narrow"}, Case{"debate", ""},
                                         Case{"debate", "silent-revision"}, Case{"supervisor", ""},
                                         Case{"supervisor", "label-lost"}),
                         [](const auto& one) {
                           std::string name = std::string(one.param.model) + "_" + one.param.variant;
                           std::erase(name, '-');
                           return name;
                         });

TEST(ModelExport, TlaNamesEveryVariableAndStep) {
  const auto loaded = test::load_shipped("debate");
  ASSERT_NE(loaded, nullptr);
  const auto text = tla_text(loaded->system, {});
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_TRUE(text->starts_with("---- MODULE debate ----\n"));
  EXPECT_TRUE(text->ends_with("====\n"));
  for (std::size_t s = 1; s <= loaded->system.steps.size(); ++s) {
    EXPECT_THAT(*text, HasSubstr("\nStep" + std::to_string(s) + " ==\n"));
    EXPECT_THAT(*text, HasSubstr("\\/ Step" + std::to_string(s) + "\n"));
  }
  // Every step says of every variable what becomes of it: as often primed or UNCHANGED as there are steps.
  const auto variables_line = text->substr(text->find("VARIABLES ") + 10);
  const std::string variables = variables_line.substr(0, variables_line.find('\n'));
  EXPECT_THAT(variables, HasSubstr("monitored_reviewed"));
  EXPECT_EQ(std::count(text->begin(), text->end(), '('), std::count(text->begin(), text->end(), ')'));
}

TEST(ModelExport, ACounterThatCannotBeCutHasNoPromela) {
  const auto loaded = load_text(
      "model: m\npolicies: [p]\nagents: {a: {tools: [x, y]}}\n"
      "counters: {n: {unbounded: true}, m: {unbounded: true}}\n"
      "tools: {x: {counts: [n]}, y: {counts: [m], when: true.m < true.n}}\n"
      "properties: {p: {always: true.m <= true.n}}\n",
      "@id(\"all\") permit (principal, action, resource);");
  ASSERT_TRUE(loaded) << loaded.error().message();
  const auto text = promela_text((*loaded)->system, {});
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().hint, HasSubstr("--to smt"));
}

}  // namespace
}  // namespace weir::prove
