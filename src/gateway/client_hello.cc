#include "gateway/client_hello.h"

#include <cstdint>
#include <set>

#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

constexpr std::uint8_t kRecordHandshake = 22;
constexpr std::uint8_t kMessageClientHello = 1;
constexpr std::uint16_t kExtensionServerName = 0;
constexpr std::uint16_t kExtensionEncryptedHello = 0xfe0d;
constexpr std::size_t kRecordBytesMax = 1 << 14;
constexpr std::size_t kRecordHeadBytes = 5;
constexpr std::size_t kRecordHeadsMax = 8 * 1024;  // heads of all records of one message together
static_assert(limits::kClientHelloBytesMax + kRecordHeadsMax < limits::kRelayBufferBytes);

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

// Takes fields off the front; once something is missing it stays bad.
class Cursor {
 public:
  explicit Cursor(std::string_view rest) : rest_(rest) {}
  std::uint32_t number(std::size_t width) {
    std::uint32_t value = 0;
    for (const char c : take(width))
      value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
  }
  std::string_view take(std::size_t n) {
    if (n > rest_.size()) {
      bad_ = true;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }
  // A vector with its length before it.
  std::string_view vector(std::size_t width) { return take(number(width)); }
  bool bad() const { return bad_; }
  bool at_end() const { return rest_.empty(); }
  bool done() const { return !bad_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool bad_ = false;
};

Status read_server_name(std::string_view body, ClientHello& hello) {
  Cursor extension(body);
  Cursor list(extension.vector(2));
  const std::uint32_t type = list.number(1);
  const std::string_view name = list.vector(2);
  if (!extension.done() || !list.done() || type != 0 || name.empty())
    return fail("the server_name of the ClientHello is not one host name");
  hello.server_name = std::string(name);
  return {};
}

Status read_extensions(std::string_view body, ClientHello& hello) {
  Cursor all(body);
  std::set<std::uint32_t> seen;
  while (!all.at_end()) {
    const std::uint32_t type = all.number(2);
    const std::string_view content = all.vector(2);
    if (all.bad()) break;
    if (!seen.insert(type).second) return fail("an extension of the ClientHello comes twice");
    if (type == kExtensionServerName) TRY_STATUS(read_server_name(content, hello));
    if (type == kExtensionEncryptedHello) hello.encrypted = true;
  }
  if (!all.done()) return fail("the extensions of the ClientHello do not end where they say");
  return {};
}

Result<ClientHello> read_message(std::string_view body) {
  ClientHello hello;
  Cursor cursor(body);
  cursor.take(2 + 32);  // legacy version, random
  const auto session = cursor.vector(1);
  const auto suites = cursor.vector(2);
  const auto compressions = cursor.vector(1);
  if (cursor.bad() || session.size() > 32 || suites.empty() || suites.size() % 2 != 0 || compressions.empty())
    return fail("not a ClientHello");
  if (cursor.at_end()) return hello;  // no extensions at all: TLS 1.0 style
  const auto extensions = cursor.vector(2);
  if (!cursor.done()) return fail("the ClientHello does not end where it says");
  TRY_STATUS(read_extensions(extensions, hello));
  return hello;
}

// The type and length of a record; none while more is needed.
Result<std::optional<std::size_t>> record_length(std::string_view bytes) {
  if (!may_be_tls(bytes)) return fail("not a TLS handshake");
  if (bytes.size() < kRecordHeadBytes) return std::optional<std::size_t>();
  const std::size_t length = static_cast<std::size_t>(byte_at(bytes, 3)) << 8 | byte_at(bytes, 4);
  if (length == 0 || length > kRecordBytesMax) return fail("a TLS record of a length that is not allowed");
  return std::optional(length);
}

}  // namespace

bool may_be_tls(std::string_view bytes) {
  return (bytes.empty() || byte_at(bytes, 0) == kRecordHandshake) &&
         (bytes.size() < 2 || byte_at(bytes, 1) == 3) && (bytes.size() < 3 || byte_at(bytes, 2) <= 4);
}

Result<std::optional<ClientHello>> parse_client_hello(std::string_view bytes) {
  const std::optional<ClientHello> more;
  std::string message;
  for (std::size_t at = 0;;) {
    TRY(const auto length, record_length(bytes.substr(at)));
    if (!length) return more;
    const std::string_view rest = bytes.substr(at + kRecordHeadBytes);
    message += rest.substr(0, *length);
    if (!message.empty() && byte_at(message, 0) != kMessageClientHello) return fail("not a ClientHello");
    const std::size_t whole =
        message.size() < 4 ? SIZE_MAX
                           : 4 + (static_cast<std::size_t>(byte_at(message, 1)) << 16 |
                                  static_cast<std::size_t>(byte_at(message, 2)) << 8 | byte_at(message, 3));
    if (message.size() >= 4 && whole > limits::kClientHelloBytesMax)
      return fail(ErrorCode::limit, "the ClientHello is longer than 48 KiB");
    if (message.size() > whole) return fail("something follows the ClientHello in its record");
    if (rest.size() < *length) return more;
    at += kRecordHeadBytes + *length;
    if (message.size() < whole) {
      // Each record costs five bytes: one byte a record is how a reader is kept busy.
      if (at > limits::kClientHelloBytesMax + kRecordHeadsMax)
        return fail(ErrorCode::limit, "the ClientHello is cut too small");
      continue;
    }
    TRY(ClientHello hello, read_message(std::string_view(message).substr(4)));
    hello.bytes = at;
    return std::optional(std::move(hello));
  }
}

std::string tls_alert(std::uint8_t description) {
  return {21, 3, 3, 0, 2, 2, static_cast<char>(description)};
}

std::optional<bool> is_hello_retry(std::string_view server_bytes) {
  // SHA-256 of "HelloRetryRequest", RFC 8446 section 4.1.3.
  constexpr std::string_view kRetryRandom =
      "\xCF\x21\xAD\x74\xE5\x9A\x61\x11\xBE\x1D\x8C\x02\x1E\x65\xB8\x91"
      "\xC2\xA2\x11\x16\x7A\xBB\x8C\x5E\x07\x9E\x09\xE2\xC8\xA8\x33\x9C";
  constexpr std::size_t kRandomAt = 5 + 4 + 2;
  if (!server_bytes.empty() && byte_at(server_bytes, 0) != kRecordHandshake) return false;
  if (server_bytes.size() < kServerHelloPrefixBytes) return std::nullopt;
  return server_bytes.substr(kRandomAt, kRetryRandom.size()) == kRetryRandom;
}

}  // namespace weir::gateway
