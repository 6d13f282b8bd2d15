// The state of one session tree: everything a later Decision may depend on. It changes only through events,
// so it can be rebuilt from the record.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "base/json.h"
#include "guard/approvals.h"
#include "guard/running_calls.h"

namespace weir::guard {

struct GuardOptions {
  std::string home;         // the user's home directory, for "~" and path classes
  std::string workspace;    // fixed workspace; "": found out from the first working directory
  std::string weir_state;   // this installation's state directory: PathClass weir and weir-state
  std::string weir_config;  // and its settings: PathClass weir
  std::int64_t approval_ttl_ns = std::int64_t{15} * 60 * 1'000'000'000;
};

// What policies may budget on. Counted when a call is released, taken back only when it is known not to have
// run.
struct Counters {
  std::int64_t calls = 0;     // tool calls judged
  std::int64_t refusals = 0;  // refused calls, asks not counted
  std::int64_t asks = 0;
  std::int64_t deletes = 0;   // file.delete actions released
  std::int64_t writes = 0;    // file.write actions released
  std::int64_t connects = 0;  // net.connect actions released
  std::int64_t spawns = 0;    // sub-agents started
  bool operator==(const Counters&) const = default;
};
Counters operator+(const Counters& a, const Counters& b);
Counters operator-(const Counters& a, const Counters& b);
Json to_json(const Counters& counters);

// A released call that is presumed running until its result comes.
struct Intent {
  std::string tool_use_id;
  std::string decision;
  Counters reserved;
};

struct SessionState {
  std::uint64_t seq = 0;
  std::string root;
  std::string workspace;        // "" until known; a home or "/" is never one
  std::int64_t started_ns = 0;  // wall time of the first event
  Counters counters;
  bool stopped = false;  // kill switch or quarantine: nothing runs any more
  std::string stop_reason;
  std::map<std::string, Intent> intents;  // by tool_use_id; bounded
  std::deque<std::string> intent_order;
  RunningCalls running;          // the same calls as connections are held against them
  std::set<std::string> judged;  // tool_use_ids that came through a gating hook; bounded
  std::deque<std::string> judged_order;
  std::map<std::string, std::string> refused;  // call digest → the Decision that refused or held it; bounded
  Approvals approvals;

  // Digest of what a Decision reads, as it was before the Decision.
  std::string digest() const;

  void remember_judged(const std::string& tool_use_id);
  void remember_intent(Intent intent);
  void remember_refused(const std::string& call_digest, const std::string& decision);
};

}  // namespace weir::guard
