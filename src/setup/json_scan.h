// Where things stand in a JSON text: the offsets that json_edit works with. Only for texts that parse_json
// has accepted; the scanner itself decides nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::setup {

struct JsonPlace {
  struct Entry;
  char kind = 0;          // '{', '[' or 0 for a scalar
  std::size_t begin = 0;  // of the value
  std::size_t end = 0;
  std::vector<Entry> entries;  // members or items

  const JsonPlace* find(std::string_view key) const;  // the value of a member; null when absent
};
struct JsonPlace::Entry {
  std::string key;        // decoded; "" for array items
  std::size_t begin = 0;  // of the key, or of the item
  JsonPlace value;
};

// A text of the same length in which a byte order mark, comments and trailing commas are blanks.
struct StrictText {
  std::string text;
  bool had_comments = false;        // or trailing commas
  std::vector<std::size_t> commas;  // offsets of the blanked trailing commas, ascending
};
StrictText to_strict(std::string_view text);

// The places in a text that parse_json accepts (CHECKs otherwise).
JsonPlace scan_json(std::string_view strict_text);

}  // namespace weir::setup
