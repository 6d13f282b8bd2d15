// Compound commands: groups, conditionals, loops, case, functions, [[ ]], (( )), coproc.
#include <algorithm>

#include "shell/parser.h"

namespace weir::shell {
namespace {

// The semicolons of `a; b; c` outside quotes, brackets and expansions.
std::size_t count_separators(std::string_view header) {
  std::size_t count = 0;
  int open = 0;
  for (std::size_t at = 0; at < header.size(); ++at) {
    const char c = header[at];
    if (c == '\\') {
      ++at;
    } else if (c == '\'' || c == '"' || c == '`') {
      at = std::min(header.find(c, at + 1), header.size());
    } else if (c == '(' || c == '{') {
      ++open;
    } else if (c == ')' || c == '}') {
      --open;
    } else if (c == ';' && open <= 0) {
      ++count;
    }
  }
  return count;
}

}  // namespace

std::string_view Parser::reserved() const {
  static constexpr std::string_view kWords[] = {
      "!",     "{",     "}",   "[[",   "if",   "then", "else",   "elif",   "fi",       "do", "done",
      "while", "until", "for", "case", "esac", "time", "select", "coproc", "function", "in"};
  constexpr std::size_t kLongest = 8;
  std::size_t length = 0;
  while (length <= kLongest && pos_ + length < text_.size() && !is_meta(text_[pos_ + length])) {
    const char c = text_[pos_ + length];
    if (c == '\\' && pos_ + length + 1 == text_.size()) break;  // a backslash at the very end is nothing
    if (!(c >= 'a' && c <= 'z') && c != '!' && c != '{' && c != '}' && c != '[') return {};
    ++length;
  }
  const std::string_view word = text_.substr(pos_, length);
  const auto* found = std::find(std::begin(kWords), std::end(kWords), word);
  return found == std::end(kWords) ? std::string_view{} : *found;
}

bool Parser::take_reserved(std::string_view word) {
  if (at_end() || reserved() != word) return false;
  pos_ += word.size();
  return true;
}

void Parser::expect_reserved(std::string_view word, std::string_view opener, std::size_t begin) {
  skip_blank_lines();
  if (take_reserved(word)) return;
  if (!shared_.stopped)
    problem("\"" + std::string(opener) + "\" without \"" + std::string(word) + "\"", begin);
}

std::optional<Command> Parser::parse_compound(std::string_view word) {
  if (peek() == '(') {
    if (peek(1) == '(' && arithmetic_ahead(pos_ + 2)) return parse_arithmetic_command();
    return parse_group(true);
  }
  if (word.empty() || word == "!" || word == "time" || word == "in") return std::nullopt;
  const std::size_t begin = pos_;
  if (word == "{") return parse_group(false);
  if (word == "if") return parse_if();
  if (word == "while" || word == "until") return parse_loop(word == "until");
  if (word == "for" || word == "select") return parse_for(word == "select");
  if (word == "case") return parse_case();
  if (word == "[[") return parse_test();
  if (word == "coproc") return parse_coprocess();
  if (word == "function") {
    pos_ += word.size();
    skip_blanks();
    std::string name;
    while (!at_end() && !is_meta(peek()))
      name += text_[pos_++];
    if (name.empty()) problem("a function without a name", begin);
    skip_blanks();
    if (peek() == '(' && text_.find_first_not_of(" \t", pos_ + 1) == text_.find(')', pos_)) {
      ++pos_;
      skip_blanks();
      if (!take(")")) problem("a function's parentheses are not closed", begin);
    }
    return parse_function(std::move(name), begin);
  }
  return std::nullopt;
}

Command Parser::parse_group(bool subshell) {
  const std::size_t begin = pos_;
  ++pos_;
  const Deeper deeper(*this);
  Group group;
  group.subshell = subshell;
  if (deeper.ok) group.body = parse_list();
  if (group.body.empty() && !shared_.stopped) problem("an empty group", begin);
  if (subshell) {
    skip_blank_lines();
    if (!take(")") && !shared_.stopped) problem("( is not closed", begin);
  } else {
    expect_reserved("}", "{", begin);
  }
  return Command{std::move(group), {}, span_from(begin)};
}

Command Parser::parse_if() {
  const std::size_t begin = pos_;
  const Deeper deeper(*this);
  If node;
  pos_ += 2;
  while (deeper.ok) {
    If::Branch branch;
    branch.condition = parse_list();
    expect_reserved("then", "if", begin);
    branch.body = parse_list();
    if ((branch.condition.empty() || branch.body.empty()) && !shared_.stopped)
      problem("an empty part of \"if\"", begin);
    node.branches.push_back(std::move(branch));
    if (!take_reserved("elif")) break;
  }
  if (take_reserved("else")) {
    node.otherwise = parse_list();
    if (node.otherwise.empty() && !shared_.stopped) problem("an empty \"else\"", begin);
  }
  expect_reserved("fi", "if", begin);
  return Command{std::move(node), {}, span_from(begin)};
}

Script Parser::parse_loop_body(std::size_t begin) {
  skip_blank_lines();
  const bool braces = take_reserved("{");
  if (!braces) expect_reserved("do", "loop", begin);
  Script body = parse_list();
  if (body.empty() && !shared_.stopped) problem("an empty loop body", begin);
  expect_reserved(braces ? "}" : "done", braces ? "{" : "do", begin);
  return body;
}

Command Parser::parse_loop(bool until) {
  const std::size_t begin = pos_;
  const Deeper deeper(*this);
  Loop loop;
  loop.until = until;
  pos_ += 5;
  if (deeper.ok) {
    loop.condition = parse_list();
    if (loop.condition.empty() && !shared_.stopped) problem("a loop without a condition", begin);
    loop.body = parse_loop_body(begin);
  }
  return Command{std::move(loop), {}, span_from(begin)};
}

Command Parser::parse_for(bool select) {
  const std::size_t begin = pos_;
  const Deeper deeper(*this);
  For node;
  node.select = select;
  pos_ += select ? 6 : 3;
  skip_blanks();
  if (!deeper.ok) return Command{std::move(node), {}, span_from(begin)};
  if (!select && looking_at("((")) return parse_for_arithmetic(begin);
  while (!at_end() && !is_meta(peek()))
    node.variable += text_[pos_++];
  if (node.variable.empty()) problem("\"for\" without a name", begin);
  skip_blank_lines();
  if (take_reserved("in")) {
    node.has_words = true;
    for (skip_blanks(); !at_end() && (!is_meta(peek()) || looking_at("<(")); skip_blanks())
      node.words.push_back(parse_word(WordMode::command));
  }
  skip_blanks();
  take(";");
  node.body = parse_loop_body(begin);
  return Command{std::move(node), {}, span_from(begin)};
}

Command Parser::parse_for_arithmetic(std::size_t begin) {
  ForArithmetic node;
  pos_ += 2;
  const std::size_t header = pos_;
  node.header = parse_word(WordMode::arithmetic);
  if (count_separators(text_.substr(header, pos_ - header)) != 2 && !shared_.stopped)
    problem("the header of \"for ((\" needs three parts", header);
  if (!take("))") && !shared_.stopped) problem("(( is not closed", begin);
  skip_blanks();
  take(";");
  node.body = parse_loop_body(begin);
  return Command{std::move(node), {}, span_from(begin)};
}

Command Parser::parse_case() {
  const std::size_t begin = pos_;
  const Deeper deeper(*this);
  Case node;
  pos_ += 4;
  skip_blanks();
  if (!deeper.ok) return Command{std::move(node), {}, span_from(begin)};
  node.subject = parse_word(WordMode::command);
  expect_reserved("in", "case", begin);
  while (true) {
    skip_blank_lines();
    if (at_end() || reserved() == "esac") break;
    const std::size_t before = pos_;
    parse_case_arm(node);
    if (pos_ == before) {
      recover("unexpected token in \"case\"", pos_);
      if (pos_ == before) break;
    }
  }
  expect_reserved("esac", "case", begin);
  return Command{std::move(node), {}, span_from(begin)};
}

void Parser::parse_case_arm(Case& node) {
  const std::size_t begin = pos_;
  Case::Arm arm;
  take("(");
  while (true) {
    skip_blanks();
    if (at_end() || (is_meta(peek()))) break;
    arm.patterns.push_back(parse_word(WordMode::pattern));
    skip_blanks();
    if (!take("|")) break;
  }
  if (arm.patterns.empty() && !shared_.stopped) problem("an arm of \"case\" without a pattern", begin);
  if (!take(")") && !shared_.stopped) problem("a pattern of \"case\" without )", begin);
  arm.body = parse_list();
  node.arms.push_back(std::move(arm));
  if (take(";;&") || take(";;") || take(";&")) return;
  skip_blank_lines();
  if (reserved() != "esac" && !at_end()) problem("an arm of \"case\" without ;;", pos_);
}

Command Parser::parse_function(std::string name, std::size_t begin) {
  const Deeper deeper(*this);
  Function function;
  function.name = std::move(name);
  skip_blank_lines();
  if (deeper.ok) {
    const std::string_view word = reserved();
    const bool compound = peek() == '(' || (!word.empty() && word != "!" && word != "time");
    if (!compound) problem("a function needs a compound command as its body", begin);
    function.body.push_back(parse_command());
  }
  return Command{std::move(function), {}, span_from(begin)};
}

bool Parser::arithmetic_ahead(std::size_t from) const {
  int open = 0;
  for (std::size_t at = from; at < text_.size(); ++at) {
    const char c = text_[at];
    if (c == '\\') {
      ++at;
    } else if (c == '\'' || c == '"' || c == '`') {
      const auto end = text_.find(c, at + 1);
      if (end == std::string_view::npos) return false;
      at = end;
    } else if (c == '(') {
      ++open;
    } else if (c == ')' && open-- == 0) {
      return at + 1 < text_.size() && text_[at + 1] == ')';
    }
  }
  return false;
}

Command Parser::parse_arithmetic_command() {
  const std::size_t begin = pos_;
  ArithmeticCommand node;
  pos_ += 2;
  node.expression = parse_word(WordMode::arithmetic);
  if (!take("))") && !shared_.stopped) problem("(( is not closed", begin);
  return Command{std::move(node), {}, span_from(begin)};
}

Command Parser::parse_coprocess() {
  const std::size_t begin = pos_;
  const Deeper deeper(*this);
  Coprocess node;
  pos_ += 6;
  skip_blanks();
  if (!deeper.ok) return Command{std::move(node), {}, span_from(begin)};
  // A name only counts before a compound command.
  const std::size_t at = pos_;
  if (is_name_start(peek()) && reserved().empty()) {
    while (is_name_char(peek()))
      node.name += text_[pos_++];
    const bool ends = at_end() || is_meta(peek());
    skip_blanks();
    const std::string_view word = reserved();
    if (!ends || (peek() != '(' && (word.empty() || word == "!" || word == "time"))) {
      node.name.clear();
      pos_ = at;
    }
  }
  node.body.push_back(parse_command());
  return Command{std::move(node), {}, span_from(begin)};
}

}  // namespace weir::shell
