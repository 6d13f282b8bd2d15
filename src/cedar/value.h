// Values of Cedar: what attributes hold, what expressions evaluate to.
//
//   EntityUid alice("User", "alice");
//   Record context({{"path", Value("/etc/passwd")}, {"labels", Value(Set({Value("secret")}))}});
//   const Value* path = context.find("path");
//
// Everything is a plain value with a total order, so that a Set is a sorted vector without duplicates and
// two Sets or Records are equal when their vectors are.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cedar/datetime.h"
#include "cedar/decimal.h"
#include "cedar/ipaddr.h"

namespace weir::cedar {

class Value;

// `Type::"id"`. The hash is computed once, so that lookups and inequality cost one comparison. The type is a
// path of identifiers ("User", "Acme::User"); parsers check that, this class does not.
class EntityUid {
 public:
  EntityUid(std::string type, std::string id);

  const std::string& type() const { return type_; }
  const std::string& id() const { return id_; }
  std::uint64_t hash() const { return hash_; }
  std::uint64_t type_hash() const { return type_hash_; }
  // As written in a policy: User::"al\"ice".
  std::string text() const;

  bool operator==(const EntityUid& other) const {
    return hash_ == other.hash_ && id_ == other.id_ && type_ == other.type_;
  }
  std::strong_ordering operator<=>(const EntityUid& other) const;

 private:
  std::string type_;
  std::string id_;
  std::uint64_t type_hash_;
  std::uint64_t hash_;
};

struct EntityUidHash {
  std::size_t operator()(const EntityUid& uid) const { return uid.hash(); }
};
// The hash of a type alone, as in EntityUid::type_hash().
std::uint64_t hash_of_type(std::string_view type);

// Values without duplicates or order.
class Set {
 public:
  Set() = default;
  explicit Set(std::vector<Value> elements);

  bool contains(const Value& value) const;
  bool contains_all(const Set& other) const;
  bool contains_any(const Set& other) const;
  const std::vector<Value>& elements() const { return elements_; }  // sorted, unique
  bool empty() const;

 private:
  std::vector<Value> elements_;
};

// Attributes by name.
class Record {
 public:
  using Field = std::pair<std::string, Value>;

  Record() = default;
  // Names must differ (parsers refuse what does not); of equal ones only one is kept.
  explicit Record(std::vector<Field> fields);

  const Value* find(std::string_view name) const;               // nullptr when absent
  const std::vector<Field>& fields() const { return fields_; }  // sorted by name
  void set(std::string_view name, Value value);                 // adds or replaces

 private:
  std::vector<Field> fields_;
};

// In the order of the variant below.
enum class ValueKind { boolean, integer, string, entity, set, record, decimal, ipaddr, datetime, duration };

class Value {
 public:
  using Variant = std::variant<bool, std::int64_t, std::string, EntityUid, Set, Record, Decimal, IpAddr,
                               Datetime, Duration>;

  Value() : variant_(false) {}
  explicit Value(bool value) : variant_(value) {}
  explicit Value(int value) : variant_(std::int64_t{value}) {}
  explicit Value(std::int64_t value) : variant_(value) {}
  explicit Value(const char* value) : variant_(std::string(value)) {}
  explicit Value(std::string_view value) : variant_(std::string(value)) {}
  explicit Value(std::string value) : variant_(std::move(value)) {}
  explicit Value(EntityUid value) : variant_(std::move(value)) {}
  explicit Value(Set value) : variant_(std::move(value)) {}
  explicit Value(Record value) : variant_(std::move(value)) {}
  explicit Value(Decimal value) : variant_(value) {}
  explicit Value(IpAddr value) : variant_(value) {}
  explicit Value(Datetime value) : variant_(value) {}
  explicit Value(Duration value) : variant_(value) {}

  ValueKind kind() const { return static_cast<ValueKind>(variant_.index()); }
  // The alternative, or nullptr: `if (const auto* text = value.get_if<std::string>()) ...`
  template <class T>
  const T* get_if() const {
    return std::get_if<T>(&variant_);
  }
  template <class T>
  T* get_if() {
    return std::get_if<T>(&variant_);
  }
  // In the syntax of policies, for messages: 3, "x", [1, 2], {"a": 1}, User::"alice", ip("10.0.0.0/8").
  std::string text() const;

  friend bool operator==(const Value& a, const Value& b);
  friend std::strong_ordering operator<=>(const Value& a, const Value& b);

 private:
  Variant variant_;
};

// The name of a kind as Cedar's documentation has it: "bool", "long", "string", "entity", "set" ...
std::string_view name(ValueKind kind);

}  // namespace weir::cedar
