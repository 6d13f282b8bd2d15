// The totals of a scan as JSON, laid out once: for the report of `weir scan --json` and for what `--resume`
// keeps.
//
//   {"files","other_files","bytes","lines","bad_lines","gaps","tool_calls","findings","repeated_calls","texts",
//    "text_bytes","repeated_texts","repeated_bytes","calls_by_agent":{agent:count},"sessions_by_agent",
//    "unknown_types":{type:count},"problems":[text],"problems_not_listed"}
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/json.h"
#include "daemon/scanner.h"

namespace weir::daemon {

Json to_json(const ScanTotals& totals);
// Of what to_json() wrote. What is absent or no count is 0.
ScanTotals totals_from(const Json& json);

Json counts_json(const std::map<std::string, std::uint64_t>& counts);

}  // namespace weir::daemon
