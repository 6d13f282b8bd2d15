#include "gateway/credential.h"

#include <algorithm>

#include "base/bytes.h"
#include "gateway/gateway_limits.h"
#include "gateway/placeholder.h"
#include "gateway/request_scope.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kFieldBytesMax = 128;
constexpr std::string_view kHeader = "header:";
constexpr std::string_view kAws = "aws-sigv4";

bool is_name_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("._-").contains(c);
}

bool is_name(std::string_view text, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && std::ranges::all_of(text, is_name_byte);
}

// Fields that decide where a request goes or ends carry no credential.
bool is_structural(std::string_view field) {
  for (const char* one : {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te",
                          "trailer", "expect", "range", "accept-encoding", "proxy-authorization"})
    if (field == one) return true;
  return false;
}

void write_list(WireWriter& out, const std::vector<std::string>& list) {
  out.number(list.size());
  for (const auto& one : list)
    out.text(one);
}

std::vector<std::string> read_list(WireReader& in) {
  std::vector<std::string> list;
  for (std::size_t left = in.items(limits::kCredentialListMax); left > 0; --left)
    list.push_back(in.text());
  return list;
}

}  // namespace

Result<CredentialPlace> parse_credential_place(std::string_view text) {
  using Kind = CredentialPlace::Kind;
  if (text == "usual") return CredentialPlace{};
  if (text == "bearer") return CredentialPlace{.kind = Kind::bearer};
  if (text == "basic") return CredentialPlace{.kind = Kind::basic};
  if (text.starts_with(kHeader)) {
    CredentialPlace place{.kind = Kind::header, .field = to_lower_ascii(text.substr(kHeader.size()))};
    if (is_name(place.field, kFieldBytesMax) && !is_structural(place.field)) return place;
    return fail("no header field that can carry a credential", printable(text, 100),
                "for example header:X-Api-Key");
  }
  if (text == kAws) return CredentialPlace{.kind = Kind::aws_sigv4};
  if (text.starts_with(kAws) && text[kAws.size()] == ':') {
    const auto parts = split(text.substr(kAws.size() + 1), '/');
    if (parts.size() == 2 && is_name(parts[0], kNameBytesMax) && is_name(parts[1], kNameBytesMax))
      return CredentialPlace{
          .kind = Kind::aws_sigv4, .region = std::string(parts[0]), .service = std::string(parts[1])};
  }
  return fail("no place of a request", printable(text, 100),
              "usual, bearer, basic, header:NAME or aws-sigv4[:REGION/SERVICE]");
}

std::string text_of(const CredentialPlace& place) {
  switch (place.kind) {
    case CredentialPlace::Kind::usual:
      return "usual";
    case CredentialPlace::Kind::bearer:
      return "bearer";
    case CredentialPlace::Kind::basic:
      return "basic";
    case CredentialPlace::Kind::header:
      return std::string(kHeader) + place.field;
    case CredentialPlace::Kind::aws_sigv4:
      break;
  }
  return std::string(kAws) + (place.region.empty() ? "" : ":" + place.region + "/" + place.service);
}

bool CredentialScope::means(const Host& host, std::uint16_t port) const {
  return std::ranges::any_of(hosts, [&](const EgressRule& rule) { return covers(rule, host, port); });
}

std::optional<std::string_view> CredentialScope::wrong_place(const CredentialRequest& request) const {
  bool loopback = false;
  bool meant = false;
  for (const auto& rule : hosts) {
    if (!covers(rule, request.host, request.port)) continue;
    meant = true;
    loopback |= rule.kind == EgressRule::Kind::mapped;
  }
  if (!meant) return "another host";
  if (!request.secure && !plain && !loopback) return "plain HTTP";
  if (!any_method(methods, request.method)) return "another method";
  if (!any_path_matches(paths, request.path)) return "another path";
  return std::nullopt;
}

std::optional<AwsKeys> aws_keys(std::string_view value) {
  const auto parts = split(value, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  const AwsKeys keys{parts[0], parts[1], parts.size() == 3 ? parts[2] : std::string_view()};
  if (keys.id.empty() || keys.secret.empty()) return std::nullopt;
  return keys;
}

Result<std::string> placeholder_for(const CredentialPlace& place, std::string_view value) {
  if (place.kind != CredentialPlace::Kind::aws_sigv4) return make_placeholder(value);
  if (!aws_keys(value)) return fail("a credential of AWS is ID:SECRET or ID:SECRET:SESSION_TOKEN");
  std::string out;
  for (const auto part : split(value, ':')) {
    TRY(const std::string one, make_placeholder(part));
    out += (out.empty() ? "" : ":") + one;
  }
  return out;
}

void write(WireWriter& out, const CredentialScope& scope) {
  out.number(scope.hosts.size());
  for (const auto& one : scope.hosts)
    out.flag(one.private_allowed).text(one.text);
  write_list(out, scope.methods);
  write_list(out, scope.paths);
  out.flag(scope.plain).text(text_of(scope.place));
}

Result<CredentialScope> read_credential_scope(WireReader& in) {
  CredentialScope scope;
  for (std::size_t left = in.items(limits::kCredentialListMax); left > 0; --left) {
    const bool is_private = in.flag();
    const std::string text = in.text();
    TRY(EgressRule rule, is_private ? parse_allow_private(text) : parse_allow_tls(text));
    scope.hosts.push_back(std::move(rule));
  }
  scope.methods = read_list(in);
  scope.paths = read_list(in);
  scope.plain = in.flag();
  TRY(scope.place, parse_credential_place(in.text()));
  return scope;
}

bool is_credential_name(std::string_view name) {
  return is_name(name, kNameBytesMax) && name != "." && name != "..";
}

}  // namespace weir::gateway
