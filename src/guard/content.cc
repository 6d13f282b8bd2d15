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

  std::vector<event::Finding> take() { return gathered_.take(); }

 private:
  void text(std::string_view text) {
    const bool room = gathered_.has_room(text.size());
    auto scanned = room ? detectors_.scan(text, workspace_) : fail(ErrorCode::limit, "too large");
    if (!scanned) {
      (void)gathered_.add_too_large();
      return;
    }
    for (const auto* reports : {&scanned->secrets, &scanned->injections})
      for (const auto& report : *reports)
        (void)gathered_.add(report.finding);
  }

  const detect::Scanner& detectors_;
  detect::ScanWorkspace& workspace_;
  GatheredFindings gathered_;
};

}  // namespace

bool GatheredFindings::has_room(std::size_t text_bytes) {
  bytes_ += text_bytes;
  return bytes_ <= kContentBytesMax;
}

bool GatheredFindings::add(const event::Finding& finding) {
  const bool known = std::any_of(found_.begin(), found_.end(),
                                 [&](const auto& other) { return other.rule == finding.rule; });
  if (known || found_.size() >= kContentFindingsMax) return false;
  found_.push_back(finding);
  return true;
}

bool GatheredFindings::add_too_large() {
  return add({.rule = "content.too-large",
              .evidence_class = "evasion",
              .severity = event::Severity::low,
              .techniques = {},
              .span = {},
              .message = "The content is larger than detectors look at."});
}

Result<std::shared_ptr<const detect::Scanner>> detectors_of(const std::vector<NamedText>& secrets,
                                                            const std::vector<NamedText>& injection,
                                                            match::DatabaseStore* kept) {
  if (secrets.empty() || injection.empty()) return std::shared_ptr<const detect::Scanner>();
  detect::SecretRules rules;
  for (const auto& file : secrets) {
    TRY(auto more, detect::parse_gitleaks(file.text, file.name));
    detect::join(rules, std::move(more));
  }
  TRY(auto secret_detector, detect::SecretDetector::compile(std::move(rules), detect::FirstPass::shared));
  TRY(auto model, detect::parse_injection_model(injection.front().text, injection.front().name));
  TRY(auto injection_detector, detect::InjectionDetector::compile(std::move(model)));
  TRY(auto scanner,
      detect::Scanner::compile(std::move(secret_detector), std::move(injection_detector), kept));
  return std::make_shared<const detect::Scanner>(std::move(scanner));
}

std::vector<event::Finding> findings_in(const event::Event& event, const detect::Scanner& detectors,
                                        detect::ScanWorkspace& workspace) {
  Reader reader(detectors, workspace);
  reader.read(event.body);
  return reader.take();
}

}  // namespace weir::guard
