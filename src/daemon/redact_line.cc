#include "daemon/redact_line.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/redact.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kNestedMax = 4;         // JSON inside strings inside JSON …
constexpr std::size_t kLeastSecretBytes = 4;  // shorter strings hold none
constexpr std::string_view kMark = "[redacted";

// A string of a JSON text, without its quotes, and what it says.
struct Token {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool is_name = false;
  std::string decoded;              // empty when it has no escapes: it says what stands there
  std::vector<std::size_t> starts;  // of decoded: for each byte where it is written, and the end
};

// Four hexadecimal digits; the text is valid JSON.
unsigned hex4(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits)
    value = value * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  return value;
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  if (code >= 0x10000) {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
  } else if (code >= 0x800) {
    out += static_cast<char>(0xE0 | (code >> 12));
  } else {
    out += static_cast<char>(0xC0 | (code >> 6));
  }
  if (code >= 0x800) out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
  out += static_cast<char>(0x80 | (code & 0x3F));
}

// The character that the escape at `at` stands for, appended; how many bytes the escape has.
std::size_t decode_escape(std::string_view text, std::size_t at, std::string& out) {
  constexpr std::string_view kLetters = "bfnrt";
  constexpr std::string_view kMeaning = "\b\f\n\r\t";
  const char c = text[at + 1];
  if (c != 'u') {
    const std::size_t letter = kLetters.find(c);
    out += letter == std::string_view::npos ? c : kMeaning[letter];
    return 2;
  }
  const unsigned code = hex4(text.substr(at + 2, 4));
  const bool pair = code >= 0xD800 && code < 0xDC00;
  if (!pair) {
    append_utf8(out, code);
    return 6;
  }
  append_utf8(out, 0x10000 + ((code - 0xD800) << 10) + (hex4(text.substr(at + 8, 4)) - 0xDC00));
  return 12;
}

void decode(std::string_view text, Token& token) {
  std::size_t at = token.begin;
  while (at < token.end) {
    const std::size_t before = token.decoded.size();
    std::size_t bytes = 1;
    if (text[at] == '\\')
      bytes = decode_escape(text, at, token.decoded);
    else
      token.decoded += text[at];
    token.starts.insert(token.starts.end(), token.decoded.size() - before, at);
    at += bytes;
  }
  token.starts.push_back(token.end);
}

// Every string of a valid JSON text.
std::vector<Token> strings_of(std::string_view text) {
  std::vector<Token> tokens;
  for (std::size_t at = text.find('"'); at != std::string_view::npos; at = text.find('"', at)) {
    Token token;
    token.begin = ++at;
    bool escapes = false;
    for (; text[at] != '"'; ++at) {
      if (text[at] != '\\') continue;
      escapes = true;
      ++at;
    }
    token.end = at++;
    if (escapes) decode(text, token);
    const std::size_t next = text.find_first_not_of(" \t\r\n", at);
    token.is_name = next != std::string_view::npos && text[next] == ':';
    tokens.push_back(std::move(token));
  }
  return tokens;
}

// Rules are named by whoever wrote them: nothing that JSON would have to escape.
std::string type_name(std::string_view type) {
  std::string name(type);
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    if (!plain) c = '_';
  }
  return name;
}

}  // namespace

bool LineRedactor::is_json(std::string_view text) {
  const std::string_view begin = trim(text);
  if (begin.empty() || (begin.front() != '{' && begin.front() != '[')) return false;
  return document_.parse(text).has_value();
}

void LineRedactor::find_in_text(std::string_view text, Places& places) {
  if (text.size() < kLeastSecretBytes) return;
  const auto add = [&](std::size_t begin, std::size_t end, std::string_view type) {
    if (begin < end && !text.substr(begin).starts_with(kMark))
      places.push_back({begin, end, std::string(type), false});
  };
  const auto found = detectors_.scan(text, workspace_);
  if (!found) return add(0, text.size(), "too-large");
  for (const auto& report : found->secrets)
    add(report.finding.span.begin, report.finding.span.end, report.finding.rule);
  for (const auto& span : hidden_spans(text))
    add(span.begin, span.end, "credential");
}

// Once over the whole, where a member's name tells what its value is, and once into each string.
void LineRedactor::find_in_json(std::string_view text, std::size_t depth, Places& places) {
  Places across;
  find_in_text(text, across);
  for (const Token& token : strings_of(text)) {
    // A part of a string is found better in what it says: here its escapes look like text.
    for (const Place& place : across)
      if (!token.is_name && place.begin <= token.begin && place.end >= token.end && token.begin < token.end)
        places.push_back({token.begin, token.end, place.type, false});
    Places inside;
    const bool escaped = !token.decoded.empty();
    find(escaped ? std::string_view(token.decoded) : text.substr(token.begin, token.end - token.begin),
         depth + 1, inside);
    for (Place& place : inside) {
      place.begin = escaped ? token.starts[place.begin] : token.begin + place.begin;
      place.end =
          escaped ? *std::upper_bound(token.starts.begin(), token.starts.end(), token.starts[place.end - 1])
                  : token.begin + place.end;
      place.in_name = token.is_name;
      places.push_back(std::move(place));
    }
  }
}

void LineRedactor::find(std::string_view text, std::size_t depth, Places& places) {
  if (depth < kNestedMax && is_json(text))
    find_in_json(text, depth, places);
  else
    find_in_text(text, places);
}

std::optional<std::string> LineRedactor::redact(std::string_view line) {
  Places places;
  find(line, 0, places);
  if (places.empty()) return std::nullopt;
  // Of those that begin together the rule's goes first: it knows the type.
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::pair(a.begin, a.type == "credential") < std::pair(b.begin, b.type == "credential");
  });
  Places apart;
  for (auto& place : places) {
    if (apart.empty() || place.begin >= apart.back().end) {
      apart.push_back(std::move(place));
      continue;
    }
    Place& last = apart.back();
    last.end = std::max(last.end, place.end);
    if (last.type == "credential") last.type = place.type;
  }
  std::string out;
  std::size_t at = 0;
  std::size_t names = 0;
  for (const auto& place : apart) {
    out += line.substr(at, place.begin - at);
    out += "[redacted:" + type_name(place.type);
    if (place.in_name) out += ':' + std::to_string(++names);
    out += ']';
    at = place.end;
    ++counts_[place.type];
  }
  out += line.substr(at);
  return out;
}

}  // namespace weir::daemon
