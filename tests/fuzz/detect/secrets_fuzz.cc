// Any bytes through the built-in secret rules: spans lie inside, in order, without overlap; redaction hides
// them.
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "content.h"
#include "detect/redact.h"

namespace {

weir::detect::SecretDetector made() {
  weir::detect::SecretRules rules;
  for (const auto& file : weir::content_files())
    if (file.name.starts_with("rules/secrets/"))
      weir::detect::join(rules, *weir::detect::parse_gitleaks(file.bytes, file.name));
  return *weir::detect::SecretDetector::compile(std::move(rules));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const weir::detect::SecretDetector kDetector = made();
  static weir::detect::SecretWorkspace workspace;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto reports = kDetector.scan(text, workspace);
  CHECK(reports.has_value());
  std::size_t at = 0;
  for (const auto& report : *reports) {
    CHECK(report.finding.span.begin >= at && report.finding.span.end <= size);
    CHECK(report.finding.span.begin <= report.finding.span.end);
    at = report.finding.span.end;
  }
  (void)weir::detect::redact(text, kDetector, workspace);
  return 0;
}
