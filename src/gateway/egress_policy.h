// Which destinations a pod may reach. Values only: what the person wrote becomes rules, and every way out
// (transparent, CONNECT, SOCKS5, DNS) asks the same find() and the same wrong_place().
//
//   TRY(EgressRule rule, parse_allow("*.example.org"));     // ports 80 and 443
//   TRY(EgressRule model, parse_allow("localhost:11434"));  // the host's loopback, this one port, mapped in
//   EgressPolicy policy{.rules = {rule, model}};
//   const Verdict verdict = policy.find(host, 443);
//   if (verdict.rule == nullptr) … verdict.refusal …
//
// What may be written:
//   HOST              a name or a public or private address, ports 80 and 443
//   HOST:PORT         this port only; other than 80 and 443 also protocols that are neither TLS nor HTTP
//   *.SUFFIX[:PORT]   every name below SUFFIX, not SUFFIX itself
//   localhost:PORT, 127.x.y.z:PORT, [::1]:PORT   this endpoint of the host's own loopback
// A name's addresses must be public. parse_allow_private takes HOST:PORT whose name may lead to private or
// shared addresses, or an address of any place but loopback, multicast and reserved ones. parse_inspect is
// for hosts whose requests are looked at inside TLS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "gateway/egress_rule.h"
#include "gateway/upstream_proxy.h"

namespace weir::gateway {

// Errors say what is wrong and what would be right.
Result<EgressRule> parse_allow(std::string_view text);
Result<EgressRule> parse_allow_private(std::string_view text);
// As parse_allow, but port 443 alone where none is named.
Result<EgressRule> parse_allow_tls(std::string_view text);

// Where a mapped rule leads on the host, and where it is found in the pod: "localhost" is 127.0.0.1 and ::1.
std::vector<IpAddress> loopback_addresses(const EgressRule& rule);

// Bytes above the transport, 0: no limit. `each` is for all that one rule allows: a rule for *.example.org
// has one budget, however many names are used.
struct EgressLimits {
  std::uint64_t sent_bytes = 0;
  std::uint64_t sent_each_bytes = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t received_each_bytes = 0;
  bool operator==(const EgressLimits&) const = default;
};

// What may be asked of a host inside TLS, whose connections the proxy then opens (docs/egress.md):
//   HOST[:PORT]                       everything is looked at, nothing more refused; port 443 unless one is
//   named HOST[:PORT] METHODS PATH          only these: "GET,HEAD" or "*", and a path whose "*" stands for
//   any text
// Several rules of a host: one of them must allow it.
struct InspectRule {
  EgressRule where;
  std::vector<std::string> methods;  // empty: every method
  std::string path;                  // empty: every path
  std::string text;                  // as it was written
};
Result<InspectRule> parse_inspect(std::string_view text);

// Why something was refused. The words of name() are in the record and in --json.
enum class Refusal {
  host_not_allowed,     // no rule has this host
  port_not_allowed,     // a rule has the host, not the port
  bad_host,             // no host that has one meaning
  address_not_allowed,  // resolved to a place that the rule does not allow
  other_name,           // SNI or Host says another name than the one that was allowed
  no_name,              // neither SNI nor Host
  hidden_name,          // encrypted ClientHello
  protocol,             // a protocol, method or upgrade that cannot be checked
  too_much,             // a byte budget is used up
  unsupervised,         // nobody made the connection known: not made by connect(2), or not by the supervisor
  not_agreed,           // the supervisor was asked and refused
  request_not_allowed,  // method or path, of an inspected host
  misused_credential,   // a placeholder where it does not belong
  ended_credential,     // revoked or expired
  bad_answer,           // of an inspected host, which cannot be checked
};
std::string_view name(Refusal refusal);

struct Verdict {
  const EgressRule* rule = nullptr;  // of the policy; null: refused
  Refusal refusal = Refusal::host_not_allowed;
};

// Does the rule mean this host at this port?
bool covers(const EgressRule& rule, const Host& host, std::uint16_t port);

struct EgressPolicy {
  std::vector<EgressRule> rules;
  std::vector<InspectRule> inspected;  // each has its destination among `rules`, too
  EgressLimits limits;
  Upstream upstream;        // how the internet is reached
  bool supervised = false;  // nothing goes out that the pod's supervisor has not made known (egress_link.h)

  Verdict find(const Host& host, std::uint16_t port) const;
  bool has_name(std::string_view canonical_name) const;  // at any port: what DNS answers
};

// May this address be dialled for the rule? None, or the place that is not allowed. `own`: it is one of this
// machine's own addresses, where its other services listen.
std::optional<std::string> wrong_place(const EgressRule& rule, const IpAddress& address, bool own);

// {"allow": [TEXT...], "allow_private": [TEXT...], "inspect": [TEXT...], "limits": {...}, "supervised":
// BOOL, "upstream": {...}}: for the process that enforces it, and nobody else (it holds the credentials of a
// proxy).
Json to_json(const EgressPolicy& policy);
Result<EgressPolicy> egress_policy_from_json(const Json& json);

// Where the pod must listen for this policy; everything else in it is refused by the kernel at once.
struct ListenerPlan {
  enum class Kind { dns_udp, dns_tcp, proxy, socks, transparent };
  Kind kind = Kind::transparent;
  std::string address;  // "0.0.0.0" and "::" take what was sent to any address
  std::uint16_t port = 0;
};
inline constexpr std::uint16_t kProxyPort = 3128;
inline constexpr std::uint16_t kSocksPort = 1080;
inline constexpr std::uint16_t kDnsPort = 53;

// Errors: `limit` (kRulesMax, kPortsMax), `invalid` (a rule for a port that the pod's own services have).
Result<std::vector<ListenerPlan>> plan_listeners(const EgressPolicy& policy);

}  // namespace weir::gateway
