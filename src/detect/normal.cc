#include "detect/normal.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace weir::detect {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

struct Character {
  std::uint32_t code = 0;  // 0xFFFD for a byte that is no UTF-8
  std::size_t size = 1;
};

Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF0 && first < 0xF5   ? 4
                           : first >= 0xE0 && first < 0xF0 ? 3
                           : first >= 0xC2 && first < 0xE0 ? 2
                                                           : 0;
  if (size == 0 || at + size > text.size()) return {0xFFFD, 1};
  std::uint32_t code = first & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {0xFFFD, 1};
    code = code << 6 | (byte(at + i) & 0x3F);
  }
  return {code, size};
}

// U+00C0 .. U+017F without their accents; '?' where there is no plain letter.
constexpr std::string_view kPlain =
    "AAAAAAACEEEEIIIIDNOOOOO?OUUUUYTsaaaaaaaceeeeiiiidnooooo?ouuuuyty"
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL"
    "lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

// Letters that look like Latin ones (Unicode TR39 confusables, the common ones of Cyrillic and Greek).
char look_alike(std::uint32_t code) {
  struct Pair {
    std::uint32_t code;
    char latin;
  };
  constexpr std::array<Pair, 34> kPairs = {
      {{0x430, 'a'}, {0x435, 'e'}, {0x43E, 'o'}, {0x440, 'p'}, {0x441, 'c'}, {0x443, 'y'}, {0x445, 'x'},
       {0x456, 'i'}, {0x455, 's'}, {0x458, 'j'}, {0x501, 'd'}, {0x4BB, 'h'}, {0x410, 'A'}, {0x412, 'B'},
       {0x415, 'E'}, {0x41A, 'K'}, {0x41C, 'M'}, {0x41D, 'H'}, {0x41E, 'O'}, {0x420, 'P'}, {0x421, 'C'},
       {0x422, 'T'}, {0x425, 'X'}, {0x406, 'I'}, {0x3BF, 'o'}, {0x3B1, 'a'}, {0x3BD, 'v'}, {0x3C1, 'p'},
       {0x3C4, 't'}, {0x3B9, 'i'}, {0x391, 'A'}, {0x395, 'E'}, {0x39F, 'O'}, {0x3A4, 'T'}}};
  for (const Pair& pair : kPairs)
    if (pair.code == code) return pair.latin;
  return '\0';
}

