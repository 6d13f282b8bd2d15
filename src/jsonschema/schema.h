// A JSON Schema (json-schema.org, drafts 2020-12, 2019-09, 7 and 6), compiled once, and what a value
// violates.
//
//   TRY(auto schema, Schema::compile(tool["inputSchema"]));
//   TRY(auto violations, schema.check(arguments));        // empty: it fits
//   violations[0].at "/to/0", .text "must be a string"
//
// "format", "contentEncoding" and the like are annotations, as 2020-12 has it. Without "$schema" it is
// 2020-12; an array under "items" is taken for draft 7's, which many servers still write.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"

namespace weir::jsonschema {

inline constexpr std::size_t kNodesMax = 20'000;   // schemas within one schema
inline constexpr std::size_t kPatternsMax = 200;   // regular expressions in it
inline constexpr std::size_t kDepthMax = 200;      // of schemas applied within one another
inline constexpr std::size_t kStepsMax = 500'000;  // of one check
inline constexpr std::size_t kViolationsMax = 8;   // that are told
inline constexpr std::size_t kViolationBytesMax = 200;

struct Violation {
  std::string at;    // JSON pointer into the value, "" for the whole
  std::string text;  // "must be a string"; names of members, never values
};

class Schema {
 public:
  // Errors: `invalid` (a keyword's value is not what the standard asks for, a reference leads nowhere, a
  // pattern that RE2 does not take) and `limit`. A reference outside the document and a draft that is not
  // known are `denied`: nothing is ever fetched.
  static Result<Schema> compile(Json schema);

  // The first violations. Error `limit` when the walk would take too long: then it is not known.
  Result<std::vector<Violation>> check(const Json& value) const;

 private:
  explicit Schema(std::shared_ptr<const struct Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const struct Program> program_;
};

}  // namespace weir::jsonschema
