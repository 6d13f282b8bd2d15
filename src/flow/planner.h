// What a planner may add to a plan: a program of the user's, mostly a model, that is shown a prompt of the
// user's and says what it asks for (docs/formats/planner.md has the bytes).
//
//   const Json question = planner_question(prompt, words);         // what the program is given
//   TRY(const PlannerAnswer answer, read_planner_answer(bytes, prompt, words));
//   widen(plan, answer.planned);
//   plan.asks_for(words.effects[send])   true: the program found that "Bitte schick es Ann" asks for it
//
// It is believed about purposes only. An order is the name of an effect that words.yaml has; a value counts
// only when it stands in the prompt, so nothing becomes the user's that the user did not type. What is
// malformed in any part is refused whole. Nothing here starts a program: src/daemon/planner.h does.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "flow/plan.h"
#include "flow/words.h"

namespace weir::flow {

inline constexpr std::size_t kPlannerAnswerBytesMax = 16 * limits::kKiB;
inline constexpr std::size_t kPlannerPromptBytesMax =
    64 * limits::kKiB;                                // longer ones are planned without it
inline constexpr std::size_t kPlannedValuesMax = 64;  // of one answer; of a session four times as many
inline constexpr std::size_t kPlannedValueBytesMax = 256;

struct Planned {
  WordSet orders = {};  // names of effects that change something; reading needs no order
  bool follows_links = false;
  bool errands = false;
  bool many = false;
  WordSet values = {};  // as compared (shape.h)

  bool empty() const { return orders.empty() && values.empty() && !follows_links && !errands && !many; }
  bool operator==(const Planned&) const = default;
};

struct PlannerAnswer {
  Planned planned = {};
  std::uint64_t not_typed = 0;  // values that the prompt does not have: they count for nothing
};

// {"effects":["read","send",…],"format":1,"prompt":"…"}
Json planner_question(std::string_view prompt, const Words& words);

// Errors: invalid and limit, naming the member; they hold nothing of the answer's own words.
Result<PlannerAnswer> read_planner_answer(std::string_view answer, std::string_view prompt,
                                          const Words& words);

// As the record keeps it: {"errands":true,"orders":["send"],"values":["ann"]}. What `words` do not have, or
// is of another shape, is left out of what is read.
Json to_json(const Planned& planned);
Planned planned_from_json(const Json& json, const Words& words);

// Without the values that do not stand in `text`, folded: those count for nothing.
Planned typed_part(Planned planned, std::string_view text);
// Answers join as prompts do: nothing is taken back.
void add(Planned& to, const Planned& more);
void widen(Plan& plan, const Planned& planned);

}  // namespace weir::flow
