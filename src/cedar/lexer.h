// Tokens of Cedar policies and schemas, one at a time.
//
//   Lexer lexer(text);
//   for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) ...
//
// Keywords are identifiers here: which word is one depends on the place, and the parsers know the place.
// Whitespace (Unicode White_Space) and `// comments` are skipped.
#pragma once

#include <string_view>

#include "cedar/source.h"

namespace weir::cedar {

enum class TokenKind : std::uint8_t {
  end,
  identifier,
  number,
  string,
  slot,  // `slot` is ?name
  at,
  dot,
  comma,
  semicolon,
  colon,
  path,
  question,  // path is `::`
  open_paren,
  close_paren,
  open_brace,
  close_brace,
  open_bracket,
  close_bracket,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  assign,
  or_,
  and_,
  plus,
  minus,
  star,
  slash,
  percent,
  bang,
  bad,  // a character that starts no token, or a string without an end
};

struct Token {
  TokenKind kind = TokenKind::end;
  Span span;
  std::string_view text;  // as written; a string with its quotes
};

class Lexer {
 public:
  // `text` must outlive the lexer and its tokens and be shorter than 4 GiB.
  explicit Lexer(std::string_view text) : text_(text) {}
  Token next();
  // Goes on at the end of the line in which byte `offset` stands, as after a string without an end.
  void skip_line(std::size_t offset);

 private:
  void skip_blank();
  Token make(TokenKind kind, std::size_t length);
  Token word();
  Token number();
  Token string();
  Token question();
  Token symbol();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace weir::cedar
