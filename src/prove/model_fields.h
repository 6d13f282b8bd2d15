// Reading the fields of a model file so that every mistake names its line. Internal to the room.
//
//   ModelField agents = root["agents"];              // knows its place; absent fields are null values
//   TRY(std::string name, agents["coder"]["principal"].text());
//   TRY_STATUS(agents["coder"].only({"principal", "tools"}));
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::prove {

// Where values stand in the file.
struct ModelLines {
  std::string source;
  std::map<std::string, int> lines;  // JSON Pointer → line
  std::string change;                // pointer of the variant's patch that was applied; "" for none

  // The line of a value, or of the nearest one around it; values of the variant's patch come first.
  int line(const std::string& pointer) const;
};

class ModelField {
 public:
  ModelField(const Json& value, std::string pointer, const ModelLines& lines)
      : value_(&value), pointer_(std::move(pointer)), lines_(&lines) {}

  const Json& json() const { return *value_; }
  bool absent() const { return value_->is_null(); }
  int line() const { return lines_->line(pointer_); }
  std::string where() const { return lines_->source + ":" + std::to_string(line()); }
  std::string name() const;  // the last part of its place

  ModelField operator[](std::string_view key) const;
  std::vector<ModelField> items() const;    // of a list; none when absent
  std::vector<ModelField> members() const;  // of a map, in order; none when absent

  [[nodiscard]] std::unexpected<Error> bad(std::string what, std::string hint = {}) const;

  // Errors unless it is a map (or absent) with no other keys than these.
  Status only(std::initializer_list<std::string_view> keys) const;
  Status must_be_map() const;
  Status must_be_list() const;

  Result<std::string> text() const;                           // required
  Result<std::string> text_or(std::string_view other) const;  // when absent
  Result<bool> flag_or(bool other) const;
  Result<int> number_or(int other, int min, int max) const;
  // A list of texts, or one text alone; empty when absent.
  Result<std::vector<std::string>> texts() const;

 private:
  const Json* value_;
  std::string pointer_;
  const ModelLines* lines_;
};

// Names of agents, tools, ...: a small letter, then small letters, digits, '-' and '_'; at most 64; no word
// of the language.
bool valid_model_name(std::string_view name);

}  // namespace weir::prove
