#include "base/json.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace weir {
namespace {

const Json kNull;

Error json_error(std::string what) {
  return Error{ErrorCode::invalid, std::move(what), {}, "give one valid UTF-8 JSON value"};
}

// Turns simdjson's DOM into ours; `depth` counts the containers around `element`.
Result<Json> convert(simdjson::dom::element element, std::size_t depth, const JsonLimits& limits);

Result<Json> convert_array(simdjson::dom::array array, std::size_t depth, const JsonLimits& limits) {
  Json::Array items;
  items.reserve(array.size());
  for (const auto item : array) {
    TRY(Json value, convert(item, depth + 1, limits));
    items.push_back(std::move(value));
  }
  return Json(std::move(items));
}

// Duplicate keys are an ambiguity that two parsers resolve differently: refused. Small objects are compared
// pairwise, large ones through a sorted list of keys.
bool has_duplicate_keys(const Json::Object& members) {
  constexpr std::size_t kPairwiseMax = 16;
  if (members.size() <= kPairwiseMax) {
    for (std::size_t i = 1; i < members.size(); ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (members[i].first == members[k].first) return true;
    return false;
  }
  std::vector<std::string_view> keys;
  keys.reserve(members.size());
  for (const auto& member : members)
    keys.push_back(member.first);
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

Result<Json> convert_object(simdjson::dom::object object, std::size_t depth, const JsonLimits& limits) {
  Json::Object members;
  members.reserve(object.size());
  for (const auto field : object) {
    TRY(Json value, convert(field.value, depth + 1, limits));
    members.emplace_back(std::string(field.key), std::move(value));
  }
  if (has_duplicate_keys(members)) return std::unexpected(json_error("an object has the same key twice"));
  return Json(std::move(members));
}

// RFC 8785 writes numbers from 2^64 to 10^21 without point and exponent, which simdjson refuses as integers.
// Those that stand exactly as canonical() writes a double get an exponent; nothing else is changed.
std::string with_wide_numbers_marked(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789+-.eE", at), text.size());
    if (quoted || end == at) {
      const bool escape = quoted && text[at] == '\\';
      if (text[at] == '"') quoted = !quoted;
      out += text.substr(at, escape ? 2 : 1);
      at += escape ? 2 : 1;
      continue;
    }
    const std::string_view number = text.substr(at, end - at);
    out += number;
    at = end;
    double value = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    const bool whole = number.find_first_of(".eE") == std::string_view::npos && read.ec == std::errc{};
    const bool beyond_64_bits = value >= 0x1p64 || value < -0x1p63;
    if (whole && beyond_64_bits && canonical(Json(value)) == number) out += "e0";
  }
  return out;
}

Result<Json> convert(simdjson::dom::element element, std::size_t depth, const JsonLimits& limits) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::NULL_VALUE:
      return Json();
    case element_type::BOOL:
      return Json(bool(element));
    case element_type::INT64:
      return Json(std::int64_t(element));
    case element_type::UINT64:
      return Json(std::uint64_t(element));
    case element_type::DOUBLE:
      return Json(double(element));
    case element_type::STRING:
      return Json(std::string(std::string_view(element)));
    case element_type::ARRAY:
    case element_type::OBJECT:
      break;
  }
  if (depth >= limits.depth_max)
    return fail(ErrorCode::limit,
                "JSON is nested deeper than " + std::to_string(limits.depth_max) + " levels");
  if (element.is_array()) return convert_array(element.get_array().value_unsafe(), depth, limits);
  return convert_object(element.get_object().value_unsafe(), depth, limits);
}

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

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes_max)
    return fail(ErrorCode::limit, "JSON is longer than " + std::to_string(limits.bytes_max) + " bytes");
  simdjson::dom::parser parser(limits.bytes_max);
  // simdjson's own depth limit must lie above ours, so that ours gives the message.
  if (parser.allocate(std::max<std::size_t>(text.size(), 32), limits.depth_max + 8) != simdjson::SUCCESS)
    return fail(ErrorCode::limit, "not enough memory to read this JSON");
  auto document = parser.parse(text.data(), text.size());
  std::string marked;
  if (document.error() == simdjson::NUMBER_ERROR) {
    marked = with_wide_numbers_marked(text);
    if (marked.size() <= limits.bytes_max) document = parser.parse(marked.data(), marked.size());
  }
  if (document.error() == simdjson::DEPTH_ERROR)
    return fail(ErrorCode::limit,
                "JSON is nested deeper than " + std::to_string(limits.depth_max) + " levels");
  if (document.error() != simdjson::SUCCESS)
    return std::unexpected(
        json_error(std::string("not valid JSON: ") + simdjson::error_message(document.error())));
  return convert(document.value_unsafe(), 0, limits);
}

}  // namespace weir
