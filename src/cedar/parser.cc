#include "cedar/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/diagnostic.h"
#include "cedar/expression_parser.h"
#include "cedar/text.h"
#include "cedar/token_stream.h"

namespace weir::cedar {
namespace {

constexpr std::string_view kEffectNames[] = {"permit", "forbid"};
constexpr std::string_view kActionNames[] = {"action"};
constexpr std::string_view kClauseNames[] = {"when", "unless"};

class PolicyParser {
 public:
  explicit PolicyParser(std::string_view text) : tokens_(text), expressions_(tokens_), lines_(text) {}

  Parsed<std::vector<Policy>> policies() {
    std::vector<Policy> out;
    while (!tokens_.at(TokenKind::end)) {
      if (out.size() >= limits::kCedarPoliciesMax)
        return limit_error(fmt::format("more than {} policies", limits::kCedarPoliciesMax),
                           tokens_.peek().span, "split the text");
      TRY(Policy next, policy());
      out.push_back(std::move(next));
    }
    return out;
  }

  PolicyReading policies_fully() {
    PolicyReading out;
    expressions_.collect_into(errors_);
    while (!tokens_.at(TokenKind::end) && errors_.size() < kParseErrorsMax) {
      const std::uint32_t begin = tokens_.peek().span.begin;
      const std::size_t errors = errors_.size();
      auto next = out.policies.size() < limits::kCedarPoliciesMax
                      ? policy()
                      : limit_error(fmt::format("more than {} policies", limits::kCedarPoliciesMax),
                                    tokens_.peek().span, "split the text");
      if (next) {
        if (errors_.size() == errors) out.policies.push_back(*std::move(next));
        continue;
      }
      const bool limit = next.error().code == ErrorCode::limit;
      errors_.push_back(std::move(next.error()));
      if (limit) break;
      skip_policy(begin);
    }
    std::sort(errors_.begin(), errors_.end(), [](const ParseError& a, const ParseError& b) {
      return a.span.begin != b.span.begin ? a.span.begin < b.span.begin : a.span.end < b.span.end;
    });
    out.errors = std::move(errors_);
    return out;
  }

 private:
  // Behind a mistake in the policy that began at `begin`: to the next `;`, or to what looks like the
  // beginning of another policy.
  void skip_policy(std::uint32_t begin) {
    while (!tokens_.at(TokenKind::end)) {
      const Token& front = tokens_.peek();
      const bool moved = front.span.begin != begin;
      if (moved && (front.kind == TokenKind::at || tokens_.at_word("permit") || tokens_.at_word("forbid")))
        return;
      const bool open_string = front.kind == TokenKind::bad && front.text == "\"";
      if (tokens_.take().kind == TokenKind::semicolon) return;
      if (open_string) tokens_.skip_line();
    }
  }

  Parsed<Policy> policy() {
    Policy out;
    const std::uint32_t begin = tokens_.peek().span.begin;
    out.position = lines_.at(begin);
    TRY(out.annotations, annotations(out.bare_annotations));
    if (!tokens_.at_word("permit") && !tokens_.at_word("forbid"))
      return tokens_.unexpected("`permit` or `forbid`", did_you_mean(tokens_.peek().text, kEffectNames,
                                                                     "a policy begins with its effect"));
    out.effect = tokens_.take().text == "permit" ? Effect::permit : Effect::forbid;
    TRY_STATUS(tokens_.expect(TokenKind::open_paren, "`(` before the scope"));
    TRY(out.principal, scope("principal", true));
    TRY(out.action, action());
    TRY(out.resource, scope("resource", false));
    TRY_STATUS(tokens_.expect(TokenKind::close_paren, "`)` after the scope"));
    while (tokens_.at(TokenKind::identifier)) {
      TRY(Condition next, condition());
      out.conditions.push_back(std::move(next));
    }
    TRY_STATUS(tokens_.expect(TokenKind::semicolon, "`when`, `unless` or `;` at the end of the policy"));
    out.span = tokens_.from(begin);
    return out;
  }

  Parsed<std::vector<Policy::Annotation>> annotations(std::vector<std::string>& bare) {
    std::vector<Policy::Annotation> out;
    while (tokens_.accept(TokenKind::at)) {
      TRY(const Token key, tokens_.expect(TokenKind::identifier, "the name of an annotation after `@`"));
      for (const auto& [earlier, value] : out)
        if (earlier == key.text)
          return parse_error(fmt::format("the annotation @{} comes twice", printable(key.text, 60)), key.span,
                             "remove one of them");
      std::string text;
      if (tokens_.accept(TokenKind::open_paren)) {
        TRY(text, tokens_.expect_string("the value of the annotation in double quotes"));
        TRY_STATUS(tokens_.expect(TokenKind::close_paren, "`)` after the annotation"));
      } else {
        bare.emplace_back(key.text);
      }
      out.emplace_back(std::string(key.text), std::move(text));
    }
    return out;
  }

