#include "prove/solver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "os/process.h"
#include "prove/sexpr.h"

namespace weir::prove {
namespace {

using testing::HasSubstr;

// A question about factors that no solver answers in a second.
constexpr std::string_view kHard = R"((set-logic ALL)
(declare-const a (_ BitVec 64))(declare-const b (_ BitVec 64))
(assert (= (bvmul ((_ zero_extend 64) a) ((_ zero_extend 64) b)) (_ bv170141183460469231722463931679029329919 128)))
(assert (bvugt a (_ bv1 64)))(assert (bvugt b (_ bv1 64))))";

bool installed(const char* program) {
  return os::find_program(program).has_value();
}

TEST(Solver, AbsentProgramIsAnErrorThatSaysWhatToDo) {
  const auto solver = Solver::start({.program = "no-such-solver"});
  ASSERT_FALSE(solver);
  EXPECT_EQ(solver.error().code, ErrorCode::not_found);
  EXPECT_THAT(solver.error().hint, HasSubstr("install"));
}

class Solvers : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!installed(GetParam())) GTEST_SKIP() << GetParam() << " is not installed";
  }
};

TEST_P(Solvers, AnswersManyQuestionsInOneChild) {
  auto solver = Solver::start({.program = GetParam()});
  ASSERT_TRUE(solver);
  EXPECT_THAT(solver->version(), HasSubstr(GetParam()));
  for (int i = 0; i < 20; ++i) {
    const std::string script =
        "(set-option :produce-models true)(set-logic ALL)(declare-const x String)(assert (= x \"v" +
        std::to_string(i) + "\"))";
    const auto reply = solver->check(script, "(get-value (x))");
    ASSERT_TRUE(reply) << reply.error().message();
    ASSERT_EQ(reply->answer, Answer::sat);
    const auto model = parse_sexpr(reply->model);
    ASSERT_TRUE(model) << reply->model;
    EXPECT_EQ(model->list.at(0).list.at(1).text, "v" + std::to_string(i));
    const auto no = solver->check(script + "(assert (= x \"\"))");
    ASSERT_TRUE(no);
    EXPECT_EQ(no->answer, Answer::unsat);
  }
  EXPECT_EQ(solver->questions(), 40u);
}

TEST_P(Solvers, TimeLimitIsUnknownAndTheNextQuestionIsAnswered) {
  auto solver = Solver::start({.program = GetParam(), .query_ms = 300});
  ASSERT_TRUE(solver);
  const auto begin = std::chrono::steady_clock::now();
  const auto hard = solver->check(kHard);
  ASSERT_TRUE(hard) << hard.error().message();
  EXPECT_EQ(hard->answer, Answer::unknown);
  EXPECT_THAT(hard->why, HasSubstr("time limit"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  const auto easy = solver->check("(set-logic ALL)(assert false)");
  ASSERT_TRUE(easy);
  EXPECT_EQ(easy->answer, Answer::unsat);
}

TEST_P(Solvers, MemoryLimitIsUnknown) {
  auto solver = Solver::start({.program = GetParam(), .query_ms = 20'000, .memory_bytes_max = 96u << 20});
  ASSERT_TRUE(solver);
  std::string script = "(set-logic ALL)";
  for (int i = 0; i < 60; ++i)
    script += "(declare-const a" + std::to_string(i) + " (_ BitVec 512))(assert (= (bvmul a" +
              std::to_string(i) + " a" + std::to_string(i) + ") (_ bv" + std::to_string(4 * i + 2) +
              " 512)))";
  const auto reply = solver->check(script);
  if (reply) {
    EXPECT_NE(reply->answer, Answer::sat);
  }
  const auto easy = solver->check("(set-logic ALL)(assert false)");
  if (easy) {
    EXPECT_EQ(easy->answer, Answer::unsat);
  }
}

TEST_P(Solvers, MalformedScriptIsAnErrorNotAnAnswer) {
  auto solver = Solver::start({.program = GetParam()});
  ASSERT_TRUE(solver);
  EXPECT_FALSE(solver->check("(set-logic ALL)(assert (nonsense x))"));
  const auto easy = solver->check("(set-logic ALL)(assert true)");
  ASSERT_TRUE(easy);
  EXPECT_EQ(easy->answer, Answer::sat);
}

INSTANTIATE_TEST_SUITE_P(All, Solvers, testing::Values("cvc5", "z3"));

// A "solver" that dies at the first word, and one that never answers.
TEST(Solver, DeathIsUnknown) {
  auto solver = Solver::start({.program = "true", .query_ms = 500});
  ASSERT_TRUE(solver);
  const auto reply = solver->check("(set-logic ALL)(assert false)");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->answer, Answer::unknown);
  EXPECT_FALSE(reply->why.empty());
}

TEST(SExpr, ReadsAndWrites) {
  const auto read =
      parse_sexpr("((p (E0 \"a\"\"b\")) ; comment )\n (|x y| #b01 (as set.empty (Set String))))");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->list[0].list[1].list[1].text, "a\"b");
  EXPECT_EQ(read->list[1].list[0].text, "x y");
  const auto again = parse_sexpr(to_text(*read));
  ASSERT_TRUE(again);
  EXPECT_EQ(to_text(*again), to_text(*read));
}

TEST(SExpr, RefusesWhatIsNotClosed) {
  for (const char* text : {"(", ")", "(\"", "(|a", "", "a b"})
    EXPECT_FALSE(parse_sexpr(text)) << text;
  EXPECT_FALSE(parse_sexprs(std::string(100'000, '(')));
}

}  // namespace
}  // namespace weir::prove
