// The head of an HTTP/1 request (RFC 9112) and how long its body is, read strictly: who reads it differently
// further on must not find another request in the same bytes.
//
//   TRY(auto head, parse_http_head(bytes));    // none: more is needed
//   head->target, head->field("host")
//
// Refused are: a line end other than CR LF, control characters, folded lines, a space before the colon, a
// field name that is no token, more than one Host or length, a length and chunks together, any transfer
// coding but "chunked" alone, versions other than 1.0 and 1.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::gateway {

struct HttpField {
  std::string_view name;   // as sent
  std::string_view value;  // without spaces around it
};

// Where the body of a request ends.
struct HttpFraming {
  std::uint64_t length = 0;  // bytes, when it is not chunked
  bool chunked = false;
};

// Views into the bytes that were parsed.
struct HttpHead {
  std::string_view method;
  std::string_view target;
  int minor = 1;  // HTTP/1.minor
  std::vector<HttpField> fields;
  std::size_t bytes = 0;  // of the head, its last empty line included
  HttpFraming framing;

  // The value of the one field of this name (any case); none when absent. Fields that decide where a request
  // goes or ends are known to be single.
  std::optional<std::string_view> field(std::string_view lower_name) const;
  // Does a comma-separated field hold this word (any case)?
  bool lists(std::string_view lower_name, std::string_view lower_word) const;
};

// Errors: `invalid`, `limit` (kHttpHeadBytesMax, kHttpFieldsMax).
Result<std::optional<HttpHead>> parse_http_head(std::string_view bytes);

// One line of a head without its end: "Name: value". Error `invalid`.
Result<HttpField> parse_http_field(std::string_view line);

// Could these be the first bytes of a request? true for a prefix of one, also an empty one.
bool may_be_http(std::string_view bytes);

// The host a target names: "http://host[:port]/path" split into its parts; none for other forms.
struct AbsoluteTarget {
  std::string_view scheme;     // as sent
  std::string_view authority;  // "host[:port]"; with user information it is an Error of the host
  std::string_view path;       // "/..." or "?..." or ""
};
std::optional<AbsoluteTarget> absolute_target(std::string_view target);

// The end of a chunked body, found in bytes that come in pieces.
class ChunkReader {
 public:
  // How many of the bytes at the front belong to the body. done() once the last one was seen. What the chunks
  // hold is appended to `data`.
  Result<std::size_t> take(std::string_view bytes, std::string* data = nullptr);
  bool done() const { return part_ == Part::done; }

 private:
  enum class Part { size, data, data_end, trailer, done };
  Result<std::size_t> take_line(std::string_view bytes);
  Status line_read();

  Part part_ = Part::size;
  std::uint64_t left_ = 0;  // bytes of this chunk, or of the CR LF behind it
  std::string line_;        // of a size or a trailer, until it is whole
  std::size_t trailer_bytes_ = 0;
};

}  // namespace weir::gateway
