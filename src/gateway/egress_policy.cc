#include "gateway/egress_policy.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kTlsPort = 443;

std::unexpected<Error> wrong(const char* what, std::string_view text, std::string hint) {
  return fail(what, printable(text, 100), std::move(hint));
}

bool is_loopback(const Host& host) {
  return host.address ? place_of(*host.address) == Place::loopback : host.text == "localhost";
}

Status check_not_a_url(std::string_view text) {
  if (text.contains('/') || text.contains('@'))
    return wrong("a destination is HOST[:PORT], not a URL", text,
                 "for example api.example.org or git.example.org:22");
  return {};
}

// What a rule without wildcard says; ports and protocol follow from whether a port is named.
Result<EgressRule> read_rule(std::string_view text) {
  TRY_STATUS(check_not_a_url(text));
  TRY(HostPort parsed, parse_host_port(text));
  EgressRule rule;
  rule.text = std::string(text);
  rule.host = std::move(parsed.host);
  rule.kind = rule.host.address ? EgressRule::Kind::address : EgressRule::Kind::name;
  if (parsed.port)
    rule.ports = {*parsed.port};
  else
    rule.ports = {kHttpPort, kTlsPort};
  rule.any_protocol = parsed.port && *parsed.port != kHttpPort && *parsed.port != kTlsPort;
  if (is_loopback(rule.host)) {
    if (!parsed.port)
      return wrong("the host's own loopback is opened one port at a time", text, rule.text + ":PORT");
    rule.kind = EgressRule::Kind::mapped;
    rule.any_protocol = true;
  }
  return rule;
}

Result<EgressRule> read_suffix(std::string_view text) {
  TRY(EgressRule rule, read_rule(text.substr(2)));
  rule.text = std::string(text);
  if (rule.kind != EgressRule::Kind::name || !rule.host.text.contains('.'))
    return wrong("a wildcard stands before a name of at least two labels", text, "*.example.org");
  rule.kind = EgressRule::Kind::suffix;
  return rule;
}

// Places that no rule opens for an address that a person wrote out.
Status check_literal(const EgressRule& rule, bool private_allowed) {
  if (rule.kind != EgressRule::Kind::address) return {};
  const Place place = place_of(*rule.host.address);
  if (place == Place::multicast || place == Place::reserved || place == Place::tunnel)
    return wrong("nothing is reached at such an address", rule.text, "it is " + std::string(name(place)));
  if (!private_allowed && (place == Place::metadata || place == Place::link_local))
    return wrong("an address of the machine's own surroundings", rule.text,
                 "if it must be reached: --allow-private HOST:PORT");
  return {};
}

bool has_port(const EgressRule& rule, std::uint16_t port) {
  return std::ranges::find(rule.ports, port) != rule.ports.end();
}

bool names(const EgressRule& rule, const Host& host) {
  if (rule.kind == EgressRule::Kind::mapped)
    return host == rule.host ||
           (rule.host.text == "localhost" && (host.text == "127.0.0.1" || host.text == "::1"));
  if (rule.kind != EgressRule::Kind::suffix) return host == rule.host;
  return !host.address && host.text.size() > rule.host.text.size() + 1 &&
         host.text.ends_with(rule.host.text) &&
         host.text[host.text.size() - rule.host.text.size() - 1] == '.';
}

Result<std::uint64_t> read_limit(const Json& json, std::string_view key) {
  const std::int64_t value = json["limits"][key].int_or(0);
  if (value < 0) return fail("a limit is below 0", std::string(key));
  return static_cast<std::uint64_t>(value);
}

Status read_rules(const Json& list, Result<EgressRule> (*parse)(std::string_view), EgressPolicy& policy) {
  if (!list.is_array()) return fail("the rules of an egress policy are a list");
  for (const auto& item : list.as_array()) {
    TRY(EgressRule rule, parse(item.text_or("")));
    policy.rules.push_back(std::move(rule));
  }
  return {};
}

}  // namespace

Result<EgressRule> parse_allow(std::string_view text) {
  if (text.starts_with("*.")) return read_suffix(text);
  if (text.contains('*'))
    return wrong("a wildcard stands for whole labels at the front", text, "*.example.org");
  TRY(EgressRule rule, read_rule(text));
  TRY_STATUS(check_literal(rule, false));
  return rule;
}

