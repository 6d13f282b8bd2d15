#include "daemon/replay.h"

#include <algorithm>
#include <map>

#include "daemon/records.h"

namespace weir::daemon {
namespace {

namespace kind = event::kind;

// The parts of a Decision that were supplied from outside.
guard::Supplied supplied_from(const Json& record) {
  guard::Supplied supplied;
  supplied.decision_id = record["id"].text_or("");
  supplied.mode = record["mode"].text_or("") == "observe" ? guard::Mode::observe : guard::Mode::enforce;
  supplied.level_requested = record["level"]["requested"].text_or("");
  supplied.level_verified = record["level"]["verified"].text_or("");
  supplied.isolation = record["isolation"].text_or("");
  supplied.build = record["digests"]["build"].text_or("");
  return supplied;
}

// Events wait here for their answers and their Decision.
struct Pending {
  event::Event event;
  Observed observed;
};

class Replayer {
 public:
  Replayer(guard::Guard& guard, const std::function<void(const Redecided&)>& on_decision,
           const std::function<void(const ReplayStep&)>& on_step)
      : guard_(guard), on_decision_(on_decision), on_step_(on_step) {}

  Status feed(const StoredRecord& record) {
    if (record.kind == store::RecordKind::event) return event(record);
    if (record.kind == store::RecordKind::decision) return decision(record);
    return {};
  }
  // An event and its Decision are recorded together: one without is one that wanted no verdict.
  void note_undecided() {
    for (const auto& [id, waiting] : pending_)
      note(waiting.event);
    pending_.clear();
  }
  std::size_t count() const { return count_; }

 private:
  void note(const event::Event& event) {
    guard_.note(event);
    if (on_step_) on_step_({event});
  }

  Status event(const StoredRecord& record) {
    TRY(event::Event event, event::event_from_envelope(record.envelope));
    event.body = record.body;
    event.body_ref = {};
    const std::uint64_t recorded_seq = event.seq;
    const bool plan = guard::is_plan(event);
    if (event.kind != kind::kObservation || plan) note_undecided();
    guard_.admit(event);
    if (event.seq != recorded_seq && recorded_seq != 0)
      return fail(ErrorCode::corrupt,
                  "the session's record has a hole before event " + std::to_string(recorded_seq), event.id);
    if (event.kind == kind::kObservation && !plan) {
      const auto it = pending_.find(std::string(event.data["for"].text_or("")));
      if (it != pending_.end()) it->second.observed = observed_from(event.body);
    } else if (event.kind == kind::kApproval) {
      (void)guard_.answer(event);
    } else if (event.kind == kind::kToolCall || event.kind == kind::kConfigChange ||
               event.kind == kind::kPrompt || event.kind == kind::kLifecycle ||
               event.kind == kind::kConnection || event.kind == kind::kProgram ||
               event.kind == kind::kOffered) {
      // Its Decision, if it had one, comes as the next record.
      std::string id = event.id;
      pending_.insert_or_assign(std::move(id), Pending{std::move(event), {}});
    } else {
      note(event);
    }
    return {};
  }

  Status decision(const StoredRecord& record) {
    Redecided result;
    result.decision = record.envelope["id"].text_or("");
    result.event = record.envelope["event"].text_or("");
    result.tool = record.envelope["tool"].text_or("");
    result.was = event::verdict_from(record.envelope["verdict"].text_or("")).value_or(event::Verdict::deny);
    result.erased = record.erased;
    const auto it = pending_.find(result.event);
    if (record.erased || it == pending_.end()) {
      if (it != pending_.end()) pending_.erase(it);
      result.erased = true;
      result.now = result.was;
      if (on_decision_) on_decision_(result);
      return {};
    }
    guard::Supplied supplied = supplied_from(record.body);
    supplied.anomalies = std::move(it->second.observed.anomalies);
    supplied.carried = std::move(it->second.observed.carried);
    const auto again = guard_.decide(it->second.event, it->second.observed.answers, supplied);
    if (on_step_) on_step_({it->second.event, &again, &record.body});
    pending_.erase(it);
    ++count_;
    if (!on_decision_) return {};
    result.recorded = canonical(record.body);
    result.replayed = canonical(event::to_json(again));
    result.now = again.verdict;
    result.same_pack = record.body["digests"]["pack"].text_or("") == guard_.pack().policy_digest() &&
                       record.body["digests"]["content"].text_or("") == guard_.pack().content_digest();
    on_decision_(result);
    return {};
  }

  guard::Guard& guard_;
  const std::function<void(const Redecided&)>& on_decision_;
  const std::function<void(const ReplayStep&)>& on_step_;
  std::map<std::string, Pending> pending_;
  std::size_t count_ = 0;
};

}  // namespace

namespace {

// Every record of the tree that the index knows, in order of recording.
Result<std::vector<store::Record>> records_of(const store::Store& store, store::Query& query,
                                              const std::string& root) {
  constexpr std::size_t kPage = store::Query::kCountMax;
  std::vector<store::Record> records;
  for (std::uint64_t from = 0;;) {
    TRY(auto page, query.events(root, from, kPage, true));
    const bool last = page.size() < kPage;
    if (!page.empty()) from = page.back().seq + 1;
    for (auto& record : page)
      records.push_back(std::move(record));
    if (last) break;
  }
  store::RecordReader reader(store);
  store::DecisionFilter filter;
  filter.root = root;
  filter.count_max = kPage;
  while (true) {
    TRY(const auto page, query.decisions(filter));
    for (const auto& summary : page) {
      TRY(auto record, reader.read(summary.at));
      records.push_back(std::move(record));
    }
    if (page.size() < kPage) break;
    filter.before = page.back().number;
  }
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return records;
}

Result<StoredRecord> with_body(const store::Store& store, const store::Record& record) {
  StoredRecord stored{record.kind, {}, {}, false};
  TRY(stored.envelope, record.json());
  if (const Json* body = stored.envelope.find("body")) {
    const auto bytes = store.body(record.root, std::string((*body)["ref"].text_or("")));
    if (bytes) {
      TRY(stored.body, parse_json(*bytes));
    } else {
      stored.erased = true;
    }
  }
  return stored;
}

}  // namespace

Result<std::vector<StoredRecord>> load_tree(const store::Store& store, store::Query& query,
                                            const std::string& root) {
  TRY(const auto records, records_of(store, query, root));
  std::vector<StoredRecord> list;
  list.reserve(records.size());
  for (const auto& record : records) {
    TRY(StoredRecord stored, with_body(store, record));
    list.push_back(std::move(stored));
  }
  return list;
}

Result<std::vector<StoredRecord>> load_records(const store::Store& store,
                                               std::span<const store::Position> positions) {
  store::RecordReader reader(store);
  std::vector<StoredRecord> list;
  list.reserve(positions.size());
  for (const auto& at : positions) {
    TRY(const auto record, reader.read(at));
    TRY(StoredRecord stored, with_body(store, record));
    list.push_back(std::move(stored));
  }
  return list;
}

Result<std::size_t> replay_records(const std::vector<StoredRecord>& records, guard::Guard& guard,
                                   const std::function<void(const Redecided&)>& on_decision,
                                   const std::function<void(const ReplayStep&)>& on_step) {
  Replayer replayer(guard, on_decision, on_step);
  for (const auto& record : records)
    TRY_STATUS(replayer.feed(record));
  replayer.note_undecided();
  return replayer.count();
}

}  // namespace weir::daemon
