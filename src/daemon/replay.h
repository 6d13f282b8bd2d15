// Recorded sessions through the guard again: to rebuild state after a restart, to prove determinism, to try a
// policy on history.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "event/decision.h"
#include "guard/guard.h"
#include "store/query.h"
#include "store/store.h"

namespace weir::daemon {

// One stored record of a tree with its body, in order of recording.
struct StoredRecord {
  store::RecordKind kind;
  Json envelope;
  Json body;  // null when there is none or it was erased
  bool erased = false;
};

// All records of a session tree. Bodies that were erased come marked.
Result<std::vector<StoredRecord>> load_tree(const store::Store& store, store::Query& query,
                                            const std::string& root);

// The records at these places, in this order: for readers that have no index, or one that lags behind.
Result<std::vector<StoredRecord>> load_records(const store::Store& store,
                                               std::span<const store::Position> positions);

struct Redecided {
  std::string decision;  // id
  std::string event;
  std::string tool;
  std::string recorded;  // canonical record as it was stored
  std::string replayed;  // canonical record now
  event::Verdict was;
  event::Verdict now;
  bool same_pack = false;  // decided under the pack in use now
  bool erased = false;     // cannot be replayed: its content was erased
};

// One event that the guard has just noted or decided again.
struct ReplayStep {
  const event::Event& event;               // with its content
  const event::Decision* again = nullptr;  // of a judged one, as it comes out now
  const Json* recorded = nullptr;          // of a judged one, as it was recorded
};

// Feeds the records to `guard` and tells of each Decision, and of each event when its turn has come. Returns
// how many Decisions were made again.
Result<std::size_t> replay_records(const std::vector<StoredRecord>& records, guard::Guard& guard,
                                   const std::function<void(const Redecided&)>& on_decision,
                                   const std::function<void(const ReplayStep&)>& on_step = {});

}  // namespace weir::daemon
