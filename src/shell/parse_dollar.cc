// Everything that begins with $ or `: parameters, command and process substitution, arithmetic.
#include <algorithm>
#include <iterator>

#include "shell/parser.h"

namespace weir::shell {

void Parser::parse_dollar(Word& word, bool quoted) {
  const char next = peek(1);
  const std::size_t begin = pos_;
  if (next == '\'' && !quoted) return parse_ansi_quoted(word);
  if (next == '"' && !quoted) {
    ++pos_;
    return parse_double_quoted(word);
  }
  if (next == '(') {
    if (peek(2) == '(' && arithmetic_ahead(pos_ + 3)) return parse_arithmetic(word, quoted);
    return parse_substitution(word, quoted);
  }
  if (next == '[') return parse_arithmetic(word, quoted);
  if (next == '{') return parse_braced(word, quoted);
  Parameter parameter;
  parameter.quoted = quoted;
  if (is_name_start(next)) {
    for (++pos_; is_name_char(peek());)
      parameter.name += text_[pos_++];
  } else if (next != '\0' && std::string_view("0123456789@*#?-$!").find(next) != std::string_view::npos) {
    parameter.name = next;
    pos_ += 2;
  } else {
    ++pos_;
    return add_text(word, "$", true);
  }
  parameter.source = text_.substr(begin, pos_ - begin);
  add_part(word, {std::move(parameter), span_from(begin)});
}

bool Parser::parse_parameter_name(Parameter& parameter) {
  const char c = peek();
  if (is_name_start(c)) {
    while (is_name_char(peek()))
      parameter.name += text_[pos_++];
    return true;
  }
  if (c >= '0' && c <= '9') {
    while (peek() >= '0' && peek() <= '9')
      parameter.name += text_[pos_++];
    return true;
  }
  if (c != '\0' && std::string_view("@*#?-$!").find(c) != std::string_view::npos) {
    parameter.name = c;
    ++pos_;
    return true;
  }
  return false;
}

// Up to the } that belongs to this ${, for what bash judges only when it runs.
void Parser::skip_bad_parameter() {
  int open = 1;  // only ${ opens another: the first } ends `${{ x }`
  for (; pos_ < text_.size(); ++pos_) {
    const char c = text_[pos_];
    if (c == '\\') {
      ++pos_;
    } else if (c == '\'' && !in_braced_quotes_) {
      const auto end = text_.find('\'', pos_ + 1);
      if (end != std::string_view::npos) pos_ = end;
    } else if (c == '$' && peek(1) == '{') {
      ++pos_;
      ++open;
    } else if (c == '}' && --open == 0) {
      return;
    }
  }
  pos_ = text_.size();
}

void Parser::parse_braced(Word& word, bool quoted) {
  const std::size_t begin = pos_;
  const Deeper deeper(*this);
  pos_ += 2;
  if (!deeper.ok) return;
  Parameter parameter;
  parameter.quoted = quoted;
  const char first = peek();
  if ((first == ' ' || first == '\n' || first == '|' || first == '\t') && !looking_at("  ")) {
    // ${ script; } runs it (bash 5.3); older ones refuse it when they run it, whatever stands there.
    const std::size_t problems = shared_.problems.size();
    pos_ += first == '|' ? 1 : 0;
    Substitution substitution{parse_list(), quoted, {}};
    if (take("}") && shared_.problems.size() == problems) {
      substitution.source = text_.substr(begin, pos_ - begin);
      return add_part(word, {std::move(substitution), span_from(begin)});
    }
    if (shared_.stopped) return;
    shared_.problems.resize(problems);
    pos_ = begin + 2;
  }
  if (first == '#' && peek(1) != '}' && peek(1) != ':' && peek(1) != '-') {
    parameter.length = true;
    ++pos_;
  } else if (first == '!' && (is_name_char(peek(1)) || peek(1) == '@' || peek(1) == '*')) {
    parameter.indirect = true;
    ++pos_;
  }
  bool good = parse_parameter_name(parameter);
  if (good && peek() == '[') {
    const std::size_t problems = shared_.problems.size();
    const std::size_t bracket = pos_++;
    parameter.subscript.push_back(parse_word(WordMode::subscript));
    good = take("]");
    if (!good && !shared_.stopped) {
      // No ] at all: what bash finds wrong only when it runs it.
      pos_ = bracket;
      shared_.problems.resize(problems);
      parameter.subscript.clear();
    }
  }
  if (parameter.indirect && (peek() == '*' || peek() == '@') && peek(1) == '}') ++pos_;
  const bool outer = in_braced_quotes_;
  in_braced_quotes_ = quoted;
  if (good && peek() != '}') parse_operator(parameter, quoted);
  if (!good || peek() != '}') {
    parameter.op = "bad";
    skip_bad_parameter();
  }
  in_braced_quotes_ = outer;
  if (!take("}") && !shared_.stopped) problem("${ is not closed", begin);
  parameter.source = text_.substr(begin, pos_ - begin);
  add_part(word, {std::move(parameter), span_from(begin)});
}

void Parser::parse_operator(Parameter& parameter, bool quoted) {
  static constexpr std::string_view kOperators[] = {":-", ":=", ":?", ":+", "##", "%%", "//", "/#",
                                                    "/%", "^^", ",,", "-",  "=",  "?",  "+",  "#",
                                                    "%",  "/",  "^",  ",",  ":",  "@"};
  const auto* op = std::find_if(std::begin(kOperators), std::end(kOperators),
                                [&](std::string_view o) { return looking_at(o); });
  if (op == std::end(kOperators)) return;
  pos_ += op->size();
  parameter.op = *op;
  // In "${x#'a'}" single quotes quote; in "${x:-'a'}" they are ordinary.
  const bool pattern =
      (*op)[0] == '#' || (*op)[0] == '%' || (*op)[0] == '/' || (*op)[0] == '^' || (*op)[0] == ',';
  in_braced_quotes_ = quoted && !pattern;
  if ((*op)[0] == '/') {
    parameter.arguments.push_back(parse_word(WordMode::brace_slash));
    if (take("/")) parameter.arguments.push_back(parse_word(WordMode::brace));
  } else {
    parameter.arguments.push_back(parse_word(WordMode::brace));
  }
}

// Here-documents that were begun outside wait for the end of the outer line; those begun inside and not read
// yet join them.
void Parser::leave_substitution(std::vector<Pending> outer) {
  std::move(pending_.begin(), pending_.end(), std::back_inserter(outer));
  pending_ = std::move(outer);
}

void Parser::parse_substitution(Word& word, bool quoted) {
  const std::size_t begin = pos_;
  const Deeper deeper(*this);
  pos_ += 2;
  if (!deeper.ok) return;
  const bool outer = in_braced_quotes_;
  in_braced_quotes_ = false;
  ++substitutions_;
  // $((a) b): bash takes it for arithmetic until it runs it.
  const std::size_t deferred = peek() == '(' ? 1 : 0;
  shared_.deferred += deferred;
  std::vector<Pending> outer_documents;
  outer_documents.swap(pending_);
  Substitution substitution{parse_list(), quoted, {}};
  skip_blank_lines();
  leave_substitution(std::move(outer_documents));
  --substitutions_;
  in_braced_quotes_ = outer;
  // Where it ends bash looks for at once.
  shared_.deferred -= deferred;
  if (!take(")") && !shared_.stopped) problem("$( is not closed", begin);
  substitution.source = text_.substr(begin, pos_ - begin);
  add_part(word, {std::move(substitution), span_from(begin)});
}

void Parser::parse_process(Word& word) {
  const std::size_t begin = pos_;
  const Deeper deeper(*this);
  ProcessSubstitution process;
  process.writes = peek() == '>';
  pos_ += 2;
  if (!deeper.ok) return;
  ++substitutions_;
  std::vector<Pending> outer_documents;
  outer_documents.swap(pending_);
  process.script = parse_list();
  skip_blank_lines();
  leave_substitution(std::move(outer_documents));
  --substitutions_;
  if (!take(")") && !shared_.stopped) problem("a process substitution is not closed", begin);
  add_part(word, {std::move(process), span_from(begin)});
}

void Parser::parse_arithmetic(Word& word, bool quoted) {
  const std::size_t begin = pos_;
  const bool old = peek(1) == '[';
  pos_ += old ? 2 : 3;
  Arithmetic arithmetic;
  arithmetic.quoted = quoted;
  const bool outer = in_braced_quotes_;
  in_braced_quotes_ = false;
  arithmetic.expression = parse_word(old ? WordMode::old_arithmetic : WordMode::arithmetic);
  in_braced_quotes_ = outer;
  if (!take(old ? "]" : "))") && !shared_.stopped) problem("an arithmetic expansion is not closed", begin);
  add_part(word, {std::move(arithmetic), span_from(begin)});
}

// `script`: backslashes before ` \ $ (and " within double quotes) are removed first (manual 3.5.4), so the
// text is rewritten and parsed on its own. Each level of nesting shortens it; the depth limit bounds the
// levels.
void Parser::parse_backquoted(Word& word, bool quoted) {
  const std::size_t begin = pos_++;
  const Deeper deeper(*this);
  if (!deeper.ok) return;
  std::string inner;
  bool closed = false;
  while (pos_ < text_.size()) {
    const char c = text_[pos_++];
    if (c == '`') {
      closed = true;
      break;
    }
    const char next = pos_ < text_.size() ? text_[pos_] : '\0';
    if (c == '\\' && (next == '`' || next == '\\' || next == '$' || (quoted && next == '"'))) {
      inner += next;
      ++pos_;
    } else {
      inner += c;
    }
  }
  if (!closed) problem("a backquote is not closed", begin);
  ++shared_.deferred;
  Substitution substitution{Parser(inner, shared_, span_from(begin)).parse_all(), quoted, {}};
  --shared_.deferred;
  substitution.source = text_.substr(begin, pos_ - begin);
  add_part(word, {std::move(substitution), span_from(begin)});
}

}  // namespace weir::shell
