#include "guard/session.h"

#include "base/hash.h"

namespace weir::guard {
namespace {

constexpr std::size_t kJudgedMax = 8192;
constexpr std::size_t kIntentsMax = 1024;
constexpr std::size_t kRefusedMax = 512;

template <int Sign>
Counters combine(const Counters& a, const Counters& b) {
  return {a.calls + Sign * b.calls,     a.refusals + Sign * b.refusals, a.asks + Sign * b.asks,
          a.deletes + Sign * b.deletes, a.writes + Sign * b.writes,     a.connects + Sign * b.connects,
          a.spawns + Sign * b.spawns};
}

}  // namespace

Counters operator+(const Counters& a, const Counters& b) {
  return combine<1>(a, b);
}
Counters operator-(const Counters& a, const Counters& b) {
  return combine<-1>(a, b);
}

Json to_json(const Counters& c) {
  return Json::object({{"calls", c.calls},
                       {"refusals", c.refusals},
                       {"asks", c.asks},
                       {"deletes", c.deletes},
                       {"writes", c.writes},
                       {"connects", c.connects},
                       {"spawns", c.spawns}});
}

std::string SessionState::digest() const {
  // The canonical form of one object, its names in their order, written without the object.
  std::string text = "{\"approvals\":";
  append_canonical(text, approvals.state_json());
  append_canonical(text += ",\"counters\":", to_json(counters));
  (text += ",\"intents\":") += std::to_string(intents.size());
  (text += ",\"seq\":") += std::to_string(seq);
  (text += ",\"stopped\":") += stopped ? "true" : "false";
  append_json_string(text += ",\"workspace\":", workspace);
  text += '}';
  return digest_text(sha256(text));
}

void SessionState::remember_judged(const std::string& tool_use_id) {
  if (tool_use_id.empty() || !judged.insert(tool_use_id).second) return;
  judged_order.push_back(tool_use_id);
  if (judged_order.size() <= kJudgedMax) return;
  judged.erase(judged_order.front());
  judged_order.pop_front();
}

void SessionState::remember_intent(Intent intent) {
  if (intent.tool_use_id.empty()) return;
  intent_order.push_back(intent.tool_use_id);
  intents.insert_or_assign(intent_order.back(), std::move(intent));
  if (intent_order.size() <= kIntentsMax) return;
  intents.erase(intent_order.front());  // long gone: presumed executed
  intent_order.pop_front();
}

void SessionState::remember_refused(const std::string& call_digest, const std::string& decision) {
  if (refused.size() >= kRefusedMax && !refused.contains(call_digest)) refused.erase(refused.begin());
  refused[call_digest] = decision;
}

}  // namespace weir::guard
