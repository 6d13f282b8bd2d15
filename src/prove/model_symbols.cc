#include "prove/model_symbols.h"

#include "cedar/entity_json.h"

namespace weir::prove {
namespace {

using Says = ModelVariable::Says;
using Comparison = ModelExpression::Comparison;

std::string_view name(Says says) {
  switch (says) {
    case Says::truth:
      return "a condition";
    case Says::number:
      return "a number";
    case Says::integrity:
      return "an integrity";
    case Says::confidentiality:
      break;
  }
  return "a confidentiality";
}

class Compiler {
 public:
  Compiler(ModelSymbols& symbols, const std::string& where) : symbols_(symbols), where_(where) {}

  Result<ModelTyped> compile(const ModelExpression& expression, int self) {
    using Kind = ModelExpression::Kind;
    switch (expression.kind) {
      case Kind::number:
        return ModelTyped{terms().constant(static_cast<std::int32_t>(expression.value)), Says::number};
      case Kind::truth:
        return ModelTyped{expression.value != 0 ? ModelTerms::kTrue : ModelTerms::kFalse, Says::truth};
      case Kind::label:
        return label(expression.text);
      case Kind::path: {
        auto found = symbols_.path(expression.text, self);
        if (!found && found.error().where.empty()) found.error().where = where_;
        return found;
      }
      case Kind::negation: {
        TRY(const ModelTermId inner, truth(expression.args[0], self));
        return ModelTyped{terms().negation(inner), Says::truth};
      }
      case Kind::all:
      case Kind::some:
        return joined(expression, self);
      case Kind::compare:
        return compare(expression, self);
      case Kind::any:
      case Kind::every:
        return quantified(expression);
    }
    return fail(ErrorCode::internal, "an expression of no kind", where_);
  }

  Result<ModelTermId> truth(const ModelExpression& expression, int self) {
    TRY(const ModelTyped typed, compile(expression, self));
    if (typed.says != Says::truth)
      return fail(
          "\"" + expression_text(expression) + "\" is " + std::string(name(typed.says)) + ", not a condition",
          where_, "compare it, e.g. with ==");
    return typed.term;
  }

 private:
  ModelTerms& terms() { return symbols_.terms(); }

  Result<ModelTyped> label(const std::string& text) {
    if (const auto integrity = integrity_from(text))
      return ModelTyped{terms().constant(*integrity), Says::integrity};
    return ModelTyped{terms().constant(*confidentiality_from(text)), Says::confidentiality};
  }

  Result<ModelTyped> joined(const ModelExpression& expression, int self) {
    const bool all = expression.kind == ModelExpression::Kind::all;
    ModelTermId term = all ? ModelTerms::kTrue : ModelTerms::kFalse;
    for (const ModelExpression& arg : expression.args) {
      TRY(const ModelTermId one, truth(arg, self));
      term = all ? terms().both(term, one) : terms().either(term, one);
    }
    return ModelTyped{term, Says::truth};
  }

  Result<ModelTyped> quantified(const ModelExpression& expression) {
    const bool all = expression.kind == ModelExpression::Kind::every;
    auto members = symbols_.members(expression.text);
    if (!members) {
      members.error().where = where_;
      return std::unexpected(std::move(members.error()));
    }
    ModelTermId term = all ? ModelTerms::kTrue : ModelTerms::kFalse;
    for (const int member : *members) {
      TRY(const ModelTermId one, truth(expression.args[0], member));
      term = all ? terms().both(term, one) : terms().either(term, one);
    }
    return ModelTyped{term, Says::truth};
  }

  Result<ModelTyped> compare(const ModelExpression& expression, int self) {
    TRY(ModelTyped left, compile(expression.args[0], self));
    TRY(ModelTyped right, compile(expression.args[1], self));
    Comparison comparison = expression.comparison;
    const bool ordered = comparison != Comparison::equal && comparison != Comparison::not_equal;
    if (left.says != right.says || (ordered && left.says == Says::truth))
      return fail("\"" + expression_text(expression) + "\" compares " + std::string(name(left.says)) +
                      " with " + std::string(name(right.says)),
                  where_);
    // Integrity is stored as the distance from `trusted`: more is less.
    if (left.says == Says::integrity) std::swap(left, right);
    return ModelTyped{relation(comparison, left.term, right.term), Says::truth};
  }

