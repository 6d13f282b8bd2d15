// Questions about what is stored, whatever engine answers: SQLite today (sqlite_query.h), ClickHouse for many
// hosts later. Lists are in order of recording, not of any clock: clocks jump.
//
//   TRY(auto refused, query.decisions({.verdicts = {"deny"}, .policy = "protect-git-hooks", .count_max =
//   50})); for (const DecisionSummary& decision : refused) … query.decision(decision.id) …
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/record.h"

namespace weir::store {

struct SessionSummary {
  std::string session;
  std::string root;
  std::string parent;  // "" at the root
  std::string agent;
  std::uint64_t events = 0;
  std::uint64_t decisions = 0;
  std::uint64_t refused = 0;      // decisions whose verdict does not let the tool run
  std::int64_t first_ns = 0;      // wall time of its first event
  std::int64_t last_ns = 0;       // of the event recorded last
  std::uint64_t last_number = 0;  // of the record that touched it last; cursor of SessionFilter
  bool erased = false;            // its bodies are gone
  bool operator==(const SessionSummary&) const = default;
};

struct SessionFilter {
  std::string agent;                 // "": any
  std::string root;                  // "": any
  std::uint64_t before = INT64_MAX;  // last_number of the last one seen: the next page
  std::size_t count_max = 100;       // at most 1000
};

struct DecisionSummary {
  std::uint64_t number = 0;  // ascending in order of recording; cursor of DecisionFilter
  std::string id;
  std::string event;
  std::string session;
  std::string root;
  std::uint64_t seq = 0;
  std::string verdict;
  std::string mode;
  std::string agent;
  std::string tool;
  std::int64_t time_ns = 0;  // wall time of the judged event; 0 when that is not stored
  Position at;
  bool operator==(const DecisionSummary&) const = default;
};

struct DecisionFilter {
  std::vector<std::string> verdicts;  // empty: any
  std::string policy;                 // "": any; else one that hit
  std::string agent;
  std::string tool;
  std::string session;
  std::string root;
  std::int64_t from_ns = INT64_MIN;  // wall time of the event, inclusive
  std::int64_t to_ns = INT64_MAX;    // exclusive
  std::uint64_t before = INT64_MAX;  // number of the last one seen: the next page
  std::size_t count_max = 100;       // at most 1000; newest first
};

// All that is known of one decision.
struct DecisionDetail {
  Record decision;
  std::optional<Record> event;
  std::vector<Record> receipts;  // in order of recording
};

struct RecordPage {
  std::vector<Record> records;
  Position next;  // to follow from
};

// Thread-safe. Errors: `unavailable` when the index cannot be read now; what is stored is safe all the same.
class Query {
 public:
  static constexpr std::size_t kCountMax = 1000;
  virtual ~Query() = default;

  // Most recently active first.
  virtual Result<std::vector<SessionSummary>> sessions(const SessionFilter& filter) = 0;
  // Events of a session, or of a whole tree when `tree`, in order of seq from seq_from on.
  virtual Result<std::vector<Record>> events(const std::string& session, std::uint64_t seq_from,
                                             std::size_t count_max, bool tree = false) = 0;
  virtual Result<std::vector<DecisionSummary>> decisions(const DecisionFilter& filter) = 0;
  // By id or by a prefix of at least four characters that only one decision has. Errors: not_found, `invalid`
  // (several, or too short).
  virtual Result<DecisionDetail> decision(const std::string& id_or_prefix) = 0;
  // Records from a position on, whether indexed or not; empty at the end.
  virtual Result<RecordPage> follow(const Position& from, std::size_t count_max) = 0;
};

}  // namespace weir::store
