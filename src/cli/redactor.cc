#include "cli/redactor.h"

#include <algorithm>
#include <optional>

#include "base/redact.h"
#include "cli/inspect_text.h"
#include "detect/digit_runs.h"
#include "detect/redact.h"

namespace weir::cli {
namespace {

constexpr std::size_t kTokenMin = 20;
constexpr std::size_t kLineBytesMax = 16 * 1024;

// Paths and words are rows of such characters too; tokens have digits and letters.
bool may_hold_token(std::string_view text) {
  bool found = false;
  detect::each_digit_run(text, kTokenMin, [&](std::size_t begin, std::size_t end) {
    const std::string_view run = text.substr(begin, end - begin);
    const auto has = [&](char from, char to) {
      return std::any_of(run.begin(), run.end(), [&](char c) { return c >= from && c <= to; });
    };
    found = has('0', '9') && (has('a', 'z') || has('A', 'Z'));
    return !found;
  });
  return found;
}

}  // namespace

struct Redactor::State {
  std::optional<detect::SecretDetector> detector;
  bool tried = false;
  detect::SecretWorkspace workspace;

  bool ready() {
    if (tried) return detector.has_value();
    tried = true;
    if (auto rules = built_in_secret_rules())
      if (auto compiled = detect::SecretDetector::compile(*std::move(rules))) detector = *std::move(compiled);
    return detector.has_value();
  }
};

Redactor::Redactor() : state_(std::make_unique<State>()) {}
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;
Redactor::~Redactor() = default;

std::string Redactor::text(std::string_view text) {
  if (may_hold_token(text) && state_->ready())
    return detect::redact(text, *state_->detector, state_->workspace);
  return redact(text);
}

std::string Redactor::line(std::string_view text, std::size_t bytes_max) {
  return printable_redacted(this->text(text.substr(0, kLineBytesMax)), bytes_max);
}

Json Redactor::json(const Json& document) {
  if (document.is_string()) return text(document.as_string());
  if (document.is_array()) {
    Json out = Json::array();
    for (const Json& item : document.as_array())
      out.push(json(item));
    return out;
  }
  if (!document.is_object()) return document;
  Json out = Json::object({});
  for (const auto& [key, value] : document.as_object())
    out.set(key, json(value));
  return out;
}

}  // namespace weir::cli
