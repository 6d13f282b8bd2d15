// `weir workflow` as people call it, and its traces through the engine that really decides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "cli/cli.h"
#include "cli/command_line.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;

struct Flaw {
  const char* model;
  const char* variant;
};

class WorkflowTraces : public testing::TestWithParam<Flaw> {};

// What the model's gates said of each call of the trace is what the engine says of it.
TEST_P(WorkflowTraces, RunThroughTheRealEngine) {
  const std::string file = testing::TempDir() + "workflow-" + GetParam().model + ".jsonl";
  const Ran checked =
      run_weir({"workflow", "check", GetParam().model, "--variant", GetParam().variant, "--trace", file});
  EXPECT_EQ(checked.code, exit_code::kFindings) << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("violated"));
  const auto text = os::read_file(file, 1 << 20);
  ASSERT_TRUE(text);
  const auto row = parse_json(text->substr(0, text->find('\n')));
  ASSERT_TRUE(row);
  const Ran replayed = run_weir({"replay", "--jsonl", file});
  EXPECT_EQ(replayed.code, exit_code::kFine) << replayed.err;
  const auto answer = parse_json(replayed.out.substr(0, replayed.out.find('\n')));
  ASSERT_TRUE(answer) << replayed.out;
  const auto& expected = (*row)["expected"].as_array();
  const auto& decisions = (*answer)["decisions"].as_array();
  ASSERT_EQ(expected.size(), decisions.size());
  ASSERT_FALSE(expected.empty());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(expected[i]["verdict"], decisions[i]["verdict"])
        << compact(expected[i]) << compact(decisions[i]);
  (void)os::remove_file(file);
}

INSTANTIATE_TEST_SUITE_P(All, WorkflowTraces,
                         testing::Values(Flaw{"single-coding-agent", "unwatched-notes"},
                                         Flaw{"batch", "shared-cache"}, Flaw{"debate", "silent-revision"},
                                         Flaw{"supervisor", "label-lost"}),
                         [](const auto& one) {
                           std::string name = one.param.model;
                           std::erase(name, '-');
                           return name;
                         });

TEST(Workflow, ListsWhatShips) {
  const Ran shown = run_weir({"workflow", "show"});
  EXPECT_EQ(shown.code, exit_code::kFine);
  EXPECT_EQ(shown.out, "batch\ndebate\ndelegation\nmail-agent\nsingle-coding-agent\nsupervisor\n");
}

TEST(Workflow, AProvedPropertyKeepsItsCertificate) {
  if (!os::find_program("z3") || !os::find_program("cvc5")) GTEST_SKIP() << "z3 and cvc5 are not installed";
  const std::string file = testing::TempDir() + "workflow-certificate.json";
  const Ran proved = run_weir({"workflow", "check", "debate", "--certificate", file});
  EXPECT_EQ(proved.code, exit_code::kFine) << proved.out << proved.err;
  EXPECT_THAT(proved.out, HasSubstr("invariant confirmed by another solver"));
  const Ran again = run_weir({"workflow", "recheck", file});
  EXPECT_EQ(again.code, exit_code::kFine) << again.err;
  EXPECT_THAT(again.out, HasSubstr("obligations confirmed by cvc5"));
  // An invariant that is none is not accepted, even with digests that fit.
  auto text = os::read_file(file, 64 << 20);
  ASSERT_TRUE(text);
  auto certificates = parse_json(*text);
  ASSERT_TRUE(certificates);
  certificates->as_array()[0].find("obligations")->as_array().resize(1);
  ASSERT_TRUE(os::write_file_atomic(file, compact(*certificates)));
  const Ran tampered = run_weir({"workflow", "recheck", file});
  EXPECT_EQ(tampered.code, exit_code::kFindings);
  EXPECT_THAT(tampered.err, HasSubstr("not those of the model"));
  (void)os::remove_file(file);
}

TEST(Workflow, MistakesAreTold) {
  EXPECT_NE(run_weir({"workflow", "check", "no-such-model"}).code, exit_code::kFine);
  const Ran variant = run_weir({"workflow", "check", "debate", "--variant", "none"});
  EXPECT_NE(variant.code, exit_code::kFine);
  EXPECT_THAT(variant.err, HasSubstr("no variant"));
  const Ran limited =
      run_weir({"workflow", "check", "supervisor", "--states-max", "1", "--time-ms", "60000"});
  EXPECT_EQ(limited.code, exit_code::kFindings);
  EXPECT_THAT(limited.out, HasSubstr("not checked completely"));
  const Ran exported = run_weir({"workflow", "export", "debate", "--to", "smt"});
  EXPECT_NE(exported.code, exit_code::kFine);
  EXPECT_THAT(exported.err, HasSubstr("--property"));
}

}  // namespace
}  // namespace weir::cli
