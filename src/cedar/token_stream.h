// What the parsers of policies and schemas share: a token of look-ahead, and errors that say what was
// expected and what stands there instead.
#pragma once

#include <string>
#include <string_view>

#include "cedar/lexer.h"

namespace weir::cedar {

// Size and encoding of a text, before anything reads it.
Parsed<void> check_text(std::string_view text);

class TokenStream {
 public:
  explicit TokenStream(std::string_view text) : lexer_(text) { take(); }

  const Token& peek() const { return token_; }
  Token take();  // the token in front; the next one comes to the front
  bool at(TokenKind kind) const { return token_.kind == kind; }
  bool at_word(std::string_view word) const { return at(TokenKind::identifier) && token_.text == word; }
  // Drops everything up to the end of the line that the last taken token stands on.
  void skip_line();
  // Takes the token in front when it is the one; tells whether it was.
  bool accept(TokenKind kind);
  bool accept_word(std::string_view word);

  // `role` says what it is for: "`;` at the end of the policy".
  Parsed<Token> expect(TokenKind kind, std::string_view role);
  // An identifier that is not reserved.
  Parsed<std::string> expect_name(std::string_view role);
  // A string literal, unescaped.
  Parsed<std::string> expect_string(std::string_view role);
  // Names joined by `::`; stops before `::` that a string or brace follows, which is consumed then and told
  // by `ends_in_path`.
  struct Path {
    std::string text;
    bool ends_in_path = false;
    Span span;
  };
  Parsed<Path> expect_path(std::string_view role);
  Parsed<Path> continue_path(const Token& first);

  // An error about the token in front.
  std::unexpected<ParseError> unexpected(std::string_view expected, std::string hint = {}) const;
  std::uint32_t end_of_last() const { return end_of_last_; }
  Span from(std::uint32_t begin) const { return {begin, end_of_last_}; }

 private:
  Lexer lexer_;
  Token token_;
  std::uint32_t end_of_last_ = 0;
};

// The body of a string token, unescaped, with errors placed inside it.
Parsed<std::string> string_value(const Token& token);
std::unexpected<ParseError> parse_error(std::string what, Span span, std::string hint = {});
std::unexpected<ParseError> limit_error(std::string what, Span span, std::string hint = {});

}  // namespace weir::cedar
