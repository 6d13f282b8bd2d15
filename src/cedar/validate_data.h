// Whether entities and requests agree with a schema: what validate() takes for granted about the data.
//
//   for (const DataProblem& problem : validate_entities(entities, schema))
//     print(problem.where, problem.message, problem.help);
//
// The rules are those of Cedar's own checks ("Entities schema validation", "Request validation" in
// docs.cedarpolicy.com). All problems are reported, not only the first, up to kCedarDiagnosticsMax.
#pragma once

#include <string>
#include <vector>

#include "cedar/entities.h"
#include "cedar/request.h"
#include "cedar/schema.h"

namespace weir::cedar {

struct DataProblem {
  std::string where;    // `User::"alice"`, or principal, action, resource, context
  std::string message;  // one clause, in Cedar's words
  std::string help;     // may be empty
  bool operator==(const DataProblem&) const = default;
};

// Every entity's type is declared, its attributes and tags have their declared types, its ancestors are of
// types it can be in, ids of enumerated types are declared, and actions are as the schema has them.
std::vector<DataProblem> validate_entities(const Entities& entities, const Schema& schema);

// The action is declared and applies to such a principal and resource, and the context has its type.
std::vector<DataProblem> validate_request(const Request& request, const Schema& schema);

// Whether a value has a type; the problem's `where` is then the path inside the value.
bool has_type(const Value& value, const SchemaType& type);

}  // namespace weir::cedar
