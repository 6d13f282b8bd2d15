// Compiled evaluation equals the tree evaluator: the input draws policies, entities and requests from the
// generator of the tests.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "../../cedar/random_policies.h"
#include "../../cedar/reference.h"

using namespace weir::cedar;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::size_t at = 0;
  // Zero when the input is at its end: the generator ends soon then.
  RandomPolicies random([&](std::uint32_t n) { return at < size ? data[at++] % n : 0u; });
  const auto policies = PolicySet::parse(random.policies(1 + static_cast<std::uint32_t>(size % 8)));
  if (!policies) std::abort();  // the generator writes Cedar
  const Entities entities = random.entities();
  Workspace workspace;
  for (int i = 0; i < 2; ++i) {
    const Request request = random.request();
    Response response = authorize(*policies, request, entities, workspace);
    explain_errors(response, request, entities);
    if (!same(response, reference_response(*policies, request, entities))) std::abort();
  }
  return 0;
}
