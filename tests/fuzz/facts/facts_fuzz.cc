// Any bytes as a catalogue of facts. What is accepted prints to a text that reads back as the same formula,
// and a monitor of it takes instants without harm; peek and commit agree.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "facts/definition.h"
#include "facts/monitor.h"

using namespace weir::facts;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto facts = parse_facts(text, "fuzz.yaml");
  if (!facts) return 0;
  for (const auto& fact : *facts) {
    const auto again = parse_formula(to_text(fact.when), "again");
    if (!again || to_text(*again) != to_text(fact.when)) std::abort();
  }
  const auto set = FactSet::compile(*std::move(facts));
  if (!set) return 0;
  Monitor monitor(*set);
  for (std::int64_t i = 0; i < 8; ++i) {
    Instant instant{i * 1'000'000'000, {}};
    // Every field that is asked for, with values that are asked for now and then.
    for (std::size_t f = 0; f < (*set)->fields().size(); ++f) {
      const auto& equals = (*set)->equals()[f];
      if ((i + static_cast<std::int64_t>(f)) % 3 == 0 || equals.empty())
        instant.add((*set)->fields()[f], std::to_string(i));
      else
        instant.add((*set)->fields()[f], equals.begin()->first);
    }
    const auto peeked = monitor.peek({&instant, 1});
    if (peeked != monitor.commit({&instant, 1})) std::abort();
  }
  return 0;
}
