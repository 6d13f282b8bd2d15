// permessage-deflate (RFC 7692): what two sides agree on, and messages compressed and read by it.
//
//   TRY(auto offers, parse_extensions(fields, "sec-websocket-extensions"));
//   if (const auto agreed = accept_deflate(offers, mine)) … extension_text(*agreed) …   // as a server
//   TRY(const auto agreed, deflate_answered(offers, answers));          // as a client, or between the two
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/request_head.h"
#include "http/zlib_stream.h"

namespace weir::http {

// One element of Sec-WebSocket-Extensions.
struct Extension {
  std::string_view name;
  std::vector<std::pair<std::string_view, std::optional<std::string_view>>> parameters;  // quotes taken off
};
// All fields of this name in their order, by the grammar of RFC 6455 section 9.1. Error `invalid`.
Result<std::vector<Extension>> parse_extensions(const std::vector<Field>& fields);

// What holds on a connection. Server: what it sends; client: what the client sends.
struct DeflateParameters {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  int server_window_bits = 15;  // 8 to 15
  int client_window_bits = 15;
  bool operator==(const DeflateParameters&) const = default;
};

// "permessage-deflate; ..." with what differs from the standard's defaults. `offer`: as a client's, which
// says that it understands client_max_window_bits.
std::string extension_text(const DeflateParameters& parameters, bool offer = false);

// A server that wants `mine`, or less memory where it is asked to: what it agrees to of the first offer that
// can be. None: no compression. A window of 8 bits for what the server sends cannot be made by zlib; such an
// offer is passed over.
std::optional<DeflateParameters> accept_deflate(const std::vector<Extension>& offers,
                                                const DeflateParameters& mine);
// What a server's answer makes of the offers; none: no compression. Error `invalid`: an extension that was
// not offered, or parameters that no offer allows.
Result<std::optional<DeflateParameters>> deflate_answered(const std::vector<Extension>& offers,
                                                          const std::vector<Extension>& answers);

// Reads the messages of one side.
class MessageInflater {
 public:
  MessageInflater(int window_bits, bool no_context_takeover)
      : inflater_(DeflateFrame::raw, window_bits), forgets_(no_context_takeover) {}
  // Part of a message's payload; what it holds is appended to `out`. Errors: `invalid`, `limit`.
  Status take(std::string_view payload, std::string& out, Expansion& expansion);
  // The message has ended.
  Status finish(std::string& out, Expansion& expansion);

 private:
  Inflater inflater_;
  bool forgets_;
};

// Writes the messages of one side.
class MessageDeflater {
 public:
  // `window_bits`: 9 to 15.
  MessageDeflater(int window_bits, bool no_context_takeover)
      : deflater_(DeflateFrame::raw, window_bits), forgets_(no_context_takeover) {}
  std::string message(std::string_view payload);

 private:
  Deflater deflater_;
  bool forgets_;
};

}  // namespace weir::http
