// A path in JSON: Linux lets a name be any bytes, JSON only Unicode. Inside the room and for its commands.
//
//   {"path":"src/main.c"}            what is valid UTF-8
//   {"path_base64":"bmFtZf8="}       anything else, RFC 4648
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace weir::changes {

void set_path(Json& object, std::string_view key, const std::string& path);
std::optional<std::string> path_from(const Json& object, std::string_view key);

}  // namespace weir::changes
