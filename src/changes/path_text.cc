#include "changes/path_text.h"

#include "base/bytes.h"

namespace weir::changes {

void set_path(Json& object, std::string_view key, const std::string& path) {
  if (valid_utf8(path))
    object.set(key, path);
  else
    object.set(std::string(key) + "_base64", to_base64(as_bytes(path)));
}

std::optional<std::string> path_from(const Json& object, std::string_view key) {
  if (const Json* plain = object.find(key); plain != nullptr && plain->is_string()) return plain->as_string();
  const Json& coded = object[std::string(key) + "_base64"];
  if (!coded.is_string()) return std::nullopt;
  const auto bytes = from_base64(coded.as_string());
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

}  // namespace weir::changes
