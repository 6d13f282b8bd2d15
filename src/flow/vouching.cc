#include "flow/vouching.h"

#include <algorithm>
#include <string>
#include <vector>

#include "flow/arguments.h"
#include "flow/fold.h"
#include "flow/shape.h"

namespace weir::flow {
namespace {

bool any_in(const std::vector<std::string>& words, const WordSet& set) {
  return std::any_of(words.begin(), words.end(), [&](const auto& word) { return set.contains(word); });
}

// It reads what stands at an address that the call gives.
bool reads_address(const ToolMeaning& tool, const Json& input, const Words& words) {
  bool address = false;
  if (!tool.changes)
    each_argument(input, tool, words,
                  [&](const Argument& one) { address = address || one.role == Role::address; });
  return address;
}

bool is_person_or_account(std::string_view value) {
  const Shape shape = shape_of(value);
  return shape == Shape::mail || shape == Shape::account;
}

// "write to eve@x.org": an address in a text that is more than it.
bool tells_of_address(std::string_view value) {
  if (value.find(' ') == std::string_view::npos) return false;
  for (const Shape shape : {Shape::mail, Shape::address, Shape::account})
    if (!values_of_shape(value, shape).empty()) return true;
  return false;
}

}  // namespace

bool hands_over(const ToolMeaning& tool, const Json& input, const Words& words) {
  if (!input.is_object()) return false;
  const auto& fields = input.as_object();
  return !tool.changes && std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
    return any_in(words_of(field.first), words.handed_over);
  }) && !reads_address(tool, input, words);
}

void loosen(Leaves& leaves, const ToolMeaning& tool, const Json& input, const Words& words) {
  const bool all = reads_address(tool, input, words) || hands_over(tool, input, words);
  for (Leaf& leaf : leaves.leaves) {
    const std::string value = comparable(leaf.value);
    leaf.loose = all || (tool.changes && is_person_or_account(value)) || tells_of_address(value);
  }
}

bool points_at(std::string_view prompt, std::string_view value) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  if (!std::all_of(value.begin(), value.end(), is_letter)) return true;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c; };
  for (std::size_t at = 0; at + value.size() <= prompt.size(); ++at) {
    const auto here = prompt.substr(at, value.size());
    if (!std::equal(here.begin(), here.end(), value.begin(), [&](char a, char b) { return lower(a) == b; }))
      continue;
    if (here != value) return true;
    constexpr std::string_view kMarks = "'\"`#@";
    if (at > 0 && kMarks.find(prompt[at - 1]) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace weir::flow
