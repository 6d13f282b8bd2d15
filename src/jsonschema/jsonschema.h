// Room `jsonschema` (floor 2, pure): does a JSON value fit a JSON Schema?
//
//   schema.h      a schema, compiled; what a value violates
//   reference.h   URI references (RFC 3986), as $id and $ref use them
//   number.h      numbers compared and divided exactly
//
// Drafts 2020-12, 2019-09, 7 and 6. Schemas come from tool servers and are hostile: nothing is fetched, every
// walk is bounded, patterns are RE2's. docs/mcp.md says what is done with the outcome.
#pragma once