Result<EgressRule> parse_allow_private(std::string_view text) {
  if (text.contains('*'))
    return wrong("private destinations are named one by one", text, "HOST:PORT without a wildcard");
  TRY(EgressRule rule, read_rule(text));
  if (rule.ports.size() != 1) return wrong("a private destination needs a port", text, rule.text + ":PORT");
  TRY_STATUS(check_literal(rule, true));
  rule.private_allowed = true;
  return rule;
}

Result<EgressRule> parse_allow_tls(std::string_view text) {
  TRY(EgressRule rule, parse_allow(text));
  if (rule.ports.size() == 1) return rule;
  const bool six = rule.host.address && !rule.host.address->is_v4();
  return parse_allow((six ? "[" + rule.host.text + "]" : std::string(text)) + ":" + std::to_string(kTlsPort));
}

std::vector<IpAddress> loopback_addresses(const EgressRule& rule) {
  if (rule.kind != EgressRule::Kind::mapped) return {};
  if (rule.host.address) return {*rule.host.address};
  return {IpAddress::parse("127.0.0.1").value(), IpAddress::parse("::1").value()};
}

std::string_view name(Refusal refusal) {
  switch (refusal) {
    case Refusal::host_not_allowed:
      return "host_not_allowed";
    case Refusal::port_not_allowed:
      return "port_not_allowed";
    case Refusal::bad_host:
      return "bad_host";
    case Refusal::address_not_allowed:
      return "address_not_allowed";
    case Refusal::other_name:
      return "other_name";
    case Refusal::no_name:
      return "no_name";
    case Refusal::hidden_name:
      return "hidden_name";
    case Refusal::protocol:
      return "protocol";
    case Refusal::too_much:
      return "too_much";
    case Refusal::unsupervised:
      return "unsupervised";
    case Refusal::not_agreed:
      return "not_agreed";
    case Refusal::request_not_allowed:
      return "request_not_allowed";
    case Refusal::misused_credential:
      return "misused_credential";
    case Refusal::ended_credential:
      return "ended_credential";
    case Refusal::bad_answer:
      return "bad_answer";
  }
  return "protocol";
}

bool covers(const EgressRule& rule, const Host& host, std::uint16_t port) {
  return names(rule, host) && has_port(rule, port);
}

Result<InspectRule> parse_inspect(std::string_view text) {
  const auto words = split(text, ' ');
  if (words.size() != 1 && words.size() != 3)
    return wrong("an inspected host is HOST[:PORT], or HOST[:PORT] METHODS PATH", text,
                 "for example 'api.example.org GET,HEAD /repos/*'");
  InspectRule rule;
  TRY(rule.where, parse_allow_tls(words[0]));
  rule.text = std::string(text);
  if (words.size() == 1) return rule;
  const bool named = std::ranges::all_of(words[1], [](char c) { return (c >= 'A' && c <= 'Z') || c == ','; });
  if (words[1] != "*" && (!named || words[1].empty()))
    return wrong("methods are written GET,HEAD,... or *", text, "in capital letters");
  if (words[1] != "*")
    for (const auto method : split(words[1], ','))
      rule.methods.emplace_back(method);
  if (!words[2].starts_with('/') || words[2].size() > limits::kPathBytesMax)
    return wrong("a path begins with /", text, "for example /repos/*");
  rule.path = std::string(words[2]);
  return rule;
}

Verdict EgressPolicy::find(const Host& host, std::uint16_t port) const {
  Verdict verdict;
  for (const auto& rule : rules) {
    if (!names(rule, host)) continue;
    // The rule that allows most wins: the order on the command line means nothing.
    if (!has_port(rule, port))
      verdict.refusal = Refusal::port_not_allowed;
    else if (verdict.rule == nullptr || rule.private_allowed > verdict.rule->private_allowed)
      verdict.rule = &rule;
  }
  return verdict;
}

bool EgressPolicy::has_name(std::string_view canonical_name) const {
  const Host host{std::string(canonical_name), std::nullopt};
  return std::ranges::any_of(rules, [&](const EgressRule& rule) {
    return rule.kind != EgressRule::Kind::mapped && names(rule, host);
  });
}

