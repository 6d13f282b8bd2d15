// [[ ... ]]: the grammar of conditions (Bash manual 3.2.5.2), which has operators of its own and no
// separators.
//
//   or   = and (|| and)*     and = term (&& term)*
//   term = ! term | ( or ) | -f word | word == word | word
//
// The tree of a condition is of no use to the analysis, so the words are kept in one row; the grammar is read
// to know what bash would refuse.
#include <algorithm>

#include "shell/parser.h"

namespace weir::shell {
namespace {

bool is_unary(std::string_view word) {
  return word.size() == 2 && word[0] == '-' &&
         std::string_view("abcdefghknoprstuvwxzGLNORS").find(word[1]) != std::string_view::npos;
}

bool is_binary(std::string_view word) {
  static constexpr std::string_view kOperators[] = {"=",   "==",  "!=",  "=~",  "-eq", "-ne", "-lt",
                                                    "-le", "-gt", "-ge", "-nt", "-ot", "-ef"};
  return std::find(std::begin(kOperators), std::end(kOperators), word) != std::end(kOperators);
}

}  // namespace

bool Parser::at_test_end() const {
  return looking_at("]]") && (pos_ + 2 >= text_.size() || is_meta(peek(2)));
}

Command Parser::parse_test() {
  const std::size_t begin = pos_;
  Test test;
  pos_ += 2;
  skip_blank_lines();
  if (parse_test_or(test)) {
    skip_blanks();
    if (at_test_end())
      pos_ += 2;
    else
      test_problem(begin);
  } else {
    test_problem(begin);
  }
  return Command{std::move(test), {}, span_from(begin)};
}

// What stands in the condition and does not belong: named, and stepped over up to the closing brackets on the
// same line, so that what follows is still read.
void Parser::test_problem(std::size_t begin) {
  if (shared_.stopped) return;
  if (at_end()) return problem("[[ is not closed with ]]", begin);
  problem("unexpected token in [[ ]]", pos_);
  const auto line = std::min(text_.find('\n', pos_), text_.size());
  const auto close = text_.find("]]", pos_);
  if (close != std::string_view::npos && close < line) pos_ = close + 2;
}

bool Parser::parse_test_or(Test& test) {
  const Deeper deeper(*this);
  if (!deeper.ok) return false;
  while (true) {
    if (!parse_test_term(test)) return false;
    skip_blanks();
    if (!looking_at("&&") && !looking_at("||")) return true;
    add_test_operator(test, 2);
    skip_blank_lines();
  }
}

void Parser::add_test_operator(Test& test, std::size_t length) {
  Word word;
  const std::size_t begin = pos_;
  pos_ += length;
  add_text(word, text_.substr(begin, length), false);
  word.span = span_from(begin);
  test.words.push_back(std::move(word));
}

// One word; "" when none begins here. Returns it as written, for the operators are unquoted.
std::string_view Parser::add_test_word(Test& test, WordMode mode) {
  skip_blanks();
  const std::size_t begin = pos_;
  if (at_end()) return {};
  const bool meta = is_meta(peek()) && !looking_at("<(") && !looking_at(">(");
  if (meta && !(mode == WordMode::regex && peek() == '(')) return {};
  test.words.push_back(parse_word(mode));
  return text_.substr(begin, pos_ - begin);
}

bool Parser::parse_test_term(Test& test) {
  const Deeper deeper(*this);
  if (!deeper.ok) return false;
  if (at_test_end()) return true;  // bash takes an absent last term
  if (peek() == '!' && is_meta(peek(1)) && peek(1) != '(') {
    add_test_operator(test, 1);
    skip_blank_lines();
    return parse_test_term(test);
  }
  if (peek() == '(') {
    add_test_operator(test, 1);
    skip_blank_lines();
    if (!parse_test_or(test)) return false;
    skip_blanks();
    if (peek() != ')') return false;
    add_test_operator(test, 1);
    skip_blank_lines();
    return true;
  }
  const std::string_view first = add_test_word(test, WordMode::test);
  if (first.empty()) return false;
  if (is_unary(first)) {
    skip_blanks();
    if (at_test_end() || add_test_word(test, WordMode::test).empty()) return false;
    skip_blank_lines();
    return true;
  }
  skip_blanks();
  if (at_end()) return false;
  if (at_test_end() || peek() == ')' || looking_at("&&") || looking_at("||")) return true;
  std::string_view op;
  if ((peek() == '<' || peek() == '>') && peek(1) != peek() && peek(1) != '(' && peek(1) != '&')
    add_test_operator(test, 1);
  else if (op = add_test_word(test, WordMode::test); !is_binary(op))
    return false;
  skip_blanks();
  if (at_test_end()) return false;
  if (add_test_word(test, op == "=~" ? WordMode::regex : WordMode::test).empty()) return false;
  skip_blank_lines();
  return true;
}

}  // namespace weir::shell
