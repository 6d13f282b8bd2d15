// Where a value stands in the text of a JSON document, so that it alone can be replaced: every other byte
// (order, blanks, digits of numbers, unknown members) stays as the vendor wrote it.
//
//   Edits edits(event.data);
//   edits.replace({"delta", "stop_reason"}, R"("end_turn")");
//   event.data = edits.apply();
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::llm {

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// A member by its name (escapes in the text are read), or an item by its number from 0.
using JsonStep = std::variant<std::string, std::size_t>;
using JsonPath = std::vector<JsonStep>;

// The bytes of the value at `path`. `json` is a document that base/json.h accepted (so keys are unique);
// nothing when there is no such value.
std::optional<Span> find_value(std::string_view json, const JsonPath& path);

// Replacements in one text. Their places must not overlap.
class Edits {
 public:
  explicit Edits(std::string_view json) : json_(json) {}
  // False, and nothing changes, when there is no value at `path`.
  bool replace(const JsonPath& path, std::string value);
  bool empty() const { return edits_.empty(); }
  std::string apply() const;

 private:
  struct Edit {
    Span span;
    std::string value;
  };
  std::string_view json_;
  std::vector<Edit> edits_;
};

}  // namespace weir::llm
