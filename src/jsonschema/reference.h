// URI references as $id and $ref use them (RFC 3986 section 5.2), without looking anything up.
//
//   resolve("https://example.com/a/b.json", "c.json#/$defs/x")   https://example.com/a/c.json#/$defs/x
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::jsonschema {

// The reference as seen from `base`, dots removed. A base without a scheme ("" for a document without $id)
// resolves like a path.
std::string resolve(std::string_view base, std::string_view reference);

struct Address {
  std::string document;  // before "#"
  std::string fragment;  // behind it, percent-decoded
};
Address split_fragment(std::string_view uri);

// The tokens of a JSON pointer (RFC 6901); none when it is none.
std::optional<std::vector<std::string>> pointer_tokens(std::string_view pointer);
// A token as part of a pointer.
std::string pointer_token(std::string_view text);

}  // namespace weir::jsonschema
