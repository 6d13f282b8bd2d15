// A prompt and, behind a zero byte, what a planner answers: whatever it is, it adds no value that does not
// stand in the prompt and no order that words.yaml does not have, and its record is read as it was.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "content.h"
#include "flow/fold.h"
#include "flow/planner.h"
#include "flow/shape.h"

namespace {

const weir::flow::Words& words() {
  static const auto shipped = [] {
    std::string_view text;
    for (const auto& file : weir::content_files())
      if (file.name == "flow/words.yaml") text = file.bytes;
    auto read = weir::flow::Words::read(text, "flow/words.yaml");
    CHECK(read);
    return std::make_unique<const weir::flow::Words>(std::move(*read));
  }();
  return *shipped;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  using namespace weir::flow;
  if (size > 50'000) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto zero = std::min(all.find('\0'), all.size());
  const std::string_view prompt = all.substr(0, zero);
  const std::string_view bytes = all.substr(std::min(zero + 1, all.size()));
  (void)planner_question(prompt, words());
  if (const auto record = parse_json(bytes, {.bytes_max = 50'000, .depth_max = 16})) {
    const Planned read = planned_from_json(*record, words());
    CHECK(planned_from_json(to_json(read), words()) == read);
  }
  const auto answer = read_planner_answer(bytes, prompt, words());
  if (!answer) {
    CHECK(!answer.error().what.empty());
    return 0;
  }
  const std::string folded = fold(prompt);
  for (const auto& value : answer->planned.values) {
    CHECK(contains_value(folded, value));
    CHECK(value.size() <= kPlannedValueBytesMax);
  }
  for (const auto& order : answer->planned.orders)
    CHECK(std::any_of(words().effects.begin(), words().effects.end(),
                      [&](const auto& effect) { return effect.name == order && effect.changes; }));
  CHECK(planned_from_json(to_json(answer->planned), words()) == answer->planned);
  CHECK(typed_part(answer->planned, folded) == answer->planned);
  Plan plan = read_plan(prompt, words());
  const Plan before = plan;
  widen(plan, answer->planned);
  CHECK(plan.text == before.text && plan.orders == before.orders);
  for (const auto& effect : words().effects)
    CHECK(plan.asks_for(effect) == (before.asks_for(effect) || answer->planned.orders.contains(effect.name)));
  return 0;
}
