// Policy text from anyone: parsing never crashes, and what parses can be decided, printed and parsed again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cedar/authorizer.h"
#include "cedar/evaluator.h"
#include "cedar/parser.h"

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
  } else {
    require(!set.error().what.empty());
  }
  if (const auto expression = parse_expression(text)) {
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
