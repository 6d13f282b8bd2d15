#include "cedar/format_layout.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"

namespace weir::cedar {
namespace {

using Kind = TokenKind;

class PolicyLayout {
 public:
  using Node = Document::Node;

  PolicyLayout(Document& document, std::span<const CommentedToken> tokens, int indent)
      : d_(document), tokens_(tokens), indent_(indent) {}

  Node policy();

 private:
  Node annotation();
  Node scope();
  Node constraint();
  Node condition();
  Node expression();
  Node if_then_else();
  Node chain(Kind op, Node (PolicyLayout::*operand)());
  Node or_() { return chain(Kind::or_, &PolicyLayout::and_); }
  Node and_() { return chain(Kind::and_, &PolicyLayout::relation); }
  Node relation();
  Node is(Node left);
  Node add();
  Node multiply();
  Node unary();
  Node member();
  Node access();
  Node primary();
  Node path();
  Node list(Kind close);
  Node record();

  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)].token;
  }
  bool at(Kind kind) const { return peek().kind == kind; }
  bool at_word(std::string_view word) const { return at(Kind::identifier) && peek().text == word; }

  Node take();  // the token in front with its comments
  Node drop();  // its comments alone
  Node drop_if(Kind kind) { return at(kind) ? drop() : d_.nil(); }
  Node with_comments(const CommentedToken& token, std::string_view text);
  template <class... Nodes>
  Node all(Nodes... nodes) {
    return d_.concat({nodes...});
  }

  Document& d_;
  std::span<const CommentedToken> tokens_;
  std::size_t at_ = 0;
  const int indent_;
};

Document::Node PolicyLayout::with_comments(const CommentedToken& token, std::string_view text) {
  if (token.before.empty() && token.behind.empty()) return text.empty() ? d_.nil() : d_.text(text);
  std::vector<Node> parts{layout_comments(d_, token, &token == &tokens_.front())};
  if (!text.empty()) parts.push_back(d_.text(text));
  if (!token.behind.empty()) parts.push_back(d_.comment_behind(token.behind));
  return d_.concat(std::move(parts));
}

Document::Node PolicyLayout::take() {
  CHECK(at_ < tokens_.size());
  const CommentedToken& token = tokens_[at_++];
  return with_comments(token, token.token.text);
}

Document::Node PolicyLayout::drop() {
  CHECK(at_ < tokens_.size());
  return with_comments(tokens_[at_++], {});
}

Document::Node PolicyLayout::policy() {
  std::vector<Node> parts;
  while (at(Kind::at)) {
    parts.push_back(annotation());
    parts.push_back(d_.hard_line());
  }
  const Node effect = take(), open = take();
  parts.push_back(d_.group(all(effect, d_.line(), open)));
  parts.push_back(scope());
  parts.push_back(take());  // `)`
  while (!at(Kind::semicolon)) {
    parts.push_back(d_.hard_line());
    parts.push_back(condition());
  }
  parts.push_back(take());
  return d_.concat(std::move(parts));
}

Document::Node PolicyLayout::annotation() {
  const Node at_sign = take(), key = take();
  if (!at(Kind::open_paren)) return all(at_sign, key);
  const Node open = take(), value = take(), close = take();
  return all(at_sign, key, open, value, close);
}

// Three bare variables stand on one line; otherwise each has its own.
Document::Node PolicyLayout::scope() {
  const auto bare = [&](std::size_t ahead) {
    return peek(ahead).kind == Kind::identifier &&
           (peek(ahead + 1).kind == Kind::comma || peek(ahead + 1).kind == Kind::close_paren);
  };
  const bool short_form = bare(0) && bare(2) && bare(4);
  const Node between = short_form ? d_.space() : d_.hard_line();
  std::vector<Node> parts;
  if (!short_form) parts.push_back(d_.hard_line());
  for (int i = 0; i < 3; ++i) {
    parts.push_back(constraint());
    if (i == 2) break;
    parts.push_back(take());  // `,`
    parts.push_back(between);
  }
  parts.push_back(drop_if(Kind::comma));
  const Node body = d_.nest(indent_, d_.concat(std::move(parts)));
  return short_form ? d_.group(body) : all(body, d_.hard_line());
}