bool is_invisible(std::uint32_t code) {
  return (code >= 0x200B && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || code == 0x00AD || code == 0x180E;
}

// Bytes that stand for themselves wherever they stand.
constexpr std::array<bool, 256> kIsPlain = [] {
  std::array<bool, 256> plain{};
  for (unsigned c = 0; c < 0x80; ++c)
    plain[c] = c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\\' && c != '\'';
  return plain;
}();
bool is_plain(char c) {
  return kIsPlain[static_cast<unsigned char>(c)];
}

// With `kPlaces` it also notes where each byte came from.
template <bool kPlaces>
class Normalizer {
 public:
  Normalizer(std::string_view text, Normal& out) : text_(text), out_(out) {
    out_.text.clear();
    out_.origin.clear();
    out_.hidden = out_.tags = out_.look_alikes = 0;
    out_.text.reserve(text.size());
    if constexpr (kPlaces) out_.origin.reserve(text.size() + 1);
  }

  void run() {
    while (at_ < text_.size()) {
      if (is_plain(text_[at_]))
        copy_plain();
      else
        step();
    }
    if constexpr (kPlaces) out_.origin.push_back(static_cast<std::uint32_t>(text_.size()));
  }

 private:
  char last() const { return out_.text.empty() ? ' ' : out_.text.back(); }
  char peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void emit(char c, [[maybe_unused]] std::size_t origin) {
    out_.text.push_back(c);
    if constexpr (kPlaces) out_.origin.push_back(static_cast<std::uint32_t>(origin));
  }
  // Words with one blank between them, as nearly all text is.
  void copy_plain() {
    const std::size_t from = at_;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (!is_plain(c) && (c != ' ' || at_ + 1 == text_.size() || !is_plain(text_[at_ + 1]))) break;
    }
    out_.text.append(text_, from, at_ - from);
    if constexpr (kPlaces)
      for (std::size_t i = from; i < at_; ++i)
        out_.origin.push_back(static_cast<std::uint32_t>(i));
  }
  void blank(std::size_t origin) {
    if (last() != ' ' && last() != '\n') emit(' ', origin);
  }

  void step() {
    const char c = text_[at_];
    if (is_blank(c)) {
      blank(at_++);
    } else if (c == '\n') {
      line_break();
    } else if (c == '\\') {
      backslash();
    } else if (c == '\'' && peek(1) == '\'') {
      emit('\'', at_);  // as YAML and SQL write one quote
      at_ += 2;
    } else if (static_cast<unsigned char>(c) < 0x80) {
      emit(c, at_++);
    } else {
      wide();
    }
  }

  // An empty line stays, a break before an indented line only wraps.
  void line_break() {
    const std::size_t from = at_;
    std::size_t breaks = 0;
    std::size_t indent = 0;
    for (; at_ < text_.size() && (text_[at_] == '\n' || is_blank(text_[at_])); ++at_) {
      breaks += text_[at_] == '\n' ? 1 : 0;
      indent = text_[at_] == '\n' ? 0 : indent + 1;
    }
    if (breaks == 1 && indent > 0) return blank(from);
    if (last() == ' ' && !out_.text.empty()) {
      out_.text.pop_back();
      if constexpr (kPlaces) out_.origin.pop_back();
    }
    emit('\n', from);
    if (breaks > 1) emit('\n', from);
  }

  // A backslash that joins lines (YAML, C) goes with the break; "\n" written out is a break.
  void backslash() {
    std::size_t next = at_ + 1;
    while (next < text_.size() && is_blank(text_[next]))
      ++next;
    if (next < text_.size() && text_[next] == '\n') {
      while (next < text_.size() && (text_[next] == '\n' || is_blank(text_[next])))
        ++next;
      if (next < text_.size() && text_[next] == '\\') ++next;
      blank(at_);
      at_ = next;
    } else if (peek(1) == 'n' || peek(1) == 'r' || peek(1) == 't') {
      blank(at_);
      emit('\n', at_);
      at_ += 2;
    } else {
      emit('\\', at_++);
    }
  }

  bool latin_near(std::size_t behind) const {
    return is_letter(last()) || (behind < text_.size() && is_letter(text_[behind]));
  }

  void wide() {
    const Character c = character_at(text_, at_);
    const std::size_t from = at_;
    at_ += c.size;
    if (is_invisible(c.code)) {
      if (latin_near(at_) && from > 0) ++out_.hidden;
    } else if (c.code >= 0xE0000 && c.code <= 0xE007F) {
      tag(c.code, from);
    } else if (c.code >= 0x300 && c.code <= 0x36F) {
      return;  // combining accents
    } else if (const char plain = plain_letter(c.code); plain != '\0') {
      emit(plain, from);
      if (c.code == 0xDF) emit('s', from);
    } else if (const char latin = look_alike(c.code); latin != '\0' && latin_near(at_)) {
      ++out_.look_alikes;
      emit(latin, from);
    } else if (c.code == 0xA0 || (c.code >= 0x2000 && c.code <= 0x200A) || c.code == 0x3000) {
      blank(from);
    } else {
      for (std::size_t i = 0; i < c.size; ++i)
        emit(text_[from + i], from);
    }
    black_flag_ = c.code == 0x1F3F4;
  }

  // Tags spell a region behind the black flag (UTS 51); anywhere else they hide text.
  void tag(std::uint32_t code, std::size_t from) {
    if (in_flag_ || black_flag_) {
      in_flag_ = code != 0xE007F;
      return;
    }
    ++out_.tags;
    if (code >= 0xE0020 && code < 0xE007F) emit(static_cast<char>(code - 0xE0000), from);
  }

  static char plain_letter(std::uint32_t code) {
    if (code >= 0xC0 && code <= 0x17F && code - 0xC0 < kPlain.size()) {
      const char c = kPlain[code - 0xC0];
      return c == '?' ? '\0' : c;
    }
    if (code >= 0xFF01 && code <= 0xFF5E) return static_cast<char>(code - 0xFF01 + 0x21);
    if (code >= 0x1D400 && code <= 0x1D6A3) {
      const auto letter = (code - 0x1D400) % 52;
      return static_cast<char>(letter < 26 ? 'A' + letter : 'a' + letter - 26);
    }
    if (code == 0x2018 || code == 0x2019 || code == 0x2032) return '\'';
    if (code == 0x201C || code == 0x201D || code == 0x201E || code == 0xAB || code == 0xBB) return '"';
    return '\0';
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Normal& out_;
  bool black_flag_ = false;
  bool in_flag_ = false;
};

using Bytes16 [[gnu::vector_size(16)]] = signed char;

Bytes16 load(const char* from) {
  Bytes16 out;
  std::memcpy(&out, from, sizeof out);
  return out;
}

// Are there as many places as `least` of which `is` is true? It gets the bytes at sixteen places and those
// `ahead` (at most 16) of them, and answers -1 for true.
template <class Is>
bool holds_at_least(int least, std::string_view text, std::size_t ahead, const Is& is) {
  constexpr std::size_t kBlock = sizeof(Bytes16);
  constexpr int kBlocksMax = 127;  // that a byte can count
  int found = 0;
  Bytes16 counts{};
  const auto add_up = [&] {
    for (std::size_t i = 0; i < kBlock; ++i)
      found += counts[i];
    counts = Bytes16{};
  };
  std::size_t at = 0;
  for (int blocks = 0; at + kBlock + ahead <= text.size(); at += kBlock) {
    counts -= is(load(text.data() + at), load(text.data() + at + ahead));
    if (++blocks % kBlocksMax == 0) add_up();
  }
  add_up();
  std::array<char, 3 * kBlock> rest{};  // zero bytes behind the text
  (void)text.copy(rest.data(), 2 * kBlock, at);
  for (std::size_t i = 0; i < 2 * kBlock; i += kBlock) {
    counts -= is(load(rest.data() + i), load(rest.data() + i + ahead));
    add_up();
  }
  return found >= least;
}

}  // namespace

