// The Cedar schema syntax ("Grammar specification for Cedar schemas", docs.cedarpolicy.com):
//
//   Schema    := { Annotations ('namespace' Path '{' { Decl } '}' | Decl) }
//   Decl      := Annotations (Entity | Action | Type)
//   Entity    := 'entity' Idents ( 'enum' '[' STRs ']' | ['in' Types] [['='] Record] ['tags' TypeExpr] ) ';'
//   Action    := 'action' Names ['in' Refs] ['appliesTo' '{' Applies '}'] ['attributes' '{' '}'] ';'
//   Type      := 'type' IDENT '=' TypeExpr ';'
//   TypeExpr  := Path | 'Set' '<' TypeExpr '>' | Record
//   Record    := '{' [ Annotations Name ['?'] ':' TypeExpr { ',' ... } [','] ] '}'
//   Applies   := ('principal' | 'resource') ':' Types | 'context' ':' (Path | Record), comma separated
#include <fmt/format.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/schema_declarations.h"
#include "cedar/token_stream.h"

namespace weir::cedar {
namespace {

class SchemaParser {
 public:
  explicit SchemaParser(std::string_view text) : tokens_(text) {}

  Parsed<SchemaDeclarations> schema() {
    while (!tokens_.at(TokenKind::end)) {
      TRY_STATUS(annotations());
      if (!tokens_.accept_word("namespace")) {
        TRY_STATUS(declaration());
        continue;
      }
      TRY(const TokenStream::Path path, tokens_.expect_path("the name of a namespace"));
      space_ = path.text;
      TRY_STATUS(tokens_.expect(TokenKind::open_brace, "`{` after the namespace"));
      while (!tokens_.accept(TokenKind::close_brace)) {
        TRY_STATUS(annotations());
        TRY_STATUS(declaration());
      }
      space_.clear();
    }
    return std::move(out_);
  }

 private:
  Parsed<void> annotations() {
    while (tokens_.accept(TokenKind::at)) {
      TRY_STATUS(tokens_.expect(TokenKind::identifier, "the name of an annotation after `@`"));
      if (!tokens_.accept(TokenKind::open_paren)) continue;
      TRY_STATUS(tokens_.expect_string("the value of the annotation"));
      TRY_STATUS(tokens_.expect(TokenKind::close_paren, "`)` after the annotation"));
    }
    return {};
  }

  Parsed<void> declaration() {
    if (tokens_.accept_word("entity")) return entity();
    if (tokens_.accept_word("action")) return action();
    if (tokens_.accept_word("type")) return common_type();
    return tokens_.unexpected("`entity`, `action`, `type` or `namespace`");
  }

  // An identifier of any kind or, where `strings` are allowed, a string.
  Parsed<std::string> any_name(std::string_view role, bool strings) {
    if (strings && tokens_.at(TokenKind::string)) return tokens_.expect_string(role);
    TRY(const Token token, tokens_.expect(TokenKind::identifier, role));
    return std::string(token.text);
  }

  Parsed<std::vector<std::string>> names(std::string_view role, bool strings) {
    std::vector<std::string> out;
    do {
      TRY(std::string name, any_name(role, strings));
      out.push_back(std::move(name));
    } while (tokens_.accept(TokenKind::comma));
    return out;
  }

  Parsed<void> entity() {
    const Span span = tokens_.peek().span;
    TRY(const auto types, names("the name of an entity type", false));
    DeclaredEntity entity{space_, {}, {}, {}, {}};
    if (tokens_.accept_word("enum")) {
      TRY_STATUS(tokens_.expect(TokenKind::open_bracket, "`[` before the ids"));
      while (!tokens_.accept(TokenKind::close_bracket)) {
        TRY(std::string id, tokens_.expect_string("an id or `]`"));
        entity.choices.push_back(std::move(id));
        if (!tokens_.accept(TokenKind::comma) && !tokens_.at(TokenKind::close_bracket))
          return tokens_.unexpected("`,` or `]`");
      }
    } else {
      if (tokens_.accept_word("in")) {
        TRY(entity.member_of, type_list());
      }
      const bool assigned = tokens_.accept(TokenKind::assign);
      if (assigned || tokens_.at(TokenKind::open_brace)) {
        TRY(entity.attributes, record());
      }
      if (tokens_.accept_word("tags")) {
        TRY(entity.tags, type());
      }
    }
    TRY_STATUS(tokens_.expect(TokenKind::semicolon, "`;` after the entity type"));
    for (const auto& name : types)
      if (!out_.entities.try_emplace(qualified(space_, name), entity).second)
        return twice("entity type", name, span);
    return {};
  }

  Parsed<std::vector<std::string>> type_list() {
    std::vector<std::string> out;
    if (!tokens_.accept(TokenKind::open_bracket)) {
      TRY(const TokenStream::Path path, tokens_.expect_path("an entity type"));
      out.push_back(path.text);
      return out;
    }
    while (!tokens_.accept(TokenKind::close_bracket)) {
      TRY(const TokenStream::Path path, tokens_.expect_path("an entity type or `]`"));
      out.push_back(path.text);
      if (!tokens_.accept(TokenKind::comma) && !tokens_.at(TokenKind::close_bracket))
        return tokens_.unexpected("`,` or `]`");
    }
    return out;
  }

