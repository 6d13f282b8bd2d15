// The detector of injections: text inside data that steers a model.
//
//   TRY(InjectionModel model, parse_injection_model(bytes, "injection.json"));
//   TRY(InjectionDetector detector, InjectionDetector::compile(std::move(model)));
//   TRY(std::vector<Report> found, detector.scan(text, workspace));
//
// Cues in the raw bytes (one Vectorscan pass) open windows of a few sentences; a window is normalised, a
// sieve (match/sieve.h) tells which signals can be in it, those are looked for if together they could flag
// it, and a small linear model adds them up. Encoded payloads are decoded and looked at in the same way, a
// bounded number of layers deep. A Report has the exact span, the signals with what each added, and a
// sentence. It is evidence, never a reason to refuse alone: what only *talks* about injections looks like
// one.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detect/model.h"
#include "detect/normal.h"
#include "detect/report.h"
#include "match/database.h"
#include "match/sieve.h"

namespace weir::detect {

// Memory of one thread's scans, kept to be used again.
struct InjectionWorkspace {
  match::Scratch scratch;
  std::vector<Cue> cues;
  match::SieveMemory sieve;
  // Of one window.
  Normal normal;
  std::vector<bool> on;                 // by signal
  std::vector<std::uint32_t> possible;  // expressions
};

// A window with what was seen in it; for training and tests.
struct Window {
  event::Span span;
  std::vector<std::size_t> signals;  // indices into the model
  double probability = 0;
};

class InjectionDetector {
 public:
  // Errors: `invalid` when a pattern is not one of RE2's and Vectorscan's.
  static Result<InjectionDetector> compile(InjectionModel model);

  // What the first pass must look for, in the order in which Cue::pattern counts.
  const std::vector<match::Pattern>& patterns() const;
  const InjectionModel& model() const;

  // Findings of class "injection", by their place; at most limits::kDetectFindingsMax.
  Result<std::vector<Report>> judge(std::string_view text, std::span<const Cue> cues,
                                    InjectionWorkspace& workspace) const;
  // The first pass with a database of its own, then judge(). Error `limit` above limits::kDetectBytesMax.
  Result<std::vector<Report>> scan(std::string_view text, InjectionWorkspace& workspace) const;
  // Every window that scan() would look at, also inside payloads.
  Result<std::vector<Window>> windows(std::string_view text, InjectionWorkspace& workspace) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace weir::detect
