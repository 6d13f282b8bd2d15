#include "cedar/token_stream.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/text.h"

namespace weir::cedar {
namespace {

constexpr std::size_t kShownBytesMax = 40;

std::string shown(const Token& token) {
  if (token.kind == TokenKind::end) return "the end of the text";
  if (token.kind == TokenKind::bad && token.text == "\"") return "a string without its closing quote";
  return fmt::format("`{}`", printable(token.text, kShownBytesMax));
}

}  // namespace

std::unexpected<ParseError> parse_error(std::string what, Span span, std::string hint) {
  return std::unexpected(ParseError{ErrorCode::invalid, std::move(what), std::move(hint), span});
}

std::unexpected<ParseError> limit_error(std::string what, Span span, std::string hint) {
  return std::unexpected(ParseError{ErrorCode::limit, std::move(what), std::move(hint), span});
}

Parsed<void> check_text(std::string_view text) {
  if (text.size() > limits::kCedarBytesMax)
    return limit_error(fmt::format("the text is longer than {} bytes", limits::kCedarBytesMax), {},
                       "split it into several texts");
  if (valid_utf8(text)) return {};
  // The longest valid front, by halving: for the message only.
  std::size_t good = 0;
  for (std::size_t step = std::size_t{1} << 24; step > 0; step /= 2)
    if (good + step <= text.size() && valid_utf8(text.substr(0, good + step))) good += step;
  const auto at = static_cast<std::uint32_t>(good);
  return parse_error("the text is not valid UTF-8", {at, at + 1}, "save the file as UTF-8");
}

Token TokenStream::take() {
  const Token taken = token_;
  end_of_last_ = taken.span.end;
  token_ = lexer_.next();
  return taken;
}

void TokenStream::skip_line() {
  lexer_.skip_line(end_of_last_);
  token_ = lexer_.next();
}

bool TokenStream::accept(TokenKind kind) {
  if (!at(kind)) return false;
  take();
  return true;
}

bool TokenStream::accept_word(std::string_view word) {
  if (!at_word(word)) return false;
  take();
  return true;
}

std::unexpected<ParseError> TokenStream::unexpected(std::string_view expected, std::string hint) const {
  return parse_error(fmt::format("expected {}, found {}", expected, shown(token_)), token_.span,
                     std::move(hint));
}

Parsed<Token> TokenStream::expect(TokenKind kind, std::string_view role) {
  if (!at(kind)) return unexpected(role);
  return take();
}

Parsed<std::string> TokenStream::expect_name(std::string_view role) {
  if (!at(TokenKind::identifier)) return unexpected(role);
  if (is_reserved(token_.text))
    return parse_error(fmt::format("`{}` is a reserved word and cannot be {}", token_.text, role),
                       token_.span, "rename it, or write an attribute as a string");
  return std::string(take().text);
}

Parsed<std::string> TokenStream::expect_string(std::string_view role) {
  if (!at(TokenKind::string)) return unexpected(role, "strings stand in double quotes");
  return string_value(take());
}

Parsed<TokenStream::Path> TokenStream::expect_path(std::string_view role) {
  if (!at(TokenKind::identifier)) return unexpected(role);
  return continue_path(take());
}

Parsed<TokenStream::Path> TokenStream::continue_path(const Token& first) {
  Path path{std::string(first.text), false, first.span};
  Token word = first;
  while (true) {
    if (is_reserved(word.text))
      return parse_error(fmt::format("`{}` is a reserved word and cannot be part of a name", word.text),
                         word.span, "rename the type or namespace");
    if (!at(TokenKind::path)) return path;
    take();
    if (!at(TokenKind::identifier)) {
      path.ends_in_path = true;
      return path;
    }
    word = take();
    path.text += "::";
    path.text += word.text;
    path.span.end = word.span.end;
  }
}

Parsed<std::string> string_value(const Token& token) {
  auto value = unescape(token.text.substr(1, token.text.size() - 2));
  if (value) return *std::move(value);
  const auto begin = static_cast<std::uint32_t>(token.span.begin + 1 + value.error().at);
  return parse_error(value.error().what, {begin, begin + static_cast<std::uint32_t>(value.error().length)},
                     "escapes are \\n \\r \\t \\\\ \\0 \\' \\\" \\x41 \\u{1F600}");
}

}  // namespace weir::cedar
