// TOML 1.0 as Json values: tables become objects, dates and times their text, floats their text as written by
// the standard's shortest form. Reading is toml++'s; its header stays in toml.cc.
#pragma once

#include <string_view>

#include "base/json.h"

namespace weir {

// `where` names the text in errors ("gitleaks.toml"); the line is added. Limits: limits::kYamlBytesMax,
// limits::kJsonDepthMax.
Result<Json> parse_toml(std::string_view text, std::string_view where);

}  // namespace weir
