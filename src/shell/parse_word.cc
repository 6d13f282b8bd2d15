// Words: quoting and the text between expansions.
#include "shell/parser.h"

namespace weir::shell {

void Parser::add_text(Word& word, std::string_view text, bool quoted) {
  if (!word.parts.empty()) {
    auto* last = std::get_if<Literal>(&word.parts.back().value);
    if (last != nullptr && last->quoted == quoted) {
      last->text.append(text);
      word.parts.back().span.end = span_from(pos_).end;
      return;
    }
  }
  const Span here = span_from(pos_ >= text.size() ? pos_ - text.size() : 0);
  word.parts.push_back({Literal{std::string(text), quoted}, here});
}

void Parser::add_part(Word& word, Part part) {
  word.parts.push_back(std::move(part));
}

bool Parser::word_ends(WordMode mode, int parentheses) const {
  const char c = peek();
  switch (mode) {
    case WordMode::command:
    case WordMode::assignment:
    case WordMode::pattern:
    case WordMode::test:
      if (c == '\r' && (peek(1) == '\n' || pos_ + 1 == text_.size())) return true;
      return is_meta(c) && !((c == '<' || c == '>') && peek(1) == '(');
    case WordMode::regex:
      // Only ( and | are of the expression; other operators end it.
      return parentheses == 0 && is_meta(c) && c != '(' && c != '|';
    case WordMode::brace:
      return c == '}';
    case WordMode::brace_slash:
      return c == '}' || c == '/';
    case WordMode::subscript:
    case WordMode::old_arithmetic:
      return c == ']' && parentheses == 0;
    case WordMode::arithmetic:
      return c == ')' && peek(1) == ')' && parentheses == 0;
  }
  return true;
}

Word Parser::parse_word(WordMode mode) {
  const std::size_t begin = pos_;
  const Deeper deeper(*this);
  Word word;
  int parentheses = 0;
  while (deeper.ok && !at_end() && !word_ends(mode, parentheses))
    if (!parse_word_piece(word, mode, parentheses)) break;
  word.span = span_from(begin);
  const bool arithmetic = mode == WordMode::arithmetic || mode == WordMode::old_arithmetic;
  if (!arithmetic && mode != WordMode::regex && mode != WordMode::subscript)
    structure_word(word, mode == WordMode::command);
  return word;
}

// Reads one character or construct of a word. False: the word ends here after all.
bool Parser::parse_word_piece(Word& word, WordMode mode, int& parentheses) {
  const char c = peek();
  const bool quoted = in_braced_quotes_ && (mode == WordMode::brace || mode == WordMode::brace_slash);
  switch (c) {
    case '\\':
      parse_backslash(word);
      return true;
    case '\'':
      if (quoted) break;
      if (mode == WordMode::arithmetic) break;
      parse_single_quoted(word);
      return true;
    case '"':
      parse_double_quoted(word);
      return true;
    case '`':
      parse_backquoted(word, quoted);
      return true;
    case '$':
      parse_dollar(word, quoted);
      return true;
    case '<':
    case '>':
      if (peek(1) == '(' && mode != WordMode::brace && mode != WordMode::brace_slash &&
          mode != WordMode::arithmetic && mode != WordMode::old_arithmetic && mode != WordMode::subscript &&
          mode != WordMode::regex) {
        parse_process(word);
        return true;
      }
      break;
    case '(':
    case '[':
      if (c == '(' && mode == WordMode::regex) ++parentheses;
      if (mode == WordMode::arithmetic && c == '(') ++parentheses;
      if ((mode == WordMode::subscript || mode == WordMode::old_arithmetic) && c == '[') ++parentheses;
      break;
    case ')':
      if ((mode == WordMode::regex || mode == WordMode::arithmetic) && parentheses > 0) --parentheses;
      break;
    case ']':
      if ((mode == WordMode::subscript || mode == WordMode::old_arithmetic) && parentheses > 0) --parentheses;
      break;
    case '?':
    case '*':
    case '+':
    case '@':
    case '!':
      if (peek(1) == '(' &&
          (mode == WordMode::command || mode == WordMode::pattern || mode == WordMode::test) &&
          parse_extended_glob(word))
        return true;
      break;
    default:
      break;
  }
  ++pos_;
  add_text(word, text_.substr(pos_ - 1, 1), quoted);
  return true;
}

void Parser::parse_backslash(Word& word) {
  if (pos_ + 1 >= text_.size()) {
    ++pos_;
    add_text(word, "\\", true);
    return;
  }
  const char next = peek(1);
  pos_ += 2;
  if (next == '\n') return;
  add_text(word, text_.substr(pos_ - 1, 1), true);
}

void Parser::parse_single_quoted(Word& word) {
  const std::size_t begin = pos_++;
  auto end = text_.find('\'', pos_);
  const bool closed = end != std::string_view::npos;
  if (!closed) end = text_.size();
  const std::string_view inside = text_.substr(pos_, end - pos_);
  pos_ = closed ? end + 1 : end;
  if (!closed) problem("a single quote is not closed", begin);
  add_text(word, inside, true);
}

void Parser::parse_ansi_quoted(Word& word) {
  const std::size_t begin = pos_;
  pos_ += 2;
  const std::size_t inside = pos_;
  while (pos_ < text_.size() && text_[pos_] != '\'')
    pos_ += text_[pos_] == '\\' ? 2 : 1;
  const bool closed = pos_ < text_.size();
  if (!closed) pos_ = text_.size();
  const std::string decoded = decode_ansi_escapes(text_.substr(inside, pos_ - inside));
  if (closed)
    ++pos_;
  else
    problem("a $' quote is not closed", begin);
  add_text(word, decoded, true);
}

void Parser::parse_double_quoted(Word& word) {
  const Deeper deeper(*this);
  const std::size_t begin = pos_++;
  if (!deeper.ok) return;
  add_text(word, "", true);  // "" is a word too
  const bool outer = in_braced_quotes_;
  in_braced_quotes_ = false;
  parse_quoted_until(word, '"');
  in_braced_quotes_ = outer;
  if (!take("\"") && !shared_.stopped) problem("a double quote is not closed", begin);
}

// The inside of "..." and of a here-document (end == '\0').
void Parser::parse_quoted_until(Word& word, char end) {
  while (!at_end() && (end == '\0' || peek() != end)) {
    const char c = peek();
    if (c == '\\') {
      const char next = peek(1);
      const bool escapes =
          next == '$' || next == '`' || next == '\\' || next == '\n' || (end == '"' && next == '"');
      if (escapes && pos_ + 1 < text_.size()) {
        pos_ += 2;
        if (next != '\n') add_text(word, text_.substr(pos_ - 1, 1), true);
      } else {
        ++pos_;
        add_text(word, "\\", true);
      }
    } else if (c == '$') {
      parse_dollar(word, true);
    } else if (c == '`') {
      parse_backquoted(word, true);
    } else {
      auto next = text_.find_first_of(end == '"' ? "\\$`\"" : "\\$`", pos_);
      if (next == std::string_view::npos) next = text_.size();
      const std::string_view run = text_.substr(pos_, next - pos_);
      pos_ = next;
      add_text(word, run, true);
    }
  }
}

Word Parser::parse_here_document_body() {
  const Deeper deeper(*this);
  Word word;
  if (deeper.ok) parse_quoted_until(word, '\0');
  return word;
}

// ?(a|b) *(..) +(..) @(..) !(..): one Glob. Scanned, not parsed: what stands inside is a pattern.
bool Parser::parse_extended_glob(Word& word) {
  const std::size_t begin = pos_;
  int open = 0;
  for (std::size_t at = pos_ + 1; at < text_.size(); ++at) {
    const char c = text_[at];
    if (c == '\n' || c == ';' || c == '`' || c == '$') return false;
    if (c == '(') ++open;
    if (c == ')' && --open == 0) {
      pos_ = at + 1;
      add_part(word, {Glob{std::string(text_.substr(begin, pos_ - begin))}, span_from(begin)});
      return true;
    }
  }
  return false;
}

}  // namespace weir::shell
