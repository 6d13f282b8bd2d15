#include "cedar/expression_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/diagnostic.h"
#include "cedar/text.h"

namespace weir::cedar {
namespace {

constexpr int kOr = 1, kAnd = 2, kRelation = 3, kAdd = 4, kMultiply = 5;
constexpr std::size_t kSignsMax = 4;  // `!!!!x` is the longest chain that Cedar takes

template <class... Args>
std::vector<Expression> nodes(Args&&... args) {
  std::vector<Expression> out;
  out.reserve(sizeof...(args));
  (out.push_back(std::forward<Args>(args)), ...);
  return out;
}

// Methods of the language itself; those of extension types are in extension.h.
struct Method {
  std::string_view name;
  Op op;
  std::size_t arguments;
};
constexpr Method kMethods[] = {{"contains", Op::contains, 1},        {"containsAll", Op::contains_all, 1},
                               {"containsAny", Op::contains_any, 1}, {"isEmpty", Op::is_empty, 0},
                               {"hasTag", Op::has_tag, 1},           {"getTag", Op::get_tag, 1}};

const Method* method_named(std::string_view name) {
  const auto* at = std::find_if(std::begin(kMethods), std::end(kMethods),
                                [&](const Method& method) { return method.name == name; });
  return at == std::end(kMethods) ? nullptr : at;
}

// The magnitude of a number token; none beyond 64 bits.
std::optional<std::uint64_t> magnitude(const Token& token) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::unexpected<ParseError> too_large(const Token& token) {
  return parse_error(fmt::format("the number {} does not fit 64 bits", printable(token.text, 40)), token.span,
                     "a long goes from -9223372036854775808 to 9223372036854775807");
}

// What is called as a function, and what as a method.
constexpr std::string_view kFunctionNames[] = {"decimal", "ip", "datetime", "duration"};
constexpr std::string_view kMethodNames[] = {
    "contains",  "containsAll",        "containsAny", "isEmpty",   "hasTag",        "getTag",
    "lessThan",  "lessThanOrEqual",    "greaterThan", "isIpv4",    "isIpv6",        "isLoopback",
    "isInRange", "greaterThanOrEqual", "isMulticast", "offset",    "durationSince", "toDate",
    "toTime",    "toMilliseconds",     "toSeconds",   "toMinutes", "toHours",       "toDays"};
constexpr std::string_view kVariableNames[] = {"principal", "action", "resource", "context"};

std::unexpected<ParseError> too_deep(Span span) {
  return limit_error(fmt::format("the expression is nested deeper than {} levels", limits::kCedarDepthMax),
                     span, "split the condition into several when clauses");
}

}  // namespace

struct ExpressionParser::BinaryOperator {
  int precedence;
  Op op;
};

const ExpressionParser::BinaryOperator* ExpressionParser::operator_in_front() const {
  static constexpr BinaryOperator kOperators[] = {{kOr, Op::or_},
                                                  {kAnd, Op::and_},
                                                  {kRelation, Op::equal},
                                                  {kRelation, Op::not_equal},
                                                  {kRelation, Op::less},
                                                  {kRelation, Op::less_equal},
                                                  {kRelation, Op::greater},
                                                  {kRelation, Op::greater_equal},
                                                  {kAdd, Op::add},
                                                  {kAdd, Op::subtract},
                                                  {kMultiply, Op::multiply},
                                                  {kRelation, Op::in},
                                                  {kRelation, Op::has},
                                                  {kRelation, Op::like},
                                                  {kRelation, Op::is}};
  const auto with = [](Op op) {
    return std::find_if(std::begin(kOperators), std::end(kOperators),
                        [&](const BinaryOperator& candidate) { return candidate.op == op; });
  };
  const Token& token = tokens_.peek();
  switch (token.kind) {
    case TokenKind::or_:
      return with(Op::or_);
    case TokenKind::and_:
      return with(Op::and_);
    case TokenKind::equal:
      return with(Op::equal);
    case TokenKind::not_equal:
      return with(Op::not_equal);
    case TokenKind::less:
      return with(Op::less);
    case TokenKind::less_equal:
      return with(Op::less_equal);
    case TokenKind::greater:
      return with(Op::greater);
    case TokenKind::greater_equal:
      return with(Op::greater_equal);
    case TokenKind::plus:
      return with(Op::add);
    case TokenKind::minus:
      return with(Op::subtract);
    case TokenKind::star:
      return with(Op::multiply);
    case TokenKind::identifier:
      if (token.text == "in") return with(Op::in);
      if (token.text == "has") return with(Op::has);
      if (token.text == "like") return with(Op::like);
      if (token.text == "is") return with(Op::is);
      return nullptr;
    default:
      return nullptr;
  }
}

Parsed<Expression> ExpressionParser::node(Op op, std::uint32_t begin, std::vector<Expression> args) {
  Expression out;
  out.op = op;
  out.span = tokens_.from(begin);
  out.args = std::move(args);
  for (const auto& arg : out.args)
    out.height = std::max<std::uint16_t>(out.height, arg.height + 1);
  if (out.height > limits::kCedarDepthMax) return too_deep(out.span);
  if (++nodes_ > limits::kCedarNodesMax)
    return limit_error(fmt::format("the text has more than {} expressions", limits::kCedarNodesMax), out.span,
                       "split it into several texts");
  return out;
}

Parsed<Expression> ExpressionParser::literal(Value value, std::uint32_t begin) {
  TRY(Expression out, node(Op::literal, begin, {}));
  out.value = std::move(value);
  out.constant = true;
  return out;
}

Parsed<Expression> ExpressionParser::mistake(ParseError error, std::uint32_t begin) {
  if (mistakes_ == nullptr) return std::unexpected(std::move(error));
  mistakes_->push_back(std::move(error));
  return literal(Value(false), begin);
}

Parsed<Expression> ExpressionParser::expression() {
  if (depth_ >= limits::kCedarDepthMax) return too_deep(tokens_.peek().span);
  ++depth_;
  auto out = tokens_.at_word("if") ? if_then_else() : binary(kOr);
  --depth_;
  return out;
}

Parsed<Expression> ExpressionParser::if_then_else() {
  const std::uint32_t begin = tokens_.take().span.begin;
  TRY(Expression condition, expression());
  if (!tokens_.accept_word("then")) return tokens_.unexpected("`then`");
  TRY(Expression yes, expression());
  if (!tokens_.accept_word("else")) return tokens_.unexpected("`else`", "every `if` needs both branches");
  TRY(Expression no, expression());
  return node(Op::if_, begin, nodes(std::move(condition), std::move(yes), std::move(no)));
}

// Precedence climbing: reads operators that bind at least as strongly as `precedence_min`.
Parsed<Expression> ExpressionParser::binary(int precedence_min) {
  TRY(Expression left, unary());
  int last_precedence = 0;  // of the operator that made `left`
  while (const BinaryOperator* op = operator_in_front()) {
    if (op->precedence < precedence_min) break;
    if (op->precedence == kRelation) {
      if (last_precedence == kRelation)
        return parse_error("comparisons cannot be chained", tokens_.peek().span,
                           "put parentheses around one of them");
      tokens_.take();
      TRY(left, relation(*op, std::move(left)));
    } else {
      tokens_.take();
      TRY(Expression right, binary(op->precedence + 1));
      const std::uint32_t begin = left.span.begin;
      const bool same_chain = last_precedence == op->precedence && op->precedence <= kAnd;
      if (same_chain) {
        left.height = std::max<std::uint16_t>(left.height, right.height + 1);
        left.args.push_back(std::move(right));
        left.span.end = tokens_.end_of_last();
        if (left.height > limits::kCedarDepthMax) return too_deep(left.span);
      } else {
        TRY(left, node(op->op, begin, nodes(std::move(left), std::move(right))));
      }
    }
    last_precedence = op->precedence;
  }
  if (tokens_.at(TokenKind::assign)) return tokens_.unexpected("an operator", "to compare write `==`");
  if (tokens_.at(TokenKind::slash) || tokens_.at(TokenKind::percent))
    return tokens_.unexpected("an operator", "Cedar has no division and no remainder");
  return left;
}

Parsed<Expression> ExpressionParser::relation(const BinaryOperator& op, Expression left) {
  if (op.op == Op::has) return has(std::move(left));
  if (op.op == Op::like) return like(std::move(left));
  if (op.op == Op::is) return is(std::move(left));
  TRY(Expression right, binary(kAdd));
  const std::uint32_t begin = left.span.begin;
  return node(op.op, begin, nodes(std::move(left), std::move(right)));
}

Parsed<Expression> ExpressionParser::has(Expression left) {
  std::vector<std::string> path;
  if (tokens_.at(TokenKind::string)) {
    TRY(std::string attribute, tokens_.expect_string("an attribute"));
    path.push_back(std::move(attribute));
  } else {
    do {
      TRY(std::string attribute, tokens_.expect_name("an attribute after `has`"));
      path.push_back(std::move(attribute));
    } while (tokens_.accept(TokenKind::dot));
  }
  if (path.size() > limits::kCedarDepthMax)
    return limit_error(fmt::format("a path of more than {} attributes", limits::kCedarDepthMax), left.span);
  const std::uint32_t begin = left.span.begin;
  TRY(Expression out, node(Op::has, begin, nodes(std::move(left))));
  out.names = std::move(path);
  return out;
}

Parsed<Expression> ExpressionParser::like(Expression left) {
  if (!tokens_.at(TokenKind::string))
    return tokens_.unexpected("a pattern in double quotes after `like`", "the pattern must be a literal");
  const Token token = tokens_.take();
  auto pattern = unescape_pattern(token.text.substr(1, token.text.size() - 2));
  if (!pattern) {
    const auto at = static_cast<std::uint32_t>(token.span.begin + 1 + pattern.error().at);
    return parse_error(pattern.error().what, {at, at + static_cast<std::uint32_t>(pattern.error().length)},
                       "escapes are \\n \\r \\t \\\\ \\0 \\' \\\" \\* \\x41 \\u{1F600}");
  }
  const std::uint32_t begin = left.span.begin;
  TRY(Expression out, node(Op::like, begin, nodes(std::move(left))));
  out.names = *std::move(pattern);
  return out;
}

Parsed<Expression> ExpressionParser::is(Expression left) {
  TRY(const TokenStream::Path type, tokens_.expect_path("an entity type after `is`"));
  if (type.ends_in_path) return tokens_.unexpected("an entity type", "`is` takes a type, not an entity");
  const std::uint32_t begin = left.span.begin;
  std::vector<Expression> args = nodes(std::move(left));
  const bool with_in = tokens_.accept_word("in");
  if (with_in) {
    TRY(Expression ancestor, binary(kAdd));
    args.push_back(std::move(ancestor));
  }
  TRY(Expression out, node(with_in ? Op::is_in : Op::is, begin, std::move(args)));
  out.names = {type.text};
  return out;
}

Parsed<Expression> ExpressionParser::unary() {
  const TokenKind sign = tokens_.peek().kind;
  if (sign != TokenKind::bang && sign != TokenKind::minus) return member();
  const std::uint32_t begin = tokens_.peek().span.begin;
  std::vector<std::uint32_t> begins;
  while (tokens_.at(sign)) {
    if (begins.size() == kSignsMax)
      return parse_error(fmt::format("more than {} signs in a row", kSignsMax),
                         {begin, tokens_.peek().span.end}, "remove pairs of them");
    begins.push_back(tokens_.take().span.begin);
  }
  std::size_t signs = begins.size();
  const bool number = sign == TokenKind::minus && tokens_.at(TokenKind::number);
  TRY(Expression out, number ? negative_number(begins.back(), signs) : member());
  while (signs > 0) {
    --signs;
    TRY(out, node(sign == TokenKind::bang ? Op::not_ : Op::negate, begins[signs], nodes(std::move(out))));
  }
  return out;
}

// The sign next to a number belongs to it, so that the least long can be written: then `signs` goes down.
Parsed<Expression> ExpressionParser::negative_number(std::uint32_t begin, std::size_t& signs) {
  const Token token = tokens_.take();
  const auto value = magnitude(token);
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool accessed = tokens_.at(TokenKind::dot) || tokens_.at(TokenKind::open_bracket);
  if (!value || *value > kMax + (accessed ? 0 : 1)) return mistake(too_large(token).error(), begin);
  if (accessed) {
    TRY(Expression base, literal(Value(static_cast<std::int64_t>(*value)), token.span.begin));
    return accesses(std::move(base));
  }
  --signs;
  return literal(Value(static_cast<std::int64_t>(0 - *value)), begin);
}

Parsed<Expression> ExpressionParser::member() {
  TRY(Expression base, primary());
  return accesses(std::move(base));
}

Parsed<Expression> ExpressionParser::accesses(Expression base) {
  while (true) {
    if (tokens_.accept(TokenKind::dot)) {
      const Token token = tokens_.peek();
      TRY(std::string name, tokens_.expect_name("an attribute or method after `.`"));
      const std::uint32_t begin = base.span.begin;
      if (tokens_.at(TokenKind::open_paren)) {
        TRY(base, method(std::move(base), token));
      } else {
        TRY(base, node(Op::attribute, begin, nodes(std::move(base))));
        base.names.push_back(std::move(name));
      }
    } else if (tokens_.at(TokenKind::open_bracket)) {
      TRY(base, index(std::move(base)));
    } else if (tokens_.at(TokenKind::open_paren)) {
      return tokens_.unexpected("an operator", "only functions and methods can be called");
    } else {
      return base;
    }
  }
}

Parsed<Expression> ExpressionParser::index(Expression base) {
  tokens_.take();
  TRY(std::string name, tokens_.expect_string("an attribute in double quotes"));
  TRY_STATUS(tokens_.expect(TokenKind::close_bracket, "`]`"));
  const std::uint32_t begin = base.span.begin;
  TRY(Expression out, node(Op::attribute, begin, nodes(std::move(base))));
  out.names.push_back(std::move(name));
  return out;
}

Parsed<Expression> ExpressionParser::method(Expression receiver, const Token& name) {
  const std::uint32_t begin = receiver.span.begin;
  std::vector<Expression> args = nodes(std::move(receiver));
  tokens_.take();
  TRY(auto rest, list(TokenKind::close_paren, "`)` after the arguments"));
  const std::size_t given = rest.size();
  std::move(rest.begin(), rest.end(), std::back_inserter(args));
  if (const Method* known = method_named(name.text)) {
    if (given != known->arguments)
      return mistake({ErrorCode::invalid,
                      fmt::format("{}() takes {} argument{}, not {}", name.text, known->arguments,
                                  known->arguments == 1 ? "" : "s", given),
                      {},
                      name.span},
                     begin);
    return node(known->op, begin, std::move(args));
  }
  const auto extension = extension_function(name.text);
  if (!extension)
    return mistake(
        {ErrorCode::invalid, fmt::format("`{}` is not a method of Cedar", printable(name.text, 40)),
         did_you_mean(name.text, kMethodNames, "an attribute is read without parentheses"), name.span},
        begin);
  if (is_constructor(*extension))
    return mistake({ErrorCode::invalid, fmt::format("`{}` is a function, not a method", name.text),
                    fmt::format("write {}(...)", name.text), name.span},
                   begin);
  TRY(Expression out, node(Op::call, begin, std::move(args)));
  out.function = *extension;
  return out;
}

Parsed<Expression> ExpressionParser::primary() {
  const Token token = tokens_.peek();
  switch (token.kind) {
    case TokenKind::identifier:
      return word();
    case TokenKind::string: {
      TRY(std::string text, tokens_.expect_string("a string"));
      return literal(Value(std::move(text)), token.span.begin);
    }
    case TokenKind::number: {
      tokens_.take();
      const auto value = magnitude(token);
      if (!value || *value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return mistake(too_large(token).error(), token.span.begin);
      return literal(Value(static_cast<std::int64_t>(*value)), token.span.begin);
    }
    case TokenKind::open_paren:
      return parenthesised();
    case TokenKind::open_bracket:
      return set();
    case TokenKind::open_brace:
      return record();
    case TokenKind::slot: {
      auto out = mistake(
          {ErrorCode::invalid, fmt::format("the slot {} stands in a condition", printable(token.text, 40)),
           "slots are for the scope of a template only", token.span},
          token.span.begin);
      if (out) tokens_.take();
      return out;
    }
    default:
      return tokens_.unexpected("an expression");
  }
}

// What begins with an identifier: true, false, a variable, an entity, a function call.
Parsed<Expression> ExpressionParser::word() {
  const Token token = tokens_.take();
  if (token.text == "true" || token.text == "false")
    return literal(Value(token.text == "true"), token.span.begin);
  if (token.text == "if")
    return parse_error("`if` inside an expression needs parentheses", token.span,
                       "write (if ... then ... else ...)");
  TRY(const TokenStream::Path path, tokens_.continue_path(token));
  if (path.ends_in_path) {
    if (tokens_.at(TokenKind::open_brace))
      return tokens_.unexpected("an entity id in double quotes", "Cedar has no Type::{...} references");
    TRY(std::string id, tokens_.expect_string("an entity id in double quotes"));
    return literal(Value(EntityUid(path.text, std::move(id))), token.span.begin);
  }
  if (tokens_.at(TokenKind::open_paren)) return function(path);
  for (const auto variable : {Variable::principal, Variable::action, Variable::resource, Variable::context}) {
    if (path.text != name(variable)) continue;
    TRY(Expression out, node(Op::variable, token.span.begin, {}));
    out.variable = variable;
    return out;
  }
  return mistake({ErrorCode::invalid, fmt::format("`{}` is not a variable", printable(path.text, 60)),
                  did_you_mean(path.text, kVariableNames,
                               "variables are principal, action, resource and context; strings need double "
                               "quotes; an entity is Type::\"id\""),
                  path.span},
                 token.span.begin);
}

Parsed<Expression> ExpressionParser::function(const TokenStream::Path& path) {
  const auto extension = extension_function(path.text);
  if (!extension || !is_constructor(*extension)) {
    const bool method = extension || method_named(path.text) != nullptr;
    TRY(Expression stand_in,
        mistake({ErrorCode::invalid, fmt::format("`{}` is not a function of Cedar", printable(path.text, 60)),
                 method ? fmt::format("it is a method: write value.{}(...)", path.text)
                        : did_you_mean(path.text, kFunctionNames,
                                       "functions are decimal, ip, datetime and duration"),
                 path.span},
                path.span.begin));
    tokens_.take();
    TRY_STATUS(list(TokenKind::close_paren, "`)` after the arguments"));
    return stand_in;
  }
  tokens_.take();
  TRY(auto args, list(TokenKind::close_paren, "`)` after the arguments"));
  TRY(Expression out, node(Op::call, path.span.begin, std::move(args)));
  out.function = *extension;
  return out;
}

Parsed<Expression> ExpressionParser::parenthesised() {
  const std::uint32_t begin = tokens_.take().span.begin;
  TRY(Expression inner, expression());
  TRY_STATUS(tokens_.expect(TokenKind::close_paren, "`)`"));
  inner.span = tokens_.from(begin);
  return inner;
}

Parsed<std::vector<Expression>> ExpressionParser::list(TokenKind close, std::string_view role) {
  std::vector<Expression> items;
  while (!tokens_.at(close)) {
    TRY(Expression item, expression());
    items.push_back(std::move(item));
    if (!tokens_.accept(TokenKind::comma)) break;
  }
  TRY_STATUS(tokens_.expect(close, role));
  return items;
}

Parsed<Expression> ExpressionParser::set() {
  const std::uint32_t begin = tokens_.take().span.begin;
  TRY(auto items, list(TokenKind::close_bracket, "`,` or `]` in the set"));
  return node(Op::set, begin, std::move(items));
}

Parsed<Expression> ExpressionParser::record() {
  const std::uint32_t begin = tokens_.take().span.begin;
  std::vector<std::string> names;
  std::vector<Expression> values;
  while (!tokens_.at(TokenKind::close_brace)) {
    const bool is_string = tokens_.at(TokenKind::string);
    TRY(std::string attribute, is_string ? tokens_.expect_string("an attribute")
                                         : tokens_.expect_name("an attribute of the record"));
    TRY_STATUS(tokens_.expect(TokenKind::colon, "`:` after the attribute"));
    TRY(Expression value, expression());
    names.push_back(std::move(attribute));
    values.push_back(std::move(value));
    if (!tokens_.accept(TokenKind::comma)) break;
  }
  TRY_STATUS(tokens_.expect(TokenKind::close_brace, "`,` or `}` in the record"));
  std::vector<std::string_view> sorted(names.begin(), names.end());
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end())
    return mistake({ErrorCode::invalid,
                    fmt::format("the record has the attribute {} twice", printable(quoted(*twice), 60)),
                    "remove one of them", tokens_.from(begin)},
                   begin);
  TRY(Expression out, node(Op::record, begin, std::move(values)));
  out.names = std::move(names);
  return out;
}

Parsed<EntityUid> ExpressionParser::entity(std::string_view role) {
  const bool parenthesis = tokens_.accept(TokenKind::open_paren);
  TRY(const TokenStream::Path path, tokens_.expect_path(role));
  if (!path.ends_in_path)
    return parse_error(fmt::format("expected {}, found the name `{}`", role, printable(path.text, 60)),
                       path.span, "an entity is written Type::\"id\"");
  TRY(std::string id, tokens_.expect_string("an entity id in double quotes"));
  if (parenthesis) TRY_STATUS(tokens_.expect(TokenKind::close_paren, "`)`"));
  return EntityUid(path.text, std::move(id));
}

}  // namespace weir::cedar
