// The Cedar schema syntax ("Grammar specification for Cedar schemas", docs.cedarpolicy.com):
//
//   Schema    := { Annotations ('namespace' Path '{' { Decl } '}' | Decl) }
//   Decl      := Annotations (Entity | Action | Type)
//   Entity    := 'entity' Idents ( 'enum' '[' STRs ']' | ['in' Types] [['='] Record] ['tags' TypeExpr] ) ';'
//   Action    := 'action' Names ['in' Refs] ['appliesTo' '{' Applies '}'] ['attributes' '{' '}'] ';'
//   Type      := 'type' IDENT '=' TypeExpr ';'
//   TypeExpr  := Path | 'Set' '<' TypeExpr '>' | Record
//   Record    := '{' [ Annotations Name ['?'] ':' TypeExpr { ',' ... } [','] ] '}'
//   Applies   := ('principal' | 'resource') ':' Types | 'context' ':' (Path | Record), comma separated [',']
//   Types     := Path | '[' [Path {',' Path}] ']'
//   Refs      := Ref | '[' Ref {',' Ref} ']'           Ref := Path '::' STR | Name
//
// An IDENT is any identifier but the reserved words of policies (in, if, has ...).
#include <fmt/format.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/schema_declarations.h"
#include "cedar/text.h"
#include "cedar/token_stream.h"

namespace weir::cedar {
namespace {

class SchemaParser {
 public:
  explicit SchemaParser(std::string_view text) : tokens_(text) {}

  Parsed<SchemaDeclarations> schema() {
    while (!tokens_.at(TokenKind::end)) {
      TRY(SchemaAnnotations written, annotations());
      if (tokens_.accept_word("namespace")) {
        TRY_STATUS(name_space(std::move(written)));
      } else {
        space_ = &out_[""];
        TRY_STATUS(declaration(std::move(written)));
      }
    }
    return std::move(out_);
  }

 private:
  Parsed<void> name_space(SchemaAnnotations written) {
    TRY(const DeclaredName name, path("the name of a namespace"));
    if (is_reserved_path(name.text)) return reserved(name.at.span);
    TRY_STATUS(tokens_.expect(TokenKind::open_brace, "`{` after the namespace"));
    const auto [at, added] = out_.try_emplace(name.text);
    if (!added)
      return parse_error(fmt::format("duplicate namespace id: `{}`", printable(name.text, 100)), name.at.span,
                         "put all declarations of a namespace into one block");
    space_ = &at->second;
    space_->annotations = std::move(written);
    while (!tokens_.accept(TokenKind::close_brace)) {
      TRY(SchemaAnnotations annotated, annotations());
      TRY_STATUS(declaration(std::move(annotated)));
    }
    if (tokens_.at(TokenKind::semicolon))
      return tokens_.unexpected(
          "a declaration", "namespace declarations are not followed by `;`; try removing this semicolon");
    return {};
  }

  Parsed<SchemaAnnotations> annotations() {
    SchemaAnnotations out;
    while (tokens_.accept(TokenKind::at)) {
      TRY(const Token name, tokens_.expect(TokenKind::identifier, "the name of an annotation after `@`"));
      std::optional<std::string> value;
      if (tokens_.accept(TokenKind::open_paren)) {
        TRY(value, tokens_.expect_string("the value of the annotation"));
        TRY_STATUS(tokens_.expect(TokenKind::close_paren, "`)` after the annotation"));
      }
      if (!out.try_emplace(std::string(name.text), std::move(value)).second)
        return parse_error(fmt::format("duplicate annotations: `{}`", printable(name.text, 60)), name.span,
                           "remove one of them");
    }
    return out;
  }

  Parsed<void> declaration(SchemaAnnotations written) {
    if (++declarations_ > limits::kCedarDeclarationsMax)
      return limit_error(fmt::format("more than {} declarations", limits::kCedarDeclarationsMax),
                         tokens_.peek().span, "split the schema");
    if (tokens_.accept_word("entity")) return entity(std::move(written));
    if (tokens_.accept_word("action")) return action(std::move(written));
    if (tokens_.accept_word("type")) return common_type(std::move(written));
    return tokens_.unexpected("`entity`, `action`, `type` or `namespace`");
  }

