#include "ingest/fields.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "ingest/ingest.h"

namespace weir::ingest {
namespace {

constexpr std::size_t kToolNameBytesMax = 512;

}  // namespace

std::optional<Json> Fields::take(std::string_view key) {
  Json* found = left_.find(key);
  if (found == nullptr) return std::nullopt;
  Json value = std::move(*found);
  left_.erase(key);
  return value;
}

std::string Fields::text(std::string_view key) {
  const Json* found = std::as_const(left_).find(key);
  if (found == nullptr || !found->is_string()) return {};
  return take(key)->as_string();
}

std::string Fields::id(std::string_view key) {
  const Json* found = std::as_const(left_).find(key);
  if (found == nullptr || !found->is_string() || !valid_native_id(found->as_string())) return {};
  return text(key);
}

void Fields::token_to(Json& data, std::string_view key, std::string_view name) {
  const Json* found = std::as_const(left_).find(key);
  if (found == nullptr) return;
  const bool plain =
      found->is_bool() || found->is_number() || (found->is_string() && is_token(found->as_string()));
  if (plain) data.set(name, *take(key));
}

void Fields::text_to(Json& body, std::string_view key, std::string_view name) {
  const Json* found = std::as_const(left_).find(key);
  if (found != nullptr && found->is_string()) body.set(name, *take(key));
}

void Fields::corr_to(event::Event& event, std::string_view key, std::string_view name) {
  std::string value = id(key);
  if (!value.empty()) event.corr[std::string(name)] = std::move(value);
}

void Fields::rest_to(Json& body, std::string_view name) {
  const bool empty = left_.is_null() || (left_.is_object() && left_.as_object().empty());
  if (!empty) body.set(name, std::move(left_));
  left_ = Json();
}

bool valid_tool_name(std::string_view name) {
  if (name.empty() || name.size() > kToolNameBytesMax || !valid_utf8(name)) return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

}  // namespace weir::ingest