  Parsed<void> action() {
    const Span span = tokens_.peek().span;
    TRY(const auto actions, names("the name of an action", true));
    DeclaredAction action{space_, {}, {}, {}, {}};
    if (tokens_.accept_word("in")) TRY_STATUS(parents(action));
    if (tokens_.accept_word("appliesTo")) TRY_STATUS(applies_to(action));
    if (tokens_.accept_word("attributes")) {
      TRY_STATUS(tokens_.expect(TokenKind::open_brace, "`{`"));
      TRY_STATUS(tokens_.expect(TokenKind::close_brace, "`}`"));
    }
    TRY_STATUS(tokens_.expect(TokenKind::semicolon, "`;` after the action"));
    for (const auto& name : actions)
      if (!out_.actions.try_emplace(EntityUid(qualified(space_, "Action"), name), action).second)
        return twice("action", name, span);
    return {};
  }

  Parsed<void> parents(DeclaredAction& out) {
    if (!tokens_.accept(TokenKind::open_bracket)) return parent(out);
    while (!tokens_.accept(TokenKind::close_bracket)) {
      TRY_STATUS(parent(out));
      if (!tokens_.accept(TokenKind::comma) && !tokens_.at(TokenKind::close_bracket))
        return tokens_.unexpected("`,` or `]`");
    }
    return {};
  }

  // A parent is a name in this namespace or an entity: read, "read all", Other::Action::"read".
  Parsed<void> parent(DeclaredAction& out) {
    TRY(std::string name, any_name("a parent action", true));
    if (!tokens_.at(TokenKind::path)) {
      out.parents.push_back({"", std::move(name)});
      return {};
    }
    while (tokens_.accept(TokenKind::path)) {
      if (tokens_.at(TokenKind::string)) {
        TRY(std::string id, tokens_.expect_string("the id of an action"));
        out.parents.push_back({std::move(name), std::move(id)});
        return {};
      }
      TRY(const std::string part, any_name("the type of an action", false));
      name += "::" + part;
    }
    return tokens_.unexpected("`::` and the id of the action");
  }

  Parsed<void> applies_to(DeclaredAction& out) {
    TRY_STATUS(tokens_.expect(TokenKind::open_brace, "`{` after appliesTo"));
    while (!tokens_.accept(TokenKind::close_brace)) {
      TRY(const std::string part, any_name("principal, resource or context", false));
      TRY_STATUS(tokens_.expect(TokenKind::colon, "`:`"));
      if (part == "context") {
        TRY(out.context, type());
      } else if (part == "principal" || part == "resource") {
        TRY((part == "principal" ? out.principals : out.resources), type_list());
      } else {
        return tokens_.unexpected("principal, resource or context");
      }
      if (!tokens_.accept(TokenKind::comma) && !tokens_.at(TokenKind::close_brace))
        return tokens_.unexpected("`,` or `}`");
    }
    return {};
  }

  Parsed<void> common_type() {
    const Span span = tokens_.peek().span;
    TRY(const std::string name, any_name("the name of a type", false));
    TRY_STATUS(tokens_.expect(TokenKind::assign, "`=` after the name of the type"));
    DeclaredCommon common{space_, {}};
    TRY(common.type, type());
    TRY_STATUS(tokens_.expect(TokenKind::semicolon, "`;` after the type"));
    if (!out_.common.try_emplace(qualified(space_, name), std::move(common)).second)
      return twice("type", name, span);
    return {};
  }

  Parsed<DeclaredType> type() {
    if (tokens_.at(TokenKind::open_brace)) return record();
    TRY(const Token first, tokens_.expect(TokenKind::identifier, "a type"));
    DeclaredType out;
    if (first.text == "Set" && tokens_.accept(TokenKind::less)) {
      if (++depth_ > limits::kCedarDepthMax) return too_deep(first.span);
      out.kind = DeclaredType::Kind::set;
      TRY(DeclaredType element, type());
      out.element.push_back(std::move(element));
      TRY_STATUS(tokens_.expect(TokenKind::greater, "`>` after the type of the elements"));
      --depth_;
      return out;
    }
    out.kind = DeclaredType::Kind::name;
    out.name = first.text;
    while (tokens_.accept(TokenKind::path)) {
      TRY(const std::string part, any_name("a type", false));
      out.name += "::" + part;
    }
    return out;
  }

  Parsed<DeclaredType> record() {
    TRY(const Token open, tokens_.expect(TokenKind::open_brace, "`{` before the attributes"));
    if (++depth_ > limits::kCedarDepthMax) return too_deep(open.span);
    DeclaredType out;
    while (!tokens_.accept(TokenKind::close_brace)) {
      TRY_STATUS(annotations());
      DeclaredType::Attribute attribute;
      TRY(attribute.name, any_name("an attribute or `}`", true));
      attribute.required = !tokens_.accept(TokenKind::question);
      TRY_STATUS(tokens_.expect(TokenKind::colon, "`:` after the attribute"));
      TRY(attribute.type, type());
      out.attributes.push_back(std::move(attribute));
      if (!tokens_.accept(TokenKind::comma) && !tokens_.at(TokenKind::close_brace))
        return tokens_.unexpected("`,` or `}`");
    }
    --depth_;
    return out;
  }

  static std::unexpected<ParseError> twice(std::string_view what, std::string_view name, Span span) {
    return parse_error(fmt::format("the {} {} is declared twice", what, printable(name, 60)), span,
                       "remove one of them");
  }
  static std::unexpected<ParseError> too_deep(Span span) {
    return limit_error(fmt::format("the type is nested deeper than {} levels", limits::kCedarDepthMax), span,
                       "give its parts names with `type`");
  }

  TokenStream tokens_;
  SchemaDeclarations out_;
  std::string space_;
  std::size_t depth_ = 0;
};

}  // namespace

Parsed<SchemaDeclarations> parse_schema_text(std::string_view text) {
  TRY_STATUS(check_text(text));
  return SchemaParser(text).schema();
}

}  // namespace weir::cedar
