// Any bytes through the model of injections: spans lie inside the text, probabilities between 0 and 1.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/result.h"
#include "content.h"
#include "detect/injection.h"
#include "detect/normal.h"

namespace {

weir::detect::InjectionDetector made() {
  for (const auto& file : weir::content_files())
    if (file.name == "detect/injection.json")
      return *weir::detect::InjectionDetector::compile(
          *weir::detect::parse_injection_model(file.bytes, file.name));
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const weir::detect::InjectionDetector kDetector = made();
  static weir::detect::InjectionWorkspace workspace;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto normal = weir::detect::normalize(text);
  CHECK(normal.origin.size() == normal.text.size() + 1);
  for (std::size_t i = 1; i < normal.origin.size(); ++i)
    CHECK(normal.origin[i - 1] <= normal.origin[i] && normal.origin[i] <= size);
  const auto reports = kDetector.scan(text, workspace);
  CHECK(reports.has_value());
  for (const auto& report : *reports) {
    CHECK(report.finding.span.begin <= report.finding.span.end && report.finding.span.end <= size);
    CHECK(report.score >= 0 && report.score <= 1);
  }
  return 0;
}