  Parsed<DeclaredName> identifier(std::string_view role) {
    if (!tokens_.at(TokenKind::identifier)) return tokens_.unexpected(role);
    const Token token = tokens_.take();
    // `__cedar` is an identifier here; where names are declared, reserved() refuses it.
    if (is_reserved(token.text) && token.text != "__cedar")
      return parse_error(fmt::format("`{}` is a reserved identifier", token.text), token.span,
                         "rename it; an attribute or action may stand in double quotes");
    return DeclaredName{std::string(token.text), {token.span, {}}};
  }

  // An identifier or a string.
  Parsed<DeclaredName> name(std::string_view role) {
    if (!tokens_.at(TokenKind::string)) return identifier(role);
    const Span span = tokens_.peek().span;
    TRY(std::string text, tokens_.expect_string(role));
    return DeclaredName{std::move(text), {span, {}}};
  }

  Parsed<DeclaredName> path(std::string_view role) {
    TRY(DeclaredName out, identifier(role));
    while (tokens_.accept(TokenKind::path)) {
      TRY(const DeclaredName part, identifier("a name after `::`"));
      out.text += "::" + part.text;
      out.at.span.end = part.at.span.end;
    }
    return out;
  }

  // One or more of what `next` reads, between brackets or alone.
  template <class T, class Next>
  Parsed<std::vector<T>> one_or_list(bool empty_allowed, Next next) {
    std::vector<T> out;
    if (!tokens_.accept(TokenKind::open_bracket)) {
      TRY(T only, next());
      out.push_back(std::move(only));
      return out;
    }
    if (empty_allowed && tokens_.accept(TokenKind::close_bracket)) return out;
    do {
      TRY(T item, next());
      out.push_back(std::move(item));
    } while (tokens_.accept(TokenKind::comma));
    TRY_STATUS(tokens_.expect(TokenKind::close_bracket, "`,` or `]`"));
    return out;
  }

  Parsed<std::vector<DeclaredName>> type_names() {
    return one_or_list<DeclaredName>(true, [&] { return path("an entity type"); });
  }

  template <class T>
  Parsed<void> add(std::map<std::string, T>& to, const std::vector<DeclaredName>& names, const T& declared) {
    for (const auto& each : names) {
      T copy = declared;
      copy.at = each.at;
      if (!to.try_emplace(each.text, std::move(copy)).second)
        return parse_error(fmt::format("`{}` is declared twice", printable(each.text, 100)), each.at.span,
                           "remove one of the declarations");
    }
    return {};
  }

  Parsed<void> entity(SchemaAnnotations written) {
    DeclaredEntity entity;
    entity.annotations = std::move(written);
    std::vector<DeclaredName> names;
    do {
      TRY(DeclaredName next, identifier("the name of an entity type"));
      if (is_reserved_path(next.text)) return reserved(next.at.span);
      names.push_back(std::move(next));
    } while (tokens_.accept(TokenKind::comma));
    if (tokens_.accept_word("enum")) {
      TRY_STATUS(tokens_.expect(TokenKind::open_bracket, "`[` before the ids"));
      do {
        TRY(std::string id, tokens_.expect_string("an id in double quotes"));
        entity.choices.push_back(std::move(id));
      } while (tokens_.accept(TokenKind::comma));
      TRY_STATUS(tokens_.expect(TokenKind::close_bracket, "`,` or `]` after the id"));
    } else {
      TRY_STATUS(entity_body(entity));
    }
    TRY_STATUS(tokens_.expect(TokenKind::semicolon, "`;` after the entity type"));
    return add(space_->entities, names, entity);
  }

  Parsed<void> entity_body(DeclaredEntity& entity) {
    if (tokens_.accept_word("in")) {
      TRY(entity.member_of, type_names());
    }
    if (tokens_.accept(TokenKind::assign) || tokens_.at(TokenKind::open_brace)) {
      TRY(entity.shape, record());
    }
    if (tokens_.accept_word("tags")) {
      TRY(entity.tags, type());
    }
    return {};
  }

