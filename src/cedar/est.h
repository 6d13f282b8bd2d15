// Cedar's JSON form of policies ("JSON policy format", docs.cedarpolicy.com), which the standard calls EST:
//
//   permit(principal == User::"a", action, resource) when { context.n > 1 };
//
//   {"effect": "permit",
//    "principal": {"op": "==", "entity": {"type": "User", "id": "a"}},
//    "action": {"op": "All"}, "resource": {"op": "All"},
//    "conditions": [{"kind": "when", "body": {">": {"left": {".": {"left": {"Var": "context"}, "attr": "n"}},
//                                                   "right": {"Value": 1}}}}],
//    "annotations": {"id": "first", "draft": null}}              (left out when there are none)
//
// An expression is an object with one member: Value, Var, an operator (! neg == != in < <= > >= && || + - *
// contains containsAll containsAny isEmpty getTag hasTag . has like is if-then-else), Set, Record, or the
// name of an extension function with the array of its arguments. Members are written in this order, records
// and annotations sorted by name, as the official tools write them.
#pragma once

#include "base/json.h"
#include "cedar/policy.h"

namespace weir::cedar {

// Levels of arrays and objects in one policy's JSON. An expression takes two for each level of its tree, and
// two for each operand of a chain of && or ||, which the JSON form nests to the left.
inline constexpr std::size_t kEstDepthMax = 1024;
// For parse_json(): a document with policies in it.
inline constexpr JsonLimits kEstJsonLimits = {.bytes_max = limits::kJsonBytesMax,
                                              .depth_max = kEstDepthMax + 16};

// Errors: `limit` where the JSON would nest deeper than kEstDepthMax.
Result<Json> policy_json(const Policy& policy);
Result<Json> expression_json(const Expression& expression);

// A policy or template without an id; constants are folded as by the parser of text. Unknown members are
// refused. `where` of an Error is the path in the JSON: "conditions[0].body.&&.left". Errors: `invalid`,
// `limit` (nesting, number of expressions).
Result<Policy> read_policy_json(const Json& policy);
Result<Expression> read_expression_json(const Json& expression);

// {"type", "id"} of an entity.
Json uid_json(const EntityUid& uid);
// The same from outside, which may be wrapped in {"__entity": ...}. Errors: anything else.
Result<EntityUid> read_uid_json(const Json& uid);

}  // namespace weir::cedar
