// Held calls and the answers people give them.
//
// An approval is bound to the digest of the whole call, so it lets exactly that call pass, once, until it
// expires. The id a person types is short and derived from the digest and the Decision that asked. Pure:
// times and answers come in as values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "event/decision.h"

namespace weir::guard {

struct Approver {
  std::string authority;  // "local-pin", later "oidc:…"
  std::string subject;    // who: "uid:1000"
  std::string method;     // "pin"
  std::int64_t time_ns = 0;
  bool operator==(const Approver&) const = default;
};
Json to_json(const Approver& approver);

struct Held {
  std::string id;  // "k7f2-9qmd"
  std::string call_digest;
  std::string decision;  // the Decision that asked
  std::string summary;   // one line for people: tool and reason
  int needed = 1;        // distinct approvers
  std::int64_t expires_ns = 0;
  std::vector<Approver> approvers;
  bool denied = false;
};

class Approvals {
 public:
  // Registers an ask; the same call held again keeps its id and its answers.
  const Held& hold(const std::string& call_digest, const std::string& decision, std::string summary,
                   int needed, std::int64_t now_ns, std::int64_t ttl_ns);

  // A person's answer. Errors: not_found (unknown or expired id), denied (already answered no, same subject
  // twice).
  Status approve(const std::string& id, const Approver& approver, std::int64_t now_ns);
  Status deny(const std::string& id, std::int64_t now_ns);

  // The approval that lets this call pass, consumed by the call; none when missing, incomplete, expired or
  // denied.
  std::optional<event::ApprovalUse> consume(const std::string& call_digest, std::int64_t now_ns);
  // How many people have approved this call; 0 when it is not held, was denied or has expired.
  std::int64_t given(const std::string& call_digest, std::int64_t now_ns) const;
  bool is_denied(const std::string& call_digest, std::int64_t now_ns) const;

  const Held* find(const std::string& id) const;
  std::vector<Held> open(std::int64_t now_ns) const;
  Json state_json() const;

 private:
  void forget_expired(std::int64_t now_ns);
  std::map<std::string, Held> by_digest_;
};

// 8 characters of a 32-letter alphabet without look-alikes, in two groups: 40 bits.
std::string approval_id(const std::string& call_digest, const std::string& decision);

}  // namespace weir::guard
