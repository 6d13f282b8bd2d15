// Simple commands: assignments, words, redirections, here-documents.
#include <algorithm>

#include "shell/parser.h"

namespace weir::shell {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The word as plain unquoted text, or nullptr.
const std::string* plain_text(const Word& word) {
  if (word.parts.size() != 1) return nullptr;
  const auto* literal = std::get_if<Literal>(&word.parts[0].value);
  return literal != nullptr && !literal->quoted ? &literal->text : nullptr;
}

// What the operands of a command may be besides words.
enum class Operands {
  words,
  arrays,       // of eval, let and alias: name=( ... ) is read, name=value is a word
  values,       // behind `command` and `builtin`: name=value assigns, an array is refused
  assignments,  // of export, declare, local, readonly, typeset
};

Operands operands_of(const Simple& simple) {
  static constexpr std::string_view kDeclare[] = {"export", "declare", "local", "readonly", "typeset"};
  bool prefixed = false;
  for (const Word& word : simple.words) {
    const std::string* name = plain_text(word);
    if (name == nullptr) return Operands::words;
    if (*name == "command" || *name == "builtin") {
      prefixed = true;
      continue;
    }
    if (std::find(std::begin(kDeclare), std::end(kDeclare), *name) != std::end(kDeclare))
      return prefixed ? Operands::values : Operands::assignments;
    return !prefixed && (*name == "eval" || *name == "let" || *name == "alias") ? Operands::arrays
                                                                                : Operands::words;
  }
  return Operands::words;
}

// Copies $( ), ${ } or ` ` of a here-document's delimiter as they stand; `at` is moved behind.
void copy_expansion(std::string_view text, std::size_t& at, std::string& out) {
  const char open = text[at] == '`' ? '`' : text[at + 1];
  const char close = open == '(' ? ')' : open == '{' ? '}' : '`';
  const std::size_t begin = at;
  int depth = 0;
  at += open == '`' ? 1 : 2;
  for (; at < text.size(); ++at) {
    if (text[at] == '\n') break;
    if (text[at] == open && open != '`') ++depth;
    if (text[at] == close && depth-- == 0) {
      ++at;
      break;
    }
  }
  out.append(text.substr(begin, at - begin));
}

}  // namespace

std::size_t Parser::assignment_operator() const {
  std::size_t at = pos_;
  if (at >= text_.size() || !is_name_start(text_[at])) return std::string_view::npos;
  while (at < text_.size() && is_name_char(text_[at]))
    ++at;
  if (at < text_.size() && text_[at] == '[') {
    // A subscript: up to its bracket, on one line and short, so that scanning stays cheap.
    constexpr std::size_t kSubscriptMax = 512;
    const std::size_t limit = std::min(text_.size(), at + kSubscriptMax);
    int open = 0;
    for (; at < limit; ++at) {
      if (text_[at] == '[') ++open;
      if (text_[at] == ']' && --open == 0) break;
      if (text_[at] == '\n') return std::string_view::npos;
    }
    if (at >= limit) return std::string_view::npos;
    ++at;
  }
  if (text_.substr(at).starts_with("=") || text_.substr(at).starts_with("+=")) return at;
  return std::string_view::npos;
}

std::optional<Assignment> Parser::parse_assignment() {
  const std::size_t op = assignment_operator();
  if (op == std::string_view::npos) return std::nullopt;
  const std::size_t begin = pos_;
  Assignment assignment;
  while (is_name_char(peek()))
    assignment.name += text_[pos_++];
  if (peek() == '[') {
    ++pos_;
    assignment.subscript.push_back(parse_word(WordMode::subscript));
    pos_ = std::max(pos_, op);
  }
  assignment.append = take("+");
  take("=");
  if (peek() == '(')
    parse_array(assignment);
  else
    assignment.value = parse_word(WordMode::assignment);
  assignment.span = span_from(begin);
  return assignment;
}

void Parser::parse_array(Assignment& assignment) {
  const std::size_t begin = pos_;
  ++pos_;
  assignment.array = true;
  while (true) {
    skip_blank_lines();
    if (at_end()) return problem("an array is not closed with )", begin);
    if (take(")")) return;
    if (is_meta(peek()) && !looking_at("<(") && !looking_at(">(")) {
      recover("unexpected token in an array", pos_);
      continue;
    }
    Word key;
    if (peek() == '[') {
      const auto bracket = text_.find(']', pos_);
      if (bracket == std::string_view::npos) problem("a subscript is not closed with ]", pos_);
      const auto close = text_.find("]=", pos_);
      const auto blank = text_.find_first_of(" \t\n)", pos_);
      if (close != std::string_view::npos && close < blank) {
        ++pos_;
        key = parse_word(WordMode::subscript);
        pos_ = close + 2;
      }
    }
    assignment.keys.push_back(std::move(key));
    if (is_meta(peek()) && !looking_at("<(") && !looking_at(">(")) {
      assignment.elements.emplace_back();  // [key]= of nothing
      continue;
    }
    assignment.elements.push_back(parse_word(WordMode::command));
  }
}

