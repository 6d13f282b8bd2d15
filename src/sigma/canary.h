// CanaryAI's YAML rules, read as they are: {id, name, severity, tools, tool_pattern, match, message, tags}.
// They become rules of `product: weir`: a tool call's input and a tool result's output (event_fields.h).
//
// `field` command, file_path, pattern, output or any; the patterns are Python expressions, matched without
// case; blocks and patterns are joined by "or". `tool_pattern` goes before `tools`. An expression with
// look-around or back references is refused by name.
#pragma once

#include "sigma/document.h"

namespace weir::sigma {

// A map or a list of maps with `severity` that is no Sigma document.
bool is_canary(const Json& root);
void read_canary(RuleSet& set, Document& document);

}  // namespace weir::sigma
