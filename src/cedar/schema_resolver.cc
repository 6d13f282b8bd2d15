// From names as written to what they stand for (RFC 24, RFC 70 of Cedar). Within a namespace a plain name
// means, in this order: a common type or an entity type of the namespace, one without namespace, a built-in
// type.
// `__cedar::` always means the last.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/schema_declarations.h"
#include "cedar/text.h"
#include "cedar/typecheck.h"
#include "cedar/typecheck_types.h"

namespace weir::cedar {

// A type with its size when all common types in it are written out.
struct SizedType {
  SchemaTypePtr type;
  std::size_t nodes = 1;
  std::size_t depth = 1;
};

class SchemaResolver {
 public:
  explicit SchemaResolver(const SchemaDeclarations& declared) : declared_(declared) {
    for (const auto& [space, names] : declared) {
      for (const auto& [name, common] : names.common)
        commons_.emplace(qualified(space, name), Common{&common, space});
      for (const auto& [name, entity] : names.entities)
        entities_.emplace(qualified(space, name), &entity);
      for (const auto& [id, action] : names.actions)
        actions_.emplace(EntityUid(qualified(space, "Action"), id), &action);
      if (!names.actions.empty()) action_types_.insert(qualified(space, "Action"));
    }
  }

  std::expected<Schema, SchemaError> schema() {
    check_shadowing();
    check_action_types();
    if (!error_) resolve_all();
    if (!error_) check_action_cycles();
    if (error_) return std::unexpected(*std::move(error_));
    return std::move(out_);
  }

  std::expected<SchemaDeclarations, SchemaError> names() {
    if (auto checked = schema(); !checked) return std::unexpected(std::move(checked.error()));
    SchemaDeclarations out = declared_;
    for (auto& [space, names] : out) {
      for (auto& [name, common] : names.common)
        name_type(common.type, space);
      for (auto& [name, entity] : names.entities) {
        name_type(entity.shape, space);
        if (entity.tags) name_type(*entity.tags, space);
        for (auto& parent : entity.member_of)
          parent.text = *find_entity(parent.text, space);
      }
      for (auto& [id, action] : names.actions) {
        name_type(action.context, space);
        for (auto* list : {&action.principals, &action.resources})
          for (auto& type : *list)
            type.text = *find_entity(type.text, space);
        for (auto& parent : action.parents)
          parent.type = find_action(parent, space)->type();
      }
    }
    return out;
  }

 private:
  using DeclaredKind = DeclaredType::Kind;
  struct Common {
    const DeclaredCommon* declared = nullptr;
    std::string space;
  };
  struct Found {
    enum class What { nothing, common, entity, built_in } what = What::nothing;
    std::string name;
  };

  // --- looking names up ---

  static std::vector<std::string> possibilities(const std::string& name, const std::string& space) {
    if (space.empty() || name.find("::") != std::string::npos) return {name};
    return {qualified(space, name), name};
  }

  static bool is_built_in(std::string_view name) {
    for (const std::string_view known :
         {"Bool", "Long", "String", "decimal", "ipaddr", "datetime", "duration"})
      if (name == known) return true;
    return false;
  }

  Found find(const std::string& name, const std::string& space, bool common, bool entity) const {
    constexpr std::string_view kBuiltIn = "__cedar::";
    for (const auto& candidate : possibilities(name, space)) {
      if (common && commons_.contains(candidate)) return {Found::What::common, candidate};
      if (common && candidate.starts_with(kBuiltIn) && is_built_in(candidate.substr(kBuiltIn.size())))
        return {Found::What::built_in, candidate};
      const bool declared = entities_.contains(candidate) || action_types_.contains(candidate);
      if (entity && declared) return {Found::What::entity, candidate};
      // An entity type takes the plain name of a built-in type away.
      if (common && is_built_in(candidate) && !entities_.contains(candidate))
        return {Found::What::built_in, candidate};
    }
    return {};
  }

  std::optional<std::string> find_entity(const std::string& name, const std::string& space) const {
    const Found found = find(name, space, false, true);
    if (found.what == Found::What::nothing) return std::nullopt;
    return found.name;
  }

  std::optional<EntityUid> find_action(const DeclaredAction::Parent& parent, const std::string& space) const {
    for (const auto& type : possibilities(parent.type.empty() ? "Action" : parent.type, space))
      if (EntityUid uid(type, parent.id); actions_.contains(uid)) return uid;
    return std::nullopt;
  }

  // --- mistakes: the first one counts, but names that are not declared are collected ---

  void refuse(ErrorCode code, std::string what, std::string hint, const DeclaredAt& at) {
    if (!error_) error_ = SchemaError{code, std::move(what), std::move(hint), at};
  }
  void refuse(std::string what, std::string hint, const DeclaredAt& at) {
    refuse(ErrorCode::invalid, std::move(what), std::move(hint), at);
  }

