// Sigma YAML from anyone, and an event from anyone: rules are read, linked, compiled together and asked. The
// engine and the plain reading of each rule agree, whatever both are; correlations stay within their memory.
//
// Input: rules, a line "=====", then one JSON event a line.
#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "sigma/correlation.h"
#include "sigma/engine.h"
#include "sigma/plain.h"
#include "sigma/write.h"

namespace {

using namespace weir;
using namespace weir::sigma;

void ask(const RuleSet& set, const Engine& engine, std::string_view events) {
  Workspace workspace;
  Correlator correlator(set);
  FlatEvent flat;
  std::int64_t time_ns = 0;
  for (const std::string_view line : split(events, '\n')) {
    const auto event = parse_json(line);
    if (!event) continue;
    flat.assign(*event);
    const LogSource logsource = set.rules.empty() ? LogSource{} : set.rules.front().logsource;
    const auto matched = engine.match(logsource, flat.fields(), workspace);
    CHECK(matched);
    for (std::uint32_t i = 0; i < set.rules.size(); ++i) {
      const bool plain =
          covers(set.rules[i].logsource, logsource) && holds_plainly(set.rules[i].condition, flat.fields());
      CHECK(std::binary_search(matched->begin(), matched->end(), i) == plain);
    }
    correlator.observe(time_ns += 1'000'000'000, flat.fields(), {matched->begin(), matched->end()});
    CHECK(correlator.groups() <= limits::kSigmaGroupsMax);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t mark = input.find("\n=====\n");
  RuleSet set;
  read_rules(set, input.substr(0, mark), "fuzz.yml", {.placeholders = {{"p", {"a*", "b"}}}});
  link(set);
  for (const Problem& problem : set.problems)
    CHECK(!problem.error.what.empty() && problem.error.where.starts_with("fuzz.yml"));
  for (const Rule& rule : set.rules) {
    RuleSet again;
    read_rules(again, to_yaml(rule), "again.yml", {});
    // Only attributes for people may get lost on the way; a rule that was read is not unreadable when
    // written.
    CHECK(again.errors() == 0 && again.rules.size() <= 1);
  }
  const auto engine = Engine::compile(set.rules);
  if (engine) ask(set, *engine, mark == std::string_view::npos ? "{}" : input.substr(mark + 7));
  return 0;
}
