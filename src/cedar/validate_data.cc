#include "cedar/validate_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/text.h"
#include "cedar/typecheck.h"
#include "cedar/typecheck_types.h"

namespace weir::cedar {
namespace {

using Kind = SchemaType::Kind;

constexpr std::size_t kShownBytesMax = 200;

bool is_action_type(std::string_view type) {
  return base_name(type) == "Action";
}

std::string shown(const EntityUid& uid) {
  return printable(uid.text(), kShownBytesMax);
}

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names)
    out += fmt::format("{}`{}`", out.empty() ? "" : ", ", name);
  return out;
}

const char* extension_name(ValueKind kind) {
  switch (kind) {
    case ValueKind::decimal:
      return "decimal";
    case ValueKind::ipaddr:
      return "ipaddr";
    case ValueKind::datetime:
      return "datetime";
    case ValueKind::duration:
      return "duration";
    default:
      return "";
  }
}

// Collects what is wrong in values, with the path to it.
class DataChecker {
 public:
  DataChecker(const Schema& schema, std::vector<DataProblem>& out) : schema_(schema), out_(out) {}

  void report(const std::string& where, std::string message, std::string help = {}) {
    if (out_.size() < limits::kCedarDiagnosticsMax)
      out_.push_back({where, std::move(message), std::move(help)});
  }

  // The entity itself, wherever it is named: an id of an enumerated type, an action.
  void uid(const EntityUid& uid, const std::string& where) {
    if (is_action_type(uid.type())) {
      if (schema_.action(uid) == nullptr)
        report(where,
               fmt::format("found action entity `{}`, but it was not declared as an action in the schema",
                           shown(uid)));
      return;
    }
    const EntityDeclaration* declared = schema_.entity_type(uid.type());
    if (declared == nullptr || declared->choices.empty()) return;
    if (std::find(declared->choices.begin(), declared->choices.end(), uid.id()) != declared->choices.end())
      return;
    report(where,
           fmt::format("entity `{}` is of an enumerated entity type, but `{}` is not declared as a valid eid",
                       shown(uid), printable(quoted(uid.id()), kShownBytesMax)));
  }

  void value(const Value& value, const SchemaType& type, const std::string& where) {
    if (!matches(value, type)) {
      report(where, fmt::format("type mismatch: value was expected to have type {}, but it is {}",
                                type_text(type), printable(value.text(), kShownBytesMax)));
      return;
    }
    if (type.kind == Kind::set)
      for (const auto& element : value.get_if<Set>()->elements())
        this->value(element, *type.element, where);
    if (type.kind == Kind::record) record(*value.get_if<Record>(), type, where);
  }

  void record(const Record& record, const SchemaType& type, const std::string& where) {
    for (const auto& attribute : type.attributes)
      if (attribute.required && record.find(attribute.name) == nullptr)
        report(where,
               fmt::format("expected the attribute `{}`, which is missing", printable(attribute.name, 100)));
    for (const auto& [name, field] : record.fields()) {
      if (const SchemaType* expected = type.attribute(name))
        value(field, *expected, fmt::format("{}.{}", where, printable(name, 100)));
      else
        report(where,
               fmt::format("attribute `{}` should not exist according to the schema", printable(name, 100)));
    }
  }

  // Entities named inside a value.
  void uids_in(const Value& value, const std::string& where) {
    if (const EntityUid* named = value.get_if<EntityUid>()) uid(*named, where);
    if (const Set* set = value.get_if<Set>())
      for (const auto& element : set->elements())
        uids_in(element, where);
    if (const Record* record = value.get_if<Record>())
      for (const auto& [name, field] : record->fields())
        uids_in(field, where);
  }

  // The outermost level only.
  static bool matches(const Value& value, const SchemaType& type) {
    switch (type.kind) {
      case Kind::boolean:
        return value.kind() == ValueKind::boolean;
      case Kind::integer:
        return value.kind() == ValueKind::integer;
      case Kind::string:
        return value.kind() == ValueKind::string;
      case Kind::entity: {
        const EntityUid* uid = value.get_if<EntityUid>();
        return uid != nullptr && uid->type() == type.name;
      }
      case Kind::set:
        return value.kind() == ValueKind::set;
      case Kind::record:
        return value.kind() == ValueKind::record;
      case Kind::extension:
        return extension_name(value.kind()) == type.name;
    }
    return false;
  }

 private:
  const Schema& schema_;
  std::vector<DataProblem>& out_;
};

class EntitiesChecker {
 public:
  EntitiesChecker(const Entities& entities, const Schema& schema)
      : entities_(entities), schema_(schema), hierarchy_(schema), check_(schema, out_) {}

  std::vector<DataProblem> run() {
    for (const auto& entity : entities_.all()) {
      const std::string where = shown(entity.uid);
      if (is_action_type(entity.uid.type()))
        action(entity, where);
      else
        ordinary(entity, where);
    }
    return std::move(out_);
  }

 private:
  void action(const Entity& entity, const std::string& where) {
    if (schema_.action(entity.uid) == nullptr) {
      check_.uid(entity.uid, where);
      return;
    }
    const auto ancestors = entities_.ancestors(entity.uid);
    std::size_t declared = 0;
    for (const auto& [uid, other] : schema_.actions())
      if (uid != entity.uid && hierarchy_.action_is_in(entity.uid, uid)) ++declared;
    const bool same = entity.attributes.fields().empty() && entity.tags.fields().empty() &&
                      ancestors.size() == declared &&
                      std::all_of(ancestors.begin(), ancestors.end(), [&](const EntityUid* ancestor) {
                        return hierarchy_.action_is_in(entity.uid, *ancestor);
                      });
    if (!same)
      check_.report(
          where, fmt::format("definition of action `{}` does not match its schema declaration", where),
          fmt::format("to use the schema's definition of `{}`, simply omit it from the entities input data",
                      where));
  }

