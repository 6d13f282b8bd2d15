// Text of the Cedar policy language 4.5 to syntax trees. The grammar, as accepted:
//
//   Policies  := { Policy }
//   Policy    := { '@' ANYIDENT [ '(' STR ')' ] } ('permit' | 'forbid')
//                '(' Principal ',' Action ',' Resource [','] ')' { ('when' | 'unless') '{' Expr '}' } ';'
//   Principal := 'principal' [ ('==' | 'in') Target | 'is' Path [ 'in' Target ] ]      Resource likewise
//   Target    := Entity | '?principal'                                        (or '?resource')
//   Action    := 'action' [ '==' Entity | 'in' (Entity | '[' [Entity {',' Entity} [',']] ']') ]
//   Expr      := 'if' Expr 'then' Expr 'else' Expr | Or
//   Or        := And { '||' And }
//   And       := Relation { '&&' Relation }
//   Relation  := Add [ ('<' | '<=' | '>=' | '>' | '!=' | '==' | 'in') Add ]
//              | Add 'has' (IDENT { '.' IDENT } | STR) | Add 'like' PATTERN | Add 'is' Path [ 'in' Add ]
//   Add       := Mult { ('+' | '-') Mult }          Mult := Unary { '*' Unary }
//   Unary     := [ '!' x1..4 | '-' x1..4 ] Member
//   Member    := Primary { '.' IDENT [ '(' [Exprs] ')' ] | '[' STR ']' }
//   Primary   := BOOL | INT | STR | Entity | Variable | FUNCTION '(' [Exprs] ')' | '(' Expr ')'
//              | '[' [Exprs] ']' | '{' [ (IDENT | STR) ':' Expr {',' ...} [','] ] '}'
//   Exprs     := Expr { ',' Expr } [',']            Entity := Path '::' STR       Path := IDENT { '::' IDENT
//   }
//
// (docs.cedarpolicy.com, "Grammar"; trailing commas since 4.4.) Relations do not chain. The first mistake
// ends the parse; parse_policies_fully() goes on behind it. Limits: kCedarBytesMax, kCedarDepthMax,
// kCedarNodesMax, kCedarPoliciesMax.
#pragma once

#include <string_view>
#include <vector>

#include "cedar/policy.h"

namespace weir::cedar {

// All policies of a text, without ids (PolicySet gives those). Templates are among them. Constants are
// folded.
Parsed<std::vector<Policy>> parse_policies(std::string_view text);

// The same for people who want all their mistakes at once.
struct PolicyReading {
  std::vector<Policy> policies;    // those without a mistake
  std::vector<ParseError> errors;  // in the order of the text; empty: everything was read
};
inline constexpr std::size_t kParseErrorsMax = 100;
// Behind a mistake the parse goes on at the next `;`, or before, where a policy seems to begin. Ends after
// kParseErrorsMax mistakes and at a limit.
PolicyReading parse_policies_fully(std::string_view text);

// One expression and nothing else: what could stand between the braces of `when`.
Parsed<Expression> parse_expression(std::string_view text);
// One entity reference as policies write it: User::"alice".
Parsed<EntityUid> parse_entity_uid(std::string_view text);

}  // namespace weir::cedar
