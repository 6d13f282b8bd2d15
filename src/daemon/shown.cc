#include "daemon/shown.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/redact.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kSummaryBytesMax = 120;
constexpr std::size_t kLookBytes = 16 * limits::kKiB;  // as printable_redacted()
constexpr std::size_t kValuesMax = 256;                // of one event
constexpr std::size_t kValueBytesMin = 4;              // a shorter one would take words apart

bool tells_of_secrets(const event::Finding& finding) {
  // What was too large to be looked at may hold some: its begin, which is shown, is not too large.
  return finding.evidence_class == "secret" || finding.rule == "content.too-large";
}

}  // namespace

Shown::Shown(const event::Event& event, std::span<const event::Finding> found,
             const detect::Scanner* detectors)
    : event_(event) {
  if (detectors == nullptr || std::none_of(found.begin(), found.end(), tells_of_secrets)) return;
  detect::ScanWorkspace workspace;
  add_values(event.body, *detectors, workspace);
  // A value within another one must not break it apart.
  std::sort(values_.begin(), values_.end(),
            [](const auto& a, const auto& b) { return std::pair(b.size(), a) < std::pair(a.size(), b); });
  values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
}

// The reader of JSON bounds its depth.
void Shown::add_values(const Json& json, const detect::Scanner& detectors, detect::ScanWorkspace& workspace) {
  if (json.is_array())
    for (const auto& item : json.as_array())
      add_values(item, detectors, workspace);
  if (json.is_object())
    for (const auto& [key, value] : json.as_object())
      add_values(value, detectors, workspace);
  if (!json.is_string()) return;
  std::string_view text = json.as_string();
  if (text.size() > limits::kDetectBytesMax) text = text.substr(0, kLookBytes);
  const auto scanned = detectors.scan(text, workspace);
  if (!scanned) return;
  for (const auto& report : scanned->secrets) {
    const auto span = report.finding.span;
    if (span.end - span.begin < kValueBytesMin || values_.size() >= kValuesMax) continue;
    std::string value(text.substr(span.begin, span.end - span.begin));
    // As it stands in JSON, which is shown of calls without a command or path.
    std::string escaped = compact(Json(value));
    escaped = escaped.substr(1, escaped.size() - 2);
    if (escaped != value) values_.push_back(std::move(escaped));
    values_.push_back(std::move(value));
  }
}

std::string Shown::text(std::string_view text) const {
  std::string hidden(text);
  for (const auto& value : values_)
    for (auto at = hidden.find(value); at != std::string::npos;
         at = hidden.find(value, at + kRedacted.size()))
      hidden.replace(at, value.size(), kRedacted);
  return redact(hidden);
}

std::string Shown::line(std::string_view text) const {
  text = text.substr(0, kLookBytes);
  if (values_.empty()) return printable_redacted(text, kSummaryBytesMax);
  return printable(this->text(text), kSummaryBytesMax);
}

std::string Shown::summary() const {
  const Json& input = event_.body["input"];
  for (const char* key : {"command", "cmd", "file_path", "path", "url", "pattern", "prompt", "query"})
    if (const auto text = input[key].text_or(""); !text.empty()) return line(text);
  if (const auto text = event_.body["path"].text_or(""); !text.empty()) return line(text);
  if (input.is_object()) return line(compact(input));
  return line(event_.body["text"].text_or(""));
}

void Shown::hide_in(event::Decision& decision) const {
  decision.reason = text(decision.reason);
  decision.advice = text(decision.advice);
  std::vector<std::size_t> hit_on = {0};  // what a refusal names when no policy hit on an Action
  for (auto& hit : decision.policies) {
    hit.reason = text(hit.reason);
    hit.error = text(hit.error);
    hit_on.push_back(hit.action);
  }
  std::sort(hit_on.begin(), hit_on.end());
  hit_on.erase(std::unique(hit_on.begin(), hit_on.end()), hit_on.end());
  for (const std::size_t i : hit_on)
    if (i < decision.actions.size()) decision.actions[i].resource = text(decision.actions[i].resource);
}

}  // namespace weir::daemon
