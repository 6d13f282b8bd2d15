#include "prove/model_states.h"

#include <algorithm>
#include <bit>

namespace weir::prove {
namespace {

constexpr std::uint32_t kWordBits = 64;

std::uint64_t mix(std::uint64_t hash) {  // the finaliser of MurmurHash3
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53ULL;
  return hash ^ (hash >> 33);
}

}  // namespace

ModelStates::ModelStates(const ModelSystem& system, bool symmetry) {
  std::uint32_t at = 0;
  for (const ModelVariable& variable : system.variables) {
    Field field{.fixed = variable.initial};
    const bool moves = variable.max != variable.initial || variable.unbounded;
    if (moves)
      field.width = static_cast<std::uint32_t>(std::bit_width(static_cast<std::uint32_t>(variable.max)));
    if (at % kWordBits + field.width > kWordBits) at += kWordBits - at % kWordBits;
    field.word = at / kWordBits;
    field.shift = at % kWordBits;
    at += field.width;
    bits_ += field.width;
    widths_.push_back(static_cast<int>(field.width));
    fields_.push_back(field);
  }
  words_ = std::max<std::size_t>(1, (at + kWordBits - 1) / kWordBits);
  packed_.resize(words_);
  table_.assign(1 << 12, 0);
  if (!symmetry) return;
  for (const auto& group : system.symmetries) {
    int bits = 0;
    for (const int variable : group[0])
      bits += widths_[static_cast<std::size_t>(variable)];
    if (bits > 0 && bits <= static_cast<int>(kWordBits)) groups_.push_back(group);
  }
}

void ModelStates::make_canonical(std::vector<std::int32_t>& state) const {
  std::vector<std::uint64_t> keys;
  for (const auto& group : groups_) {
    keys.clear();
    for (const auto& member : group) {
      std::uint64_t key = 0;
      for (const int variable : member) {
        const auto v = static_cast<std::size_t>(variable);
        if (widths_[v] > 0) key = key << widths_[v] | static_cast<std::uint64_t>(state[v]);
      }
      keys.push_back(key);
    }
    if (std::is_sorted(keys.begin(), keys.end())) continue;
    std::sort(keys.begin(), keys.end());
    for (std::size_t m = 0; m < group.size(); ++m)
      for (std::size_t i = group[m].size(); i-- > 0;) {
        const auto v = static_cast<std::size_t>(group[m][i]);
        if (widths_[v] == 0) continue;
        const std::uint64_t mask = (std::uint64_t{1} << widths_[v]) - 1;
        state[v] = static_cast<std::int32_t>(keys[m] & mask);
        keys[m] >>= widths_[v];
      }
  }
}

void ModelStates::pack(std::span<const std::int32_t> state) {
  std::fill(packed_.begin(), packed_.end(), 0);
  for (std::size_t i = 0; i < fields_.size(); ++i)
    if (fields_[i].width > 0)
      packed_[fields_[i].word] |= static_cast<std::uint64_t>(state[i]) << fields_[i].shift;
}

void ModelStates::read(std::size_t index, std::vector<std::int32_t>& state) const {
  const std::uint64_t* words = states_.data() + index * words_;
  state.resize(fields_.size());
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Field& field = fields_[i];
    state[i] = field.width == 0 ? field.fixed
                                : static_cast<std::int32_t>(words[field.word] >> field.shift &
                                                            ((std::uint64_t{1} << field.width) - 1));
  }
}

// The slot of an equal state, or the free one where it belongs.
std::size_t ModelStates::slot_of(const std::uint64_t* words) const {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < words_; ++i)
    hash = mix(hash ^ words[i]);
  const std::size_t mask = table_.size() - 1;
  for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (table_[slot] == 0) return slot;
    const std::uint64_t* other = states_.data() + (table_[slot] - 1) * words_;
    if (std::equal(words, words + words_, other)) return slot;
  }
}

void ModelStates::grow() {
  table_.assign(table_.size() * 2, 0);
  for (std::size_t i = 0; i < size(); ++i)
    table_[slot_of(states_.data() + i * words_)] = static_cast<std::uint32_t>(i + 1);
}

bool ModelStates::add(std::span<const std::int32_t> state, std::uint32_t parent) {
  pack(state);
  const std::size_t slot = slot_of(packed_.data());
  if (table_[slot] != 0) return false;
  table_[slot] = static_cast<std::uint32_t>(size() + 1);
  states_.insert(states_.end(), packed_.begin(), packed_.end());
  parents_.push_back(parent);
  if (size() * 2 > table_.size()) grow();
  return true;
}

std::size_t ModelStates::memory_bytes() const {
  return states_.capacity() * sizeof(std::uint64_t) + parents_.capacity() * sizeof(std::uint32_t) +
         table_.capacity() * sizeof(std::uint32_t);
}

}  // namespace weir::prove
