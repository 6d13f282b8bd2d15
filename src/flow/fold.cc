#include "flow/fold.h"

#include <array>

#include "flow/characters.h"

namespace weir::flow {
namespace {

// A word longer than this is folded in parts, so that memory stays bounded.
constexpr std::size_t kWordCharactersMax = 4096;

// What a byte of ASCII becomes: itself in lower case, a blank, or nothing (controls).
constexpr char kNothing = '\0';
constexpr std::array<char, 128> kAscii = [] {
  std::array<char, 128> table{};
  for (int c = 0x20; c < 0x7F; ++c)
    table[static_cast<std::size_t>(c)] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
  for (const char c : {'\t', '\n', '\v', '\f', '\r'})
    table[static_cast<std::size_t>(c)] = ' ';
  return table;
}();

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

class Folder {
 public:
  Folder(std::string_view text, bool watch) : text_(text), watch_(watch) { out_.text.reserve(text.size()); }

  Folding run() {
    while (at_ < text_.size())
      if (is_ascii(text_[at_]))
        ascii();
      else
        wide();
    return std::move(out_);
  }

 private:
  void emit(char c) {
    if (c == ' ') {
      blank_ = true;
      return;
    }
    if (blank_ && !out_.text.empty()) out_.text.push_back(' ');
    blank_ = false;
    out_.text.push_back(c);
  }

  void ascii() {
    for (; at_ < text_.size() && is_ascii(text_[at_]); ++at_) {
      const char c = kAscii[static_cast<unsigned char>(text_[at_])];
      if (c == kNothing)
        out_.disguised = true;
      else
        emit(c);
    }
  }

  // A character outside ASCII, with the whole word around it: what has been written of that word is taken
  // back.
  void wide() {
    std::size_t begin = at_;
    std::size_t written = 0;
    const auto belongs = [&](char c) {
      const Kind kind = kind_of(static_cast<unsigned char>(c));
      return kind == Kind::word || kind == Kind::invisible;
    };
    while (begin > done_ && at_ - begin < kWordCharactersMax / 2 && belongs(text_[begin - 1]))
      written += kAscii[static_cast<unsigned char>(text_[--begin])] != kNothing ? 1 : 0;
    const char before = begin > done_ ? text_[begin - 1] : ' ';
    if (begin == at_ && !blank_ && before > ' ') {  // a mark on a sign: "=" and U+0338 are one character
      --begin;
      written = 1;
    }
    out_.text.resize(out_.text.size() - written);
    const std::size_t end = word(begin);
    fold_word();
    at_ = done_ = end;
  }

  // The characters of the word at `begin` into codes_; where it ends. A sign is a word with the marks on it.
  std::size_t word(std::size_t begin) {
    codes_.clear();
    bool sign = false;
    std::size_t at = begin;
    while (at < text_.size()) {
      const Character c = character_at(text_, at);
      const Kind kind = kind_of(c.code);
      const bool mark = is_mark(c.code);
      if (codes_.size() >= kWordCharactersMax && !mark) break;
      if (kind == Kind::invisible) {
        out_.disguised = true;
      } else if (kind == Kind::word || kind == Kind::alone) {
        if (sign && !mark) break;
        codes_.push_back(c.code);
      } else {
        if (!codes_.empty()) break;
        sign = true;
        codes_.push_back(kind == Kind::blank ? U' ' : c.code);
      }
      at += c.size;
    }
    return at;
  }

  void fold_word() {
    bool latin = false;
    for (const char32_t code : codes_)
      latin = latin || is_latin(code);
    for (char32_t& code : codes_) {
      if (code < 0x80) continue;
      if (const char plain = latin ? look_alike(code) : '\0'; plain != '\0') {
        code = static_cast<char32_t>(plain);
        out_.disguised = true;
      } else if (watch_ && becomes_ascii(code)) {
        out_.disguised = true;
      }
    }
    bytes_.clear();
    append_normal(bytes_, codes_);
    for (const char c : bytes_)
      emit(c);
  }

  static bool becomes_ascii(char32_t code) {
    std::u32string one(1, code);
    std::string folded;
    append_normal(folded, one);
    for (const char c : folded)
      if (!is_ascii(c)) return false;
    return folded != " ";
  }

  std::string_view text_;
  bool watch_;
  Folding out_;
  bool blank_ = false;    // a blank is due before the next character
  std::size_t at_ = 0;    // the next byte
  std::size_t done_ = 0;  // what is before stays as it is folded
  std::u32string codes_;
  std::string bytes_;
};

}  // namespace

std::string fold(std::string_view text) {
  return Folder(text, false).run().text;
}

Folding fold_watched(std::string_view text) {
  return Folder(text, true).run();
}

}  // namespace weir::flow
