// The name that a TLS client asks for (server_name, RFC 6066), read from the first bytes that it sends.
//
//   auto hello = parse_client_hello(bytes);     // Error: not TLS, or not a ClientHello that we understand
//   if (!*hello) …                              // none: more bytes are needed
//   (*hello)->server_name, (*hello)->bytes      // the records up to this end hold it
//
// Strict, since the server must see the same name: exactly one host_name; extensions at most once each; every
// length exact. The message may be cut into records (RFC 8446, 5.1). Encrypted ClientHello (RFC 9849; and the
// GREASE of it, which looks the same on purpose) is reported, since its inner name cannot be seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::gateway {

struct ClientHello {
  std::optional<std::string> server_name;  // as sent; not yet canonical
  bool encrypted = false;                  // it has an encrypted_client_hello extension
  std::size_t bytes = 0;                   // of the input: the end of its last record
};

// Errors: `invalid`, `limit` (kClientHelloBytesMax). Never reads beyond the first message; bytes behind it in
// the same record are an Error.
Result<std::optional<ClientHello>> parse_client_hello(std::string_view bytes);

// Could these be the first bytes of TLS? true for a prefix, also an empty one.
bool may_be_tls(std::string_view bytes);

// A fatal alert record that tells the client it was refused: access_denied (49) or unrecognized_name (112).
std::string tls_alert(std::uint8_t description);

// The first 43 bytes of what a server sends tell a HelloRetryRequest (RFC 8446, 4.1.3), after which the
// client may say another name. None while more is needed.
inline constexpr std::size_t kServerHelloPrefixBytes = 43;
std::optional<bool> is_hello_retry(std::string_view server_bytes);

}  // namespace weir::gateway
