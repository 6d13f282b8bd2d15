// A policy set as authorize() runs it: an index of scopes and one program for all conditions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cedar/compiled_index.h"
#include "cedar/compiled_program.h"
#include "cedar/policy.h"

namespace weir::cedar {

struct CompiledPolicies {
  Program program;
  ScopeIndex scopes;
  // By policy: the node that is true when its conditions hold. `when { a } unless { b }` is `a && !b`: it
  // stops and errs at the same places.
  std::vector<std::uint32_t> conditions;
};

// The policies are borrowed: they must stay where they are as long as the result.
CompiledPolicies compile(std::span<const Policy> policies);

}  // namespace weir::cedar
