// Explicit-state search: every state that a model can reach, breadth first, so that the first violation found
// has the shortest trace there is.
//
//   ModelSearch result = search_model(system, {});
//   for (const ModelOutcome& outcome : result.outcomes) …      // one for each property, in order
//
// States are packed into bits and kept exactly, no hash stands for a state. Identical agents are
// interchangeable: of all states that differ only in which member is which, one is kept. A limit that is
// reached makes every property that was not violated `not_checked`, never `holds`.
#pragma once

#include <string>
#include <vector>

#include "prove/model_system.h"

namespace weir::prove {

struct ModelSearchOptions {
  std::size_t states_max = 50'000'000;
  std::size_t memory_bytes_max = std::size_t{2} << 30;
  std::int64_t time_ms = 600'000;
  bool symmetry = true;  // off only to compare
};

struct ModelTraceStep {
  int step = 0;                      // index into ModelSystem::steps
  std::vector<std::int32_t> before;  // values of all variables
  std::vector<std::int32_t> after;
};

struct ModelOutcome {
  enum class Verdict { holds, violated, not_checked } verdict = Verdict::not_checked;
  std::vector<ModelTraceStep> trace;  // violated: from the initial state to the violation
};
std::string_view name(ModelOutcome::Verdict verdict);

struct ModelSearch {
  std::vector<ModelOutcome> outcomes;
  std::size_t states = 0;
  std::size_t transitions = 0;
  std::size_t depth = 0;  // steps to the farthest state
  std::size_t bits = 0;   // of one state
  std::size_t memory_bytes = 0;
  std::size_t requests = 0;  // Cedar requests decided for the gates
  std::int64_t elapsed_ns = 0;
  bool complete = false;
  std::string incomplete_why;
  std::vector<std::string> never_happened;  // rules that no reachable state lets happen
};

ModelSearch search_model(const ModelSystem& system, const ModelSearchOptions& options);

}  // namespace weir::prove
