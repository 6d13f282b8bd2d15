#include "gateway/upstream_proxy.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace weir::gateway {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::size_t kUrlBytesMax = 8 * 1024;

std::string written(const Host& host, std::uint16_t port) {
  const bool brackets = host.address && !host.address->is_v4();
  return (brackets ? "[" + host.text + "]" : host.text) + ":" + std::to_string(port);
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return std::nullopt;
}

std::optional<std::string> without_percent(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

// "http://user:secret@host:port/", the scheme, the credentials and the port may be missing. Errors name no
// part of it.
Result<UpstreamProxy> parse_url(std::string_view url) {
  if (url.size() > kUrlBytesMax) return fail("its value is too long");
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    if (url.substr(0, scheme) != "http") return fail("only http:// proxies can be used");
    url.remove_prefix(scheme + 3);
  }
  url = url.substr(0, url.find_first_of("/?#"));
  UpstreamProxy proxy;
  if (const auto at = url.rfind('@'); at != std::string_view::npos) {
    const auto user = without_percent(url.substr(0, at));
    if (!user) return fail("its user or password is not well written");
    proxy.authorization = "Basic " + to_base64(as_bytes(user->contains(':') ? *user : *user + ":"));
    url.remove_prefix(at + 1);
  }
  const auto place = parse_host_port(url);
  if (!place) return fail("it names no host");
  proxy.host = place->host;
  proxy.port = place->port.value_or(kHttpPort);
  return proxy;
}

std::string variable(const std::map<std::string, std::string>& environment, const std::string& upper) {
  std::string lower = upper;
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  for (const auto& name : {lower, upper})
    if (const auto found = environment.find(name); found != environment.end() && !found->second.empty())
      return found->second;
  return {};
}

bool in_network(const IpAddress& address, std::string_view network) {
  const auto slash = network.find('/');
  const auto base = IpAddress::parse(network.substr(0, slash));
  if (!base || base->is_v4() != address.is_v4()) return false;
  const std::size_t whole = base->is_v4() ? 32 : 128;
  std::size_t bits = whole;
  if (slash != std::string_view::npos) {
    const std::string_view text = network.substr(slash + 1);
    if (text.empty() || text.size() > 3 ||
        !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
      return false;
    bits = static_cast<std::size_t>(std::stoi(std::string(text)));
    if (bits > whole) return false;
  }
  const std::size_t first = base->is_v4() ? 12 : 0;  // of the mapped form
  for (std::size_t bit = 0; bit < bits; ++bit) {
    const std::size_t byte = first + bit / 8;
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    if ((base->bytes()[byte] & mask) != (address.bytes()[byte] & mask)) return false;
  }
  return true;
}

bool is_direct(std::string_view item, const Host& host, std::uint16_t port) {
  if (item == "*") return true;
  if (host.address && in_network(*host.address, item)) return true;
  if (item.starts_with('*')) item.remove_prefix(1);
  if (item.starts_with('.')) item.remove_prefix(1);
  const auto place = parse_host_port(item);
  if (!place || (place->port && *place->port != port)) return false;
  if (host.address || place->host.address) return place->host.address == host.address;
  return host.text == place->host.text || host.text.ends_with("." + place->host.text);
}

Json proxy_json(const std::optional<UpstreamProxy>& proxy) {
  if (!proxy) return {};
  return Json::object(
      {{"host", proxy->host.text}, {"port", proxy->port}, {"authorization", proxy->authorization}});
}

Result<std::optional<UpstreamProxy>> proxy_from(const Json& json) {
  if (json.is_null()) return std::optional<UpstreamProxy>();
  UpstreamProxy proxy;
  TRY(proxy.host, canonical_host(json["host"].text_or("")));
  proxy.port = static_cast<std::uint16_t>(json["port"].int_or(0));
  proxy.authorization = json["authorization"].text_or("");
  return std::optional(std::move(proxy));
}

}  // namespace

std::string UpstreamProxy::text() const {
  return written(host, port);
}