  struct Unresolved {
    std::vector<std::string> names;
    std::string hint;
    DeclaredAt at;
    void add(const std::string& name, std::string why, const DeclaredAt& where) {
      constexpr std::size_t kShownMax = 10;
      if (names.empty()) {
        hint = std::move(why);
        at = where;
      }
      const std::string shown = printable(name, 100);
      if (names.size() < kShownMax && std::find(names.begin(), names.end(), shown) == names.end())
        names.push_back(shown);
    }
  };

  void unknown_type(const DeclaredName& name, const std::string& space, std::string_view as) {
    const auto tried = possibilities(name.text, space);
    std::string why =
        tried.size() == 1
            ? fmt::format("`{}` has not been declared as {}", printable(tried[0], 100), as)
            : fmt::format("neither `{}` nor `{}` refers to anything that has been declared as {}",
                          printable(tried[0], 100), printable(tried[1], 100), as);
    std::vector<std::string> known;
    for (const auto& [known_name, entity] : entities_)
      known.push_back(known_name);
    for (const auto& [known_name, common] : commons_)
      known.push_back(known_name);
    if (const std::string near = closest_name(name.text, known); !near.empty())
      why += fmt::format("; the nearest name is `{}`", near);
    unknown_types_.add(name.text, std::move(why), name.at);
  }

  // --- rules ---

  // RFC 70: a namespace may not declare what is declared without namespace already.
  void check_shadowing() {
    for (const auto& [space, names] : declared_) {
      if (space.empty()) continue;
      const auto type = [&](const std::string& name, const DeclaredAt& at) {
        if (!entities_.contains(name) && !commons_.contains(name)) return;
        refuse(
            fmt::format("definition of `{}` illegally shadows the existing definition of `{}`",
                        qualified(space, name), name),
            fmt::format("try renaming one of the definitions, or moving `{}` to a different namespace", name),
            at);
      };
      for (const auto& [name, entity] : names.entities)
        type(name, entity.at);
      for (const auto& [name, common] : names.common)
        type(name, common.at);
      for (const auto& [id, action] : names.actions) {
        const EntityUid outer("Action", id);
        if (!actions_.contains(outer)) continue;
        refuse(fmt::format("definition of `{}` illegally shadows the existing definition of `{}`",
                           printable(EntityUid(qualified(space, "Action"), id).text(), 200),
                           printable(outer.text(), 200)),
               "try renaming one of the actions, or moving one to a different namespace", action.at);
      }
    }
  }

  void check_action_types() {
    for (const auto& [space, names] : declared_)
      if (const auto at = names.entities.find("Action"); at != names.entities.end())
        refuse("entity type `Action` declared in `entityTypes` list",
               "rename it; the types of actions come from the declarations of actions", at->second.at);
  }

  // Iterative, since groups may be nested as deep as there are actions: actions without groups left are taken
  // away until none or a cycle remains.
  void check_action_cycles() {
    std::map<EntityUid, std::size_t> groups_left;
    std::map<EntityUid, std::vector<const EntityUid*>> members;
    std::vector<const EntityUid*> ready;
    for (const auto& [uid, action] : out_.actions_) {
      const std::set<EntityUid> parents(action.parents.begin(), action.parents.end());
      groups_left[uid] = parents.size();
      for (const EntityUid& parent : parents)
        members[parent].push_back(&uid);
      if (parents.empty()) ready.push_back(&uid);
    }
    std::size_t taken = 0;
    while (!ready.empty()) {
      const EntityUid* uid = ready.back();
      ready.pop_back();
      ++taken;
      for (const EntityUid* member : members[*uid])
        if (--groups_left[*member] == 0) ready.push_back(member);
    }
    if (taken == out_.actions_.size()) return;
    for (const auto& [uid, left] : groups_left)
      if (left > 0)
        return refuse(fmt::format("cycle in action hierarchy containing `{}`", printable(uid.text(), 200)),
                      "an action cannot be in itself; remove one of the groups", actions_.at(uid)->at);
  }

  // --- types ---

  // nullptr type: a mistake was noted.
  SizedType type(const DeclaredType& declared, const std::string& space, std::size_t depth) {
    if (error_) return {nullptr};  // ends the walk, which is long where types double at every step
    if (depth > limits::kCedarDepthMax) {
      refuse(ErrorCode::limit, fmt::format("types are nested deeper than {} levels", limits::kCedarDepthMax),
             "flatten the types", declared.name.at);
      return {nullptr};
    }
    switch (declared.kind) {
      case DeclaredKind::boolean:
        return {boolean_};
      case DeclaredKind::integer:
        return {long_};
      case DeclaredKind::string:
        return {string_};
      case DeclaredKind::extension:
        return extension(declared.name);
      case DeclaredKind::set: {
        SizedType element = type(declared.element.front(), space, depth + 1);
        if (element.type != nullptr) element.type = set_type_of(std::move(element.type));
        return checked(element.type, element.nodes + 1, element.depth + 1, declared.name.at);
      }
      case DeclaredKind::record:
        return record(declared, space, depth);
      case DeclaredKind::name:
      case DeclaredKind::common:
      case DeclaredKind::entity:
        return named(declared, space, depth);
    }
    return {nullptr};
  }

