// The detector of secrets: gitleaks rules over any text.
//
//   TRY(SecretDetector detector, SecretDetector::compile(std::move(rules)));
//   for (const auto& problem : detector.problems()) warn(problem);      // rules left out; the others work
//   // One pass of a Database made of detector.patterns() gives the cues:
//   std::vector<Report> found = detector.judge(text, cues, workspace);
//   std::vector<Report> same = detector.scan(text, workspace);          // with a database of its own
//
// Vectorscan finds the core of a rule's expression (match/core.h), or its keywords where there is no core;
// the expression itself then runs (RE2) around the hits only, as far as its longest match reaches. A rule
// with neither is itself a pattern of the database. Then: entropy, structure, placeholders, allow-lists,
// other rules that must be near (gitleaks' `required`). Of several findings in one place the more telling one
// stays. Comments like "gitleaks:allow" are not honoured: the text is not trusted.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detect/gitleaks.h"
#include "detect/report.h"
#include "match/database.h"

namespace weir::detect {

// Memory of one thread's scans, kept to be used again.
struct SecretWorkspace {
  match::Scratch scratch;
  std::vector<Cue> cues;
  std::vector<std::vector<std::uint32_t>> ends;  // by rule: where its core or its keywords ended
  std::vector<std::uint32_t> touched;            // rules with any
  std::vector<bool> armed;                       // by rule: a keyword it wants was seen
};

// Who makes the first pass: the detector with a database of its own, or a Scanner for several detectors, so
// that the own one need not be compiled (tenths of a second).
enum class FirstPass { own, shared };

class SecretDetector {
 public:
  struct Problem {
    std::string rule;
    Error error;
  };

  // Errors: `limit` when there are too many patterns. A rule that cannot be compiled becomes a problem.
  static Result<SecretDetector> compile(SecretRules rules, FirstPass first_pass = FirstPass::own);

  // The same when a shared first pass cannot look for some of patterns(): their rules are looked for always.
  SecretDetector without(std::span<const std::size_t> patterns) const;

  // What the first pass must look for, in the order in which Cue::pattern counts.
  const std::vector<match::Pattern>& patterns() const;
  const std::vector<Problem>& problems() const;
  std::size_t rules() const;

  // Findings of class "secret", by their place. The span is the secret's, without the name before it. `path`
  // is the file's for rules that ask for it; "": unknown, such rules then do not report. At most
  // limits::kDetectFindingsMax.
  std::vector<Report> judge(std::string_view text, std::span<const Cue> cues, SecretWorkspace& workspace,
                            std::string_view path = {}) const;

  // The first pass with the own database, then judge(). Errors: `limit` above limits::kDetectBytesMax,
  // `internal` when it was compiled for a shared pass.
  Result<std::vector<Report>> scan(std::string_view text, SecretWorkspace& workspace,
                                   std::string_view path = {}) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace weir::detect
