// An example: a request with the entities it needs, made from what a solver answered.
//
//   const Example example = build_example(encoder, values);
//   cedar::authorize(policies, example.request, example.entities);   // every example is replayed before it
//   is shown std::string row = canonical(to_json(example));                   // Cedar's JSON, to be saved as
//   a test case
//
// What the question did not mention gets the plainest value of its type, so that the example agrees with the
// schema.
#pragma once

#include <map>
#include <string>

#include "base/json.h"
#include "cedar/entities.h"
#include "cedar/request.h"
#include "prove/encoder.h"

namespace weir::prove {

struct Example {
  cedar::Request request;
  cedar::Entities entities;
};

// The terms whose values an example is made of: symbols, and the functions of all entities that are
// mentioned.
std::vector<Term> wanted_values(Encoder& encoder, const std::vector<Term>& assertions);

// From the values of those terms. Errors: the values contradict each other (a cycle among entities).
Result<Example> build_example(const Encoder& encoder, const std::map<Term, cedar::Value>& values);

// {"request": {"principal", "action", "resource", "context"}, "entities": [...]}.
Json to_json(const Example& example);
Json to_json(const cedar::EntityUid& uid);
Json to_json(const cedar::Value& value);

}  // namespace weir::prove
