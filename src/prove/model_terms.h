// The arithmetic of a lowered model: terms over its variables, shared by every engine and every export.
//
//   ModelTerms terms;
//   ModelTermId joined = terms.maximum(terms.variable(0, 3), terms.variable(1, 3));
//   terms.evaluate(joined, state);                              // state[0], state[1] → 0..3
//
// Everything is a small number from 0 up. Truth is 0 or 1, so that `and` is minimum and `or` maximum; labels
// are numbers whose join is maximum. Equal terms are one term, and what is constant is folded, so a term that
// is always false is kFalse.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace weir::prove {

using ModelTermId = std::int32_t;

struct ModelTerm {
  enum class Op : std::uint8_t {
    constant,   // value
    variable,   // value: its index
    maximum,    // a, b
    minimum,    // a, b
    at_least,   // a >= b, as truth
    choose,     // a ? b : c
    increment,  // a + 1, staying at `max`
  };
  Op op = Op::constant;
  std::int32_t value = 0;
  std::array<ModelTermId, 3> args = {-1, -1, -1};
  std::int32_t max = 0;  // highest value it can have; kModelUnbounded when there is none

  auto operator<=>(const ModelTerm&) const = default;
};

inline constexpr std::int32_t kModelUnbounded = -1;

class ModelTerms {
 public:
  static constexpr ModelTermId kFalse = 0;
  static constexpr ModelTermId kTrue = 1;

  ModelTerms();

  ModelTermId constant(std::int32_t value);
  ModelTermId variable(int index, std::int32_t max);
  ModelTermId maximum(ModelTermId a, ModelTermId b);
  ModelTermId minimum(ModelTermId a, ModelTermId b);
  ModelTermId at_least(ModelTermId a, ModelTermId b);
  ModelTermId choose(ModelTermId condition, ModelTermId yes, ModelTermId no);
  ModelTermId increment(ModelTermId a, std::int32_t max);

  ModelTermId both(ModelTermId a, ModelTermId b) { return minimum(a, b); }
  ModelTermId either(ModelTermId a, ModelTermId b) { return maximum(a, b); }
  ModelTermId negation(ModelTermId a) { return choose(a, kFalse, kTrue); }
  ModelTermId equal(ModelTermId a, ModelTermId b) { return both(at_least(a, b), at_least(b, a)); }

  const ModelTerm& operator[](ModelTermId id) const { return terms_[static_cast<std::size_t>(id)]; }
  bool is_constant(ModelTermId id) const { return (*this)[id].op == ModelTerm::Op::constant; }
  std::size_t size() const { return terms_.size(); }

  std::int32_t evaluate(ModelTermId id, std::span<const std::int32_t> state) const;
  // Marks the variables that terms read.
  void mark_variables(std::span<const ModelTermId> roots, std::vector<bool>& marked) const;

 private:
  ModelTermId intern(ModelTerm term);
  std::vector<ModelTerm> terms_;
  std::map<ModelTerm, ModelTermId> known_;
};

}  // namespace weir::prove
