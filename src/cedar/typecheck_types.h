// What the typechecker asks of types: their names in messages, and when two go together. Internal to the
// room.
//
// A boolean whose value is known beforehand (`false`, `action == Action::"other"`) is a type of its own: that
// is how impossible branches are found and left unchecked.
#pragma once

#include <expected>
#include <string>

#include "cedar/schema.h"

namespace weir::cedar {

SchemaTypePtr boolean_type();            // a value not known beforehand
SchemaTypePtr boolean_type(bool value);  // this value only
SchemaTypePtr integer_type();
SchemaTypePtr string_type();
SchemaTypePtr entity_type_of(std::string name);
SchemaTypePtr extension_type_of(std::string name);  // decimal, ipaddr, datetime, duration
SchemaTypePtr set_type_of(SchemaTypePtr element);
SchemaTypePtr record_type_of(std::vector<SchemaType::Attribute> attributes);  // in any order

bool is_known(const SchemaTypePtr& type, bool value);  // false for nullptr

// As Cedar's messages write it: `Set<String>`, `{name: String,age?: Long,}`, `Acme::User`.
std::string type_text(const SchemaType& type);

// A total order by kind and content; equal types compare equal however they came about.
std::strong_ordering compare(const SchemaType& a, const SchemaType& b);

// The smallest type that holds the values of both. Strict: only booleans differ in more than name, so entity
// types must be one and the same and records must have the same attributes. The error says why there is none
// (a sentence of Cedar's help).
std::expected<SchemaTypePtr, std::string_view> least_upper_bound(const SchemaTypePtr& a,
                                                                 const SchemaTypePtr& b);

}  // namespace weir::cedar
