#include "llm/shape.h"

#include <algorithm>
#include <array>
#include <string>

namespace weir::llm {
namespace {

constexpr std::size_t kWordMax = 32;  // longer keys are no word of ours

// Lower case without _ - and dots, so that variants of a word are one.
std::string_view plain(std::string_view text, std::array<char, kWordMax>& out) {
  std::size_t size = 0;
  for (const char c : text) {
    if (c == '_' || c == '-' || c == '.' || c == ' ') continue;
    if (size == out.size()) return {};
    out[size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return {out.data(), size};
}

bool is_call_key(std::string_view plain) {
  constexpr std::array<std::string_view, 9> kKeys = {"toolcalls",     "toolcall",    "functioncall",
                                                     "functioncalls", "tooluse",     "tooluses",
                                                     "partialjson",   "partialargs", "arguments"};
  return std::find(kKeys.begin(), kKeys.end(), plain) != kKeys.end();
}

bool is_input_key(std::string_view plain) {
  constexpr std::array<std::string_view, 6> kKeys = {"input",      "args",   "arguments",
                                                     "parameters", "action", "operation"};
  return std::find(kKeys.begin(), kKeys.end(), plain) != kKeys.end();
}

}  // namespace

bool names_a_call(std::string_view type) {
  std::string word;
  for (const char c : type)
    if (c != '_' && c != '-' && c != ' ') word += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (word.starts_with("cleartool")) return false;  // Anthropic's reports of edits to the context
  constexpr std::array<std::string_view, 7> kParts = {
      "tooluse", "toolcall", "functioncall", "callarguments", "inputjson", "shellcall", "patchcall"};
  return word.ends_with("call") || std::any_of(kParts.begin(), kParts.end(),
                                               [&](std::string_view part) { return word.contains(part); });
}

bool looks_like_call(JsonView value, std::span<const std::string_view> skip) {
  for (const JsonView item : value.items())
    if (looks_like_call(item)) return true;
  bool has_name = false;
  bool has_input = false;
  std::array<char, kWordMax> buffer;
  for (const auto& [key, member] : value.members()) {
    if (std::find(skip.begin(), skip.end(), key) != skip.end()) continue;
    const std::string_view word = plain(key, buffer);
    if (is_call_key(word) && !member.is_null()) return true;
    if (word == "type" && member.is_string() && names_a_call(member.text_or(""))) return true;
    has_name = has_name || (word == "name" && member.is_string());
    has_input = has_input || (is_input_key(word) && !member.is_null());
    if ((member.is_object() || member.is_array()) && looks_like_call(member)) return true;
  }
  return has_name && has_input;
}

}  // namespace weir::llm
