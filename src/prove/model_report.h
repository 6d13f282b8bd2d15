// What a search found, for people, for programs and for replay.
//
//   out << trace_text(system, outcome);            // numbered steps, what each moved, where monitor and
//   truth part Json row = trace_events(system, outcome, id);  // a row for `weir replay --jsonl`
#pragma once

#include <string>

#include "base/json.h"
#include "prove/model_search.h"

namespace weir::prove {

// The steps of a violation, one a line, with the labels, facts and counters that moved, what the gate said,
// and at the end what was true and what the monitor believed.
std::string trace_text(const ModelSystem& system, const ModelOutcome& outcome);
Json trace_json(const ModelSystem& system, const ModelOutcome& outcome);

// {id, trace: […]} as in docs/cli.md: every step that stands for a real tool call becomes that call and its
// result, every other step a line of text, so that the real engine judges the same calls in the same order.
// "expected" lists for each call what the model's gate said: {call, verdict, policies}.
Json trace_events(const ModelSystem& system, const ModelOutcome& outcome, const std::string& id);

// What every report must say: on which assumptions a `holds` rests.
std::vector<std::string> model_assumptions(const ModelSystem& system);

}  // namespace weir::prove
