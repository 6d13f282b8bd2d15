#include "gateway/host_name.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::unexpected<Error> wrong(const char* what, std::string_view text, const char* hint = "") {
  return fail(what, printable(text, 100), hint);
}

// Digits only, or 0x and hexadecimal digits (perhaps none): WHATWG URL, "ends-in-a-number checker".
bool is_number(std::string_view label) {
  if (std::all_of(label.begin(), label.end(), is_digit)) return true;
  if (!label.starts_with("0x") && !label.starts_with("0X")) return false;
  return label.substr(2).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

const char* wrong_with_label(std::string_view label) {
  if (label.empty()) return "the host has an empty label";
  if (label.size() > 63) return "a label of the host is longer than 63 bytes";
  if (label.front() == '-' || label.back() == '-') return "a label of the host begins or ends with '-'";
  for (const char c : label) {
    if (static_cast<unsigned char>(c) >= 0x80) return "the host is not in its ASCII form";
    if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_')
      return "the host has a character that no name has";
  }
  return nullptr;
}

}  // namespace

Result<Host> canonical_host(std::string_view text) {
  if (text.empty()) return wrong("the host is empty", text);
  std::string_view inner = text;
  const bool bracketed = inner.starts_with('[') && inner.ends_with(']');
  if (bracketed) inner = inner.substr(1, inner.size() - 2);
  const auto address = IpAddress::parse(inner);
  if (address && (!bracketed || inner.contains(':'))) return Host{address->text(), address};
  if (bracketed || text.contains(':')) return wrong("not an IPv6 address", text);
  if (inner.ends_with('.')) inner.remove_suffix(1);
  if (inner.size() > limits::kHostBytesMax) return wrong("the host is longer than 253 bytes", text);
  for (const auto label : split(inner, '.'))
    if (const char* what = wrong_with_label(label); what != nullptr)
      return wrong(what, text, "a name is letters, digits, '-' and '.'; other scripts as xn--...");
  if (is_number(inner.substr(inner.rfind('.') + 1)))
    return wrong("an address in an unusual form", text, "write four decimal numbers: 192.0.2.1");
  return Host{to_lower_ascii(inner), std::nullopt};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

Result<HostPort> parse_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto bracket = text.rfind(']');
  const bool with_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  TRY(Host host, canonical_host(text.substr(0, with_port ? colon : text.size())));
  if (host.address && !host.address->is_v4() && !text.starts_with('['))
    return wrong("an IPv6 address stands in brackets here", text, "[2001:db8::1]:443");
  HostPort out{.host = std::move(host), .port = std::nullopt};
  if (!with_port) return out;
  out.port = parse_port(text.substr(colon + 1));
  if (!out.port) return wrong("not a port from 1 to 65535", text);
  return out;
}

}  // namespace weir::gateway
