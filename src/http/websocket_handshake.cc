#include "http/websocket_handshake.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/bytes.h"
#include "http/syntax.h"

namespace weir::http {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kSha1Bytes = 20;

// The value of the one field of this name; none when it is absent or there are several.
std::optional<std::string_view> only(const std::vector<Field>& fields, std::string_view lower_name) {
  std::optional<std::string_view> found;
  for (const auto& one : fields) {
    if (!same_word(one.name, lower_name)) continue;
    if (found) return std::nullopt;
    found = one.value;
  }
  return found;
}

bool has(const std::vector<Field>& fields, std::string_view lower_name) {
  return std::ranges::any_of(fields, [&](const Field& one) { return same_word(one.name, lower_name); });
}

Result<std::vector<std::string_view>> read_protocols(const std::vector<Field>& fields) {
  std::vector<std::string_view> protocols;
  bool good = true;
  for (const auto& field : fields) {
    if (!same_word(field.name, "sec-websocket-protocol")) continue;
    for_each_word(field.value, [&](std::string_view word) {
      good &= is_token(word) && std::ranges::find(protocols, word) == protocols.end();
      protocols.push_back(word);
    });
  }
  if (!good) return fail("not a list of protocols of WebSocket");
  return protocols;
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + std::string(kGuid);
  std::array<std::uint8_t, kSha1Bytes> digest;
  unsigned size = 0;
  CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
  CHECK(size == digest.size());
  return to_base64(digest);
}

Result<WebSocketRequest> check_websocket_request(const RequestHead& head) {
  if (head.method != "GET" || head.minor != 1) return fail("WebSocket is asked for by GET of HTTP/1.1");
  if (head.framing.chunked || head.framing.length > 0) return fail("WebSocket is asked for without a body");
  if (!head.lists("upgrade", "websocket") || !head.lists("connection", "upgrade"))
    return fail("Upgrade and Connection do not ask for WebSocket");
  if (only(head.fields, "sec-websocket-version") != "13") return fail("a version of WebSocket other than 13");
  const auto key = only(head.fields, "sec-websocket-key");
  const auto nonce = from_base64(key.value_or(""));
  if (!nonce || nonce->size() != kKeyBytes) return fail("not one key of WebSocket with 16 bytes");
  WebSocketRequest request{.key = *key, .protocols = {}, .extensions = {}};
  TRY(request.protocols, read_protocols(head.fields));
  TRY(request.extensions, parse_extensions(head.fields));
  return request;
}

Result<WebSocketAgreement> check_websocket_answer(const ResponseHead& head, const WebSocketRequest& request) {
  if (head.status != 101 || head.minor() != 1)
    return fail("the server does not switch to WebSocket", "status " + std::to_string(head.status));
  const auto upgrade = only(head.fields, "upgrade");
  if (!upgrade || !same_word(*upgrade, "websocket") || !head.lists("connection", "upgrade"))
    return fail("Upgrade and Connection of the answer do not agree to WebSocket");
  if (only(head.fields, "sec-websocket-accept") != websocket_accept(request.key))
    return fail("the accept value of the answer is not that of the key");
  WebSocketAgreement agreement;
  if (has(head.fields, "sec-websocket-protocol")) {
    const auto protocol = only(head.fields, "sec-websocket-protocol");
    if (!protocol || std::ranges::find(request.protocols, *protocol) == request.protocols.end())
      return fail("a protocol of WebSocket that was not offered");
    agreement.protocol = *protocol;
  }
  TRY(const auto extensions, parse_extensions(head.fields));
  TRY(agreement.deflate, deflate_answered(request.extensions, extensions));
  return agreement;
}

Result<std::string> websocket_answer(const WebSocketRequest& request, const WebSocketAgreement& agreement) {
  HeadWriter head = HeadWriter::response(101);
  head.add("Upgrade", "websocket").add("Connection", "Upgrade");
  head.add("Sec-WebSocket-Accept", websocket_accept(request.key));
  if (!agreement.protocol.empty()) {
    if (std::ranges::find(request.protocols, agreement.protocol) == request.protocols.end())
      return fail("a protocol of WebSocket that was not offered", printable(agreement.protocol, 60));
    head.add("Sec-WebSocket-Protocol", agreement.protocol);
  }
  if (agreement.deflate) head.add("Sec-WebSocket-Extensions", extension_text(*agreement.deflate));
  return head.text();
}

HeadWriter websocket_request(const WebSocketAsk& ask) {
  HeadWriter head = HeadWriter::request("GET", ask.target);
  head.add("Host", ask.host).add("Upgrade", "websocket").add("Connection", "Upgrade");
  head.add("Sec-WebSocket-Key", to_base64(ask.nonce)).add("Sec-WebSocket-Version", "13");
  std::string protocols;
  for (const auto& one : ask.protocols)
    protocols += (protocols.empty() ? "" : ", ") + one;
  if (!protocols.empty()) head.add("Sec-WebSocket-Protocol", protocols);
  if (ask.deflate) head.add("Sec-WebSocket-Extensions", extension_text(*ask.deflate, true));
  return head;
}

}  // namespace weir::http