  // `principal` or `resource` with its constraint, and the comma behind (optional after the resource).
  Parsed<Scope> scope(std::string_view variable, bool comma_required) {
    if (!tokens_.accept_word(variable))
      return tokens_.unexpected(
          fmt::format("`{}` in the scope", variable),
          did_you_mean(tokens_.peek().text, {&variable, 1}, "a scope is (principal, action, resource)"));
    Scope out;
    const std::string_view slot = variable == "principal" ? "?principal" : "?resource";
    if (tokens_.accept_word("is")) {
      out.kind = Scope::Kind::is;
      TRY(const TokenStream::Path type, tokens_.expect_path("an entity type after `is`"));
      if (type.ends_in_path) return tokens_.unexpected("an entity type", "`is` takes a type, not an entity");
      out.entity_type = type.text;
      if (tokens_.accept_word("in")) {
        out.kind = Scope::Kind::is_in;
        TRY_STATUS(target(out, slot));
      }
    } else if (tokens_.at(TokenKind::equal) || tokens_.at_word("in")) {
      out.kind = tokens_.take().kind == TokenKind::equal ? Scope::Kind::equal : Scope::Kind::in;
      TRY_STATUS(target(out, slot));
    }
    TRY_STATUS(end_of_constraint(comma_required));
    return out;
  }

  Parsed<void> target(Scope& out, std::string_view slot) {
    if (tokens_.at(TokenKind::slot)) {
      if (tokens_.peek().text != slot)
        return tokens_.unexpected(fmt::format("an entity or {}", slot), "the slot has the variable's name");
      tokens_.take();
      out.slot = true;
      return {};
    }
    TRY(EntityUid uid, expressions_.entity("an entity"));
    out.entities.push_back(std::move(uid));
    return {};
  }

  Parsed<void> end_of_constraint(bool comma_required) {
    const bool comma = tokens_.accept(TokenKind::comma);
    if (comma || (!comma_required && tokens_.at(TokenKind::close_paren))) return {};
    return tokens_.unexpected(comma_required ? "`,`" : "`)`",
                              "a constraint is one of ==, in, is, or is ... in; the rest goes into `when`");
  }

  Parsed<Scope> action() {
    if (!tokens_.accept_word("action"))
      return tokens_.unexpected(
          "`action` in the scope",
          did_you_mean(tokens_.peek().text, kActionNames, "a scope is (principal, action, resource)"));
    Scope out;
    if (tokens_.at_word("is"))
      return tokens_.unexpected("==, in or `,`", "an action has no `is`; group actions and use `in`");
    if (tokens_.accept(TokenKind::equal)) {
      out.kind = Scope::Kind::equal;
      TRY_STATUS(action_entity(out));
    } else if (tokens_.accept_word("in")) {
      out.kind = Scope::Kind::in;
      if (tokens_.accept(TokenKind::open_bracket)) {
        out.kind = Scope::Kind::in_any;
        while (!tokens_.at(TokenKind::close_bracket)) {
          TRY_STATUS(action_entity(out));
          if (!tokens_.accept(TokenKind::comma)) break;
        }
        TRY_STATUS(tokens_.expect(TokenKind::close_bracket, "`,` or `]` in the list of actions"));
      } else {
        TRY_STATUS(action_entity(out));
      }
    }
    TRY_STATUS(end_of_constraint(true));
    return out;
  }

  Parsed<void> action_entity(Scope& out) {
    const Span span = tokens_.peek().span;
    TRY(EntityUid uid, expressions_.entity("an action"));
    if (base_name(uid.type()) != "Action")
      return parse_error(fmt::format("{} is not an action", printable(uid.text(), 80)), span,
                         "the type of an action is Action, with or without a namespace");
    out.entities.push_back(std::move(uid));
    return {};
  }

  Parsed<Condition> condition() {
    Condition out;
    if (!tokens_.at_word("when") && !tokens_.at_word("unless"))
      return tokens_.unexpected("`when`, `unless` or `;`", did_you_mean(tokens_.peek().text, kClauseNames,
                                                                        "a policy ends with a semicolon"));
    out.unless = tokens_.take().text == "unless";
    TRY_STATUS(tokens_.expect(TokenKind::open_brace, "`{` before the condition"));
    if (tokens_.at(TokenKind::close_brace))
      return tokens_.unexpected("a condition", "remove the empty clause or write an expression");
    TRY(out.body, expressions_.expression());
    TRY_STATUS(tokens_.expect(TokenKind::close_brace, "an operator or `}` after the condition"));
    fold_constants(out.body);
    return out;
  }

  TokenStream tokens_;
  ExpressionParser expressions_;
  LineCounter lines_;
  std::vector<ParseError> errors_;  // of policies_fully()
};

}  // namespace

Parsed<std::vector<Policy>> parse_policies(std::string_view text) {
  TRY_STATUS(check_text(text));
  return PolicyParser(text).policies();
}

PolicyReading parse_policies_fully(std::string_view text) {
  if (auto checked = check_text(text); !checked) return {{}, {std::move(checked.error())}};
  return PolicyParser(text).policies_fully();
}

Parsed<Expression> parse_expression(std::string_view text) {
  TRY_STATUS(check_text(text));
  TokenStream tokens(text);
  TRY(Expression out, ExpressionParser(tokens).expression());
  if (!tokens.at(TokenKind::end)) return tokens.unexpected("an operator or the end of the expression");
  fold_constants(out);
  return out;
}

Parsed<EntityUid> parse_entity_uid(std::string_view text) {
  TRY_STATUS(check_text(text));
  TokenStream tokens(text);
  TRY(EntityUid out, ExpressionParser(tokens).entity("an entity"));
  if (!tokens.at(TokenKind::end)) return tokens.unexpected("the end of the entity");
  return out;
}

}  // namespace weir::cedar
