// What a detector hands back: the Finding that everyone knows, and what this room knows beyond it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "event/decision.h"

namespace weir::detect {

// A place in a text where a pattern of the cheap first pass ended. Detectors name patterns by their own
// numbers.
struct Cue {
  std::uint32_t pattern = 0;
  std::uint32_t end = 0;
};

// One weak sign of an injection and what it added to the score.
struct Signal {
  std::string id;
  double weight = 0;
};

// The finding stands in a payload that was decoded first; `Finding::span` is then the encoded bytes in the
// original.
struct DecodedPlace {
  std::string encodings;  // outermost first: "base64", "hex, rot13"
  event::Span span;       // in the decoded text
  std::string excerpt;    // of the decoded text, printable, at most 200 bytes
};

struct Report {
  event::Finding finding;
  double score = 0;             // injections: the probability that the model gives; secrets: entropy
  std::vector<Signal> signals;  // injections: strongest first
  std::optional<DecodedPlace> decoded;
};

}  // namespace weir::detect
