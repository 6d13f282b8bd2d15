// Arithmetic of Terms: signed 64-bit numbers, constants computed, overflow as a condition of its own.
//
// Overflow is written with comparisons where one operand is a constant and with wider bit-vectors elsewhere,
// in operators that every solver has (SMT-LIB 2.6 names none for it).
#include <cstdint>
#include <limits>

#include "prove/term.h"

namespace weir::prove {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

Term Terms::less(Term a, Term b) {
  if (a == b) return boolean(false);
  const auto* x = constant(a);
  const auto* y = constant(b);
  if (x != nullptr && y != nullptr) return boolean(*x < *y);
  if ((x != nullptr && *x == kMax) || (y != nullptr && *y == kMin)) return boolean(false);
  return call("bvslt", boolean_, {a, b});
}

Term Terms::less_equal(Term a, Term b) {
  return negate(less(b, a));
}

Term Terms::add(Term a, Term b) {
  const auto* x = constant(a);
  const auto* y = constant(b);
  if (x != nullptr && y != nullptr)
    return number(static_cast<std::int64_t>(static_cast<std::uint64_t>(*x) + static_cast<std::uint64_t>(*y)),
                  sort(a));
  return call("bvadd", sort(a), {a, b});
}

Term Terms::subtract(Term a, Term b) {
  const auto* x = constant(a);
  const auto* y = constant(b);
  if (x != nullptr && y != nullptr)
    return number(static_cast<std::int64_t>(static_cast<std::uint64_t>(*x) - static_cast<std::uint64_t>(*y)),
                  sort(a));
  return call("bvsub", sort(a), {a, b});
}

Term Terms::multiply(Term a, Term b) {
  const auto* x = constant(a);
  const auto* y = constant(b);
  if (x != nullptr && y != nullptr)
    return number(static_cast<std::int64_t>(static_cast<std::uint64_t>(*x) * static_cast<std::uint64_t>(*y)),
                  sort(a));
  return call("bvmul", sort(a), {a, b});
}

Term Terms::negative(Term a) {
  if (const auto* x = constant(a))
    return number(static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(*x)), sort(a));
  return call("bvneg", sort(a), {a});
}

Term Terms::add_overflows(Term a, Term b) {
  if (constant(a) != nullptr) std::swap(a, b);
  const SortPtr type = sort(a);
  if (const auto* y = constant(b)) {
    const std::int64_t value = *y;
    if (const auto* x = constant(a)) {
      std::int64_t ignored = 0;
      return boolean(__builtin_add_overflow(*x, value, &ignored));
    }
    return value >= 0 ? less(number(kMax - value, type), a) : less(a, number(kMin - value, type));
  }
  return call("weir.add_overflows", boolean_, {a, b});
}

Term Terms::subtract_overflows(Term a, Term b) {
  const SortPtr type = sort(a);
  if (const auto* y = constant(b)) {
    const std::int64_t value = *y;
    if (const auto* x = constant(a)) {
      std::int64_t ignored = 0;
      return boolean(__builtin_sub_overflow(*x, value, &ignored));
    }
    return value >= 0 ? less(a, number(kMin + value, type)) : less(number(kMax + value, type), a);
  }
  return call("weir.subtract_overflows", boolean_, {a, b});
}

Term Terms::multiply_overflows(Term a, Term b) {
  if (constant(a) != nullptr) std::swap(a, b);
  const SortPtr type = sort(a);
  const auto* y = constant(b);
  if (y == nullptr) return call("weir.multiply_overflows", boolean_, {a, b});
  const std::int64_t value = *y;
  if (const auto* x = constant(a)) {
    std::int64_t ignored = 0;
    return boolean(__builtin_mul_overflow(*x, value, &ignored));
  }
  if (value == 0 || value == 1) return boolean(false);
  if (value == -1) return equal(a, number(kMin, type));
  // Division rounds towards zero, which is into the allowed range on both sides.
  const std::int64_t low = value > 0 ? kMin / value : kMax / value;
  const std::int64_t high = value > 0 ? kMax / value : kMin / value;
  return any({less(a, number(low, type)), less(number(high, type), a)});
}

Term Terms::negative_overflows(Term a) {
  return equal(a, number(kMin, sort(a)));
}

}  // namespace weir::prove
