// Lists, pipelines and the choice of command: the upper half of the grammar.
#include "shell/parse.h"

#include <algorithm>

#include "base/limits.h"
#include "shell/parser.h"

namespace weir::shell {

bool is_meta(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == ';' || c == '&' || c == '|' || c == '<' || c == '>' ||
         c == '(' || c == ')';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name_char(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9');
}

Parser::Deeper::Deeper(Parser& parser) : parser_(parser) {
  if (++parser.shared_.depth > limits::kShellDepthMax) {
    ok = false;
    parser.stop("nested deeper than " + std::to_string(limits::kShellDepthMax) + " levels");
  }
}

bool Parser::take(std::string_view token) {
  if (!looking_at(token)) return false;
  pos_ += token.size();
  return true;
}

void Parser::skip_blanks() {
  while (!at_end()) {
    const char c = peek();
    if (c == ' ' || c == '\t' || c == '\r') {
      ++pos_;
    } else if (c == '\\' && peek(1) == '\n') {
      pos_ += 2;
    } else if (c == '\\' && peek(1) == '\r' && peek(2) == '\n') {
      pos_ += 3;
    } else if (c == '#') {
      // Only reached where a word could begin, so this is a comment.
      const auto end = text_.find('\n', pos_);
      pos_ = end == std::string_view::npos ? text_.size() : end;
    } else {
      return;
    }
  }
}

void Parser::skip_blank_lines() {
  for (skip_blanks(); !at_end() && peek() == '\n'; skip_blanks())
    take_newline();
}

void Parser::take_newline() {
  ++pos_;
  if (!pending_.empty()) read_here_documents();
}

Span Parser::span_from(std::size_t begin) const {
  if (fixed_) return *fixed_;
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(std::max(begin, pos_))};
}

Span Parser::span_to_content(std::size_t begin) const {
  if (fixed_) return *fixed_;
  return {static_cast<std::uint32_t>(begin),
          static_cast<std::uint32_t>(std::max(begin, std::min(content_end_, pos_)))};
}

void Parser::problem(std::string reason, std::size_t begin) {
  constexpr std::size_t kProblemsMax = 64;
  if (shared_.problems.size() < kProblemsMax)
    shared_.problems.push_back({std::move(reason), span_from(begin), shared_.deferred > 0});
}

void Parser::stop(std::string reason) {
  if (shared_.stopped) return;
  shared_.stopped = true;
  const Span rest =
      fixed_ ? *fixed_ : Span{static_cast<std::uint32_t>(pos_), static_cast<std::uint32_t>(text_.size())};
  shared_.problems.push_back({std::move(reason), rest, false});
}

Script Parser::parse_all() {
  Script script;
  while (true) {
    for (Statement& statement : parse_list())
      script.push_back(std::move(statement));
    if (at_end()) break;
    // A closer without its opener: "fi", ")", ";;". Name it, step over it, read on.
    const std::size_t begin = pos_;
    Statement broken;
    broken.pipelines.emplace_back().commands.push_back(recover("unexpected token", begin));
    broken.span = span_from(begin);
    script.push_back(std::move(broken));
  }
  if (!pending_.empty()) read_here_documents();
  return script;
}

bool Parser::at_list_end() const {
  if (at_end() || peek() == ')' || looking_at(";;") || looking_at(";&")) return true;
  const std::string_view word = reserved();
  return word == "then" || word == "else" || word == "elif" || word == "fi" || word == "do" ||
         word == "done" || word == "esac" || word == "}";
}

bool Parser::at_statement_end() const {
  const char c = peek();
  return at_end() || c == '\n' || c == ';' || (c == '&' && peek(1) != '>') || c == ')';
}

namespace {

// What could not be read was stepped over; the next command may follow without a separator.
bool ends_unparsed(const Statement& statement) {
  return !statement.pipelines.empty() && !statement.pipelines.back().commands.empty() &&
         std::holds_alternative<Unparsed>(statement.pipelines.back().commands.back().value);
}

}  // namespace

Script Parser::parse_list() {
  Script script;
  while (true) {
    skip_blank_lines();
    if (at_list_end()) return script;
    auto statement = parse_statement();
    if (!statement) return script;
    script.push_back(std::move(*statement));
    skip_blanks();
    if (at_end()) return script;
    if (peek() == '\n') {
      take_newline();
    } else if (!script.back().background && peek() == ';' && peek(1) != ';' && peek(1) != '&') {
      ++pos_;
    } else if (script.back().background || ends_unparsed(script.back())) {
      continue;
    } else if (!at_list_end()) {
      const std::size_t begin = pos_;
      Statement broken;
      broken.pipelines.emplace_back().commands.push_back(recover("unexpected token", begin));
      broken.span = span_from(begin);
      script.push_back(std::move(broken));
    }
  }
}

std::optional<Statement> Parser::parse_statement() {
  const Deeper deeper(*this);
  if (!deeper.ok) return std::nullopt;
  Statement statement;
  const std::size_t begin = pos_;
  statement.pipelines.push_back(parse_pipeline());
  while (true) {
    skip_blanks();
    if (take("&&"))
      statement.connectors.push_back(Statement::Connector::and_then);
    else if (take("||"))
      statement.connectors.push_back(Statement::Connector::or_else);
    else
      break;
    skip_blank_lines();
    statement.pipelines.push_back(parse_pipeline());
    if (shared_.stopped) break;
  }
  skip_blanks();
  statement.span = span_to_content(begin);
  if (peek() == '&' && peek(1) != '&' && peek(1) != '>') {
    ++pos_;
    statement.background = true;
  }
  return statement;
}

Pipeline Parser::parse_pipeline() {
  Pipeline pipeline;
  while (true) {
    skip_blanks();
    if (take_reserved("!")) {
      pipeline.negated = !pipeline.negated;
    } else if (take_reserved("time")) {
      pipeline.timed = true;
      skip_blanks();
      if (looking_at("-p") && is_meta(peek(2))) pos_ += 2;
    } else {
      break;
    }
  }
  // "time" and "!" may stand alone.
  const bool ends = at_end() || peek() == '\n' || (peek() == ';' && peek(1) != ';') ||
                    (peek() == ')' && substitutions_ > 0 && pipeline.timed);
  if ((pipeline.timed || pipeline.negated) && ends) return pipeline;
  pipeline.commands.push_back(parse_command());
  while (!shared_.stopped) {
    skip_blanks();
    if (peek() != '|' || peek(1) == '|') break;
    const bool merges = peek(1) == '&';
    pos_ += merges ? 2 : 1;
    skip_blank_lines();
    if (reserved() == "!") problem("unexpected token: \"!\"", pos_);  // only before a whole pipeline
    pipeline.commands.push_back(parse_command());
  }
  return pipeline;
}

Command Parser::parse_command() {
  skip_blanks();
  const std::size_t begin = pos_;
  if (++shared_.commands > limits::kShellCommandsMax)
    stop("more than " + std::to_string(limits::kShellCommandsMax) + " commands");
  if (at_end() || at_statement_end()) {
    if (!shared_.stopped && (at_end() || peek() == ')' || peek() == '\n')) {
      problem("a command is missing", begin);
      return Command{Unparsed{"a command is missing"}, {}, span_from(begin)};
    }
    if (!shared_.stopped) return recover("a command is missing", begin);
    return Command{Unparsed{"limit"}, {}, span_from(begin)};
  }
  if (auto compound = parse_compound(reserved())) {
    content_end_ = pos_;
    parse_redirections(compound->redirections);
    compound->span = span_to_content(begin);
    return std::move(*compound);
  }
  if (at_list_end() || peek() == '|' || reserved() == "in" || at_test_end())
    return recover("unexpected token", begin);
  Command command = parse_simple();
  command.span = span_to_content(begin);
  return command;
}

// Steps over what cannot be read, up to where a new command may begin, and marks it.
Command Parser::recover(std::string reason, std::size_t begin) {
  const char first = peek();
  if (!at_end() && first != '\n') {
    ++pos_;
    if ((first == ';' || first == '&' || first == '|') && peek() == first) ++pos_;
    while (!at_end() && first != ';' && first != ')' && first != '&' && first != '|' && !is_meta(peek()))
      ++pos_;
  }
  if (!at_end() || pos_ > begin)
    reason += ": \"" + std::string(text_.substr(begin, std::min<std::size_t>(pos_ - begin, 20))) + "\"";
  content_end_ = pos_;
  problem(reason, begin);
  return Command{Unparsed{std::move(reason)}, {}, span_from(begin)};
}

bool Parsed::accepted() const {
  return std::all_of(problems.begin(), problems.end(), [](const Problem& one) { return one.deferred; });
}

Parsed parse(std::string_view text) {
  Parsed parsed;
  if (text.size() > limits::kShellBytesMax) {
    parsed.limited = true;
    parsed.problems.push_back(
        {"longer than " + std::to_string(limits::kShellBytesMax) + " bytes", {0, 0}, false});
    return parsed;
  }
  Parser::Shared shared;
  parsed.script = Parser(text, shared).parse_all();
  parsed.problems = std::move(shared.problems);
  parsed.limited = shared.stopped;
  return parsed;
}

}  // namespace weir::shell
