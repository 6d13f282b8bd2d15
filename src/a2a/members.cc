#include "a2a/members.h"

#include <algorithm>

#include "base/bytes.h"

namespace weir::a2a {
namespace {

// How lenient readers take a name: without case, underscores and dashes.
std::string folded(std::string_view key) {
  std::string out;
  for (const char c : key)
    if (c != '_' && c != '-') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

const Json& nothing() {
  static const Json kNull;
  return kNull;
}

}  // namespace

Members::Members(const Json& object, std::string where, std::initializer_list<std::string_view> known)
    : object_(object.is_object() ? object : nothing()), where_(std::move(where)) {
  if (!object.is_object()) {
    error_ = Error{ErrorCode::invalid, "must be an object", where_, ""};
    return;
  }
  for (const auto& [key, value] : object.as_object()) {
    const std::string plain = folded(key);
    for (const auto name : known)
      if (key != name && plain == folded(name)) {
        wrong("is another spelling of \"" + std::string(name) + "\"", printable(key, 60));
        return;
      }
  }
}

std::string Members::text(std::string_view key, std::size_t bytes_max) {
  std::string value = free_text(key);
  if (value.size() > bytes_max) {
    wrong("is longer than " + std::to_string(bytes_max) + " bytes", key);
    return {};
  }
  if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    wrong("holds control characters", key);
    return {};
  }
  return value;
}

std::string Members::free_text(std::string_view key) {
  const Json& value = get(key);
  if (value.is_null()) return {};
  if (value.is_string()) return value.as_string();
  wrong("must be text", key);
  return {};
}

std::optional<bool> Members::maybe_flag(std::string_view key) {
  const Json& value = get(key);
  if (value.is_null()) return std::nullopt;
  if (value.is_bool()) return value.as_bool();
  wrong("must be true or false", key);
  return std::nullopt;
}

std::optional<std::int64_t> Members::count(std::string_view key) {
  const Json& value = get(key);
  if (value.is_null()) return std::nullopt;
  if (value.is_int() && value.as_int() >= 0 && value.as_int() <= INT32_MAX) return value.as_int();
  wrong("must be a number from 0 to 2147483647", key);
  return std::nullopt;
}

std::vector<std::string> Members::texts(std::string_view key, std::size_t bytes_max, std::size_t items_max) {
  std::vector<std::string> out;
  for (const auto& item : list(key, items_max)) {
    if (!item.is_string() || item.as_string().size() > bytes_max ||
        std::ranges::any_of(item.as_string(), [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
      wrong("must be a list of texts of at most " + std::to_string(bytes_max) + " bytes", key);
      return {};
    }
    out.push_back(item.as_string());
  }
  return out;
}

Json Members::object(std::string_view key) {
  const Json& value = get(key);
  if (value.is_null() || value.is_object()) return value;
  wrong("must be an object", key);
  return {};
}

const Json::Array& Members::list(std::string_view key, std::size_t items_max) {
  static const Json::Array kEmpty;
  const Json& value = get(key);
  if (value.is_null()) return kEmpty;
  if (!value.is_array()) {
    wrong("must be a list", key);
    return kEmpty;
  }
  if (value.as_array().size() > items_max) {
    if (!error_)
      error_ = Error{ErrorCode::limit, "has more than " + std::to_string(items_max) + " items",
                     where_ + "." + std::string(key), ""};
    return kEmpty;
  }
  return value.as_array();
}

void Members::wrong(std::string what, std::string_view key) {
  if (error_) return;
  error_ =
      Error{ErrorCode::invalid, std::move(what), where_ + (key.empty() ? "" : "." + std::string(key)), ""};
}

void Members::pass(Status status) {
  if (!status && !error_) error_ = std::move(status.error());
}

Status Members::status() const {
  if (error_) return std::unexpected(*error_);
  return {};
}

}  // namespace weir::a2a
