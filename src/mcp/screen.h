// What a text that a server sends to a model hides from the person who reads it, and names that could be
// mistaken for another server's.
//
//   if (hidden_text(description)) …        // characters that a person does not see
//   skeleton("Gіthub_search") == skeleton("github_search")
//
// Whether a text gives orders is the injection detector's to say (detect/injection.h).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::mcp {

// Characters that are not shown but read: tags (U+E0000 to U+E007F), zero-width and joining ones, marks of
// direction (U+202A to U+202E, U+2066 to U+2069), variation selectors of the supplement, and controls but
// tab, CR and LF. One U+FE0F behind a sign (emoji), and joiners between two of those or between letters of
// scripts that need them, are not hidden text.
bool hidden_text(std::string_view utf8);
// Of any text in the value, keys included.
bool hidden_text_in(const Json& value);

// A form in which names look alike when people take them for each other: case, '-', '_', '.' and blanks are
// dropped; Cyrillic, Greek and full-width letters and digits become the Latin ones they look like (a part of
// Unicode's UTS 39 confusables), and so do 0/o, 1/l/i and rn/m.
std::string skeleton(std::string_view name);
// Do the two look alike without being the same name in another spelling ("createIssue", "create_issue")?
bool mistaken_for(std::string_view a, std::string_view b);

// The other server whose tool the text speaks of by name (whole words, at least 6 bytes, not an everyday word
// of the text's own server); "" for none.
struct Elsewhere {
  std::string server;
  std::set<std::string> tools;
};
std::string names_other(const Json& descriptor, const std::vector<Elsewhere>& others,
                        const std::set<std::string>& own);

}  // namespace weir::mcp
