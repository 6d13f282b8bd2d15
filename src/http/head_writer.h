// Heads of HTTP/1 that say what was meant and nothing else: no name, value, target or reason can end its
// line, and a message has one way to end.
//
//   TRY(auto text, HeadWriter::request("POST", "/v1/messages").add("Host", host).length(n).text());
//   TRY(auto text, HeadWriter::response(200).add("Content-Type", "text/event-stream").chunked().text());
//
// What is written is read back by parse_request_head or parse_response_head as the same fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::http {

class HeadWriter {
 public:
  static HeadWriter request(std::string_view method, std::string_view target);
  // `reason` of the standard when empty.
  static HeadWriter response(int status, std::string_view reason = {});

  // Refused (by text()): a name that is no token; a value with a control character, or with blanks around it;
  // a second Host; Content-Length and Transfer-Encoding, for which the next two are.
  HeadWriter& add(std::string_view name, std::string_view value);
  HeadWriter& length(std::uint64_t bytes);
  HeadWriter& chunked();
  // Is it said where the message ends: by the two above, or by a status that has no body.
  bool framed() const { return framed_; }

  // The whole head with its empty line, or the first thing that was wrong. Errors: `invalid`, `limit`.
  Result<std::string> text() const;

 private:
  void wrong(std::string what, std::string_view where = {});
  void field(std::string_view name, std::string_view value);

  std::string text_;
  std::size_t fields_ = 0;
  bool host_ = false;
  bool framed_ = false;
  std::optional<Error> error_;
};

// "OK" for 200; "" for a status without a name of its own.
std::string_view reason_of(int status);

}  // namespace weir::http
