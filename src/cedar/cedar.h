// Room `cedar` (floor 1, pure): the Cedar policy language 4.5, and nothing that knows of agents.
//
// Text becomes policies, JSON becomes entities, and a request is decided. Semantics are exactly those of
// Cedar: deny by default, a satisfied forbid wins, a policy that errors is not satisfied and is listed.
// A PolicySet and an Entities are immutable values, cheap to copy and safe to share between threads;
// authorize() is a function of its arguments. (Only `guard` is stricter than Cedar, never this room.)
//
//   value.h        EntityUid, Value, Set, Record      parser.h         text -> policies
//   decimal.h ipaddr.h datetime.h extension.h          policy_set.h     many policies, indexed by scope
//   expression.h   the syntax tree of conditions       authorizer.h     Request -> Response
//   policy.h       scope, conditions, annotations      evaluator.h      one expression -> Value
//   compiled_policies.h  what authorize() runs
//   entities.h     the entity store and its hierarchy  entity_json.h    JSON -> entities, context, request
//   schema.h       declared types and actions          validate.h       policies against a schema
//   typecheck.h    types of one condition              validate_data.h  entities, requests against a schema
//   est.h est_policy_set.h  JSON form of policies      policy_text.h    trees -> canonical text
//   template.h     slots and links                     format.h         layout, with comments
//   check_parse.h diagnostic.h  all mistakes of a text, pictured
//   authorize_row.h validate_row.h   one row of `weir cedar authorize|validate --jsonl`
//
//   TRY(cedar::PolicySet policies, cedar::PolicySet::parse(text, "team.cedar"));
//   TRY(cedar::Entities entities, cedar::Entities::make({...}));
//   cedar::Response response = cedar::authorize(policies, request, entities);
//   if (response.decision == cedar::Decision::deny) explain(response.reason());
//
// Specification: docs.cedarpolicy.com (language 4.5) and the Lean definition in cedar-policy/cedar-spec.
#pragma once