  Parsed<void> action(SchemaAnnotations written) {
    DeclaredAction action;
    action.annotations = std::move(written);
    std::vector<DeclaredName> names;
    do {
      TRY(DeclaredName next, name("the name of an action"));
      names.push_back(std::move(next));
    } while (tokens_.accept(TokenKind::comma));
    if (tokens_.accept_word("in")) {
      TRY(action.parents, one_or_list<DeclaredAction::Parent>(false, [&] { return parent(); }));
    }
    if (tokens_.accept_word("appliesTo")) {
      TRY_STATUS(applies_to(names.front(), action));
    } else if (tokens_.at(TokenKind::open_brace)) {
      return tokens_.unexpected("`appliesTo` or `;`", "write `appliesTo` before the block");
    }
    if (tokens_.accept_word("attributes")) {
      TRY_STATUS(tokens_.expect(TokenKind::open_brace, "`{`"));
      TRY_STATUS(tokens_.expect(TokenKind::close_brace, "`}`: actions have no attributes"));
    }
    TRY_STATUS(tokens_.expect(TokenKind::semicolon, "`;` after the action"));
    return add(space_->actions, names, action);
  }

  // A name in this namespace or an entity: read, "read all", Other::Action::"read".
  Parsed<DeclaredAction::Parent> parent() {
    const std::uint32_t begin = tokens_.peek().span.begin;
    const bool is_string = tokens_.at(TokenKind::string);
    TRY(DeclaredName first, name("an action"));
    if (is_string || !tokens_.at(TokenKind::path)) return DeclaredAction::Parent{{}, first.text, first.at};
    std::string type = std::move(first.text);
    while (tokens_.accept(TokenKind::path)) {
      if (tokens_.at(TokenKind::string)) {
        TRY(std::string id, tokens_.expect_string("the id of an action"));
        return DeclaredAction::Parent{std::move(type), std::move(id), {tokens_.from(begin), {}}};
      }
      TRY(const DeclaredName part, identifier("the type of an action or its id in double quotes"));
      type += "::" + part.text;
    }
    return tokens_.unexpected("`::` and the id of the action in double quotes");
  }

  Parsed<void> applies_to(const DeclaredName& action, DeclaredAction& out) {
    TRY_STATUS(tokens_.expect(TokenKind::open_brace, "`{` after appliesTo"));
    bool principal = false, resource = false, context = false;
    do {
      if (tokens_.at(TokenKind::close_brace) && (principal || resource || context)) break;
      const Token part = tokens_.peek();
      bool* seen = nullptr;
      if (tokens_.at_word("principal")) seen = &principal;
      if (tokens_.at_word("resource")) seen = &resource;
      if (tokens_.at_word("context")) seen = &context;
      if (seen == nullptr) return tokens_.unexpected("principal, resource or context");
      if (*seen)
        return parse_error(
            fmt::format("duplicate `{}` declaration in action `{}`", part.text, printable(action.text, 100)),
            part.span, "name several entity types in one list: [X, Y, Z]");
      *seen = true;
      tokens_.take();
      TRY_STATUS(tokens_.expect(TokenKind::colon, "`:`"));
      TRY_STATUS(seen == &context ? this->context(out) : applicable(action, part, out));
    } while (tokens_.accept(TokenKind::comma));
    TRY_STATUS(tokens_.expect(TokenKind::close_brace, "`,` or `}`"));
    if (principal && resource) return {};
    return parse_error(fmt::format("missing `{}` declaration for `{}`", principal ? "resource" : "principal",
                                   printable(action.text, 100)),
                       action.at.span,
                       "an action that applies to something names both its principals and its resources");
  }

  Parsed<void> applicable(const DeclaredName& action, const Token& part, DeclaredAction& out) {
    TRY(auto types, type_names());
    if (types.empty())
      return parse_error(fmt::format("for action `{}`, `{}` is `[]`, which is invalid",
                                     printable(action.text, 100), part.text),
                         tokens_.from(part.span.begin),
                         "name at least one entity type, or leave out appliesTo");
    (part.text == "principal" ? out.principals : out.resources) = std::move(types);
    return {};
  }

