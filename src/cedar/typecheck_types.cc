#include "cedar/typecheck_types.h"

#include <fmt/format.h>

#include <algorithm>

#include "cedar/text.h"

namespace weir::cedar {
namespace {

using Kind = SchemaType::Kind;

SchemaTypePtr make(SchemaType type) {
  return std::make_shared<const SchemaType>(std::move(type));
}
SchemaTypePtr make(Kind kind, std::string name = {}) {
  SchemaType out;
  out.kind = kind;
  out.name = std::move(name);
  return make(std::move(out));
}

// Cedar's own order of kinds, in which a message lists types.
int rank(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return 0;
    case Kind::integer:
      return 1;
    case Kind::string:
      return 2;
    case Kind::entity:
      return 3;
    case Kind::set:
      return 4;
    case Kind::record:
      return 5;
    case Kind::extension:
      return 6;
  }
  return 7;
}

int rank(const std::optional<bool>& known) {
  if (!known) return 0;
  return *known ? 1 : 2;
}

std::string record_text(const SchemaType& type) {
  std::string out = "{";
  for (const auto& attribute : type.attributes)
    out +=
        fmt::format("{}{}: {},", attribute.name, attribute.required ? "" : "?", type_text(*attribute.type));
  return out + "}";
}

constexpr std::string_view kExactly = "Types must be exactly equal to be compatible";

std::expected<SchemaTypePtr, std::string_view> record_bound(const SchemaType& a, const SchemaType& b) {
  if (a.attributes.size() != b.attributes.size() ||
      !std::equal(a.attributes.begin(), a.attributes.end(), b.attributes.begin(),
                  [](const auto& x, const auto& y) { return x.name == y.name; }))
    return std::unexpected("Compatible record types must have exactly the same attributes");
  SchemaType out;
  for (std::size_t i = 0; i < a.attributes.size(); ++i) {
    const auto &x = a.attributes[i], &y = b.attributes[i];
    if (x.required != y.required)
      return std::unexpected(
          "Corresponding attributes of compatible record types must have the same optionality, either both "
          "being required or both being optional");
    auto bound = least_upper_bound(x.type, y.type);
    if (!bound) return bound;
    out.attributes.push_back({x.name, *std::move(bound), x.required});
  }
  return make(std::move(out));
}

}  // namespace

SchemaTypePtr boolean_type() {
  return make(Kind::boolean);
}
SchemaTypePtr boolean_type(bool value) {
  SchemaType out;
  out.kind = Kind::boolean;
  out.known = value;
  return make(std::move(out));
}
SchemaTypePtr integer_type() {
  return make(Kind::integer);
}
SchemaTypePtr string_type() {
  return make(Kind::string);
}
SchemaTypePtr entity_type_of(std::string name) {
  return make(Kind::entity, std::move(name));
}
SchemaTypePtr extension_type_of(std::string name) {
  return make(Kind::extension, std::move(name));
}
SchemaTypePtr set_type_of(SchemaTypePtr element) {
  SchemaType out;
  out.kind = Kind::set;
  out.element = std::move(element);
  return make(std::move(out));
}
SchemaTypePtr record_type_of(std::vector<SchemaType::Attribute> attributes) {
  SchemaType out;
  out.attributes = std::move(attributes);
  std::sort(out.attributes.begin(), out.attributes.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return make(std::move(out));
}

bool is_known(const SchemaTypePtr& type, bool value) {
  return type != nullptr && type->kind == Kind::boolean && type->known == value;
}

std::string type_text(const SchemaType& type) {
  switch (type.kind) {
    case Kind::boolean:
      if (!type.known) return "Bool";
      return *type.known ? "__cedar::internal::True" : "__cedar::internal::False";
    case Kind::integer:
      return "Long";
    case Kind::string:
      return "String";
    case Kind::entity:
    case Kind::extension:
      return type.name;
    case Kind::set:
      return fmt::format("Set<{}>", type_text(*type.element));
    case Kind::record:
      return record_text(type);
  }
  return {};
}

std::strong_ordering compare(const SchemaType& a, const SchemaType& b) {
  if (&a == &b) return std::strong_ordering::equal;
  if (const auto order = rank(a.kind) <=> rank(b.kind); order != 0) return order;
  if (const auto order = rank(a.known) <=> rank(b.known); order != 0) return order;
  if (a.kind == Kind::set) return compare(*a.element, *b.element);
  if (a.kind == Kind::entity || a.kind == Kind::extension) return a.name <=> b.name;
  if (a.kind != Kind::record) return std::strong_ordering::equal;
  for (std::size_t i = 0; i < std::min(a.attributes.size(), b.attributes.size()); ++i) {
    const auto &x = a.attributes[i], &y = b.attributes[i];
    if (const auto order = x.name <=> y.name; order != 0) return order;
    if (const auto order = compare(*x.type, *y.type); order != 0) return order;
    if (x.required != y.required) return x.required <=> y.required;
  }
  return a.attributes.size() <=> b.attributes.size();
}

std::expected<SchemaTypePtr, std::string_view> least_upper_bound(const SchemaTypePtr& a,
                                                                 const SchemaTypePtr& b) {
  if (a == b) return a;
  const auto either = [&](Kind x, Kind y) {
    return (a->kind == x && b->kind == y) || (a->kind == y && b->kind == x);
  };
  if (either(Kind::entity, Kind::record))
    return std::unexpected(
        "Entity and record types are never compatible even when their attributes would be compatible");
  if (a->kind != b->kind) return std::unexpected(kExactly);
  switch (a->kind) {
    case Kind::boolean:
      return a->known == b->known ? a : boolean_type();
    case Kind::integer:
    case Kind::string:
      return a;
    case Kind::entity:
      if (a->name == b->name) return a;
      return std::unexpected(
          "Different entity types are never compatible even when their attributes would be compatible");
    case Kind::extension:
      if (a->name == b->name) return a;
      return std::unexpected(kExactly);
    case Kind::set: {
      auto element = least_upper_bound(a->element, b->element);
      if (!element) return element;
      return set_type_of(*std::move(element));
    }
    case Kind::record:
      return record_bound(*a, *b);
  }
  return std::unexpected(kExactly);
}

}  // namespace weir::cedar
