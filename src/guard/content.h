// What detectors find in the content of an event: secrets and injections in prompts, inputs and outputs.
//
//   TRY(auto detectors, detectors_of(sources.secrets, sources.injection));
//   for (const auto& finding : findings_in(event, *detectors, workspace)) …
//
// Every text of the body is looked at, whatever its place; a finding's span counts in its own text. Findings
// are evidence: policies see their rules and classes in context.findings, facts in finding and finding_class.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "detect/scanner.h"
#include "event/decision.h"
#include "event/event.h"
#include "guard/layers.h"

namespace weir::guard {

// From rule files in gitleaks' TOML and one model of injections. None given: no detectors (nullptr). `kept`:
// where compiled patterns wait for the next run, if anywhere.
Result<std::shared_ptr<const detect::Scanner>> detectors_of(const std::vector<NamedText>& secrets,
                                                            const std::vector<NamedText>& injection,
                                                            match::DatabaseStore* kept = nullptr);

// At most 32, each rule once for an event. A body that is larger than may be looked at is
// itself a finding ("content.too-large").
std::vector<event::Finding> findings_in(const event::Event& event, const detect::Scanner& detectors,
                                        detect::ScanWorkspace& workspace);

// The same gathered text by text, for who looks at texts itself (a scan that remembers what it has seen):
//
//   GatheredFindings gathered;
//   for (each text)
//     if (!gathered.has_room(text.size())) gathered.add_too_large();
//     else for (each finding in it) gathered.add(finding);
class GatheredFindings {
 public:
  // Counts the text; false when it is beyond what is looked at of one event.
  bool has_room(std::size_t text_bytes);
  // False when it tells nothing new: each rule counts once.
  bool add(const event::Finding& finding);
  bool add_too_large();
  std::vector<event::Finding> take() { return std::move(found_); }

 private:
  std::vector<event::Finding> found_;
  std::size_t bytes_ = 0;
};

}  // namespace weir::guard
