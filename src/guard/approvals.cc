#include "guard/approvals.h"

#include <algorithm>

#include "base/hash.h"
#include "base/time_text.h"

namespace weir::guard {
namespace {
constexpr std::size_t kHeldMax = 256;  // per session tree; the oldest is dropped
}

Json to_json(const Approver& approver) {
  return Json::object({{"authority", approver.authority},
                       {"subject", approver.subject},
                       {"method", approver.method},
                       {"time", rfc3339(approver.time_ns)}});
}

std::string approval_id(const std::string& call_digest, const std::string& decision) {
  static constexpr char kAlphabet[] = "abcdefghjkmnpqrstuvwxyz023456789";
  const Digest digest = sha256(call_digest + "\n" + decision);
  std::string id;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == 4) id += '-';
    id += kAlphabet[digest[i] & 31];
  }
  return id;
}

void Approvals::forget_expired(std::int64_t now_ns) {
  std::erase_if(by_digest_, [&](const auto& item) { return item.second.expires_ns <= now_ns; });
  if (by_digest_.size() < kHeldMax) return;
  by_digest_.erase(std::min_element(by_digest_.begin(), by_digest_.end(), [](const auto& a, const auto& b) {
    return a.second.expires_ns < b.second.expires_ns;
  }));
}

const Held& Approvals::hold(const std::string& call_digest, const std::string& decision, std::string summary,
                            int needed, std::int64_t now_ns, std::int64_t ttl_ns) {
  forget_expired(now_ns);
  auto& held = by_digest_[call_digest];
  if (held.id.empty())
    held = {approval_id(call_digest, decision),
            call_digest,
            decision,
            std::move(summary),
            needed,
            now_ns + ttl_ns,
            {},
            false};
  held.needed = std::max(held.needed, needed);
  return held;
}

const Held* Approvals::find(const std::string& id) const {
  for (const auto& [digest, held] : by_digest_)
    if (held.id == id) return &held;
  return nullptr;
}

Status Approvals::approve(const std::string& id, const Approver& approver, std::int64_t now_ns) {
  forget_expired(now_ns);
  auto* held = const_cast<Held*>(find(id));
  if (held == nullptr)
    return fail(ErrorCode::not_found, "no call is held under this id; it may have expired", id,
                "see the open ones with `weir approve --list`");
  if (held->denied) return fail(ErrorCode::denied, "this call was answered no already", id);
  for (const auto& earlier : held->approvers)
    if (earlier.authority == approver.authority && earlier.subject == approver.subject) {
      if (held->needed > 1)
        return fail(ErrorCode::denied,
                    "the policy wants " + std::to_string(held->needed) +
                        " different people and this one has approved already",
                    id, "let another person approve");
      return {};
    }
  held->approvers.push_back(approver);
  return {};
}

Status Approvals::deny(const std::string& id, std::int64_t now_ns) {
  forget_expired(now_ns);
  auto* held = const_cast<Held*>(find(id));
  if (held == nullptr)
    return fail(ErrorCode::not_found, "no call is held under this id; it may have expired", id);
  held->denied = true;
  return {};
}

std::optional<event::ApprovalUse> Approvals::consume(const std::string& call_digest, std::int64_t now_ns) {
  forget_expired(now_ns);
  const auto it = by_digest_.find(call_digest);
  if (it == by_digest_.end() || it->second.denied) return std::nullopt;
  if (static_cast<int>(it->second.approvers.size()) < it->second.needed) return std::nullopt;
  event::ApprovalUse use{it->second.id, {}};
  for (const auto& approver : it->second.approvers)
    use.approvers.push_back(to_json(approver));
  by_digest_.erase(it);
  return use;
}

std::int64_t Approvals::given(const std::string& call_digest, std::int64_t now_ns) const {
  const auto it = by_digest_.find(call_digest);
  if (it == by_digest_.end() || it->second.denied || it->second.expires_ns <= now_ns) return 0;
  return static_cast<std::int64_t>(it->second.approvers.size());
}

bool Approvals::is_denied(const std::string& call_digest, std::int64_t now_ns) const {
  const auto it = by_digest_.find(call_digest);
  return it != by_digest_.end() && it->second.denied && it->second.expires_ns > now_ns;
}

std::vector<Held> Approvals::open(std::int64_t now_ns) const {
  std::vector<Held> list;
  for (const auto& [digest, held] : by_digest_)
    if (!held.denied && held.expires_ns > now_ns) list.push_back(held);
  return list;
}

Json Approvals::state_json() const {
  Json list = Json::array();
  for (const auto& [digest, held] : by_digest_)
    list.push(Json::object({{"digest", digest},
                            {"id", held.id},
                            {"needed", held.needed},
                            {"have", static_cast<std::uint64_t>(held.approvers.size())},
                            {"denied", held.denied}}));
  return list;
}

}  // namespace weir::guard
