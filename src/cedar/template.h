// Templates and links: a template is a policy whose scope leaves `?principal` or `?resource` open; a link
// fills the slots and makes a policy with an id of its own.
//
//   TRY(PolicySet set, PolicySet::parse("@id(\"share\") permit(principal == ?principal, action,
//   resource);")); TRY(set, link(set, {{"share", "share-alice", {{"?principal", EntityUid("User",
//   "alice")}}}}));
//
// A linked policy is an ordinary policy of the set (PolicySet::policies()) that remembers its template_id;
// annotations and conditions are the template's.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "cedar/policy_set.h"

namespace weir::cedar {

// By the slot's name with its question mark: "?principal", "?resource".
using SlotValues = std::map<std::string, EntityUid>;

struct TemplateLink {
  std::string template_id;
  std::string new_id;
  SlotValues values;
};

// The names of the slots of a template, "?principal" before "?resource". Empty: an ordinary policy.
std::vector<std::string> slots(const Policy& policy);

// One policy of a template. Errors: a slot without a value, a value without a slot, no template.
Result<Policy> link(const Policy& policy_template, std::string new_id, const SlotValues& values);
// A set with these links added, in order. Errors: the same; an unknown template; an id that is taken.
Result<PolicySet> link(const PolicySet& policies, std::span<const TemplateLink> links);

// The links of a set's linked policies, from which link() makes them again.
std::vector<TemplateLink> links_of(const PolicySet& policies);

// The file of links that the official command line keeps (--template-linked):
//   [{"template_id": "share", "link_id": "share-alice", "args": {"?principal": "User::\"alice\""}}]
Result<std::vector<TemplateLink>> read_links_json(const Json& links);
Json links_json(std::span<const TemplateLink> links);
// {"?principal": "User::\"alice\""}: the argument of `link`.
Result<SlotValues> read_slot_values(const Json& values);

}  // namespace weir::cedar
