// YAML catalogues as Json values. Only the subset that JSON can say: scalars, lists, maps with string keys;
// no anchors, tags or duplicate keys. Plain scalars that look like booleans or integers become those; quoted
// ones stay text. Reading is yaml-cpp's; its header stays in yaml.cc.
#pragma once

#include <string_view>

#include "base/json.h"

namespace weir {

// `where` names the text in errors ("commands/git.yaml"); the line is added.
Result<Json> parse_yaml(std::string_view text, std::string_view where);

}  // namespace weir