Normal normalize(std::string_view text) {
  Normal out;
  Normalizer<true>(text, out).run();
  return out;
}

void normalize_text(std::string_view text, Normal& out) {
  Normalizer<false>(text, out).run();
}

bool shouts(std::string_view text) {
  constexpr std::size_t kLoudMin = 5;
  // Hardly any text has capitals enough.
  if (!holds_at_least(2 * kLoudMin, text, 0, [](auto c, auto) { return (c >= 'A') & (c <= 'Z'); }))
    return false;
  std::size_t loud = 0;
  std::size_t quiet = 0;
  bool loud_run = false;
  bool quiet_run = false;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_letter(text[i])) {
      if (text[i] != ' ' && text[i] != ',' && text[i] != '"') loud = quiet = 0;
      ++i;
      continue;
    }
    std::size_t upper = 0;
    std::size_t lower = 0;
    for (; i < text.size() && is_letter(text[i]); ++i)
      (is_upper(text[i]) ? upper : lower) += 1;
    loud = lower == 0 && upper >= 2 ? loud + 1 : 0;
    quiet = upper == 0 && lower >= 3 ? quiet + 1 : 0;
    loud_run = loud_run || loud >= kLoudMin;
    quiet_run = quiet_run || quiet >= 2;
  }
  return loud_run && quiet_run;
}

bool spelled_out(std::string_view text) {
  constexpr std::size_t kLettersMin = 8;
  // Between so many letters stand blanks, each two bytes behind another.
  if (!holds_at_least(kLettersMin - 2, text, 2, [](auto c, auto two) { return (c == ' ') & (two == ' '); }))
    return false;
  std::size_t letters = 0;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const bool single = is_letter(text[i]) && (i + 1 == text.size() || text[i + 1] == ' ');
    if (!single) {
      letters = 0;
      // Fall back onto the blank before the next word.
      while (i < text.size() && text[i] != ' ')
        ++i;
      if (i > 0) --i;
      if (i >= text.size()) break;
      continue;
    }
    if (++letters >= kLettersMin) return true;
  }
  return false;
}

}  // namespace weir::detect
