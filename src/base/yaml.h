// YAML catalogues as Json values. Only the subset that JSON can say: scalars, lists, maps with string keys;
// no anchors, tags or duplicate keys. Plain scalars that look like booleans or integers become those; quoted
// ones stay text. Reading is yaml-cpp's; its header stays in yaml.cc.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir {

// `where` names the text in errors ("commands/git.yaml"); the line is added.
Result<Json> parse_yaml(std::string_view text, std::string_view where);

// The same with the place of every value, for readers whose own errors shall name a line.
struct YamlText {
  Json value;
  std::map<std::string, int> lines;  // JSON Pointer (RFC 6901), "/agents/coder/tools/0" → line from 1
};
Result<YamlText> parse_yaml_lines(std::string_view text, std::string_view where);

// A file of several documents, parted by "---" lines. One that cannot be read does not hide the others. Lines
// are those of the whole text; documents of nothing but comments are left out.
struct YamlDocument {
  int line = 1;  // where it begins
  Result<YamlText> text;
};
std::vector<YamlDocument> parse_yaml_documents(std::string_view text, std::string_view where);

}  // namespace weir
