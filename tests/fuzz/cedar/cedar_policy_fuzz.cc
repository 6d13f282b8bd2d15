// Policy text from anyone: parsing never crashes, what parses can be decided, printed, translated to JSON and
// back, and laid out, without a change of meaning; and what does not parse has its mistakes shown.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cedar/authorizer.h"
#include "cedar/check_parse.h"
#include "cedar/est_policy_set.h"
#include "cedar/evaluator.h"
#include "cedar/format.h"
#include "cedar/parser.h"
#include "cedar/policy_text.h"

using namespace weir::cedar;

namespace {

const Entities& entities() {
  static const Entities kEntities =
      *Entities::make({{EntityUid("User", "a"),
                        Record({{"x", Value(1)}, {"s", Value("text")}}),
                        Record({{"t", Value(2)}}),
                        {EntityUid("Group", "g")}},
                       {EntityUid("Action", "r"), {}, {}, {EntityUid("Action", "any")}}});
  return kEntities;
}

const Request& request() {
  static const Request kRequest(EntityUid("User", "a"), EntityUid("Action", "r"), EntityUid("File", "f"),
                                Record({{"n", Value(5)}, {"set", Value(Set({Value(1), Value("x")}))}}));
  return kRequest;
}

void require(bool condition) {
  if (!condition) std::abort();
}

std::string json_text(const PolicySet& set) {
  const auto json = policy_set_json(set);
  return json ? weir::compact(*json) : "too deep";
}

// The set read back from `text` has the same JSON form. Parentheses that printing adds may pass the limit of
// nesting.
void require_same(const PolicySet& set, std::string_view text) {
  const auto again = PolicySet::parse(text, "again");
  if (again)
    require(json_text(*again) == json_text(set));
  else
    require(again.error().code == weir::ErrorCode::limit);
}

void check_forms(const PolicySet& set, std::string_view text) {
  const auto formatted = format_policies(text, {.width_columns = 40});
  require(formatted.has_value());
  require_same(set, *formatted);
  require(*format_policies(*formatted, {.width_columns = 40}) == *formatted);
  const auto json = policy_set_json(set);
  if (!json) return;
  const auto read = read_policy_set_json(*json);
  if (!read) {
    // Ids and nesting are the same, so nothing can be refused.
    std::abort();
  }
  require(json_text(*read) == weir::compact(*json));
  for (const auto& policy : set.policies()) {
    const auto printed = policy_text(policy);
    require(printed.has_value());
    const auto parsed = parse_policies(*printed);
    require(parsed ? parsed->size() == 1 : parsed.error().code == weir::ErrorCode::limit);
    if (parsed) require(weir::compact(*policy_json(parsed->front())) == weir::compact(*policy_json(policy)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto set = PolicySet::parse(text, "fuzz")) {
    const Response response = authorize(*set, request(), entities());
    // The decision follows from the lists, and no policy is in two of them.
    require((response.decision == Decision::allow) ==
            (response.satisfied_forbids.empty() && !response.satisfied_permits.empty()));
    require(response.satisfied_permits.size() + response.satisfied_forbids.size() + response.errors.size() <=
            set->policies().size());
    check_forms(*set, text);
    require(parse_policies_fully(text).errors.empty());
  } else {
    require(!set.error().what.empty());
    const auto mistakes = check_policies(text, "fuzz");
    require(!mistakes.empty() && mistakes.size() <= kParseErrorsMax + 100);
    for (const auto& mistake : mistakes)
      require(!mistake.picture.empty());
  }
  if (const auto expression = parse_expression(text)) {
    if (const auto printed = expression_text(*expression))
      if (const auto again = parse_expression(*printed)) require(*expression_text(*again) == *printed);
    Evaluator evaluator(request(), entities());
    if (const Value* value = evaluator.evaluate(*expression)) {
      // A value is equal to itself and, but for times beyond year 9999, to what its text says.
      require(*value == *value);
      if (const auto again = parse_expression(value->text())) {
        Evaluator second(request(), entities());
        const Value* reread = second.evaluate(*again);
        require(reread == nullptr || *reread == *value);
      }
    }
  }
  return 0;
}
