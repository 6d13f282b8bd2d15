// Taking a foreign object apart without losing anything: each field is taken out once, what is left over
// becomes body.rest. Shared by the parsers of this room.
//
//   Fields fields(payload);
//   std::string cwd = fields.text("cwd");     // "" when absent; a field of another type stays in the rest
//   fields.token_to(event.data, "permission_mode");
//   fields.rest_to(event.body);
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event/event.h"

namespace weir::ingest {

class Fields {
 public:
  // `object` should be an object; anything else has no fields and is the rest as a whole.
  explicit Fields(Json object) : left_(std::move(object)) {}

  bool has(std::string_view key) const { return left_.has(key); }
  const Json& peek(std::string_view key) const { return left_[key]; }
  std::optional<Json> take(std::string_view key);
  // The text, or "" and the field stays.
  std::string text(std::string_view key);
  // A string field that is a valid identifier (valid_native_id), or "" and the field stays.
  std::string id(std::string_view key);

  // Moves a field into the envelope's data under `name` when it can carry no content: a token, a number or a
  // truth value. Otherwise it stays.
  void token_to(Json& data, std::string_view key, std::string_view name);
  void token_to(Json& data, std::string_view key) { token_to(data, key, key); }
  // Moves a text field, whatever it holds, into the body under `name`.
  void text_to(Json& body, std::string_view key, std::string_view name);
  // Moves an identifier into event.corr under `name`.
  void corr_to(event::Event& event, std::string_view key, std::string_view name);
  void corr_to(event::Event& event, std::string_view key) { corr_to(event, key, key); }

  // What nobody took, as member `name` of the body; nothing when nothing is left.
  void rest_to(Json& body, std::string_view name = "rest");

 private:
  Json left_;
};

// Tool names are shown and matched: 1..512 bytes of valid UTF-8 without control characters.
bool valid_tool_name(std::string_view name);

}  // namespace weir::ingest
