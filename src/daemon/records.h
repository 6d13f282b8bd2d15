// What is stored and what the ledger holds of it: Events, Observations, Decisions and Receipts as store
// drafts, and the ledger entries that commit to them (docs/formats/ledger-entry.md).
#pragma once

#include <string>
#include <vector>

#include "event/decision.h"
#include "event/event.h"
#include "flow/carried.h"
#include "guard/question.h"
#include "store/record.h"
#include "store/seal.h"

namespace weir::daemon {

store::Draft event_draft(const event::Event& event);
// The answers of an Observation event as its body, and under "anomalies" what was unusual about the event.
// Under "carried" the files with a label that it reads or runs.
event::Event observation_event(const event::Event& about, const guard::Answers& answers,
                               const std::vector<event::Finding>& anomalies = {},
                               const std::vector<flow::CarriedFile>& carried = {});
// What observation_event() was given.
struct Observed {
  guard::Answers answers;
  std::vector<event::Finding> anomalies;
  std::vector<flow::CarriedFile> carried;
};
Observed observed_from(const Json& body);
// What a planner made of the prompt: `outcome` used, refused or failed (docs/formats/planner.md). Of the
// prompt's session and assurance; id and time are the caller's to set.
event::Event plan_event(const event::Event& prompt, std::string_view outcome, Json body);
// Envelope: what may stay readable; body: the whole canonical record.
store::Draft decision_draft(const event::Decision& decision, const event::Event& event);
store::Draft receipt_draft(const event::Receipt& receipt, const event::Decision& decision);

// Ledger entries, canonical JSON, far below 64 KiB. They hold ids, verdicts, policy ids and salted
// commitments, never content or a plain digest of it.
std::string decision_entry(const event::Decision& decision, const event::Event& event,
                           const event::BodyRef& event_body, const event::BodyRef& observation_body,
                           const event::BodyRef& decision_body);
std::string event_entry(const event::Event& event, const event::BodyRef& body);
// Starts, stops, pack activations, probes: `what` and facts about it.
std::string system_entry(std::string_view what, std::int64_t wall_ns, const Json& facts);

}  // namespace weir::daemon