Command Parser::parse_simple() {
  Command command{Simple{}, {}, {}};
  Simple simple;
  const std::size_t begin = pos_;
  while (!shared_.stopped && parse_simple_item(command, simple)) {
    content_end_ = pos_;
    if (simple.words.size() != 1 || !simple.assignments.empty() || peek() != '(') {
      skip_blanks();
      if (simple.words.size() != 1 || peek() != '(') continue;
    }
    // name ( ) : a function definition
    const std::string* name = plain_text(simple.words[0]);
    std::size_t close = pos_ + 1;
    while (close < text_.size() && (text_[close] == ' ' || text_[close] == '\t'))
      ++close;
    if (name != nullptr && close < text_.size() && text_[close] == ')' && command.redirections.empty()) {
      pos_ = close + 1;
      return parse_function(*name, begin);
    }
  }
  if (peek() == '(' && !shared_.stopped) {
    const std::size_t at = pos_;
    problem("unexpected (", at);
    Command group = parse_group(true);  // what stands inside is still read
    Group inner = std::get<Group>(std::move(group.value));
    Command broken{Group{std::move(inner.body), true}, {}, {}};
    Statement first, second;
    command.value = std::move(simple);
    first.pipelines.emplace_back().commands.push_back(std::move(command));
    second.pipelines.emplace_back().commands.push_back(std::move(broken));
    Group both;
    both.body.push_back(std::move(first));
    both.body.push_back(std::move(second));
    return Command{std::move(both), {}, span_from(begin)};
  }
  command.value = std::move(simple);
  return command;
}

// A redirection between assignments ends the place where bash reads arrays: a=1 >f b=(2).
bool Parser::redirected_after(const Command& command, const Simple& simple) {
  return !command.redirections.empty() && !simple.assignments.empty() &&
         command.redirections.back().span.begin >= simple.assignments.front().span.begin;
}

// name[ where a command begins: the subscript must end somewhere.
bool Parser::open_subscript() const {
  std::size_t at = pos_;
  while (at < text_.size() && is_name_char(text_[at]))
    ++at;
  return at > pos_ && is_name_start(text_[pos_]) && at < text_.size() && text_[at] == '[' &&
         text_.find(']', at) == std::string_view::npos;
}

// Reads one assignment, word or redirection; false when the command ends here.
bool Parser::parse_simple_item(Command& command, Simple& simple) {
  skip_blanks();
  if (at_end()) return false;
  const std::size_t begin = pos_;
  if (at_redirection()) return parse_redirection(command.redirections);
  const char c = peek();
  if (is_meta(c) && !looking_at("<(") && !looking_at(">(")) return false;
  if (simple.words.empty()) {
    if (auto assignment = parse_assignment()) {
      if (assignment->array && redirected_after(command, simple)) problem("unexpected (", begin);
      simple.assignments.push_back(std::move(*assignment));
      return true;
    }
    if (open_subscript()) problem("a subscript is not closed with ]", begin);
  } else if (is_name_start(c)) {
    const Operands operands = operands_of(simple);
    const std::size_t op = operands == Operands::words ? std::string_view::npos : assignment_operator();
    const bool array = op != std::string_view::npos && text_[text_.find('=', op) + 1] == '(';
    if (array && operands == Operands::values) problem("unexpected (", begin);
    if (op != std::string_view::npos && (operands != Operands::arrays || array)) {
      if (array && redirected_after(command, simple)) problem("unexpected (", begin);
      simple.declared.push_back(*parse_assignment());
      return true;
    }
  }
  simple.words.push_back(parse_word(WordMode::command));
  return pos_ > begin;
}

bool Parser::at_redirection() const {
  std::size_t at = pos_;
  if (looking_at("&>")) return true;
  if (peek() == '{') {
    while (at + 1 < text_.size() && is_name_char(text_[at + 1]))
      ++at;
    if (at == pos_ || at + 2 >= text_.size() || text_[at + 1] != '}') return false;
    at += 2;
  } else {
    while (at < text_.size() && is_digit(text_[at]) && at - pos_ < 10)
      ++at;
  }
  if (at >= text_.size() || (text_[at] != '<' && text_[at] != '>')) return false;
  // <( and >( begin a word, unless a number stands before, which bash refuses anyway
  return at + 1 >= text_.size() || text_[at + 1] != '(' || at > pos_;
}

void Parser::parse_redirections(std::vector<Redirection>& out) {
  for (skip_blanks(); !at_end() && at_redirection(); skip_blanks()) {
    if (!parse_redirection(out)) return;
    content_end_ = pos_;
  }
}