// `principal is User in Group::"g"`; what follows the last operator may go to a line of its own.
Document::Node PolicyLayout::constraint() {
  Node out = take();
  if (at_word("is")) {
    const Node word = take(), type = path();
    out = all(out, d_.group(all(d_.line(), word)), d_.group(d_.nest(indent_, all(d_.line(), type))));
  }
  if (!at(Kind::equal) && !at_word("in")) return out;
  const Node op = take(), target = add();
  return d_.group(all(d_.group(all(out, d_.line(), op)), d_.nest(indent_, all(d_.line(), target))));
}

Document::Node PolicyLayout::condition() {
  const Node word = take(), open = take(), body = expression(), close = take();
  const Node braces = d_.group(all(open, d_.nest(indent_, all(d_.line(), d_.group(body))), d_.line(), close));
  return d_.group(all(word, d_.line(), braces));
}

Document::Node PolicyLayout::expression() {
  return at_word("if") ? if_then_else() : or_();
}

Document::Node PolicyLayout::if_then_else() {
  std::vector<Node> parts;
  for (int i = 0; i < 3; ++i) {
    if (i > 0) parts.push_back(d_.line());
    const Node word = take(), branch = expression();
    parts.push_back(all(word, d_.nest(indent_, all(d_.line(), branch))));
  }
  return d_.group(d_.concat(std::move(parts)));
}

// `a && b && c`: all on one line or each on its own, with the operator at the end.
Document::Node PolicyLayout::chain(Kind op, Node (PolicyLayout::*operand)()) {
  std::vector<Node> parts{(this->*operand)()};
  while (at(op)) {
    const Node sign = take(), next = (this->*operand)();
    parts.insert(parts.end(), {d_.space(), sign, d_.line(), next});
  }
  return d_.concat(std::move(parts));
}

Document::Node PolicyLayout::relation() {
  const Node left = add();
  switch (peek().kind) {
    case Kind::equal:
    case Kind::not_equal:
    case Kind::less:
    case Kind::less_equal:
    case Kind::greater:
    case Kind::greater_equal:
      break;
    case Kind::identifier:
      if (peek().text == "in") break;
      if (peek().text == "is") return is(left);
      if (peek().text == "has" || peek().text == "like") {
        const Node word = take(), right = d_.nest(indent_, add());
        return d_.group(all(left, d_.line(), word, d_.line(), right));
      }
      return left;
    default:
      return left;
  }
  const Node op = take(), right = add();
  return all(left, d_.space(), op, d_.space(), right);
}

Document::Node PolicyLayout::is(Node left) {
  const Node word = take(), type = d_.nest(indent_, path());
  const Node front = all(left, d_.space(), word, d_.space(), type);
  if (!at_word("in")) return d_.group(front);
  const Node in = take(), target = d_.nest(indent_, add());
  return d_.group(all(front, d_.line(), in, d_.space(), target));
}

Document::Node PolicyLayout::add() {
  std::vector<Node> parts{multiply()};
  while (at(Kind::plus) || at(Kind::minus)) {
    const Node sign = take(), next = multiply();
    parts.insert(parts.end(), {d_.space(), sign, d_.line(), next});
  }
  return d_.group(d_.concat(std::move(parts)));
}

Document::Node PolicyLayout::multiply() {
  std::vector<Node> parts{unary()};
  while (at(Kind::star)) {
    const Node sign = take(), next = unary();
    parts.insert(parts.end(), {d_.space(), sign, d_.line(), next});
  }
  return d_.group(d_.concat(std::move(parts)));
}

Document::Node PolicyLayout::unary() {
  std::vector<Node> parts;
  while (at(Kind::bang) || at(Kind::minus))
    parts.push_back(take());
  parts.push_back(member());
  return d_.concat(std::move(parts));
}

// A chain of accesses breaks before every one but the first.
Document::Node PolicyLayout::member() {
  const Node item = primary();
  std::vector<Node> accesses;
  while (at(Kind::dot) || at(Kind::open_paren) || at(Kind::open_bracket)) {
    if (!accesses.empty()) accesses.push_back(d_.soft_line());
    accesses.push_back(access());
  }
  return d_.group(all(item, d_.nest(indent_, d_.concat(std::move(accesses)))));
}

