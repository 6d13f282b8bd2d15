// The set of states that a search has seen: packed into bits, one canonical state for all that differ only in
// which of several identical agents is which. Internal to the room.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "prove/model_system.h"

namespace weir::prove {

class ModelStates {
 public:
  ModelStates(const ModelSystem& system, bool symmetry);

  // Sorts the members of each group of identical agents.
  void make_canonical(std::vector<std::int32_t>& state) const;
  // Adds a canonical state reached from `parent`; false when it was there already.
  bool add(std::span<const std::int32_t> state, std::uint32_t parent);
  void read(std::size_t index, std::vector<std::int32_t>& state) const;
  std::uint32_t parent(std::size_t index) const { return parents_[index]; }
  std::size_t size() const { return parents_.size(); }
  std::size_t bits() const { return bits_; }
  std::size_t memory_bytes() const;

 private:
  void pack(std::span<const std::int32_t> state);
  void grow();
  std::size_t slot_of(const std::uint64_t* words) const;

  struct Field {
    std::uint32_t word = 0;
    std::uint32_t shift = 0;
    std::uint32_t width = 0;
    std::int32_t fixed = 0;  // its value when width is 0
  };
  std::vector<Field> fields_;
  // Members of interchangeable agents whose own variables fit one word.
  std::vector<std::vector<std::vector<int>>> groups_;
  std::vector<int> widths_;
  std::size_t bits_ = 0;
  std::size_t words_ = 1;  // of one state
  std::vector<std::uint64_t> states_;
  std::vector<std::uint32_t> parents_;
  std::vector<std::uint32_t> table_;  // open addressing: index + 1, 0 is free
  std::vector<std::uint64_t> packed_;
};

}  // namespace weir::prove
