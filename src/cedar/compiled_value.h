// Values while compiled policies are evaluated: 16 bytes, borrowed, never owning.
//
// A Datum is a boolean or a number itself, or points to where a Value stands (policy, request, store). What
// an expression makes, such as the set [principal.name, "x"], is laid into the Arena of the evaluation as
// Datums
// ("local" sets and records). So evaluating allocates nothing once the arena has grown to what is needed.
//
//   Datum datum = Datum::of(value);
//   if (datum.kind == Datum::Kind::fault) ...     // there is no value; fault_kind() says why
//
// Order and equality are those of Value.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "cedar/evaluation_error.h"
#include "cedar/value.h"

namespace weir::cedar {

struct Field;

struct Datum {
  // In the order of ValueKind, and then what is no value.
  enum class Kind : std::uint8_t {
    boolean,
    integer,
    string,
    entity,
    set,
    record,
    decimal,
    ipaddr,
    datetime,
    duration,
    fault,
  };

  union {
    std::int64_t integer = 0;  // also decimal (ten-thousandths), datetime and duration (ms), fault
    bool boolean;
    const std::string* string;
    const EntityUid* entity;
    const IpAddr* ipaddr;
    const Set* set;         // when not local
    const Datum* elements;  // local: `count` of them, sorted and unique
    const Record* record;   // when not local
    const Field* fields;    // local: `count` of them, sorted by name
  };
  std::uint32_t count = 0;
  Kind kind = Kind::boolean;
  bool local = false;

  static Datum of(const Value& value);  // points into `value`
  static Datum of(bool value);
  static Datum of(Kind kind, std::int64_t value);
  static Datum of(const EntityUid& uid);
  static Datum of(const std::string& text);
  static Datum of(const Record& record);
  static Datum fault(EvaluationError::Kind kind);

  bool is_fault() const { return kind == Kind::fault; }
  EvaluationError::Kind fault_kind() const { return static_cast<EvaluationError::Kind>(integer); }

  // Of a set; sorted, unique.
  std::size_t size() const;
  Datum element(std::size_t index) const;
  bool contains(const Datum& value) const;
  // Of a record; a fault (attribute_missing) when it has no such attribute.
  Datum attribute(std::string_view name) const;

  // A copy that owns everything. Not of a fault.
  Value value() const;
};
static_assert(sizeof(Datum) == 16 && std::is_trivially_copyable_v<Datum>);  // returned in registers

struct Field {
  const std::string* name;
  Datum value;
};

std::strong_ordering compare(const Datum& a, const Datum& b);
bool equal(const Datum& a, const Datum& b);

// Equal for equal values, whether local or not.
std::uint64_t hash_of(const Datum& value);
// A hash and one more value.
std::uint64_t mixed_hash(std::uint64_t seed, std::uint64_t value);

bool contains_all(const Datum& set, const Datum& others);
bool contains_any(const Datum& set, const Datum& others);

// Memory that is given out piece by piece and taken back all at once. It keeps what it has grown to.
class Arena {
 public:
  // Uninitialised; `T` needs no destructor. Good until reset().
  template <class T>
  std::span<T> take(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlignment);
    return {static_cast<T*>(take_bytes(count * sizeof(T))), count};
  }
  void reset();

 private:
  static constexpr std::size_t kAlignment = 16;
  static constexpr std::size_t kFirstBytes = 1024;

  struct Chunk {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };
  void* take_bytes(std::size_t size);

  std::vector<Chunk> chunks_;  // the last one is being used; after reset() there is at most one
  std::size_t used_ = 0;       // bytes of it
};

// A local set of these, which are sorted in place; a local record of these.
Datum make_set(std::span<Datum> elements);
Datum make_record(std::span<Field> fields);

// The same value with everything that an evaluation made copied to another arena.
Datum kept(const Datum& value, Arena& arena);

}  // namespace weir::cedar
