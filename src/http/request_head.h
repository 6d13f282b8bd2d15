// The head of an HTTP/1 request (RFC 9112) and how long its body is, read strictly: who reads it differently
// further on must not find another request in the same bytes.
//
//   TRY(auto head, parse_request_head(bytes));    // none: more is needed
//   head->target, head->field("host")
//
// Refused are: a line end other than CR LF, control characters, folded lines, a space before the colon, a
// field name that is no token, more than one Host or length, a length and chunks together, any transfer
// coding but "chunked" alone, versions other than 1.0 and 1.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::http {

struct Field {
  std::string_view name;   // as sent
  std::string_view value;  // without spaces around it
};

// Where the body of a request ends.
struct BodyFraming {
  std::uint64_t length = 0;  // bytes, when it is not chunked
  bool chunked = false;
};

// Views into the bytes that were parsed.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  int minor = 1;  // HTTP/1.minor
  std::vector<Field> fields;
  std::size_t bytes = 0;  // of the head, its last empty line included
  BodyFraming framing;

  // The value of the first field of this name (any case); none when absent. Fields that decide where a
  // request goes or ends are known to be single.
  std::optional<std::string_view> field(std::string_view lower_name) const;
  // Does a comma-separated field hold this word (any case)?
  bool lists(std::string_view lower_name, std::string_view lower_word) const;
};

// Errors: `invalid`, `limit` (kHeadBytesMax, kFieldsMax).
Result<std::optional<RequestHead>> parse_request_head(std::string_view bytes);

// One line of a head without its end: "Name: value". Error `invalid`.
Result<Field> parse_field(std::string_view line);

// Does a comma-separated field of this name hold this word (any case)?
bool lists(const std::vector<Field>& fields, std::string_view lower_name, std::string_view lower_word);

// Could these be the first bytes of a request? true for a prefix of one, also an empty one.
bool may_be_request(std::string_view bytes);

// The host a target names: "http://host[:port]/path" split into its parts; none for other forms.
struct AbsoluteTarget {
  std::string_view scheme;     // as sent
  std::string_view authority;  // "host[:port]"; with user information it is an Error of the host
  std::string_view path;       // "/..." or "?..." or ""
};
std::optional<AbsoluteTarget> absolute_target(std::string_view target);

}  // namespace weir::http
