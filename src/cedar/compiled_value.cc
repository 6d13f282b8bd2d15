#include "cedar/compiled_value.h"

#include <algorithm>

namespace weir::cedar {
namespace {

using Kind = Datum::Kind;

// A field of a record of either sort.
struct FieldView {
  std::string_view name;
  Datum value;
};

FieldView field_of(const Datum& record, std::size_t index) {
  if (record.local) return {*record.fields[index].name, record.fields[index].value};
  const auto& [name, value] = record.record->fields()[index];
  return {name, Datum::of(value)};
}

std::strong_ordering compare_sets(const Datum& a, const Datum& b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i)
    if (const auto order = compare(a.element(i), b.element(i)); order != 0) return order;
  return a.size() <=> b.size();
}

std::strong_ordering compare_records(const Datum& a, const Datum& b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    const FieldView left = field_of(a, i), right = field_of(b, i);
    if (const auto order = left.name <=> right.name; order != 0) return order;
    if (const auto order = compare(left.value, right.value); order != 0) return order;
  }
  return a.size() <=> b.size();
}

}  // namespace

Datum Datum::of(bool value) {
  Datum out;
  out.boolean = value;
  return out;
}
Datum Datum::of(Kind kind, std::int64_t value) {
  Datum out;
  out.kind = kind;
  out.integer = value;
  return out;
}
Datum Datum::of(const EntityUid& uid) {
  Datum out;
  out.kind = Kind::entity;
  out.entity = &uid;
  return out;
}
Datum Datum::of(const std::string& text) {
  Datum out;
  out.kind = Kind::string;
  out.string = &text;
  return out;
}
Datum Datum::of(const Record& record) {
  Datum out;
  out.kind = Kind::record;
  out.record = &record;
  return out;
}
Datum Datum::fault(EvaluationError::Kind kind) {
  return of(Kind::fault, static_cast<std::int64_t>(kind));
}

Datum Datum::of(const Value& value) {
  Datum out;
  out.kind = static_cast<Kind>(value.kind());
  switch (value.kind()) {
    case ValueKind::boolean:
      out.boolean = *value.get_if<bool>();
      break;
    case ValueKind::integer:
      out.integer = *value.get_if<std::int64_t>();
      break;
    case ValueKind::string:
      out.string = value.get_if<std::string>();
      break;
    case ValueKind::entity:
      out.entity = value.get_if<EntityUid>();
      break;
    case ValueKind::set:
      out.set = value.get_if<Set>();
      break;
    case ValueKind::record:
      out.record = value.get_if<Record>();
      break;
    case ValueKind::decimal:
      out.integer = value.get_if<Decimal>()->ten_thousandths;
      break;
    case ValueKind::ipaddr:
      out.ipaddr = value.get_if<IpAddr>();
      break;
    case ValueKind::datetime:
      out.integer = value.get_if<Datetime>()->unix_ms;
      break;
    case ValueKind::duration:
      out.integer = value.get_if<Duration>()->ms;
      break;
  }
  return out;
}

std::size_t Datum::size() const {
  if (local) return count;
  return kind == Kind::set ? set->elements().size() : record->fields().size();
}

Datum Datum::element(std::size_t index) const {
  return local ? elements[index] : of(set->elements()[index]);
}

bool Datum::contains(const Datum& value) const {
  std::size_t low = 0, high = size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const auto order = compare(element(middle), value);
    if (order == 0) return true;
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return false;
}

Datum Datum::attribute(std::string_view name) const {
  if (!local) {
    const Value* value = record->find(name);
    return value != nullptr ? of(*value) : fault(EvaluationError::Kind::attribute_missing);
  }
  const auto all = std::span(fields, count);
  const auto at =
      std::lower_bound(all.begin(), all.end(), name,
                       [](const Field& field, std::string_view key) { return *field.name < key; });
  return at != all.end() && *at->name == name ? at->value : fault(EvaluationError::Kind::attribute_missing);
}

Value Datum::value() const {
  switch (kind) {
    case Kind::boolean:
    case Kind::fault:
      break;
    case Kind::integer:
      return Value(integer);
    case Kind::string:
      return Value(*string);
    case Kind::entity:
      return Value(*entity);
    case Kind::decimal:
      return Value(Decimal{integer});
    case Kind::ipaddr:
      return Value(*ipaddr);
    case Kind::datetime:
      return Value(Datetime{integer});
    case Kind::duration:
      return Value(Duration{integer});
    case Kind::set: {
      std::vector<Value> out;
      for (std::size_t i = 0; i < size(); ++i)
        out.push_back(element(i).value());
      return Value(Set(std::move(out)));
    }
    case Kind::record: {
      std::vector<Record::Field> out;
      for (std::size_t i = 0; i < size(); ++i)
        out.emplace_back(std::string(field_of(*this, i).name), field_of(*this, i).value.value());
      return Value(Record(std::move(out)));
    }
  }
  return Value(boolean);
}

std::strong_ordering compare(const Datum& a, const Datum& b) {
  if (a.kind != b.kind) return a.kind <=> b.kind;
  switch (a.kind) {
    case Kind::boolean:
      return a.boolean <=> b.boolean;
    case Kind::string:
      return *a.string <=> *b.string;
    case Kind::entity:
      return *a.entity <=> *b.entity;
    case Kind::ipaddr:
      return *a.ipaddr <=> *b.ipaddr;
    case Kind::set:
      return compare_sets(a, b);
    case Kind::record:
      return compare_records(a, b);
    case Kind::integer:
    case Kind::decimal:
    case Kind::datetime:
    case Kind::duration:
    case Kind::fault:
      break;
  }
  return a.integer <=> b.integer;
}

