#include "detect/redact.h"

#include "base/redact.h"

namespace weir::detect {

std::string redact(std::string_view text, const SecretDetector& detector, SecretWorkspace& workspace) {
  const auto found = detector.scan(text, workspace);
  if (!found) return std::string(kRedacted);
  std::string out;
  std::size_t at = 0;
  for (const Report& report : *found) {
    const event::Span span = report.finding.span;
    if (span.begin < at) continue;
    out += text.substr(at, span.begin - at);
    out += kRedacted;
    at = span.end;
  }
  out += text.substr(at);
  return weir::redact(out);
}

}  // namespace weir::detect
