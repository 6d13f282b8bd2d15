// Sigma's strings: text with the wildcards "*" (any run of characters) and "?" (one character).
//
//   Glob glob = parse_glob(R"(C:\*\net?.exe)");
//   matches(glob, R"(c:\windows\NET1.EXE)");        // true: case counts only where `cased` is set
//
// A backslash makes a wildcard or a backslash after it plain and is plain itself before anything else (Sigma
// 2.1, "Escape Character"). Letter case is ASCII's. "?" is one UTF-8 sequence, or one byte where the text is
// not UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::sigma {

struct Piece {
  // dash: one of - / and the three Unicode dashes (modifier `windash`)
  enum class Kind { text, any, one, dash } kind = Kind::text;
  std::string text;  // Kind::text only; never empty

  bool operator==(const Piece&) const = default;
};

struct Glob {
  std::vector<Piece> pieces;  // no two texts and no two `any` beside each other
  bool cased = false;

  void add_text(std::string_view text);
  void add(Piece::Kind kind);
  bool plain() const;        // no wildcard at all
  std::string text() const;  // of a plain one
  bool operator==(const Glob&) const = default;
};

Glob parse_glob(std::string_view text);
Glob plain_glob(std::string_view text);
// In Sigma's writing, so that parse_glob() gives the same again (dashes become "-").
std::string to_text(const Glob& glob);

bool matches(const Glob& glob, std::string_view text);
// Whether the text holds, begins with, ends with or equals the other; ASCII case folded unless `cased`.
bool same_text(std::string_view a, std::string_view b, bool cased);
std::size_t find_text(std::string_view text, std::string_view part, std::size_t from, bool cased);

// What the dash of `windash` stands for.
inline constexpr std::string_view kDashes[] = {"-", "/", "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\x95"};

}  // namespace weir::sigma