  SizedType checked(SchemaTypePtr type, std::size_t nodes, std::size_t depth, const DeclaredAt& at) {
    if (nodes > limits::kCedarTypeNodesMax || depth > limits::kCedarDepthMax) {
      refuse(ErrorCode::limit,
             fmt::format("a type has more than {} parts or {} levels when its common types are written out",
                         limits::kCedarTypeNodesMax, limits::kCedarDepthMax),
             "make the common types smaller", at);
      return {nullptr};
    }
    return {std::move(type), nodes, depth};
  }

  SizedType record(const DeclaredType& declared, const std::string& space, std::size_t depth) {
    std::vector<SchemaType::Attribute> attributes;
    std::size_t nodes = 1, height = 0;
    bool complete = true;
    for (const auto& [name, attribute] : declared.attributes) {
      SizedType resolved = type(attribute.type, space, depth + 1);
      complete = complete && resolved.type != nullptr;
      nodes += resolved.nodes;
      height = std::max(height, resolved.depth);
      attributes.push_back({name, std::move(resolved.type), attribute.required});
    }
    if (!complete) return {nullptr};
    return checked(record_type_of(std::move(attributes)), nodes, height + 1, declared.name.at);
  }

  SizedType named(const DeclaredType& declared, const std::string& space, std::size_t depth) {
    const bool common_allowed = declared.kind != DeclaredKind::entity;
    const bool entity_allowed = declared.kind != DeclaredKind::common;
    const Found found = find(declared.name.text, space, common_allowed, entity_allowed);
    switch (found.what) {
      case Found::What::common:
        return common(found.name, depth, declared.name.at);
      case Found::What::entity:
        return {entity(found.name)};
      case Found::What::built_in:
        return {built_in(found.name)};
      case Found::What::nothing:
        break;
    }
    unknown_type(declared.name, space,
                 !common_allowed   ? "an entity type"
                 : !entity_allowed ? "a common type"
                                   : "a common or entity type");
    return {nullptr};
  }

  SizedType common(const std::string& name, std::size_t depth, const DeclaredAt& at) {
    if (const auto done = resolved_.find(name); done != resolved_.end()) return done->second;
    if (!open_.insert(name).second) {
      refuse(fmt::format("cycle in common type references containing `{}`", printable(name, 100)),
             "a common type cannot contain itself; break the cycle, or use an entity type", at);
      return {nullptr};
    }
    const Common& common = commons_.at(name);
    SizedType out = type(common.declared->type, common.space, depth + 1);
    open_.erase(name);
    resolved_.emplace(name, out);  // also one with a mistake, which would be found again
    return out;
  }

  SizedType extension(const DeclaredName& name) {
    if (is_built_in(name.text) && !is_schema_keyword(name.text)) return {built_in(name.text)};
    refuse(fmt::format("unknown extension type `{}`", printable(name.text, 100)),
           "known are datetime, decimal, duration and ipaddr", name.at);
    return {nullptr};
  }

  // `name` with or without `__cedar::`.
  SchemaTypePtr built_in(const std::string& full_name) {
    const std::string name(base_name(full_name));
    if (name == "Long") return long_;
    if (name == "String") return string_;
    if (name == "Bool") return boolean_;
    auto& shared = extension_types_[name];
    if (shared == nullptr) shared = extension_type_of(name);
    return shared;
  }

  SchemaTypePtr entity(const std::string& name) {
    auto& shared = entity_types_[name];
    if (shared == nullptr) shared = entity_type_of(name);
    return shared;
  }

  // --- everything ---

  void resolve_all() {
    for (const auto& [name, common_type] : commons_)
      if (!resolved_.contains(name)) (void)common(name, 0, common_type.declared->at);
    for (const auto& [space, names] : declared_) {
      for (const auto& [name, declared] : names.entities)
        resolve_entity(qualified(space, name), declared, space);
      for (const auto& [id, declared] : names.actions)
        resolve_action(EntityUid(qualified(space, "Action"), id), declared, space);
    }
    if (!unknown_types_.names.empty())
      refuse(fmt::format("failed to resolve type{}: {}", unknown_types_.names.size() > 1 ? "s" : "",
                         fmt::join(unknown_types_.names, ", ")),
             unknown_types_.hint, unknown_types_.at);
    if (!unknown_actions_.names.empty())
      refuse(fmt::format("undeclared action{}: {}", unknown_actions_.names.size() > 1 ? "s" : "",
                         fmt::join(unknown_actions_.names, ", ")),
             unknown_actions_.hint, unknown_actions_.at);
  }

