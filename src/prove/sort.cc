#include "prove/sort.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"

namespace weir::prove {
namespace {

SortPtr make(Sort sort, std::string key) {
  sort.key = std::move(key);
  return std::make_shared<const Sort>(std::move(sort));
}

SortPtr entity_sort(const std::string& type, bool closed, std::vector<std::string> choices) {
  Sort sort;
  sort.kind = Sort::Kind::entity;
  sort.name = type;
  sort.closed = closed;
  std::sort(choices.begin(), choices.end());
  sort.choices = std::move(choices);
  return make(std::move(sort), "entity " + type);
}

std::vector<std::string> closure(const cedar::Schema& schema, const std::string& type) {
  std::set<std::string> found;
  std::vector<std::string> open{type};
  while (!open.empty()) {
    const auto* declaration = schema.entity_type(open.back());
    open.pop_back();
    if (declaration == nullptr) continue;
    for (const auto& parent : declaration->member_of)
      if (found.insert(parent).second) open.push_back(parent);
  }
  return {found.begin(), found.end()};
}

Result<Sort::Kind> extension_kind(const std::string& name) {
  if (name == "decimal") return Sort::Kind::decimal;
  if (name == "datetime") return Sort::Kind::datetime;
  if (name == "duration") return Sort::Kind::duration;
  if (name == "ipaddr") return Sort::Kind::ipaddr;
  return fail("the extension type is not supported", printable(name, 100));
}

}  // namespace

Sorts::Sorts(const cedar::Schema& schema) : schema_(schema) {
  for (const auto& [type, declaration] : schema.entity_types()) {
    entities_.emplace(type, entity_sort(type, !declaration.choices.empty(), declaration.choices));
    ancestors_.emplace(type, closure(schema, type));
  }
  std::map<std::string, std::vector<std::string>> actions;
  for (const auto& [uid, declaration] : schema.actions())
    actions[uid.type()].push_back(uid.id());
  for (auto& [type, ids] : actions)
    entities_.emplace(type, entity_sort(type, true, std::move(ids)));
}

Result<SortPtr> Sorts::entity(const std::string& type) const {
  const auto at = entities_.find(type);
  if (at == entities_.end()) return fail("the schema does not declare the entity type", printable(type, 100));
  return at->second;
}

SortPtr Sorts::plain(Sort::Kind kind) {
  static constexpr const char* kNames[] = {"bool",     "long",     "string", "decimal",
                                           "datetime", "duration", "ipaddr"};
  Sort sort;
  sort.kind = kind;
  return make(std::move(sort), kNames[static_cast<std::size_t>(kind)]);
}

SortPtr Sorts::set_of(SortPtr element) {
  Sort sort;
  sort.kind = Sort::Kind::set;
  std::string key = "set<" + element->key + ">";
  sort.element = std::move(element);
  return make(std::move(sort), std::move(key));
}

SortPtr Sorts::option_of(SortPtr element) {
  Sort sort;
  sort.kind = Sort::Kind::option;
  std::string key = "option<" + element->key + ">";
  sort.element = std::move(element);
  return make(std::move(sort), std::move(key));
}

SortPtr Sorts::record_of(std::vector<Sort::Field> fields) {
  Sort sort;
  sort.kind = Sort::Kind::record;
  std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::string key = "{";
  for (const auto& field : fields)
    key += std::to_string(field.name.size()) + ":" + field.name + (field.required ? "=" : "?") +
           field.sort->key + ",";
  sort.fields = std::move(fields);
  return make(std::move(sort), key + "}");
}

Result<SortPtr> Sorts::of(const cedar::SchemaType& type) const {
  using Kind = cedar::SchemaType::Kind;
  switch (type.kind) {
    case Kind::boolean:
      return plain(Sort::Kind::boolean);
    case Kind::integer:
      return plain(Sort::Kind::integer);
    case Kind::string:
      return plain(Sort::Kind::string);
    case Kind::entity:
      return entity(type.name);
    case Kind::set: {
      TRY(SortPtr element, of(*type.element));
      return set_of(std::move(element));
    }
    case Kind::extension: {
      TRY(const Sort::Kind kind, extension_kind(type.name));
      return plain(kind);
    }
    case Kind::record:
      break;
  }
  std::vector<Sort::Field> fields;
  for (const auto& attribute : type.attributes) {
    TRY(SortPtr sort, of(*attribute.type));
    fields.push_back({attribute.name, std::move(sort), attribute.required});
  }
  return record_of(std::move(fields));
}

bool Sorts::has_ancestors(const std::string& type, const std::string& ancestor) const {
  const auto& all = ancestors(type);
  return std::binary_search(all.begin(), all.end(), ancestor);
}

const std::vector<std::string>& Sorts::ancestors(const std::string& type) const {
  static const std::vector<std::string> kNone;
  const auto at = ancestors_.find(type);
  return at == ancestors_.end() ? kNone : at->second;
}

}  // namespace weir::prove