std::optional<std::string> wrong_place(const EgressRule& rule, const IpAddress& address, bool own) {
  const Place place = place_of(address);
  if (rule.kind == EgressRule::Kind::mapped)
    return place == Place::loopback ? std::nullopt : std::optional<std::string>(name(place));
  // Who writes an address has seen what it is; parse has looked at its place.
  if (rule.kind == EgressRule::Kind::address)
    return rule.host.address == address ? std::nullopt : std::optional<std::string>("another address");
  if (place == Place::global && own && !rule.private_allowed) return "this machine's own address";
  if (place == Place::global) return std::nullopt;
  if (rule.private_allowed && (place == Place::private_net || place == Place::shared)) return std::nullopt;
  return std::string(name(place));
}

Json to_json(const EgressPolicy& policy) {
  Json json = Json::object({{"allow", Json::array()}, {"allow_private", Json::array()}});
  for (const auto& rule : policy.rules)
    json.find(rule.private_allowed ? "allow_private" : "allow")->push(rule.text);
  json.set("inspect", Json::array());
  for (const auto& rule : policy.inspected)
    json.find("inspect")->push(rule.text);
  json.set("limits", Json::object({{"sent", policy.limits.sent_bytes},
                                   {"sent_each", policy.limits.sent_each_bytes},
                                   {"received", policy.limits.received_bytes},
                                   {"received_each", policy.limits.received_each_bytes}}));
  json.set("supervised", policy.supervised);
  json.set("upstream", to_json(policy.upstream));
  return json;
}

Result<EgressPolicy> egress_policy_from_json(const Json& json) {
  EgressPolicy policy;
  TRY_STATUS(read_rules(json["allow"], parse_allow, policy));
  TRY_STATUS(read_rules(json["allow_private"], parse_allow_private, policy));
  policy.supervised = json["supervised"].bool_or(false);
  if (json.has("upstream")) {
    TRY(policy.upstream, upstream_from_json(json["upstream"]));
  }
  if (json["inspect"].is_array())
    for (const auto& item : json["inspect"].as_array()) {
      TRY(InspectRule rule, parse_inspect(item.text_or("")));
      policy.inspected.push_back(std::move(rule));
    }
  TRY(policy.limits.sent_bytes, read_limit(json, "sent"));
  TRY(policy.limits.sent_each_bytes, read_limit(json, "sent_each"));
  TRY(policy.limits.received_bytes, read_limit(json, "received"));
  TRY(policy.limits.received_each_bytes, read_limit(json, "received_each"));
  return policy;
}

Result<std::vector<ListenerPlan>> plan_listeners(const EgressPolicy& policy) {
  using Kind = ListenerPlan::Kind;
  if (policy.rules.size() > limits::kRulesMax)
    return fail(ErrorCode::limit, "more than 256 destinations are allowed");
  if (policy.inspected.size() > limits::kInspectRulesMax)
    return fail(ErrorCode::limit, "more than 256 rules for inspected hosts");
  std::set<std::uint16_t> everywhere;
  std::set<std::pair<std::string, std::uint16_t>> mapped;
  for (const auto& rule : policy.rules)
    for (const auto port : rule.ports) {
      if (port == kDnsPort || port == kProxyPort || port == kSocksPort)
        return wrong("inside the pod this port is the egress proxy's own", rule.text,
                     "ports 53, 1080 and 3128 cannot be allowed");
      if (rule.kind != EgressRule::Kind::mapped)
        everywhere.insert(port);
      else
        for (const auto& address : loopback_addresses(rule))
          mapped.emplace(address.text(), port);
    }
  std::vector<ListenerPlan> plan = {
      {Kind::dns_udp, "0.0.0.0", kDnsPort},   {Kind::dns_udp, "::", kDnsPort},
      {Kind::dns_tcp, "0.0.0.0", kDnsPort},   {Kind::dns_tcp, "::", kDnsPort},
      {Kind::proxy, "127.0.0.1", kProxyPort}, {Kind::socks, "127.0.0.1", kSocksPort}};
  for (const auto port : everywhere)
    for (const char* address : {"0.0.0.0", "::"})
      plan.push_back({Kind::transparent, address, port});
  for (const auto& [address, port] : mapped)
    if (!everywhere.contains(port)) plan.push_back({Kind::transparent, address, port});
  if (everywhere.size() + mapped.size() > limits::kPortsMax)
    return fail(ErrorCode::limit, "more than 64 ports are allowed");
  return plan;
}

}  // namespace weir::gateway
