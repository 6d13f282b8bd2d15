// JSON as a value: exact 64-bit integers, duplicate keys refused, size and depth limited, one canonical form.
//
//   TRY(Json row, parse_json(line));
//   std::string_view tool = row["tool_name"].text_or("");
//   Json answer = Json::object({{"verdict", "deny"}, {"policies", Json::array({"a", "b"})}});
//   std::string bytes = canonical(answer);       // RFC 8785
//
// Objects keep the order in which keys came; canonical() sorts. Reading is simdjson's (base/json_view.h,
// which reads without making values).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace weir {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  // insertion order; keys unique

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(unsigned value) : value_(std::int64_t{value}) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::uint64_t value);  // above INT64_MAX becomes the uint64 alternative
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  static Json array(std::initializer_list<Json> items = {}) { return Json(Array(items)); }
  static Json object(std::initializer_list<Member> members = {}) { return Json(Object(members)); }
  static Json strings(const std::vector<std::string>& items);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_uint64() const { return std::holds_alternative<std::uint64_t>(value_); }  // only above INT64_MAX
  bool is_double() const { return std::holds_alternative<double>(value_); }
  bool is_number() const { return is_int() || is_uint64() || is_double(); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // Access; the type must fit (CHECK).
  bool as_bool() const;
  std::int64_t as_int() const;
  std::uint64_t as_uint64() const;
  double as_double() const;  // any number
  const std::string& as_string() const;
  const Array& as_array() const;
  Array& as_array();
  const Object& as_object() const;
  Object& as_object();

  // Forgiving access: the value, or the fallback when the type does not fit.
  std::string_view text_or(std::string_view fallback) const;
  std::int64_t int_or(std::int64_t fallback) const;
  bool bool_or(bool fallback) const;

  // Member of an object; a shared null when absent or not an object.
  const Json& operator[](std::string_view key) const;
  const Json* find(std::string_view key) const;  // nullptr when absent or not an object
  Json* find(std::string_view key);
  bool has(std::string_view key) const { return find(key) != nullptr; }
  // Sets or replaces a member; a null value becomes an object first.
  Json& set(std::string_view key, Json value);
  void erase(std::string_view key);
  // Appends to an array; a null value becomes an array first.
  Json& push(Json value);

  bool operator==(const Json&) const = default;  // objects compare in order; compare canonical() to ignore it

 private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> value_;
};

struct JsonLimits {
  std::size_t bytes_max = limits::kJsonBytesMax;
  std::size_t depth_max = limits::kJsonDepthMax;
};

// One JSON document (RFC 8259, UTF-8, no trailing text). Errors: `invalid` with the reason, `limit`. Integers
// outside 64 bits are refused unless written with a fraction or exponent, or as canonical() writes a double.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

// RFC 8785 canonical form: sorted keys (by UTF-16 code units), ECMAScript numbers, minimal escapes. Integers
// beyond 2^53 are written exactly, which RFC 8785 leaves to the application; formats of Weir write them as
// strings.
std::string canonical(const Json& value);
// The same at the end of `out`: for who writes an object whose names are known in their order.
void append_canonical(std::string& out, const Json& value);
// Text as a JSON string, quotes included, as canonical() writes it.
void append_json_string(std::string& out, std::string_view text);

// No fewer bytes than canonical() writes, found without writing.
std::size_t canonical_bytes_max(const Json& value);

// The same without sorting: members in their own order. For protocols that people read.
std::string compact(const Json& value);
// Two-space indentation, for people.
std::string pretty(const Json& value);

}  // namespace weir
