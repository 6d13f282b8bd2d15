// The linear model of injections: signals with weights, as data (content/detect/injection.json).
//
//   {"version": 1, "threshold": 0.5, "bias": -1.9, "cues": ["ignore", …], "weak_cues": ["write", …],
//    "signals": [{"id", "description", "prior", "weight", "patterns": [expression, …]}],
//    "built_in": [{"id", "description", "prior", "weight"}]}
//
// A signal is on when one of its patterns (case-insensitive, RE2 and Vectorscan) matches the normalised
// window; built-in ones are found by code. p = 1 / (1 + exp(-(bias + sum of the weights that are on))).
// Weights are not negative: text that is added never makes an injection look better. A cue is a literal in
// the raw text that makes a window worth a look; a weak one does so together with another weak one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::detect {

struct ModelSignal {
  std::string id;
  std::string description;  // continues "This text …": "asks to set aside instructions"
  double weight = 0;
  std::vector<std::string> patterns;  // empty: built in
};

struct InjectionModel {
  double threshold = 0.5;  // flagged from here
  double bias = 0;
  std::vector<ModelSignal> signals;
  std::vector<std::string> cues;
  std::vector<std::string> weak_cues;

  // Index of a signal, signals.size() when there is none.
  std::size_t find(std::string_view id) const;
};

// Errors: `invalid` with the place, `limit`.
Result<InjectionModel> parse_injection_model(std::string_view json, std::string_view where);

}  // namespace weir::detect
