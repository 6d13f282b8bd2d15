#include "base/json_view.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace weir {
namespace {

static_assert(JsonDocument::kPaddingBytes >= simdjson::SIMDJSON_PADDING);
constexpr std::size_t kKeptBytes = limits::kMiB;  // a parser for so long a text is kept when it is not needed

Error json_error(std::string what) {
  return Error{ErrorCode::invalid, std::move(what), {}, "give one valid UTF-8 JSON value"};
}

Error too_deep(const JsonLimits& limits) {
  return Error{
      ErrorCode::limit, "JSON is nested deeper than " + std::to_string(limits.depth_max) + " levels", {}, {}};
}

// Duplicate keys are an ambiguity that two parsers resolve differently: refused. Small objects are compared
// pairwise, large ones through a sorted list of keys.
bool has_duplicate_keys(JsonView object) {
  constexpr std::size_t kPairwiseMax = 32;
  std::string_view first[kPairwiseMax];
  std::size_t count = 0;
  for (const auto& [key, value] : object.members()) {
    if (count == kPairwiseMax) break;
    for (std::size_t i = 0; i < count; ++i)
      if (first[i].size() == key.size() && first[i] == key) return true;
    first[count++] = key;
  }
  if (count < kPairwiseMax) return false;
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : object.members())
    keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

// `depth` counts the containers around `value`.
Status check(JsonView value, std::size_t depth, const JsonLimits& limits) {
  if (!value.is_array() && !value.is_object()) return {};
  if (depth >= limits.depth_max) return std::unexpected(too_deep(limits));
  for (const JsonView item : value.items())
    TRY_STATUS(check(item, depth + 1, limits));
  if (value.is_array()) return {};
  for (const auto& [key, member] : value.members())
    TRY_STATUS(check(member, depth + 1, limits));
  if (has_duplicate_keys(value)) return std::unexpected(json_error("an object has the same key twice"));
  return {};
}

// RFC 8785 writes numbers from 2^64 to 10^21 without point and exponent, which simdjson refuses as integers.
// Those that stand exactly as canonical() writes a double get an exponent; nothing else is changed.
std::string with_wide_numbers_marked(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789+-.eE", at), text.size());
    if (quoted || end == at) {
      const bool escape = quoted && text[at] == '\\';
      if (text[at] == '"') quoted = !quoted;
      out += text.substr(at, escape ? 2 : 1);
      at += escape ? 2 : 1;
      continue;
    }
    const std::string_view number = text.substr(at, end - at);
    out += number;
    at = end;
    double value = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    const bool whole = number.find_first_of(".eE") == std::string_view::npos && read.ec == std::errc{};
    const bool beyond_64_bits = value >= 0x1p64 || value < -0x1p63;
    if (whole && beyond_64_bits && canonical(Json(value)) == number) out += "e0";
  }
  return out;
}

}  // namespace

// The tape: a word for each value, its type in the high byte. Containers hold where their end is; a string
// where its length (32 bits) and bytes are; a number stands in the next word.
std::string_view JsonView::text() const {
  const std::uint8_t* at = strings_ + payload();
  std::uint32_t size = 0;
  std::memcpy(&size, at, sizeof size);
  return {reinterpret_cast<const char*>(at) + sizeof size, size};
}

std::size_t JsonView::after() const {
  switch (tag()) {
    case '{':
    case '[':
      return static_cast<std::uint32_t>(payload());
    case 'l':
    case 'u':
    case 'd':
      return at_ + 2;
    default:
      return at_ + 1;
  }
}

bool JsonView::is_int() const {
  return tag() == 'l' || (tag() == 'u' && tape_[at_ + 1] <= static_cast<std::uint64_t>(
                                                                std::numeric_limits<std::int64_t>::max()));
}

bool JsonView::is_uint64() const {
  return tag() == 'u' && !is_int();
}

std::string_view JsonView::text_or(std::string_view fallback) const {
  return is_string() ? text() : fallback;
}

std::int64_t JsonView::int_or(std::int64_t fallback) const {
  return is_int() ? static_cast<std::int64_t>(tape_[at_ + 1]) : fallback;
}

bool JsonView::bool_or(bool fallback) const {
  return is_bool() ? tag() == 't' : fallback;
}

JsonView JsonView::operator[](std::string_view key) const {
  for (const auto& [name, value] : members())
    if (name.size() == key.size() && name == key) return value;
  return {};
}

