#include "prove/model_expression.h"

#include <charconv>
#include <optional>

#include "prove/model.h"

namespace weir::prove {
namespace {

using Kind = ModelExpression::Kind;
using Comparison = ModelExpression::Comparison;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr std::pair<std::string_view, Comparison> kOperators[] = {
    {"==", Comparison::equal},         {"!=", Comparison::not_equal}, {"<=", Comparison::less_equal},
    {">=", Comparison::greater_equal}, {"<", Comparison::less},       {">", Comparison::greater}};

class Parser {
 public:
  Parser(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  Result<ModelExpression> whole() {
    TRY(ModelExpression expression, disjunction(0));
    skip_space();
    if (at_ != text_.size()) return bad("something is left over");
    return expression;
  }

 private:
  std::unexpected<Error> bad(std::string what) const {
    return fail(std::move(what) + " in \"" + std::string(text_) + "\" at column " + std::to_string(at_ + 1),
                std::string(where_), "docs/formats/workflow.md has the grammar");
  }

  std::unexpected<Error> too_deep() const {
    return fail(ErrorCode::limit,
                "a condition is nested more than " + std::to_string(kModelExpressionDepthMax) + " deep",
                std::string(where_));
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
      ++at_;
  }

  // A word is letters, digits, '_', '-' and, for paths, '.'.
  std::string_view peek_word() {
    skip_space();
    std::size_t end = at_;
    if (end < text_.size() && is_letter(text_[end]))
      while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]) || text_[end] == '_' ||
                                    text_[end] == '-' || text_[end] == '.'))
        ++end;
    return text_.substr(at_, end - at_);
  }

  bool take_word(std::string_view word) {
    if (peek_word() != word) return false;
    at_ += word.size();
    return true;
  }

  bool take(std::string_view sign) {
    skip_space();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }

  // A chain of one operator becomes one node.
  template <class Next>
  Result<ModelExpression> chain(Kind kind, std::string_view word, int depth, Next next) {
    TRY(ModelExpression first, next(depth));
    if (peek_word() != word) return first;
    ModelExpression node{.kind = kind};
    node.args.push_back(std::move(first));
    while (take_word(word)) {
      TRY(ModelExpression more, next(depth));
      node.args.push_back(std::move(more));
    }
    return node;
  }

  Result<ModelExpression> disjunction(int depth) {
    if (depth > kModelExpressionDepthMax) return too_deep();
    return chain(Kind::some, "or", depth, [&](int d) { return conjunction(d); });
  }
  Result<ModelExpression> conjunction(int depth) {
    return chain(Kind::all, "and", depth, [&](int d) { return negation(d); });
  }

  Result<ModelExpression> negation(int depth) {
    if (depth > kModelExpressionDepthMax) return too_deep();
    if (!take_word("not")) return comparison(depth);
    ModelExpression node{.kind = Kind::negation};
    TRY(ModelExpression inner, negation(depth + 1));
    node.args.push_back(std::move(inner));
    return node;
  }

  Result<ModelExpression> comparison(int depth) {
    TRY(ModelExpression left, operand(depth));
    for (const auto& [sign, comparison] : kOperators) {
      if (!take(sign)) continue;
      ModelExpression node{.kind = Kind::compare, .comparison = comparison};
      TRY(ModelExpression right, operand(depth));
      node.args.push_back(std::move(left));
      node.args.push_back(std::move(right));
      return node;
    }
    return left;
  }

  Result<ModelExpression> number() {
    ModelExpression node{.kind = Kind::number};
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), node.value);
    if (error != std::errc{} || node.value > kModelCounterMax) return bad("the number is too large");
    at_ = static_cast<std::size_t>(end - text_.data());
    return node;
  }

  Result<ModelExpression> quantified(Kind kind, int depth) {
    ModelExpression node{.kind = kind};
    if (!take("(")) return bad("expected ( after any or every");
    node.text = peek_word();
    if (node.text.empty()) return bad("expected the name of agents");
    at_ += node.text.size();
    if (!take(",")) return bad("expected a comma");
    TRY(ModelExpression inner, disjunction(depth + 1));
    if (!take(")")) return bad("expected )");
    node.args.push_back(std::move(inner));
    return node;
  }

  Result<ModelExpression> operand(int depth) {
    if (take("(")) {
      TRY(ModelExpression inner, disjunction(depth + 1));
      if (!take(")")) return bad("expected )");
      return inner;
    }
    skip_space();
    if (at_ < text_.size() && is_digit(text_[at_])) return number();
    const std::string_view word = peek_word();
    if (word.empty() || word == "and" || word == "or") return bad("expected a value");
    at_ += word.size();
    if (word == "any") return quantified(Kind::any, depth);
    if (word == "every") return quantified(Kind::every, depth);
    if (word == "true" || word == "false")
      return ModelExpression{.kind = Kind::truth, .value = word == "true"};
    const bool label = integrity_from(word) || confidentiality_from(word);
    return ModelExpression{.kind = label ? Kind::label : Kind::path, .text = std::string(word)};
  }

  std::string_view text_;
  std::string_view where_;
  std::size_t at_ = 0;
};

// An operand as it may stand beside a sign of comparison: what binds less is put in parentheses.
std::string operand_text(const ModelExpression& expression) {
  const std::string text = expression_text(expression);
  const bool binds_less = expression.kind == Kind::negation || expression.kind == Kind::compare;
  return binds_less ? "(" + text + ")" : text;
}

std::string joined(const ModelExpression& expression, std::string_view word) {
  std::string text = "(";
  for (std::size_t i = 0; i < expression.args.size(); ++i) {
    if (i > 0) text += word;
    text += expression_text(expression.args[i]);
  }
  return text + ")";
}

}  // namespace

Result<ModelExpression> parse_model_expression(std::string_view text, std::string_view where) {
  if (text.size() > kModelExpressionBytesMax)
    return fail(ErrorCode::limit,
                "a condition is longer than " + std::to_string(kModelExpressionBytesMax) + " bytes",
                std::string(where));
  return Parser(text, where).whole();
}

std::string expression_text(const ModelExpression& expression) {
  switch (expression.kind) {
    case Kind::number:
      return std::to_string(expression.value);
    case Kind::truth:
      return expression.value != 0 ? "true" : "false";
    case Kind::label:
    case Kind::path:
      return expression.text;
    case Kind::negation:
      return "not " + expression_text(expression.args[0]);
    case Kind::all:
      return joined(expression, " and ");
    case Kind::some:
      return joined(expression, " or ");
    case Kind::compare:
      for (const auto& [sign, comparison] : kOperators)
        if (comparison == expression.comparison)
          return operand_text(expression.args[0]) + " " + std::string(sign) + " " +
                 operand_text(expression.args[1]);
      return {};
    case Kind::any:
    case Kind::every:
      return (expression.kind == Kind::any ? "any(" : "every(") + expression.text + ", " +
             expression_text(expression.args[0]) + ")";
  }
  return {};
}

}  // namespace weir::prove
