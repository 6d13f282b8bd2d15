#include "gateway/request_scope.h"

#include <algorithm>

#include "base/bytes.h"

namespace weir::gateway {
namespace {

constexpr int kDecodingsMax = 4;
constexpr std::size_t kShapeSegments = 6;
constexpr std::size_t kWordBytesMax = 24;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (!pair) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  return out;
}

bool has_dot_segment(std::string_view path) {
  for (const auto segment : split(path, '/')) {
    const auto name = segment.substr(0, segment.find(';'));
    if (name == "." || name == "..") return true;
  }
  return false;
}

// A word of an API, rather than a name that somebody gave, a number or a digest.
bool is_word(std::string_view segment) {
  return segment.size() <= kWordBytesMax && std::ranges::none_of(segment, [](char c) {
           return (c >= '0' && c <= '9') || c == '%' || static_cast<unsigned char>(c) >= 0x7f;
         });
}

bool is_version(std::string_view segment) {
  return segment.size() >= 2 && segment.size() <= 8 && segment[0] == 'v' && segment[1] >= '0' &&
         segment[1] <= '9';
}

}  // namespace

bool path_matches(std::string_view pattern, std::string_view path) {
  // The usual walk with one place to go back to: linear for what people write, never worse than the product.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (t < path.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == path[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*')
    ++p;
  return p == pattern.size();
}

bool any_path_matches(const std::vector<std::string>& patterns, std::string_view path) {
  return patterns.empty() || std::ranges::any_of(patterns, [&](const std::string& pattern) {
           return path_matches(pattern, path);
         });
}

bool any_method(const std::vector<std::string>& methods, std::string_view method) {
  return methods.empty() || std::ranges::find(methods, method) != methods.end();
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find_first_of("?#"));
}

std::optional<std::string> ambiguous_path(std::string_view path) {
  std::string text(path);
  for (int round = 0; round < kDecodingsMax; ++round) {
    if (has_dot_segment(text)) return "a path with a dot segment";
    if (text.contains('\\')) return "a path with a backslash";
    if (text.contains("//")) return "a path with an empty segment";
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
      return "a path with a control character";
    std::string next = decoded(text);
    if (next == text) return std::nullopt;
    text = std::move(next);
  }
  return "a path that is encoded several times";
}

std::string path_shape(std::string_view target) {
  const auto segments = split(path_of(target), '/');
  std::string out;
  for (std::size_t i = 1; i < segments.size(); ++i) {
    if (i > kShapeSegments) return out + "/…";
    out += "/";
    out += is_word(segments[i]) || is_version(segments[i]) ? std::string(segments[i]) : "*";
  }
  return out.empty() ? "*" : out;
}

}  // namespace weir::gateway
