#include "prove/model_fields.h"

#include <algorithm>
#include <array>

#include "prove/model.h"

namespace weir::prove {

int ModelLines::line(const std::string& pointer) const {
  for (const std::string& prefix : {change, std::string()}) {
    std::string place = prefix + pointer;
    while (place.size() > prefix.size()) {
      if (const auto it = lines.find(place); it != lines.end()) {
        // A patch names only what it changes: what it leaves alone stands elsewhere.
        if (!prefix.empty() && place != prefix + pointer) break;
        return it->second;
      }
      place.resize(place.rfind('/'));
    }
  }
  return 1;
}

std::string ModelField::name() const {
  return pointer_.substr(pointer_.rfind('/') + 1);
}

ModelField ModelField::operator[](std::string_view key) const {
  return {(*value_)[key], pointer_ + "/" + std::string(key), *lines_};
}

std::vector<ModelField> ModelField::items() const {
  std::vector<ModelField> list;
  if (!value_->is_array()) return list;
  const auto& array = value_->as_array();
  for (std::size_t i = 0; i < array.size(); ++i)
    list.emplace_back(array[i], pointer_ + "/" + std::to_string(i), *lines_);
  return list;
}

std::vector<ModelField> ModelField::members() const {
  std::vector<ModelField> list;
  if (!value_->is_object()) return list;
  for (const auto& [key, value] : value_->as_object())
    list.emplace_back(value, pointer_ + "/" + key, *lines_);
  return list;
}

std::unexpected<Error> ModelField::bad(std::string what, std::string hint) const {
  return fail(std::move(what), where(), std::move(hint));
}

Status ModelField::must_be_map() const {
  if (value_->is_object() || value_->is_null()) return {};
  return bad("\"" + name() + "\" must be a map");
}

Status ModelField::must_be_list() const {
  if (value_->is_array() || value_->is_null()) return {};
  return bad("\"" + name() + "\" must be a list");
}

Status ModelField::only(std::initializer_list<std::string_view> keys) const {
  TRY_STATUS(must_be_map());
  for (const ModelField& member : members()) {
    const std::string key = member.name();
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    std::string known;
    for (const std::string_view word : keys)
      known += (known.empty() ? "" : ", ") + std::string(word);
    return member.bad("\"" + key + "\" is not a field of \"" + name() + "\"", "known are: " + known);
  }
  return {};
}

Result<std::string> ModelField::text() const {
  if (!value_->is_string()) return bad("\"" + name() + "\" must be text");
  return value_->as_string();
}

Result<std::string> ModelField::text_or(std::string_view other) const {
  if (absent()) return std::string(other);
  return text();
}

Result<bool> ModelField::flag_or(bool other) const {
  if (absent()) return other;
  if (!value_->is_bool()) return bad("\"" + name() + "\" must be true or false");
  return value_->as_bool();
}

Result<int> ModelField::number_or(int other, int min, int max) const {
  if (absent()) return other;
  if (!value_->is_int() || value_->as_int() < min || value_->as_int() > max)
    return bad("\"" + name() + "\" must be a number from " + std::to_string(min) + " to " +
               std::to_string(max));
  return static_cast<int>(value_->as_int());
}

Result<std::vector<std::string>> ModelField::texts() const {
  std::vector<std::string> list;
  if (value_->is_string()) list.push_back(value_->as_string());
  if (value_->is_string() || absent()) return list;
  if (!value_->is_array()) return bad("\"" + name() + "\" must be text or a list of texts");
  for (const ModelField& item : items()) {
    TRY(std::string text, item.text());
    list.push_back(std::move(text));
  }
  return list;
}

bool valid_model_name(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kWords = {"self",      "peer",     "true",      "false",
                                                              "monitored", "approved", "approvals", "any",
                                                              "every",     "and",      "or",        "not"};
  if (name.empty() || name.size() > 64 || name[0] < 'a' || name[0] > 'z') return false;
  if (std::find(kWords.begin(), kWords.end(), name) != kWords.end()) return false;
  if (integrity_from(name) || confidentiality_from(name)) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace weir::prove