JsonView::Items JsonView::items() const {
  Items items;
  if (!is_array()) return items;
  items.first_ = JsonView(tape_, strings_, at_ + 1);
  items.last_ = JsonView(tape_, strings_, after() - 1);
  return items;
}

JsonView::Members JsonView::members() const {
  Members members;
  if (!is_object()) return members;
  members.first_ = JsonView(tape_, strings_, at_ + 1);
  members.last_ = JsonView(tape_, strings_, after() - 1);
  return members;
}

JsonViewMember JsonView::Members::Iterator::operator*() const {
  return {at_.text(), JsonView(at_.tape_, at_.strings_, at_.at_ + 1)};
}

JsonView::Members::Iterator& JsonView::Members::Iterator::operator++() {
  at_.at_ = JsonView(at_.tape_, at_.strings_, at_.at_ + 1).after();
  return *this;
}

Json JsonView::to_json() const {
  switch (tag()) {
    case 't':
    case 'f':
      return Json(tag() == 't');
    case 'l':
      return Json(static_cast<std::int64_t>(tape_[at_ + 1]));
    case 'u':
      return Json(tape_[at_ + 1]);
    case 'd':
      return Json(std::bit_cast<double>(tape_[at_ + 1]));
    case '"':
      return Json(text());
    case '[': {
      Json::Array array;
      array.reserve((payload() >> 32) & 0xFFFFFF);  // a count that stops at its maximum
      for (const JsonView item : items())
        array.push_back(item.to_json());
      return Json(std::move(array));
    }
    case '{': {
      Json::Object object;
      object.reserve((payload() >> 32) & 0xFFFFFF);
      for (const auto& [key, value] : members())
        object.emplace_back(std::string(key), value.to_json());
      return Json(std::move(object));
    }
    default:
      return Json();
  }
}

struct JsonDocument::Parser {
  simdjson::dom::parser simd{limits::kJsonBytesMax};
  std::size_t capacity = 0;
  std::size_t depth = 0;

  bool make_room(std::size_t bytes, std::size_t depth_max) {
    const bool far_too_large = capacity > kKeptBytes && bytes <= kKeptBytes;
    if (bytes <= capacity && depth_max <= depth && !far_too_large) return true;
    // Growing by halves, so that slowly growing lines do not get new memory each.
    const std::size_t wanted = far_too_large ? bytes : std::max(bytes, capacity + capacity / 2);
    capacity = 0;
    simd = simdjson::dom::parser(wanted);
    if (simd.allocate(wanted, depth_max) != simdjson::SUCCESS) return false;
    if (simd.doc.allocate(wanted) != simdjson::SUCCESS) return false;
    capacity = wanted;
    depth = depth_max;
    return true;
  }
};

JsonDocument::JsonDocument() = default;
JsonDocument::~JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;

Result<JsonView> JsonDocument::parse(std::string_view text, const JsonLimits& limits,
                                     std::size_t readable_after) {
  if (text.size() > limits.bytes_max)
    return fail(ErrorCode::limit, "JSON is longer than " + std::to_string(limits.bytes_max) + " bytes");
  if (text.data() == nullptr) text = "";  // it would be copied from, which even for no bytes is undefined
  if (!parser_) parser_ = std::make_unique<Parser>();
  // simdjson's own depth limit must lie above ours, so that ours gives the message.
  const std::size_t depth_max = limits.depth_max + 8;
  constexpr std::size_t kLeastBytes = 32;
  if (!parser_->make_room(std::max(text.size(), kLeastBytes), depth_max))
    return fail(ErrorCode::limit, "not enough memory to read this JSON");
  auto& simd = parser_->simd;
  auto document = simd.parse(text.data(), text.size(), readable_after < kPaddingBytes);
  if (document.error() == simdjson::NUMBER_ERROR) {
    const std::string marked = with_wide_numbers_marked(text);
    if (marked.size() <= limits.bytes_max && parser_->make_room(marked.size(), depth_max))
      document = parser_->simd.parse(marked.data(), marked.size());
  }
  if (document.error() == simdjson::DEPTH_ERROR) return std::unexpected(too_deep(limits));
  if (document.error() != simdjson::SUCCESS)
    return std::unexpected(
        json_error(std::string("not valid JSON: ") + simdjson::error_message(document.error())));
  const auto& read = parser_->simd.doc;
  const JsonView root(read.tape.get(), read.string_buf.get(), 1);  // the tape begins with a word for the root
  TRY_STATUS(check(root, 0, limits));
  return root;
}

}  // namespace weir
