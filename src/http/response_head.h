// The answers of an HTTP/1 server, read strictly enough to know where each ends (RFC 9112): an answer whose
// end is read differently further on would be taken for another one.
//
//   TRY(auto head, parse_response_head(bytes, for_head_request));   // none: more is needed
//   switch (head->body) …                                           // chunks: ChunkReader of chunks.h
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/request_head.h"

namespace weir::http {

// Views into the bytes that were parsed.
struct ResponseHead {
  enum class Body { none, length, chunked, until_close };
  int status = 0;
  std::string_view line;  // the first one, without its end
  std::vector<Field> fields;
  std::size_t bytes = 0;
  Body body = Body::none;
  std::uint64_t length = 0;

  bool informational() const { return status >= 100 && status < 200 && status != 101; }
  int minor() const { return line.starts_with("HTTP/1.0") ? 0 : 1; }
  // The value of the one field of this name (any case); none when absent or there is more than one.
  std::optional<std::string_view> field(std::string_view lower_name) const;
  // Does a comma-separated field hold this word (any case)?
  bool lists(std::string_view lower_name, std::string_view lower_word) const;
};

// Errors: `invalid`, `limit` (kHeadBytesMax, kFieldsMax).
Result<std::optional<ResponseHead>> parse_response_head(std::string_view bytes, bool for_head_request);

}  // namespace weir::http
