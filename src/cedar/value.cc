#include "cedar/value.h"

#include <fmt/format.h>

#include <algorithm>

#include "cedar/text.h"

namespace weir::cedar {
namespace {

// FNV-1a, 64 bit, finished by a multiply-shift so that low bits are usable in hash tables. Not keyed: the
// number of entities is limited and every key is compared in full.
constexpr std::uint64_t kFnvBasis = 0xcbf29ce484222325;

std::uint64_t fnv(std::uint64_t hash, std::string_view text) {
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}
std::uint64_t finish(std::uint64_t hash) {
  hash ^= hash >> 32;
  hash *= 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

std::string attribute_text(std::string_view attribute) {
  return is_identifier(attribute) && !is_reserved(attribute) ? std::string(attribute) : quoted(attribute);
}

}  // namespace

std::uint64_t hash_of_type(std::string_view type) {
  return finish(fnv(kFnvBasis, type));
}

EntityUid::EntityUid(std::string type, std::string id)
    : type_(std::move(type)),
      id_(std::move(id)),
      type_hash_(hash_of_type(type_)),
      hash_(finish(fnv(type_hash_, id_))) {}

std::string EntityUid::text() const {
  return type_ + "::" + quoted(id_);
}

std::strong_ordering EntityUid::operator<=>(const EntityUid& other) const {
  if (const auto order = type_ <=> other.type_; order != 0) return order;
  return id_ <=> other.id_;
}

Set::Set(std::vector<Value> elements) : elements_(std::move(elements)) {
  if (elements_.size() < 2) return;
  std::sort(elements_.begin(), elements_.end());
  elements_.erase(std::unique(elements_.begin(), elements_.end()), elements_.end());
}

bool Set::empty() const {
  return elements_.empty();
}
bool Set::contains(const Value& value) const {
  return std::binary_search(elements_.begin(), elements_.end(), value);
}
bool Set::contains_all(const Set& other) const {
  return std::includes(elements_.begin(), elements_.end(), other.elements_.begin(), other.elements_.end());
}
bool Set::contains_any(const Set& other) const {
  const bool smaller = elements_.size() < other.elements_.size();
  const Set& few = smaller ? *this : other;
  const Set& many = smaller ? other : *this;
  return std::any_of(few.elements_.begin(), few.elements_.end(),
                     [&](const Value& value) { return many.contains(value); });
}

Record::Record(std::vector<Field> fields) : fields_(std::move(fields)) {
  const auto by_name = [](const Field& a, const Field& b) { return a.first < b.first; };
  const auto same_name = [](const Field& a, const Field& b) { return a.first == b.first; };
  if (!std::is_sorted(fields_.begin(), fields_.end(), by_name))
    std::sort(fields_.begin(), fields_.end(), by_name);
  fields_.erase(std::unique(fields_.begin(), fields_.end(), same_name), fields_.end());
}

const Value* Record::find(std::string_view name) const {
  const auto at =
      std::lower_bound(fields_.begin(), fields_.end(), name,
                       [](const Field& field, std::string_view key) { return field.first < key; });
  return at != fields_.end() && at->first == name ? &at->second : nullptr;
}

void Record::set(std::string_view name, Value value) {
  const auto at =
      std::lower_bound(fields_.begin(), fields_.end(), name,
                       [](const Field& field, std::string_view key) { return field.first < key; });
  if (at != fields_.end() && at->first == name)
    at->second = std::move(value);
  else
    fields_.emplace(at, std::string(name), std::move(value));
}

bool operator==(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case ValueKind::set:
      return a.get_if<Set>()->elements() == b.get_if<Set>()->elements();
    case ValueKind::record:
      return a.get_if<Record>()->fields() == b.get_if<Record>()->fields();
    case ValueKind::boolean:
      return *a.get_if<bool>() == *b.get_if<bool>();
    case ValueKind::integer:
      return *a.get_if<std::int64_t>() == *b.get_if<std::int64_t>();
    case ValueKind::string:
      return *a.get_if<std::string>() == *b.get_if<std::string>();
    case ValueKind::entity:
      return *a.get_if<EntityUid>() == *b.get_if<EntityUid>();
    default:
      return (a <=> b) == 0;
  }
}

std::strong_ordering operator<=>(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return a.kind() <=> b.kind();
  switch (a.kind()) {
    case ValueKind::boolean:
      return *a.get_if<bool>() <=> *b.get_if<bool>();
    case ValueKind::integer:
      return *a.get_if<std::int64_t>() <=> *b.get_if<std::int64_t>();
    case ValueKind::string:
      return *a.get_if<std::string>() <=> *b.get_if<std::string>();
    case ValueKind::entity:
      return *a.get_if<EntityUid>() <=> *b.get_if<EntityUid>();
    case ValueKind::set:
      return a.get_if<Set>()->elements() <=> b.get_if<Set>()->elements();
    case ValueKind::record:
      return a.get_if<Record>()->fields() <=> b.get_if<Record>()->fields();
    case ValueKind::decimal:
      return *a.get_if<Decimal>() <=> *b.get_if<Decimal>();
    case ValueKind::ipaddr:
      return *a.get_if<IpAddr>() <=> *b.get_if<IpAddr>();
    case ValueKind::datetime:
      return *a.get_if<Datetime>() <=> *b.get_if<Datetime>();
    case ValueKind::duration:
      return *a.get_if<Duration>() <=> *b.get_if<Duration>();
  }
  return std::strong_ordering::equal;
}

std::string_view name(ValueKind kind) {
  static constexpr std::string_view kNames[] = {"bool",   "long",    "string", "entity",   "set",
                                                "record", "decimal", "ipaddr", "datetime", "duration"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string Value::text() const {
  switch (kind()) {
    case ValueKind::boolean:
      return *get_if<bool>() ? "true" : "false";
    case ValueKind::integer:
      return fmt::to_string(*get_if<std::int64_t>());
    case ValueKind::string:
      return quoted(*get_if<std::string>());
    case ValueKind::entity:
      return get_if<EntityUid>()->text();
    case ValueKind::decimal:
      return "decimal(" + quoted(get_if<Decimal>()->text()) + ")";
    case ValueKind::ipaddr:
      return "ip(" + quoted(get_if<IpAddr>()->text()) + ")";
    case ValueKind::datetime:
      return "datetime(" + quoted(get_if<Datetime>()->text()) + ")";
    case ValueKind::duration:
      return "duration(" + quoted(get_if<Duration>()->text()) + ")";
    case ValueKind::set: {
      std::string out;
      for (const auto& element : get_if<Set>()->elements())
        (out += out.empty() ? "" : ", ") += element.text();
      return "[" + out + "]";
    }
    case ValueKind::record: {
      std::string out;
      for (const auto& [key, value] : get_if<Record>()->fields())
        ((out += out.empty() ? "" : ", ") += attribute_text(key) + ": ") += value.text();
      return "{" + out + "}";
    }
  }
  return {};
}

}  // namespace weir::cedar
