// Whole policy sets in Cedar's JSON form, and one row of `weir cedar translate-policy --jsonl`.
//
//   {"templates": {ID: POLICY}, "staticPolicies": {ID: POLICY},
//    "templateLinks": [{"templateId": ID, "newId": ID, "values": {"?principal": {"type": "User", "id":
//    "a"}}}]}
//
// POLICY as in est.h.
#pragma once

#include <string>
#include <string_view>

#include "cedar/est.h"
#include "cedar/policy_set.h"

namespace weir::cedar {

// Linked policies (template.h) become templateLinks.
Result<Json> policy_set_json(const PolicySet& policies);

// A policy set, of which members may be missing, or one single policy, whose id is its @id, else policy0.
// `name` is where the policies are said to come from. Errors: as of read_policy_json(), with the policy
// before the path; links that do not fit their template; two policies with one id.
Result<PolicySet> read_policy_set_json(const Json& document, std::string_view name = {});

// The set as text, a policy a paragraph, in an order that gives `policy3` the fourth place, so that a policy
// without an @id keeps its id where that is possible. Errors: linked policies (text cannot say them); as of
// policy_text().
Result<std::string> policy_set_text(const PolicySet& policies);

// {id, policies} -> {id, json}; {id, json} -> {id, policies}.
Result<Json> translate_row(const Json& row);

}  // namespace weir::cedar
