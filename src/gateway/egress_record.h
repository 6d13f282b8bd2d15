// What happened at the way out of a pod: events as they come, and the bounded account that is kept of them.
//
//   EgressRecord record;
//   options.on_event = [&](const EgressEvent& event) { record.add(event); };
//   … after the run …
//   for (const auto& line : refusal_lines(record)) …
//
// Hosts come from hostile programs: they are bounded here, and shown through printable().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "gateway/egress_policy.h"

namespace weir::gateway {

struct EgressEvent {
  enum class What { opened, closed, refused, failed, used };
  What what = What::refused;
  std::string via;         // "transparent", "proxy", "socks", "dns"
  std::string host;        // canonical, or as it was said when it has no canonical form
  std::uint16_t port = 0;  // 0: not known (DNS)
  std::string address;     // opened, or refused because of it
  Refusal refusal = Refusal::host_not_allowed;
  std::string detail;      // refused: the other name, the place; failed: why
  std::uint64_t sent = 0;  // closed: bytes of this connection
  std::uint64_t received = 0;
  std::string credential;  // used: its name
  std::string method;
  std::string path;        // its shape (request_scope.h)
  std::int64_t at_ms = 0;  // since 1970
};

struct EgressRecord {
  struct Reached {
    std::string host;
    std::uint16_t port = 0;
    std::uint64_t connections = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::vector<std::string> addresses;  // the first few
  };
  struct Refused {
    std::string host;
    std::uint16_t port = 0;
    std::string reason;  // name(Refusal), or "failed"
    std::string detail;
    std::uint64_t times = 0;
  };
  // What credentials were used for; never a value.
  struct Used {
    std::string credential;
    std::string host;
    std::uint16_t port = 0;
    std::string method;
    std::string path;
    std::uint64_t times = 0;
    std::int64_t first_ms = 0;  // since 1970
    std::int64_t last_ms = 0;
  };
  std::vector<Reached>
      reached;  // in the order of their first time, at most kRecordEntriesMax; the same below
  std::vector<Refused> refused;
  std::vector<Refused> failed;
  std::vector<Used> used;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t not_listed = 0;    // events that found no more room in a list
  std::vector<std::string> walls;  // what the process gave up before it began (egress_walls.h)
  std::string problem;             // the proxy itself: how it failed; "" when it did not

  void add(const EgressEvent& event);

 private:
  void add_use(const EgressEvent& event);
};

Json to_json(const EgressRecord& record);
// Of it what belongs into a ledger, the first 32 of each: {"used": [...], "misused": [...]}; null when no
// credential was used or misused.
Json credential_facts(const EgressRecord& record);
// Between the egress process and its parent (base/wire.h). What the process wrote is read as from a stranger:
// it has handled hostile bytes. Error `corrupt`.
std::string encode(const EgressRecord& record);
Result<EgressRecord> decode_egress_record(std::string_view bytes);

// One line for each refusal, and how to allow it where that makes sense; at most lines_max, the last one then
// says how many more there were.
std::vector<std::string> refusal_lines(const EgressRecord& record, std::size_t lines_max);
// The same for what was allowed and could not be reached.
std::vector<std::string> failure_lines(const EgressRecord& record, std::size_t lines_max);

}  // namespace weir::gateway