  Parsed<void> context(DeclaredAction& out) {
    if (tokens_.at(TokenKind::open_brace)) {
      TRY(out.context, record());
      return {};
    }
    out.context.kind = DeclaredType::Kind::common;
    TRY(out.context.name, path("the name of a type, or `{`"));
    return {};
  }

  Parsed<void> common_type(SchemaAnnotations written) {
    TRY(DeclaredName name, identifier("the name of a type"));
    if (is_reserved_path(name.text)) return reserved(name.at.span);
    if (is_schema_keyword(name.text))
      return parse_error(
          fmt::format("this uses a reserved schema keyword: `{}`", name.text), name.at.span,
          "keywords such as Entity, Extension, Set and Record cannot be names of common types");
    TRY_STATUS(tokens_.expect(TokenKind::assign, "`=` after the name of the type"));
    DeclaredCommon common;
    common.annotations = std::move(written);
    TRY(common.type, type());
    TRY_STATUS(tokens_.expect(TokenKind::semicolon, "`;` after the type"));
    return add(space_->common, {std::move(name)}, common);
  }

  Parsed<DeclaredType> type() {
    if (tokens_.at(TokenKind::open_brace)) return record();
    DeclaredType out;
    const Span first = tokens_.peek().span;
    TRY(out.name, path("a type"));
    out.kind = DeclaredType::Kind::name;
    if (out.name.text != "Set" || !tokens_.accept(TokenKind::less)) return out;
    if (++depth_ > limits::kCedarDepthMax) return too_deep(first);
    out.kind = DeclaredType::Kind::set;
    TRY(DeclaredType element, type());
    out.element.push_back(std::move(element));
    TRY_STATUS(tokens_.expect(TokenKind::greater, "`>` after the type of the elements"));
    --depth_;
    return out;
  }

  Parsed<DeclaredType> record() {
    TRY(const Token open, tokens_.expect(TokenKind::open_brace, "`{` before the attributes"));
    if (++depth_ > limits::kCedarDepthMax) return too_deep(open.span);
    DeclaredType out;
    while (!tokens_.accept(TokenKind::close_brace)) {
      DeclaredType::Attribute attribute;
      TRY(attribute.annotations, annotations());
      TRY(DeclaredName key, name("an attribute or `}`"));
      attribute.required = !tokens_.accept(TokenKind::question);
      TRY_STATUS(tokens_.expect(TokenKind::colon, "`:` after the attribute"));
      TRY(attribute.type, type());
      out.attributes.insert_or_assign(std::move(key.text), std::move(attribute));
      if (!tokens_.accept(TokenKind::comma) && !tokens_.at(TokenKind::close_brace))
        return tokens_.unexpected("`,` or `}`");
    }
    --depth_;
    return out;
  }

  static std::unexpected<ParseError> reserved(Span span) {
    return parse_error("use of the reserved `__cedar` namespace", span,
                       "names containing `__cedar` (`__cedar::A`, `A::__cedar`) are reserved");
  }
  static std::unexpected<ParseError> too_deep(Span span) {
    return limit_error(fmt::format("the type is nested deeper than {} levels", limits::kCedarDepthMax), span,
                       "give its parts names with `type`");
  }

  TokenStream tokens_;
  SchemaDeclarations out_;
  DeclaredNamespace* space_ = nullptr;  // where declarations go
  std::size_t depth_ = 0;
  std::size_t declarations_ = 0;
};

}  // namespace

std::string qualified(std::string_view space, std::string_view name) {
  return space.empty() ? std::string(name) : fmt::format("{}::{}", space, name);
}

bool is_schema_keyword(std::string_view name) {
  for (const std::string_view word :
       {"Bool", "Boolean", "Entity", "Extension", "Long", "Record", "Set", "String"})
    if (name == word) return true;
  return false;
}

bool is_reserved_path(std::string_view path) {
  while (true) {
    const auto at = path.find("::");
    if (path.substr(0, at) == "__cedar") return true;
    if (at == std::string_view::npos) return false;
    path.remove_prefix(at + 2);
  }
}

Parsed<SchemaDeclarations> parse_schema_text(std::string_view text) {
  TRY_STATUS(check_text(text));
  return SchemaParser(text).schema();
}

}  // namespace weir::cedar
