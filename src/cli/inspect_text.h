// `weir inspect --kind content|secret|sql`: what detectors say of a text.
#pragma once

#include <memory>

#include "base/json.h"
#include "detect/gitleaks.h"

namespace weir::cli {

// The rules that ship (content/rules/secrets).
Result<detect::SecretRules> built_in_secret_rules();

// Detectors of the built-in rules, compiled once for many texts.
class TextInspector {
 public:
  enum class Kind { content, secret, sql };
  static std::optional<Kind> kind_from(std::string_view name);

  // Errors: the built-in rules cannot be compiled.
  static Result<TextInspector> make(Kind kind);
  TextInspector(TextInspector&&) noexcept;
  TextInspector& operator=(TextInspector&&) noexcept;
  ~TextInspector();

  // {verdict, policies: [], findings, actions} of a text; `path` is the file's name where it is known. With
  // `windows` the answer for content also lists every window with its signals, for training the model.
  Result<Json> inspect(std::string_view text, std::string_view path, bool windows) const;

  // {id, text, path?} → the same. Error `invalid` when there is no text.
  Result<Json> row(const Json& row, bool windows) const;

 private:
  struct State;
  explicit TextInspector(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::cli
