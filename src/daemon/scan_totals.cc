#include "daemon/scan_totals.h"

#include <algorithm>

namespace weir::daemon {
namespace {

std::uint64_t count_of(const Json& count) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(count.int_or(0), 0));
}

std::uint64_t number(const Json& json, std::string_view name) {
  return count_of(json[name]);
}

std::map<std::string, std::uint64_t> counts_from(const Json& json) {
  std::map<std::string, std::uint64_t> counts;
  if (json.is_object())
    for (const auto& [name, count] : json.as_object())
      counts[name] = count_of(count);
  return counts;
}

}  // namespace

Json counts_json(const std::map<std::string, std::uint64_t>& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts)
    json.set(name, count);
  return json;
}

Json to_json(const ScanTotals& t) {
  return Json::object({{"files", t.files},
                       {"other_files", t.unknown_files},
                       {"bytes", t.bytes},
                       {"lines", t.lines},
                       {"bad_lines", t.bad_lines},
                       {"gaps", t.gaps},
                       {"tool_calls", t.tool_calls},
                       {"findings", t.findings},
                       {"repeated_calls", t.repeated_calls},
                       {"texts", t.texts.texts},
                       {"text_bytes", t.texts.text_bytes},
                       {"repeated_texts", t.texts.repeated_texts},
                       {"repeated_bytes", t.texts.repeated_bytes},
                       {"calls_by_agent", counts_json(t.calls_by_agent)},
                       {"sessions_by_agent", counts_json(t.sessions_by_agent)},
                       {"unknown_types", counts_json(t.unknown_types)},
                       {"problems", Json::strings(t.problems)},
                       {"problems_not_listed", t.problems_not_listed}});
}

ScanTotals totals_from(const Json& json) {
  ScanTotals t;
  t.files = number(json, "files");
  t.unknown_files = number(json, "other_files");
  t.bytes = number(json, "bytes");
  t.lines = number(json, "lines");
  t.bad_lines = number(json, "bad_lines");
  t.gaps = number(json, "gaps");
  t.tool_calls = number(json, "tool_calls");
  t.findings = number(json, "findings");
  t.repeated_calls = number(json, "repeated_calls");
  t.texts = {number(json, "texts"), number(json, "text_bytes"), number(json, "repeated_texts"),
             number(json, "repeated_bytes")};
  t.calls_by_agent = counts_from(json["calls_by_agent"]);
  t.sessions_by_agent = counts_from(json["sessions_by_agent"]);
  t.unknown_types = counts_from(json["unknown_types"]);
  if (json["problems"].is_array())
    for (const auto& text : json["problems"].as_array())
      t.problems.emplace_back(text.text_or(""));
  t.problems_not_listed = number(json, "problems_not_listed");
  return t;
}

}  // namespace weir::daemon