std::string UpstreamProxy::request(const Host& destination, std::uint16_t destination_port) const {
  const std::string place = written(destination, destination_port);
  return "CONNECT " + place + " HTTP/1.1\r\nHost: " + place + "\r\n" +
         (authorization.empty() ? "" : "Proxy-Authorization: " + authorization + "\r\n") + "\r\n";
}

const UpstreamProxy* Upstream::find(const EgressRule& rule, const Host& host, std::uint16_t port) const {
  if (rule.kind == EgressRule::Kind::mapped || rule.private_allowed) return nullptr;
  if (host.address && place_of(*host.address) != Place::global) return nullptr;
  const auto& proxy = port == kHttpPort ? plain : secure;
  if (!proxy) return nullptr;
  const bool left_out =
      std::ranges::any_of(direct, [&](const std::string& item) { return is_direct(item, host, port); });
  return left_out ? nullptr : &*proxy;
}

Upstream upstream_from_environment(const std::map<std::string, std::string>& environment) {
  Upstream upstream;
  const auto read = [&](const std::string& name) -> std::optional<UpstreamProxy> {
    std::string from = name;
    std::string url = variable(environment, name);
    if (url.empty()) url = variable(environment, from = "ALL_PROXY");
    if (url.empty()) return std::nullopt;
    auto proxy = parse_url(url);
    if (proxy) return *std::move(proxy);
    std::string note = from + " is not used, pods dial directly: " + proxy.error().what;
    if (std::ranges::find(upstream.notes, note) == upstream.notes.end())
      upstream.notes.push_back(std::move(note));
    return std::nullopt;
  };
  upstream.secure = read("HTTPS_PROXY");
  upstream.plain = read("HTTP_PROXY");
  const std::string list = variable(environment, "NO_PROXY");
  for (const auto item : split(list, ','))
    if (const auto one = trim(item); !one.empty() && upstream.direct.size() < kNoProxyItemsMax)
      upstream.direct.emplace_back(one);
  return upstream;
}

Json to_json(const Upstream& upstream) {
  return Json::object({{"secure", proxy_json(upstream.secure)},
                       {"plain", proxy_json(upstream.plain)},
                       {"direct", Json::strings(upstream.direct)}});
}

Result<Upstream> upstream_from_json(const Json& json) {
  Upstream upstream;
  TRY(upstream.secure, proxy_from(json["secure"]));
  TRY(upstream.plain, proxy_from(json["plain"]));
  if (json["direct"].is_array())
    for (const auto& item : json["direct"].as_array())
      upstream.direct.emplace_back(item.text_or(""));
  return upstream;
}

Result<std::optional<ConnectReply>> parse_connect_reply(std::string_view bytes) {
  constexpr std::string_view kVersion = "HTTP/1.";
  constexpr std::string_view kEnd = "\r\n\r\n";
  constexpr std::size_t kStatusAt = 9;  // "HTTP/1.1 200"
  const auto end = bytes.substr(0, kConnectReplyBytesMax).find(kEnd);
  const std::size_t known = std::min(bytes.size(), kVersion.size());
  if (bytes.substr(0, known) != kVersion.substr(0, known)) return fail("its answer is no HTTP");
  if (end == std::string_view::npos) {
    if (bytes.size() >= kConnectReplyBytesMax) return fail("its answer is too long");
    return std::optional<ConnectReply>();
  }
  const auto digit = [&](std::size_t at) { return bytes[at] >= '0' && bytes[at] <= '9'; };
  if (end < kStatusAt + 3 || bytes[kStatusAt - 1] != ' ' || !digit(kStatusAt) || !digit(kStatusAt + 1) ||
      !digit(kStatusAt + 2) || (end > kStatusAt + 3 && digit(kStatusAt + 3)))
    return fail("its answer has no status");
  const int status =
      (bytes[kStatusAt] - '0') * 100 + (bytes[kStatusAt + 1] - '0') * 10 + bytes[kStatusAt + 2] - '0';
  return ConnectReply{end + kEnd.size(), status};
}

}  // namespace weir::gateway
