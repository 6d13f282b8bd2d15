// A workflow of several agents as written in a model file: who there is, what each may read and do, over
// which channels they speak, which gates stand in between, and what must never happen.
//
//   TRY(Model model, read_model(yaml, "models/batch.yaml"));
//   TRY(ModelSystem system, lower_model(model, gate_material));     // model_system.h
//   SearchResult result = search_model(system, {});                 // model_search.h
//
// Labels are kept twice. The TRUE label of an agent or of a shared object says what really flowed there; the
// MONITORED label says what Weir saw. Gates are asked with monitored labels only, properties speak of the
// true ones, so a channel that nobody watches shows as a counterexample.
//
// The language: docs/formats/workflow.md. A Model is a plain value; names are resolved to indices.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "cedar/value.h"
#include "prove/model_expression.h"

namespace weir::prove {

// Limits on everything a model may ask for.
inline constexpr std::size_t kModelBytesMax = 1 << 20;  // one model file
inline constexpr std::size_t kModelAgentsMax = 64;      // instances, all counts added
inline constexpr std::size_t kModelNamesMax = 256;      // tools, channels, objects, ... of one kind
inline constexpr std::size_t kModelRulesMax = 20'000;   // steps after every rule is spread over its agents
inline constexpr int kModelCounterMax = 65'535;         // highest bound of a bounded counter
inline constexpr std::size_t kModelApproversMax = 3;    // people who may approve one thing

// Stored so that a join is a maximum: 0 trusted, 1 user, 2 workspace, 3 untrusted; 0 public, 1 internal,
// 2 secret.
struct ModelLabels {
  int integrity = 0;
  int confidentiality = 0;
  bool operator==(const ModelLabels&) const = default;
};
inline constexpr int kIntegrityMax = 3;
inline constexpr int kConfidentialityMax = 2;
std::string_view integrity_name(int stored);        // "trusted", ...
std::string_view confidentiality_name(int stored);  // "public", ...
std::optional<int> integrity_from(std::string_view name);
std::optional<int> confidentiality_from(std::string_view name);

// An entity of a Cedar request.
struct ModelEntity {
  cedar::EntityUid uid{"", ""};
  std::vector<cedar::EntityUid> parents;
  cedar::Record attributes;
};

// The request that a rule makes before it happens. `context` is JSON; a text that begins with "=" is an
// expression over what the monitor knows (model_gate.h).
struct ModelGateSpec {
  cedar::EntityUid action{"", ""};
  std::vector<cedar::EntityUid> action_parents;
  ModelEntity resource;
  Json context;
  int line = 0;
};

struct ModelAgent {
  std::string name;
  int count = 1;  // identical agents; more than one are named worker[1], worker[2], ...
  ModelLabels labels;
  ModelEntity principal;
  std::vector<int> tools;  // indices into Model::rules
  std::vector<int> reads;  // objects it may read
  int line = 0;
};

// Something with a label that agents share: data, a file, a memory.
struct ModelObject {
  std::string name;
  ModelLabels labels;
  int line = 0;
};

// A fact about the past: true since one of `sets` has happened and none of `clears` after it.
struct ModelFact {
  std::string name;
  bool each_agent = false;  // one for each agent, moved only by that agent's own events
  std::vector<std::string> sets;
  std::vector<std::string> clears;
  bool catalogue = false;  // `catalogue: true`: what it means is still to be taken from one (model_facts.h)
  bool hidden = false;     // an operator of such a fact: gates see the fact, not this
  int line = 0;
};

struct ModelCounter {
  std::string name;
  bool each_agent = false;
  int max = 0;  // it stays there, meaning "so many or more"; 0: unbounded
  int line = 0;
};

// A call to be allowed by people: one token for each approver and agent, used up by the call that needed it.
struct ModelApproval {
  std::string name;
  std::vector<std::string> by;
  std::optional<ModelExpression> when;
  int line = 0;
};

// Lowers labels of an object, by a recorded endorsement: integrity up to `integrity`, but never above that
// of the endorsing agent; confidentiality down to `confidentiality`.
struct ModelEndorsement {
  int object = 0;
  std::optional<int> integrity;
  std::optional<int> confidentiality;
};

// One kind of step: an agent uses a tool or a channel.
struct ModelRule {
  enum class Kind { tool, message, store_write, store_read };
  Kind kind = Kind::tool;
  std::string name;     // also the name of its event
  std::string channel;  // "a2a", "hand-over", "file", "memory"; "" for a tool
  bool narrow = false;  // a message that is a narrow return (flow/narrow.h): a value, and no text
  bool watched = true;
  bool keeps_integrity = true;  // of the monitored labels, on a watched channel
  bool keeps_confidentiality = true;
  std::vector<int> actors;  // agents
  std::vector<int> peers;   // agents; kind message
  std::vector<int> reads;   // objects
  std::vector<int> writes;
  std::vector<ModelEndorsement> endorses;
  bool forgets = false;  // a fresh session: the agent's labels are again those it started with
  std::vector<std::string> emits;
  std::vector<int> counts;  // counters, plus one
  std::vector<int> resets;  // counters, to nought
  std::optional<ModelExpression> when;
  std::optional<ModelGateSpec> gate;
  int approval = -1;  // which approval lets it pass when the gate says `ask`
  Json instant;  // what the step is besides for facts of a catalogue: field → text or texts; null: nothing
  // Facts of a catalogue, each with the condition under which it is true with this step.
  std::vector<std::pair<std::string, std::string>> facts;
  Json call;           // {"tool", "input"}: the real tool call, for replay; null when there is none
  std::string result;  // what the tool answers in a replay
  int line = 0;
};

struct ModelProperty {
  enum class Kind { never, always };
  Kind kind = Kind::never;
  std::string name;
  std::string why;
  std::vector<std::string> events;      // never: none of these while `when` holds
  std::optional<ModelExpression> when;  // always: this holds in every state
  int line = 0;
};

struct Model {
  std::string name;
  std::string about;
  std::string source;                 // file name, for messages
  std::string variant;                // "" for the model itself
  std::string variant_why;            // what is wrong in the variant
  std::string variant_breaks;         // the property that the variant is expected to break
  std::vector<std::string> variants;  // names of all variants in the file
  std::vector<std::string> policies;  // "builtin", or paths relative to the model file
  std::string schema;                 // "", "builtin" or a path
  std::vector<std::string> assumptions;
  std::vector<ModelAgent> agents;
  std::vector<ModelObject> objects;
  std::vector<ModelRule> rules;
  std::vector<ModelApproval> approvals;
  std::vector<ModelFact> facts;
  std::vector<ModelCounter> counters;
  std::vector<ModelProperty> properties;

  // "file:line", for messages.
  std::string at(int line) const { return source + ":" + std::to_string(line); }
};

// Reads a model, or one of its variants: the file's JSON Merge Patch (RFC 7396) under `variants: NAME:
// change` is applied first. Unknown fields are errors, so that a misspelt word cannot weaken a model. Errors
// name file and line.
Result<Model> read_model(std::string_view text, std::string_view source, std::string_view variant = {});

}  // namespace weir::prove
