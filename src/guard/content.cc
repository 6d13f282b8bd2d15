#include "guard/content.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/limits.h"

namespace weir::guard {
namespace {

constexpr std::size_t kContentFindingsMax = 32;             // of one event; more tell nothing new
constexpr std::size_t kContentBytesMax = 8 * limits::kMiB;  // of one event

class Reader {
 public:
  Reader(const detect::Scanner& detectors, detect::ScanWorkspace& workspace)
      : detectors_(detectors), workspace_(workspace) {}

  // The reader of JSON bounds its depth.
  void read(const Json& json) {
    if (json.is_string()) {
      text(json.as_string());
    } else if (json.is_array()) {
      for (const auto& item : json.as_array())
        read(item);
    } else if (json.is_object()) {
      for (const auto& [key, value] : json.as_object())
        read(value);
    }
  }

  std::vector<event::Finding> found;

 private:
  void text(std::string_view text) {
    bytes_ += text.size();
    if (bytes_ > kContentBytesMax) {
      too_large();
      return;
    }
    auto scanned = detectors_.scan(text, workspace_);
    if (!scanned) {
      too_large();
      return;
    }
    for (auto* reports : {&scanned->secrets, &scanned->injections})
      for (auto& report : *reports)
        add(std::move(report.finding));
  }

  void add(event::Finding finding) {
    const bool known = std::any_of(found.begin(), found.end(),
                                   [&](const auto& other) { return other.rule == finding.rule; });
    if (!known && found.size() < kContentFindingsMax) found.push_back(std::move(finding));
  }

  void too_large() {
    add({.rule = "content.too-large",
         .evidence_class = "evasion",
         .severity = event::Severity::low,
         .techniques = {},
         .span = {},
         .message = "The content is larger than detectors look at."});
  }

  const detect::Scanner& detectors_;
  detect::ScanWorkspace& workspace_;
  std::size_t bytes_ = 0;
};

}  // namespace

Result<std::shared_ptr<const detect::Scanner>> detectors_of(const std::vector<NamedText>& secrets,
                                                            const std::vector<NamedText>& injection) {
  if (secrets.empty() || injection.empty()) return std::shared_ptr<const detect::Scanner>();
  detect::SecretRules rules;
  for (const auto& file : secrets) {
    TRY(auto more, detect::parse_gitleaks(file.text, file.name));
    detect::join(rules, std::move(more));
  }
  TRY(auto secret_detector, detect::SecretDetector::compile(std::move(rules)));
  TRY(auto model, detect::parse_injection_model(injection.front().text, injection.front().name));
  TRY(auto injection_detector, detect::InjectionDetector::compile(std::move(model)));
  TRY(auto scanner, detect::Scanner::compile(std::move(secret_detector), std::move(injection_detector)));
  return std::make_shared<const detect::Scanner>(std::move(scanner));
}

std::vector<event::Finding> findings_in(const event::Event& event, const detect::Scanner& detectors,
                                        detect::ScanWorkspace& workspace) {
  Reader reader(detectors, workspace);
  reader.read(event.body);
  return std::move(reader.found);
}

}  // namespace weir::guard