bool equal(const Datum& a, const Datum& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == Kind::string) return *a.string == *b.string;  // lengths differ most often
  if (a.kind == Kind::entity) return *a.entity == *b.entity;  // so do hashes
  if ((a.kind == Kind::set || a.kind == Kind::record) && a.size() != b.size()) return false;
  return compare(a, b) == 0;
}

std::uint64_t mixed_hash(std::uint64_t seed, std::uint64_t value) {
  seed = (seed ^ value) * 0x9e3779b97f4a7c15;
  return seed ^ (seed >> 32);
}

std::uint64_t hash_of(const Datum& value) {
  std::uint64_t out = static_cast<std::uint64_t>(value.kind);
  switch (value.kind) {
    case Kind::boolean:
      return mixed_hash(out, value.boolean ? 1 : 0);
    case Kind::string:
      return mixed_hash(out, hash_of_type(*value.string));
    case Kind::entity:
      return mixed_hash(out, value.entity->hash());
    case Kind::ipaddr:
      out = mixed_hash(out, value.ipaddr->prefix_bits);
      for (const auto byte : value.ipaddr->bytes)
        out = mixed_hash(out, byte);
      return out;
    case Kind::set:
      out = mixed_hash(out, value.size());
      for (std::size_t i = 0; i < value.size(); ++i)
        out = mixed_hash(out, hash_of(value.element(i)));
      return out;
    case Kind::record:
      out = mixed_hash(out, value.size());
      for (std::size_t i = 0; i < value.size(); ++i) {
        const FieldView field = field_of(value, i);
        out = mixed_hash(mixed_hash(out, hash_of_type(field.name)), hash_of(field.value));
      }
      return out;
    default:
      return mixed_hash(out, static_cast<std::uint64_t>(value.integer));
  }
}

bool contains_all(const Datum& set, const Datum& others) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < others.size(); ++i) {
    const Datum wanted = others.element(i);
    std::strong_ordering order = std::strong_ordering::less;
    while (at < set.size() && (order = compare(set.element(at), wanted)) < 0)
      ++at;
    if (at == set.size() || order > 0) return false;
    ++at;
  }
  return true;
}

bool contains_any(const Datum& set, const Datum& others) {
  const bool smaller = set.size() < others.size();
  const Datum& few = smaller ? set : others;
  const Datum& many = smaller ? others : set;
  for (std::size_t i = 0; i < few.size(); ++i)
    if (many.contains(few.element(i))) return true;
  return false;
}

void* Arena::take_bytes(std::size_t size) {
  size = (size + kAlignment - 1) / kAlignment * kAlignment;
  if (chunks_.empty() || chunks_.back().size - used_ < size) {
    const std::size_t next = std::max(size, chunks_.empty() ? kFirstBytes : chunks_.back().size * 2);
    chunks_.push_back({std::make_unique_for_overwrite<std::byte[]>(next), next});
    used_ = 0;
  }
  std::byte* out = chunks_.back().bytes.get() + used_;
  used_ += size;
  return out;
}

// The last chunk is the largest, but what was needed may not fit it: where there were several, the next use
// begins with one that would have held all.
void Arena::reset() {
  used_ = 0;
  if (chunks_.size() < 2) return;
  std::size_t total = 0;
  for (const auto& chunk : chunks_)
    total += chunk.size;
  chunks_.clear();
  chunks_.push_back({std::make_unique_for_overwrite<std::byte[]>(total), total});
}

Datum make_set(std::span<Datum> elements) {
  std::sort(elements.begin(), elements.end(),
            [](const Datum& a, const Datum& b) { return compare(a, b) < 0; });
  const auto end = std::unique(elements.begin(), elements.end(), equal);
  Datum out;
  out.kind = Kind::set;
  out.local = true;
  out.elements = elements.data();
  out.count = static_cast<std::uint32_t>(end - elements.begin());
  return out;
}

Datum make_record(std::span<Field> fields) {
  std::sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) { return *a.name < *b.name; });
  Datum out;
  out.kind = Kind::record;
  out.local = true;
  out.fields = fields.data();
  out.count = static_cast<std::uint32_t>(fields.size());
  return out;
}

Datum kept(const Datum& value, Arena& arena) {
  Datum out = value;
  if (value.kind == Kind::ipaddr) {
    IpAddr& copy = arena.take<IpAddr>(1)[0];
    copy = *value.ipaddr;
    out.ipaddr = &copy;
  } else if (value.local && value.kind == Kind::set) {
    const auto copies = arena.take<Datum>(value.count);
    for (std::size_t i = 0; i < copies.size(); ++i)
      copies[i] = kept(value.elements[i], arena);
    out.elements = copies.data();
  } else if (value.local) {
    const auto copies = arena.take<Field>(value.count);
    for (std::size_t i = 0; i < copies.size(); ++i)
      copies[i] = {value.fields[i].name, kept(value.fields[i].value, arena)};
    out.fields = copies.data();
  }
  return out;
}

}  // namespace weir::cedar
