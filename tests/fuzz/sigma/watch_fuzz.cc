// Events of Weir from anyone against rules from anyone: what the guard is told of an event is what the plain
// reading of its records says, spans lie within the texts, and asking whether correlations would fire leaves
// nothing behind.
//
// Input: rules, a line "=====", then one call a line: {"tool", "input", "output", "text", "actions":
// [Action]}.
#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "sigma/plain.h"
#include "sigma/watch.h"

namespace {

using namespace weir;
using namespace weir::sigma;

event::Event event_of(const Json& row, std::size_t number) {
  event::Event event;
  event.kind = row.has("text")     ? event::kind::kPrompt
               : row.has("output") ? event::kind::kToolResult
                                   : event::kind::kToolCall;
  event.session = "s";
  event.data = Json::object({{"tool", row["tool"].text_or("Bash")}});
  event.body = row;
  event.time.wall_ns = static_cast<std::int64_t>(number) * 1'000'000'000;
  return event;
}

std::vector<event::Action> actions_of(const Json& row) {
  std::vector<event::Action> out;
  if (!row["actions"].is_array()) return out;
  for (const Json& one : row["actions"].as_array())
    if (auto action = event::action_from_json(one)) out.push_back(*std::move(action));
  return out;
}

// The rules that match, read from records as JSON, one rule after the other.
std::vector<std::string> plainly(const RuleBook& book, const event::Event& event,
                                 const std::vector<event::Action>& actions) {
  std::vector<std::string> out;
  FlatEvent flat;
  const auto records = records_of(event, actions, "linux");
  for (const Mapped& record : records) {
    flat.assign(record.fields);
    for (std::size_t i = 0; i < book.set().rules.size(); ++i) {
      const Rule& rule = book.set().rules[i];
      if (book.reported(i) && covers(rule.logsource, record.logsource) &&
          holds_plainly(rule.condition, flat.fields()))
        out.push_back(book.finding(i).rule);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t mark = input.find("\n=====\n");
  if (mark == std::string_view::npos) return 0;
  RuleSet set;
  read_rules(set, input.substr(0, mark), "fuzz.yml", {});
  link(set);
  const auto book = RuleBook::make(std::move(set), "linux");
  if (!book) return 0;
  Watch watch(*book), plain(*book);
  Watch::Scratch scratch;
  std::size_t number = 0;
  for (const std::string_view line : split(input.substr(mark + 7), '\n')) {
    const auto row = parse_json(line);
    if (!row || !row->is_object()) continue;
    const event::Event event = event_of(*row, ++number);
    const auto actions = actions_of(*row);
    const auto seen = watch.look(event, actions, scratch);
    std::vector<std::string> found;
    for (const auto& finding : seen.findings) {
      CHECK(finding.span.begin <= finding.span.end);
      found.push_back(finding.rule);
    }
    std::sort(found.begin(), found.end());
    if (found.size() < 32) CHECK(found == plainly(**book, event, actions));
    const auto would = watch.findings(seen, event.time.wall_ns);
    CHECK(would == watch.findings(seen, event.time.wall_ns));
    const auto happened = watch.commit(seen, event.time.wall_ns, Watch::Part::all);
    CHECK(happened ==
          plain.commit(plain.look(event, actions, scratch), event.time.wall_ns, Watch::Part::all));
    CHECK(would.size() >= 32 || would.size() == seen.findings.size() + happened.size());
  }
  return 0;
}