  ModelTermId relation(Comparison comparison, ModelTermId a, ModelTermId b) {
    switch (comparison) {
      case Comparison::equal:
        return terms().equal(a, b);
      case Comparison::not_equal:
        return terms().negation(terms().equal(a, b));
      case Comparison::less:
        return terms().negation(terms().at_least(a, b));
      case Comparison::less_equal:
        return terms().at_least(b, a);
      case Comparison::greater:
        return terms().negation(terms().at_least(b, a));
      case Comparison::greater_equal:
        break;
    }
    return terms().at_least(a, b);
  }

  ModelSymbols& symbols_;
  const std::string& where_;
};

ModelContext::Kind kind_of(Says says) {
  switch (says) {
    case Says::truth:
      return ModelContext::Kind::truth;
    case Says::number:
      return ModelContext::Kind::number;
    case Says::integrity:
      return ModelContext::Kind::integrity;
    case Says::confidentiality:
      break;
  }
  return ModelContext::Kind::confidentiality;
}

Result<ModelContext> context_choice(const Json& json, ModelSymbols& symbols, const std::string& where) {
  if (!json["if"].is_string() || !json.has("then") || json.as_object().size() > 3 ||
      (json.as_object().size() == 3 && !json.has("else")))
    return fail("a choice has `if`, `then` and perhaps `else`", where);
  ModelContext node{.kind = ModelContext::Kind::choice};
  TRY(const ModelExpression expression, parse_model_expression(json["if"].as_string(), where));
  TRY(node.term, compile_condition(expression, symbols, where));
  for (const std::string_view branch : {"then", "else"}) {
    if (!json.has(branch)) continue;
    TRY(ModelContext child, compile_context(json[branch], symbols, where));
    node.children.push_back(std::move(child));
  }
  return node;
}

}  // namespace

Result<ModelTyped> compile_expression(const ModelExpression& expression, ModelSymbols& symbols,
                                      const std::string& where, int self) {
  return Compiler(symbols, where).compile(expression, self);
}

Result<ModelTermId> compile_condition(const ModelExpression& expression, ModelSymbols& symbols,
                                      const std::string& where) {
  return Compiler(symbols, where).truth(expression, -1);
}

Result<ModelContext> compile_context(const Json& json, ModelSymbols& symbols, const std::string& where) {
  if (json.is_string() && json.as_string().starts_with("=")) {
    TRY(const ModelExpression expression, parse_model_expression(json.as_string().substr(1), where));
    TRY(const ModelTyped typed, compile_expression(expression, symbols, where));
    return ModelContext{.kind = kind_of(typed.says), .term = typed.term};
  }
  if (json.is_object() && json.has("if")) return context_choice(json, symbols, where);
  if (json.is_object() && !json.has("__entity") && !json.has("__extn")) {
    ModelContext node{.kind = ModelContext::Kind::record};
    for (const auto& [key, value] : json.as_object()) {
      TRY(ModelContext child, compile_context(value, symbols, where));
      node.names.push_back(key);
      node.children.push_back(std::move(child));
    }
    return node;
  }
  if (json.is_array()) {
    ModelContext node{.kind = ModelContext::Kind::set};
    for (const Json& item : json.as_array()) {
      TRY(ModelContext child, compile_context(item, symbols, where));
      node.children.push_back(std::move(child));
    }
    return node;
  }
  auto value = cedar::read_value(json);
  if (!value) return fail("the context holds what Cedar has no value for: " + value.error().what, where);
  return ModelContext{.kind = ModelContext::Kind::fixed, .value = std::move(*value)};
}

}  // namespace weir::prove