// long: the table of operators is longer than its logic
bool Parser::parse_redirection(std::vector<Redirection>& out) {
  using Kind = Redirection::Kind;
  struct Operator {
    std::string_view text;
    Kind kind;
  };
  // longest first
  static constexpr Operator kOperators[] = {
      {"&>>", Kind::append_both}, {"<<<", Kind::here_string},  {"<<-", Kind::here_document},
      {"&>", Kind::write_both},   {"<<", Kind::here_document}, {">>", Kind::append},
      {">|", Kind::write},        {"<>", Kind::read_write},    {">&", Kind::duplicate},
      {"<&", Kind::duplicate},    {">", Kind::write},          {"<", Kind::read},
  };
  const std::size_t begin = pos_;
  Redirection redirection;
  if (take("{")) {
    while (is_name_char(peek()))
      redirection.fd_variable += text_[pos_++];
    take("}");
  } else if (is_digit(peek())) {
    long fd = 0;
    while (is_digit(peek()))
      fd = std::min(fd * 10 + (text_[pos_++] - '0'), 65535L);
    redirection.fd = static_cast<int>(fd);
  }
  const auto* op = std::find_if(std::begin(kOperators), std::end(kOperators),
                                [&](const Operator& o) { return looking_at(o.text); });
  if (op == std::end(kOperators)) return false;
  pos_ += op->text.size();
  redirection.kind = op->kind;
  skip_blanks();
  if (redirection.fd < 0 && redirection.kind != Kind::write_both && redirection.kind != Kind::append_both)
    redirection.fd = op->text[0] == '<' ? 0 : 1;
  if (at_end() || (is_meta(peek()) && !looking_at("<(") && !looking_at(">("))) {
    problem("a redirection names no file", begin);
    redirection.span = span_from(begin);
    return false;
  }
  // >2>f: the 2 belongs to the next redirection, and the first has no file.
  if (at_redirection() && !looking_at("&>") && !looking_at("<(") && !looking_at(">("))
    problem("a redirection names no file", begin);
  if (redirection.kind == Kind::here_document) {
    begin_here_document(redirection, op->text == "<<-");
  } else {
    redirection.target = parse_word(WordMode::command);
    const std::string* target = plain_text(redirection.target);
    const bool number = target != nullptr && !target->empty() &&
                        (*target == "-" || std::all_of(target->begin(), target->end() - 1, is_digit)) &&
                        (is_digit(target->back()) || target->back() == '-');
    if (op->text == ">&" && !number) redirection.kind = Kind::write_both;
  }
  redirection.span = span_from(begin);
  out.push_back(std::move(redirection));
  return true;
}

// The delimiter is a word on which only quotes are removed: $x in it stays $x.
void Parser::begin_here_document(Redirection& redirection, bool strip_tabs) {
  const std::size_t begin = pos_;
  auto document = std::make_shared<HereDocument>();
  while (!at_end() && !is_meta(peek())) {
    const char c = text_[pos_++];
    if (c == '\\') {
      document->expands = false;
      if (!at_end()) document->delimiter += text_[pos_++];
    } else if (c == '\'' || c == '"') {
      document->expands = false;
      while (!at_end() && peek() != c)
        document->delimiter += text_[pos_++];
      if (!take(std::string_view(&c, 1))) problem("a here-document's delimiter has an open quote", begin);
    } else if ((c == '$' && (peek() == '(' || peek() == '{')) || c == '`') {
      --pos_;
      copy_expansion(text_, pos_, document->delimiter);
    } else {
      document->delimiter += c;
    }
  }
  redirection.document = document;
  pending_.push_back({std::move(document), strip_tabs, begin});
}

void Parser::read_here_documents() {
  std::vector<Pending> waiting;
  waiting.swap(pending_);
  for (const Pending& pending : waiting) {
    const std::size_t begin = pos_;
    std::string body;
    bool closed = false;
    while (pos_ < text_.size() && !closed) {
      auto end = text_.find('\n', pos_);
      const bool last = end == std::string_view::npos;
      if (last) end = text_.size();
      std::string_view line = text_.substr(pos_, end - pos_);
      if (pending.strip_tabs) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      std::string_view bare = line;
      if (bare.ends_with('\r')) bare.remove_suffix(1);
      if (bare == pending.document->delimiter) {
        closed = true;
        pos_ = last ? end : end + 1;
      } else if (substitutions_ > 0 && line.starts_with(pending.document->delimiter + ")")) {
        // bash ends the document here too, with a warning
        closed = true;
        pos_ += static_cast<std::size_t>(line.data() - (text_.data() + pos_)) +
                pending.document->delimiter.size();
      } else {
        body.append(line).append(last ? "" : "\n");
        pos_ = last ? end : end + 1;
      }
    }
    const Span span = span_from(begin);
    if (pending.document->expands && body.find_first_of("$`\\") != std::string::npos) {
      ++shared_.deferred;
      pending.document->body = Parser(body, shared_, span).parse_here_document_body();
      --shared_.deferred;
    } else if (!body.empty()) {
      pending.document->body.parts.push_back({Literal{std::move(body), true}, span});
    }
    pending.document->body.span = span;
  }
}

}  // namespace weir::shell