  void ordinary(const Entity& entity, const std::string& where) {
    const EntityDeclaration* declared = schema_.entity_type(entity.uid.type());
    if (declared == nullptr) {
      std::vector<std::string> known;
      for (const auto& [name, type] : schema_.entity_types())
        known.push_back(name);
      const std::string near = closest_name(entity.uid.type(), known);
      check_.report(where,
                    fmt::format("entity `{}` has type `{}` which is not declared in the schema", where,
                                printable(entity.uid.type(), 100)),
                    near.empty() ? "" : fmt::format("did you mean `{}`?", near));
      return;
    }
    check_.uid(entity.uid, where);
    attributes(entity, *declared, where);
    for (const EntityUid* ancestor : entities_.ancestors(entity.uid)) {
      check_.uid(*ancestor, where);
      if (!type_above(entity.uid.type(), ancestor->type()))
        check_.report(
            where, fmt::format("`{}` is not allowed to have an ancestor of type `{}` according to the schema",
                               where, printable(ancestor->type(), 100)));
    }
    tags(entity, *declared, where);
  }

  void attributes(const Entity& entity, const EntityDeclaration& declared, const std::string& where) {
    for (const auto& attribute : declared.attributes->attributes)
      if (attribute.required && entity.attributes.find(attribute.name) == nullptr)
        check_.report(where, fmt::format("expected entity `{}` to have attribute `{}`, but it does not",
                                         where, printable(attribute.name, 100)));
    for (const auto& [name, value] : entity.attributes.fields()) {
      const SchemaType* type = declared.attributes->attribute(name);
      if (type == nullptr)
        check_.report(where, fmt::format("attribute `{}` on `{}` should not exist according to the schema",
                                         printable(name, 100), where));
      else
        check_.value(value, *type, fmt::format("{}.{}", where, printable(name, 100)));
      check_.uids_in(value, where);
    }
  }

  void tags(const Entity& entity, const EntityDeclaration& declared, const std::string& where) {
    for (const auto& [name, value] : entity.tags.fields()) {
      if (declared.tags == nullptr)
        check_.report(
            where, fmt::format("found a tag `{}` on `{}`, but no tags should exist on `{}` according to the "
                               "schema",
                               printable(name, 100), where, where));
      else
        check_.value(value, *declared.tags, fmt::format("{} tag {}", where, printable(quoted(name), 100)));
      check_.uids_in(value, where);
    }
  }

  // Unlike type_may_be_in(): an entity can be in another one of its own type only where that is declared.
  bool type_above(const std::string& type, const std::string& ancestor) const {
    const EntityDeclaration* declared = schema_.entity_type(type);
    return declared != nullptr && std::any_of(declared->member_of.begin(), declared->member_of.end(),
                                              [&](const std::string& parent) {
                                                return hierarchy_.type_may_be_in(parent, ancestor);
                                              });
  }

  const Entities& entities_;
  const Schema& schema_;
  Hierarchy hierarchy_;
  std::vector<DataProblem> out_;
  DataChecker check_;
};

}  // namespace

std::vector<DataProblem> validate_entities(const Entities& entities, const Schema& schema) {
  return EntitiesChecker(entities, schema).run();
}

std::vector<DataProblem> validate_request(const Request& request, const Schema& schema) {
  std::vector<DataProblem> out;
  DataChecker check(schema, out);
  const ActionDeclaration* action = schema.action(request.action());
  const auto scope = [&](const char* where, const EntityUid& uid,
                         const std::vector<std::string>* applicable) {
    if (schema.entity_type(uid.type()) == nullptr) {
      check.report(where, fmt::format("{} type `{}` is not declared in the schema", where,
                                      printable(uid.type(), 100)));
      return;
    }
    check.uid(uid, where);
    if (applicable == nullptr ||
        std::find(applicable->begin(), applicable->end(), uid.type()) != applicable->end())
      return;
    check.report(where,
                 fmt::format("{} type `{}` is not valid for `{}`", where, printable(uid.type(), 100),
                             shown(request.action())),
                 applicable->empty()
                     ? fmt::format("no {} types are valid for `{}`", where, shown(request.action()))
                     : fmt::format("valid {} types for `{}`: {}", where, shown(request.action()),
                                   list_of(*applicable)));
  };
  scope("principal", request.principal(), action == nullptr ? nullptr : &action->principals);
  scope("resource", request.resource(), action == nullptr ? nullptr : &action->resources);
  if (action == nullptr) {
    check.report("action",
                 fmt::format("request's action `{}` is not declared in the schema", shown(request.action())));
    return out;
  }
  check.record(request.context(), *action->context, "context");
  check.uids_in(request.context_value(), "context");
  return out;
}

bool has_type(const Value& value, const SchemaType& type) {
  static const Schema kNone;
  std::vector<DataProblem> problems;
  DataChecker(kNone, problems).value(value, type, {});
  return problems.empty();
}

}  // namespace weir::cedar
