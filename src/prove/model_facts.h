// Facts of a catalogue in a workflow model: the definition that the guard runs by is the one that is proved
// with (room facts, docs/facts.md).
//
//   facts: { secret_read_then_network: {catalogue: true} }        # in the model file
//   TRY_STATUS(define_facts(model, definitions));                  // between read_model() and lower_model()
//
// Each gated step is one instant, as facts::instants_of makes it of an Action: kind, verb, resource, class
// (PathClass groups of the resource), flag and attr (of the gate's context), host, tool; a rule's `instant:`
// adds what a step is besides (hook, outcome, finding_class …). Temporal parts of the formula become facts of
// the model, set and cleared by the steps at which their operands hold; the rest is decided for each step. A
// gate sees a fact as it would be if the step happened, as the guard does.
//
// A model has no clock. What holds "within ten minutes" may end at any moment: a step of its own,
// "time-passes", ends it. That allows more histories than there are, so what is proved holds for all of them.
// Not exported, and said so: counts, sums, intervals that begin in the past, operators within operators.
#pragma once

#include <span>
#include <vector>

#include "facts/definition.h"
#include "prove/model.h"

namespace weir::prove {

inline constexpr std::string_view kTimePasses = "time-passes";

// Errors name the model's line: a fact that no catalogue has, that a model cannot express, or that nothing
// in this model can make true.
Status define_facts(Model& model, std::span<const facts::Definition> catalogue);

}  // namespace weir::prove
