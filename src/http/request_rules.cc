// What a request has to be beyond its syntax; see message_reader.h.
#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "http/message_reader.h"
#include "http/syntax.h"

namespace weir::http {
namespace {

// A name, an IPv4 address or an IPv6 address in brackets, perhaps with a port; what a name may be is judged
// by who compares it.
bool is_authority(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._:[]").contains(c);
  });
}

// Lower case, without the port that the scheme has anyway.
std::string plain_authority(std::string_view text, std::string_view scheme) {
  std::string lower = to_lower_ascii(text);
  const std::string_view port = same_word(scheme, "https") ? ":443" : ":80";
  if (lower.ends_with(port)) lower.resize(lower.size() - port.size());
  return lower;
}

Status check_target(const RequestHead& head, std::optional<std::string_view> host) {
  if (head.method == "CONNECT") {
    const auto colon = head.target.rfind(':');
    const bool port = colon != std::string_view::npos && whole_number(head.target.substr(colon + 1)) &&
                      colon > 0 && is_authority(head.target);
    if (!port) return fail("CONNECT to what is no host and port", printable(head.target, 100));
    return {};
  }
  if (head.target.contains('#')) return fail("a fragment in the target of the request");
  if (head.target.starts_with('/') || (head.target == "*" && head.method == "OPTIONS")) return {};
  const auto absolute = absolute_target(head.target);
  if (!absolute) return fail("a target that is neither a path nor a URL", printable(head.target, 100));
  if (!is_authority(absolute->authority))
    return fail("a URL without a plain host", printable(head.target, 100));
  if (host &&
      plain_authority(*host, absolute->scheme) != plain_authority(absolute->authority, absolute->scheme))
    return fail("Host and target name different hosts", printable(*host, 100));
  return {};
}

Status check_upgrade(const RequestHead& head) {
  const auto upgrade = head.field("upgrade");
  if (!upgrade) return {};
  const bool websocket = same_word(*upgrade, "websocket") && head.method == "GET" && head.minor == 1 &&
                         head.lists("connection", "upgrade") && !head.framing.chunked &&
                         head.framing.length == 0;
  if (!websocket) return fail("an upgrade to something else than websocket", printable(*upgrade, 100));
  return {};
}

}  // namespace

Status check_request(const RequestHead& head) {
  const auto host = head.field("host");
  if (!host && head.minor == 1) return fail("a request without Host");
  if (host && !is_authority(*host)) return fail("not a Host", printable(*host, 100));
  if (head.method == "PRI") return fail("HTTP/2, which is not read here");
  TRY_STATUS(check_target(head, host));
  TRY_STATUS(check_upgrade(head));
  const bool has_body = head.framing.chunked || head.framing.length > 0;
  if (has_body && (head.method == "CONNECT" || head.method == "TRACE"))
    return fail(std::string(head.method) + " with a body");
  for (const auto& field : head.fields)
    if (same_word(field.name, "expect") && !same_word(field.value, "100-continue"))
      return fail("an expectation other than 100-continue", printable(field.value, 100));
  // What decides where a message goes or ends may not be dropped as a field of the connection.
  for (const std::string_view name : {"host", "content-length", "transfer-encoding"})
    if (head.lists("connection", name)) return fail("Connection names " + std::string(name));
  return {};
}

bool persists(const RequestHead& head) {
  return !head.lists("connection", "close") && (head.minor == 1 || head.lists("connection", "keep-alive"));
}

bool persists(const ResponseHead& head) {
  return head.body != ResponseHead::Body::until_close && !head.lists("connection", "close") &&
         (head.minor() == 1 || head.lists("connection", "keep-alive"));
}

}  // namespace weir::http