Document::Node PolicyLayout::access() {
  if (at(Kind::open_paren)) {
    const Node open = take();
    const bool empty = at(Kind::close_paren);
    const Node items = list(Kind::close_paren), close = take();
    if (empty) return all(open, items, close);
    return all(open, d_.nest(indent_, all(d_.soft_line(), items)), d_.soft_line(), close);
  }
  const bool dot = at(Kind::dot);
  const Node first = take(), second = take();
  return dot ? all(first, second) : all(first, second, take());
}

Document::Node PolicyLayout::primary() {
  if (at(Kind::identifier)) return path();
  if (at(Kind::open_brace)) return record();
  if (at(Kind::open_paren)) {
    const Node open = take(), inner = d_.nest(1, expression()), close = take();
    return d_.group(all(open, inner, close));
  }
  if (at(Kind::open_bracket)) {
    const Node open = take(), items = d_.nest(1, list(Kind::close_bracket)), close = take();
    return all(open, items, close);
  }
  return take();  // a string, a number or a slot
}

// A name, a type or an entity.
Document::Node PolicyLayout::path() {
  std::vector<Node> parts{take()};
  while (at(Kind::path)) {
    parts.push_back(take());
    parts.push_back(take());
  }
  return d_.concat(std::move(parts));
}

// Expressions up to the closing token; a comma at the end goes, its comments stay.
Document::Node PolicyLayout::list(Kind close) {
  std::vector<Node> parts;
  while (!at(close)) {
    parts.push_back(expression());
    if (!at(Kind::comma)) break;
    const bool last = peek(1).kind == close;
    parts.push_back(last ? drop() : take());
    if (!last) parts.push_back(d_.line());
  }
  return d_.concat(std::move(parts));
}

Document::Node PolicyLayout::record() {
  const Node open = take();
  if (at(Kind::close_brace)) return all(open, take());
  std::vector<Node> parts{d_.line()};
  while (!at(Kind::close_brace)) {
    const Node key = take(), colon = take(), value = expression();
    parts.insert(parts.end(), {key, colon, d_.space(), value});
    if (!at(Kind::comma)) break;
    const bool last = peek(1).kind == Kind::close_brace;
    parts.push_back(last ? drop() : take());
    if (!last) parts.push_back(d_.line());
  }
  const Node body = d_.nest(indent_, d_.concat(std::move(parts)));
  return d_.group(all(open, body, d_.line(), take()));
}

// What stands between two tokens: white space and comments.
void read_gap(std::string_view gap, CommentedToken* before, CommentedToken& after) {
  bool own_line = before == nullptr;  // a new line has begun
  int newlines = 0;
  while (!gap.empty()) {
    if (gap.starts_with("//")) {
      const std::size_t end = std::min(gap.find_first_of("\n\r"), gap.size());
      const std::string_view text = trim(gap.substr(0, end));
      if (own_line)
        after.before.push_back({text, newlines > 1});
      else
        before->behind = text;
      gap.remove_prefix(end);
      newlines = 0;
      continue;
    }
    if (gap[0] == '\n') ++newlines;
    if (gap[0] == '\n' || gap[0] == '\r') own_line = true;
    gap.remove_prefix(1);
  }
  after.after_blank = newlines > 1;
}

}  // namespace

std::vector<CommentedToken> commented_tokens(std::string_view text) {
  std::vector<CommentedToken> out;
  Lexer lexer(text);
  std::uint32_t end_of_last = 0;
  while (true) {
    CommentedToken next;
    next.token = lexer.next();
    const std::uint32_t begin = next.token.span.begin;
    read_gap(text.substr(end_of_last, begin - end_of_last), out.empty() ? nullptr : &out.back(), next);
    end_of_last = next.token.span.end;
    out.push_back(std::move(next));
    if (out.back().token.kind == TokenKind::end) return out;
  }
}

Document::Node layout_comments(Document& document, const CommentedToken& token, bool spaced) {
  std::vector<Document::Node> parts;
  for (const auto& comment : token.before) {
    if (spaced && comment.after_blank && &comment != &token.before.front())
      parts.push_back(document.blank_line());
    parts.push_back(document.comment_before(comment.text));
  }
  if (spaced && token.after_blank && !parts.empty()) parts.push_back(document.blank_line());
  return document.concat(std::move(parts));
}

Document::Node layout_policy(Document& document, std::span<const CommentedToken> tokens, int indent_columns) {
  return PolicyLayout(document, tokens, indent_columns).policy();
}

}  // namespace weir::cedar
