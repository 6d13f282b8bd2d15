// What people and agents are shown of a call, without its secrets: the line of what it would do, and the
// Decision as it is told. What is recorded stays whole; it is encrypted.
//
//   const Shown shown(event, decision.findings, pack->detectors());
//   notice.summary = shown.summary();            // "curl -H 'Authorization: Bearer [redacted]' https://…"
//   shown.hide_in(notice.decision);
//
// Base's redact() always goes over a text. The pack's rules know more, and decide() looked with them already:
// only when they found a secret in this event its texts are looked at once more, for the values, which are
// then hidden wherever they stand, also in what was made of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detect/scanner.h"
#include "event/decision.h"
#include "event/event.h"

namespace weir::daemon {

class Shown {
 public:
  // `found`: what detectors found in the event, among other findings. `detectors` may be null. The event must
  // outlive this.
  Shown(const event::Event& event, std::span<const event::Finding> found, const detect::Scanner* detectors);

  // A line of what a call would do, for people: the command or path, printable and cut.
  std::string summary() const;
  std::string text(std::string_view text) const;
  // Reason, advice, errors of policies and the resources that they hit on. What an agent runs instead is no
  // text for showing: it stays.
  void hide_in(event::Decision& decision) const;

 private:
  std::string line(std::string_view text) const;
  void add_values(const Json& json, const detect::Scanner& detectors, detect::ScanWorkspace& workspace);

  const event::Event& event_;
  std::vector<std::string> values_;  // the longest first
};

}  // namespace weir::daemon
