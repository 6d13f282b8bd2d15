// The user's settings of tools (docs/formats/flow-tools.md) as a value that can be changed and written again:
// what `weir flow tools --set` does to ~/.config/weir/flow/tools.yaml.
//
//   TRY(const Json changed, set_tool(settings, "mail/send_note.to=authority"));
//   write(settings_yaml(changed));
//
// Nothing here knows whether a setting makes sense: Products::read says so of the text that comes out.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace weir::flow {

// TOOL.FIELD=ROLE, or TOOL:KEY=VALUE where KEY is effect, makes_new, readers, source, integrity,
// confidentiality, form or author. Errors: invalid.
Result<Json> set_tool(Json settings, std::string_view what);

// NAME=PRODUCT: what is configured as NAME is that product, or "none".
Result<Json> set_server(Json settings, std::string_view what);

// example.com, *.example.com; PRODUCT=AUTHOR.
Result<Json> trust_domain(Json settings, std::string_view domain);
Result<Json> trust_author(Json settings, std::string_view what);

// TOOL, TOOL.FIELD, TOOL:KEY, a server's name, a domain or PRODUCT=AUTHOR: the setting is gone. Errors:
// not_found when there is none of that name.
Result<Json> unset(Json settings, std::string_view what);

// As a file; the members in a fixed order, so that equal settings are equal texts.
std::string settings_yaml(const Json& settings);

// Lines that are only in `before` with "-", only in `after` with "+", common ones not at all.
std::string changed_lines(std::string_view before, std::string_view after);

}  // namespace weir::flow
