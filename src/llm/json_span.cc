#include "llm/json_span.h"

#include <algorithm>

#include "base/json.h"

namespace weir::llm {
namespace {

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
    ++at;
  return at;
}

// `at` stands on the opening quote; the place behind the closing one.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

std::size_t skip_value(std::string_view text, std::size_t at) {
  if (at >= text.size()) return at;
  if (text[at] == '"') return skip_string(text, at);
  if (text[at] != '{' && text[at] != '[') {
    const auto end = text.find_first_of(",]} \t\r\n", at);
    return end == std::string_view::npos ? text.size() : end;
  }
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) break;
  }
  return at;
}

bool is_key(std::string_view quoted, std::string_view name) {
  if (quoted.find('\\') == std::string_view::npos) return quoted.substr(1, quoted.size() - 2) == name;
  const auto key = parse_json(quoted);
  return key && key->text_or("") == name;
}

std::optional<std::size_t> find_member(std::string_view json, std::size_t at, std::string_view name) {
  if (at >= json.size() || json[at] != '{') return std::nullopt;
  at = skip_blanks(json, at + 1);
  while (at < json.size() && json[at] == '"') {
    const std::size_t key_end = skip_string(json, at);
    const bool found = is_key(json.substr(at, key_end - at), name);
    at = skip_blanks(json, skip_blanks(json, key_end) + 1);  // behind the colon
    if (found) return at;
    at = skip_blanks(json, skip_value(json, at));
    if (at < json.size() && json[at] == ',') at = skip_blanks(json, at + 1);
  }
  return std::nullopt;
}

std::optional<std::size_t> find_item(std::string_view json, std::size_t at, std::size_t number) {
  if (at >= json.size() || json[at] != '[') return std::nullopt;
  at = skip_blanks(json, at + 1);
  while (at < json.size() && json[at] != ']') {
    if (number-- == 0) return at;
    at = skip_blanks(json, skip_value(json, at));
    if (at < json.size() && json[at] == ',') at = skip_blanks(json, at + 1);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Span> find_value(std::string_view json, const JsonPath& path) {
  std::optional<std::size_t> at = skip_blanks(json, 0);
  for (const JsonStep& step : path) {
    const auto* name = std::get_if<std::string>(&step);
    at = name != nullptr ? find_member(json, *at, *name) : find_item(json, *at, std::get<std::size_t>(step));
    if (!at) return std::nullopt;
  }
  return Span{*at, skip_value(json, *at)};
}

bool Edits::replace(const JsonPath& path, std::string value) {
  const auto span = find_value(json_, path);
  if (!span) return false;
  edits_.push_back({*span, std::move(value)});
  return true;
}

std::string Edits::apply() const {
  std::vector<const Edit*> order;
  for (const Edit& edit : edits_)
    order.push_back(&edit);
  std::sort(order.begin(), order.end(),
            [](const Edit* a, const Edit* b) { return a->span.begin < b->span.begin; });
  std::string out;
  std::size_t at = 0;
  for (const Edit* edit : order) {
    out += json_.substr(at, edit->span.begin - at);
    out += edit->value;
    at = edit->span.end;
  }
  out += json_.substr(at);
  return out;
}

}  // namespace weir::llm