  void resolve_entity(const std::string& name, const DeclaredEntity& declared, const std::string& space) {
    EntityDeclaration out;
    out.attributes = type(declared.shape, space, 0).type;
    if (out.attributes != nullptr && out.attributes->kind != SchemaType::Kind::record)
      refuse(fmt::format("{} is declared with a type other than `Record`", printable(name, 100)),
             "entity types must have the type `Record`", declared.at);
    if (declared.tags) out.tags = type(*declared.tags, space, 0).type;
    out.member_of = entity_names(declared.member_of, space);
    out.choices = declared.choices;
    out_.entity_types_.emplace(name, std::move(out));
  }

  void resolve_action(EntityUid uid, const DeclaredAction& declared, const std::string& space) {
    ActionDeclaration out;
    out.context = type(declared.context, space, 0).type;
    if (out.context != nullptr && out.context->kind != SchemaType::Kind::record)
      refuse(fmt::format("context for action {} is declared with a type other than `Record`",
                         printable(uid.text(), 200)),
             "action contexts must have type `Record`", declared.at);
    for (const auto& parent : declared.parents) {
      if (auto group = find_action(parent, space))
        out.parents.push_back(*std::move(group));
      else
        unknown_actions_.add(EntityUid(parent.type.empty() ? "Action" : parent.type, parent.id).text(),
                             "any actions appearing as parents need to be declared as actions", parent.at);
    }
    out.principals = entity_names(declared.principals, space);
    out.resources = entity_names(declared.resources, space);
    environments_ += out.principals.size() * out.resources.size();
    if (environments_ > limits::kCedarEnvironmentsMax)
      refuse(ErrorCode::limit,
             fmt::format("more than {} combinations of principal, action and resource",
                         limits::kCedarEnvironmentsMax),
             "let actions apply to fewer entity types", declared.at);
    out_.actions_.emplace(std::move(uid), std::move(out));
  }

  // Each once, in the order listed. Actions can be neither principals nor resources nor parents of entities.
  std::vector<std::string> entity_names(const std::vector<DeclaredName>& names, const std::string& space) {
    std::vector<std::string> out;
    std::set<std::string> seen;
    for (const auto& name : names) {
      const auto found = find_entity(name.text, space);
      if (!found)
        unknown_type(name, space, "an entity type");
      else if (!entities_.contains(*found))
        refuse(fmt::format("undeclared entity type: {}", printable(*found, 100)),
               "any entity types appearing anywhere in a schema need to be declared", name.at);
      else if (seen.insert(*found).second)
        out.push_back(*found);
    }
    return out;
  }

  // Turns the names in a type that is known to resolve into full ones.
  void name_type(DeclaredType& type, const std::string& space) const {
    for (auto& element : type.element)
      name_type(element, space);
    for (auto& [name, attribute] : type.attributes)
      name_type(attribute.type, space);
    if (type.kind != DeclaredKind::name && type.kind != DeclaredKind::common &&
        type.kind != DeclaredKind::entity)
      return;
    const Found found =
        find(type.name.text, space, type.kind != DeclaredKind::entity, type.kind != DeclaredKind::common);
    type.name.text = found.name;
    if (found.what == Found::What::entity) type.kind = DeclaredKind::entity;
    if (found.what == Found::What::common) type.kind = DeclaredKind::common;
    if (found.what == Found::What::built_in) type.kind = DeclaredKind::common;
  }

  const SchemaDeclarations& declared_;
  std::map<std::string, Common> commons_;
  std::map<std::string, const DeclaredEntity*> entities_;
  std::map<EntityUid, const DeclaredAction*> actions_;
  std::set<std::string> action_types_;
  std::map<std::string, SizedType> resolved_;
  std::set<std::string> open_;
  std::map<std::string, SchemaTypePtr> entity_types_, extension_types_;
  SchemaTypePtr boolean_ = boolean_type(), long_ = integer_type(), string_ = string_type();
  Unresolved unknown_types_, unknown_actions_;
  std::size_t environments_ = 0;
  std::optional<SchemaError> error_;
  Schema out_;
};

std::expected<Schema, SchemaError> resolve(const SchemaDeclarations& declared) {
  return SchemaResolver(declared).schema();
}

std::expected<SchemaDeclarations, SchemaError> resolve_names(const SchemaDeclarations& declared) {
  return SchemaResolver(declared).names();
}

}  // namespace weir::cedar
