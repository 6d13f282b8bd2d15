// From trees back to text: one policy or expression in the canonical form of Cedar, on one line (annotations
// on lines of their own), with the parentheses that keep the tree.
//
//   policy_text(*policies.find("policy0"))   permit(principal, action, resource) when { principal.age > 17 };
//
// The text parses to the same tree. What people wrote, with its comments, is laid out by format.h instead.
#pragma once

#include <string>

#include "cedar/policy.h"

namespace weir::cedar {

// Errors (`invalid`): what only Cedar's JSON form can say and no text can: a method without a receiver, and
// `has` with a path of several attributes of which one is no identifier.
Result<std::string> policy_text(const Policy& policy);
Result<std::string> expression_text(const Expression& expression);

// `principal`, `action` or `resource` with its constraint: "principal is User in ?principal".
std::string scope_text(std::string_view variable, const Scope& scope);

// An operator as policies write it: "==", "containsAll". Empty for what is not written as a name or sign.
std::string_view operator_text(Op op);

}  // namespace weir::cedar
