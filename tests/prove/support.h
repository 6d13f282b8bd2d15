// Shared by the tests of room prove: a solver or a skipped test, texts to values.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "cedar/policy_set.h"
#include "cedar/schema.h"
#include "os/process.h"
#include "prove/prover.h"

namespace weir::prove::testing_support {

inline bool has_solver() {
  return os::find_program("cvc5").has_value();
}

inline cedar::PolicySet policies(const std::string& text) {
  auto parsed = cedar::PolicySet::parse(text, "test.cedar");
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed ? *parsed : cedar::PolicySet();
}

inline cedar::Schema schema(const std::string& text) {
  auto parsed = cedar::Schema::parse(text, "test.cedarschema");
  EXPECT_TRUE(parsed) << parsed.error().message();
  return *parsed;
}

inline Prover prover(bool keep_obligations = false) {
  auto started = Prover::start({.solver = {.query_ms = 20'000}, .keep_obligations = keep_obligations});
  EXPECT_TRUE(started) << started.error().message();
  return *std::move(started);
}

}  // namespace weir::prove::testing_support

#define NEEDS_SOLVER() \
  if (!::weir::prove::testing_support::has_solver()) GTEST_SKIP() << "cvc5 is not installed"
