#include "sigma/glob.h"

#include <algorithm>

namespace weir::sigma {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// End of the character that begins at `at`.
std::size_t after_character(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  const std::size_t length = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
  std::size_t end = at + 1;
  while (end < text.size() && end < at + length && continues(text[end]))
    ++end;
  return end;
}

// Pieces between two `any`: what must stand together.
struct Run {
  const Piece* begin;
  const Piece* end;
};

// Where the run ends when it stands at `at`; kNone when it does not.
std::size_t run_end(const Run& run, std::string_view text, std::size_t at, bool cased) {
  for (const Piece* piece = run.begin; piece != run.end; ++piece) {
    if (piece->kind == Piece::Kind::text) {
      if (at + piece->text.size() > text.size() ||
          !same_text(text.substr(at, piece->text.size()), piece->text, cased))
        return kNone;
      at += piece->text.size();
    } else if (piece->kind == Piece::Kind::one) {
      if (at >= text.size()) return kNone;
      at = after_character(text, at);
    } else {
      const auto* dash = std::find_if(std::begin(kDashes), std::end(kDashes),
                                      [&](std::string_view d) { return text.substr(at).starts_with(d); });
      if (dash == std::end(kDashes)) return kNone;
      at += dash->size();
    }
  }
  return at;
}

// The first place at or after `from` where the run stands, as its end; with `to_the_end` one that ends the
// text.
std::size_t find_run(const Run& run, std::string_view text, std::size_t from, bool cased, bool to_the_end) {
  const bool by_character = run.begin->kind == Piece::Kind::one;
  for (std::size_t at = from; at <= text.size(); ++at) {
    if (run.begin->kind == Piece::Kind::text) {
      at = find_text(text, run.begin->text, at, cased);
      if (at == kNone) return kNone;
    } else if (by_character && at > 0 && at < text.size() && continues(text[at])) {
      continue;
    }
    const std::size_t end = run_end(run, text, at, cased);
    if (end != kNone && (!to_the_end || end == text.size())) return end;
  }
  return kNone;
}

}  // namespace

void Glob::add_text(std::string_view text) {
  if (text.empty()) return;
  if (!pieces.empty() && pieces.back().kind == Piece::Kind::text)
    pieces.back().text += text;
  else
    pieces.push_back({Piece::Kind::text, std::string(text)});
}

void Glob::add(Piece::Kind kind) {
  if (kind == Piece::Kind::any && !pieces.empty() && pieces.back().kind == kind) return;
  pieces.push_back({kind, {}});
}

bool Glob::plain() const {
  return std::all_of(pieces.begin(), pieces.end(),
                     [](const Piece& piece) { return piece.kind == Piece::Kind::text; });
}

std::string Glob::text() const {
  return pieces.empty() ? std::string() : pieces.front().text;
}

Glob parse_glob(std::string_view text) {
  Glob glob;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size() &&
        (text[i + 1] == '*' || text[i + 1] == '?' || text[i + 1] == '\\')) {
      glob.add_text(text.substr(++i, 1));
    } else if (c == '*') {
      glob.add(Piece::Kind::any);
    } else if (c == '?') {
      glob.add(Piece::Kind::one);
    } else {
      glob.add_text(text.substr(i, 1));
    }
  }
  return glob;
}

Glob plain_glob(std::string_view text) {
  Glob glob;
  glob.add_text(text);
  return glob;
}

std::string to_text(const Glob& glob) {
  std::string out;
  for (const Piece& piece : glob.pieces) {
    switch (piece.kind) {
      case Piece::Kind::any:
        out += '*';
        break;
      case Piece::Kind::one:
        out += '?';
        break;
      case Piece::Kind::dash:
        out += '-';
        break;
      case Piece::Kind::text:
        for (const char c : piece.text) {
          if (c == '*' || c == '?' || c == '\\') out += '\\';
          out += c;
        }
    }
  }
  return out;
}

bool same_text(std::string_view a, std::string_view b, bool cased) {
  if (a.size() != b.size()) return false;
  if (cased) return a == b;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

std::size_t find_text(std::string_view text, std::string_view part, std::size_t from, bool cased) {
  if (cased || part.empty()) return text.find(part, from);
  for (std::size_t at = from; at + part.size() <= text.size(); ++at)
    if (lower(text[at]) == lower(part[0]) && same_text(text.substr(at, part.size()), part, false)) return at;
  return kNone;
}

bool matches(const Glob& glob, std::string_view text) {
  std::size_t at = 0;  // what is before it has been used up
  bool floating = false;
  const Piece* piece = glob.pieces.data();
  const Piece* const end = piece + glob.pieces.size();
  while (piece != end) {
    if (piece->kind == Piece::Kind::any) {
      floating = true;
      ++piece;
      continue;
    }
    const Piece* next = std::find_if(piece, end, [](const Piece& p) { return p.kind == Piece::Kind::any; });
    const Run run{piece, next};
    const bool last = next == end;
    at = floating ? find_run(run, text, at, glob.cased, last) : run_end(run, text, at, glob.cased);
    if (at == kNone) return false;
    floating = false;
    piece = next;
  }
  return floating || at == text.size();
}

}  // namespace weir::sigma
