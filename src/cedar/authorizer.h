// The decision: which policies are satisfied by a request, and what follows.
//
//   Response response = authorize(policies, request, entities);
//   for (const Policy* policy : response.reason()) log(policy->id, policy->position.line);
//
// Who asks often keeps a Workspace and asks with it: then nothing is allocated once it has grown.
//
//   Workspace workspace;                                          // one a thread
//   const Response& response = authorize(policies, request, entities, workspace);
//
// Exactly Cedar: allow when some permit is satisfied and no forbid is; a policy that errs is not satisfied
// and is listed. Stateless and re-entrant: any number of threads may ask the same PolicySet and Entities.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "cedar/evaluation_error.h"
#include "cedar/policy_set.h"

namespace weir::cedar {

enum class Decision : std::uint8_t { allow, deny };
std::string_view name(Decision decision);

struct PolicyError {
  const Policy* policy = nullptr;
  EvaluationError error;
};

// Points into the PolicySet that was asked; all lists are in the order of the policies.
struct Response {
  Decision decision = Decision::deny;
  std::vector<const Policy*> satisfied_permits;  // also when a forbid overrides them
  std::vector<const Policy*> satisfied_forbids;
  std::vector<PolicyError> errors;  // permits and forbids; look at policy->effect

  // The policies that determined the decision: the permits of an allow, the forbids of a deny; none when
  // nothing was satisfied.
  const std::vector<const Policy*>& reason() const {
    return decision == Decision::allow ? satisfied_permits : satisfied_forbids;
  }
};

Response authorize(const PolicySet& policies, const Request& request, const Entities& entities);

// Memory of authorize(), reused from request to request, whichever policies are asked.
class Workspace {
 public:
  Workspace();
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) noexcept;
  ~Workspace();

 private:
  struct State;
  friend const Response& authorize(const PolicySet& policies, const Request& request,
                                   const Entities& entities, Workspace& workspace);
  friend Response authorize(const PolicySet& policies, const Request& request, const Entities& entities);
  std::unique_ptr<State> state_;
};

// The same; the Response is the workspace's own, good until it is used again, and its errors have kinds but
// no messages: explain_errors() adds those to a copy where somebody wants to read them.
const Response& authorize(const PolicySet& policies, const Request& request, const Entities& entities,
                          Workspace& workspace);
// Evaluates the policies that erred once more. Request and entities must be those that were asked.
void explain_errors(Response& response, const Request& request, const Entities& entities);

}  // namespace weir::cedar
