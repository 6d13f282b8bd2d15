// Cedar's JSON for entities, contexts and requests ("Entities & context JSON syntax", docs.cedarpolicy.com).
//
//   TRY(Json document, parse_json(text));
//   TRY(Entities entities, read_entities(document));
//
// A uid is {"type": "User", "id": "alice"}, or the same inside {"__entity": ...}, or the text User::"alice".
// Values: booleans, integers, strings, arrays (sets), objects (records), {"__entity": uid} and
// {"__extn": {"fn": "ip", "arg": "10.0.0.1"}} (or "args": [...]). With a schema the two escapes may be left
// out. Null, fractions and integers beyond 64 bits are errors. `where` of an Error is the path in the
// document: "[3].attrs.home_ip".
#pragma once

#include "base/json.h"
#include "cedar/entities.h"
#include "cedar/request.h"
#include "cedar/schema.h"

namespace weir::cedar {

// An array of {"uid", "attrs", "parents", "tags"}; all but the uid may be missing, other members are
// ignored. With a schema, its actions are added where the document does not have them.
Result<Entities> read_entities(const Json& document, const Schema* schema = nullptr);

// {"principal", "action", "resource", "context"}; a missing context is the empty record.
Result<Request> read_request(const Json& request, const Schema* schema = nullptr);

Result<EntityUid> read_entity_uid(const Json& uid);
// `type`, from a schema, tells what a value without an escape is; nullptr when unknown.
Result<Value> read_value(const Json& value, const SchemaType* type = nullptr);
Result<Record> read_record(const Json& object, const SchemaType* type = nullptr);

}  // namespace weir::cedar
