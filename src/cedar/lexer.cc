#include "cedar/lexer.h"

#include <algorithm>
#include <array>

namespace weir::cedar {
namespace {

bool is_word(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Bytes of one White_Space character at the front of `text`; 0 when there is none. The list is Unicode's
// (PropList.txt), in UTF-8.
std::size_t blank_length(std::string_view text) {
  const char c = text[0];
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  if (static_cast<unsigned char>(c) < 0x80) return 0;
  static constexpr std::array<std::string_view, 6> kOthers = {"\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80",
                                                              "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
  for (const auto other : kOthers)
    if (text.starts_with(other)) return other.size();
  if (text.size() < 3 || !text.starts_with("\xE2\x80")) return 0;
  const auto last = static_cast<unsigned char>(text[2]);
  return (last >= 0x80 && last <= 0x8A) || last == 0xA8 || last == 0xA9 ? 3 : 0;
}

}  // namespace

void Lexer::skip_blank() {
  while (at_ < text_.size()) {
    const std::string_view rest = text_.substr(at_);
    if (const std::size_t length = blank_length(rest); length > 0)
      at_ += length;
    else if (rest.starts_with("//"))
      at_ += std::min(rest.find_first_of("\n\r"), rest.size());
    else
      return;
  }
}

Token Lexer::make(TokenKind kind, std::size_t length) {
  const Token token{kind,
                    {static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(at_ + length)},
                    text_.substr(at_, length)};
  at_ += length;
  return token;
}

Token Lexer::word() {
  std::size_t end = at_;
  while (end < text_.size() && is_word(text_[end]))
    ++end;
  return make(TokenKind::identifier, end - at_);
}

Token Lexer::number() {
  std::size_t end = at_;
  while (end < text_.size() && is_digit(text_[end]))
    ++end;
  return make(TokenKind::number, end - at_);
}

// A string runs to the next quote without a backslash before it; newlines may stand in it, but not behind a
// backslash.
Token Lexer::string() {
  std::size_t end = at_ + 1;
  while (end < text_.size() && text_[end] != '"') {
    if (text_[end] == '\\' && end + 1 < text_.size() && text_[end + 1] != '\n') ++end;
    ++end;
  }
  if (end >= text_.size()) return make(TokenKind::bad, 1);
  return make(TokenKind::string, end + 1 - at_);
}

Token Lexer::question() {
  std::size_t end = at_ + 1;
  while (end < text_.size() && is_word(text_[end]))
    ++end;
  if (end == at_ + 1 || is_digit(text_[at_ + 1])) return make(TokenKind::question, 1);
  return make(TokenKind::slot, end - at_);
}

Token Lexer::symbol() {
  struct Symbol {
    std::string_view text;
    TokenKind kind;
  };
  using enum TokenKind;
  // Longer ones before their prefixes.
  static constexpr Symbol kSymbols[] = {{"::", path},
                                        {"==", equal},
                                        {"!=", not_equal},
                                        {"<=", less_equal},
                                        {">=", greater_equal},
                                        {"||", or_},
                                        {"&&", and_},
                                        {"@", at},
                                        {".", dot},
                                        {",", comma},
                                        {";", semicolon},
                                        {":", colon},
                                        {"(", open_paren},
                                        {")", close_paren},
                                        {"{", open_brace},
                                        {"}", close_brace},
                                        {"[", open_bracket},
                                        {"]", close_bracket},
                                        {"<", less},
                                        {">", greater},
                                        {"=", assign},
                                        {"+", plus},
                                        {"-", minus},
                                        {"*", star},
                                        {"/", slash},
                                        {"%", percent},
                                        {"!", bang}};
  for (const auto& candidate : kSymbols)
    if (text_.substr(at_).starts_with(candidate.text)) return make(candidate.kind, candidate.text.size());
  std::size_t length = 1;  // the whole character, so that a message shows it
  while (at_ + length < text_.size() && (static_cast<unsigned char>(text_[at_ + length]) & 0xC0) == 0x80)
    ++length;
  return make(TokenKind::bad, length);
}

void Lexer::skip_line(std::size_t offset) {
  at_ = std::min(text_.find('\n', offset), text_.size());
}

Token Lexer::next() {
  skip_blank();
  if (at_ >= text_.size()) return make(TokenKind::end, 0);
  const char c = text_[at_];
  if (is_digit(c)) return number();
  if (is_word(c)) return word();
  if (c == '"') return string();
  if (c == '?') return question();
  return symbol();
}

}  // namespace weir::cedar
