#include "base/json.h"

#include <algorithm>
#include <limits>

namespace weir {
namespace {

const Json kNull;

}  // namespace

Json::Json(std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    value_ = static_cast<std::int64_t>(value);
  else
    value_ = value;
}

Json Json::strings(const std::vector<std::string>& items) {
  Array array;
  array.reserve(items.size());
  for (const auto& item : items)
    array.emplace_back(item);
  return Json(std::move(array));
}

bool Json::as_bool() const {
  CHECK(is_bool());
  return std::get<bool>(value_);
}
std::int64_t Json::as_int() const {
  CHECK(is_int());
  return std::get<std::int64_t>(value_);
}
std::uint64_t Json::as_uint64() const {
  if (is_int()) return static_cast<std::uint64_t>(std::get<std::int64_t>(value_));
  CHECK(is_uint64());
  return std::get<std::uint64_t>(value_);
}
double Json::as_double() const {
  if (is_int()) return static_cast<double>(std::get<std::int64_t>(value_));
  if (is_uint64()) return static_cast<double>(std::get<std::uint64_t>(value_));
  CHECK(is_double());
  return std::get<double>(value_);
}
const std::string& Json::as_string() const {
  CHECK(is_string());
  return std::get<std::string>(value_);
}
const Json::Array& Json::as_array() const {
  CHECK(is_array());
  return std::get<Array>(value_);
}
Json::Array& Json::as_array() {
  CHECK(is_array());
  return std::get<Array>(value_);
}
const Json::Object& Json::as_object() const {
  CHECK(is_object());
  return std::get<Object>(value_);
}
Json::Object& Json::as_object() {
  CHECK(is_object());
  return std::get<Object>(value_);
}

std::string_view Json::text_or(std::string_view fallback) const {
  return is_string() ? std::string_view(std::get<std::string>(value_)) : fallback;
}
std::int64_t Json::int_or(std::int64_t fallback) const {
  return is_int() ? std::get<std::int64_t>(value_) : fallback;
}
bool Json::bool_or(bool fallback) const {
  return is_bool() ? std::get<bool>(value_) : fallback;
}

const Json* Json::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const auto& member : std::get<Object>(value_))
    if (member.first == key) return &member.second;
  return nullptr;
}
Json* Json::find(std::string_view key) {
  return const_cast<Json*>(std::as_const(*this).find(key));
}

const Json& Json::operator[](std::string_view key) const {
  const Json* found = find(key);
  return found != nullptr ? *found : kNull;
}

Json& Json::set(std::string_view key, Json value) {
  if (is_null()) value_ = Object{};
  if (Json* found = find(key))
    *found = std::move(value);
  else
    as_object().emplace_back(std::string(key), std::move(value));
  return *this;
}

void Json::erase(std::string_view key) {
  if (is_object()) std::erase_if(as_object(), [&](const Member& member) { return member.first == key; });
}

Json& Json::push(Json value) {
  if (is_null()) value_ = Array{};
  as_array().push_back(std::move(value));
  return *this;
}

}  // namespace weir
