// Remembers where the last some thirty thousand bodies lie, in one MiB, so that content which a session
// repeats is written once. Forgetting one costs space, never correctness: the content is then stored again.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/hash.h"
#include "store/codec.h"
#include "store/position.h"

namespace weir::store {

// A four-way set-associative table over the first 128 bits of an address. Addresses are keyed hashes, so they
// are spread evenly and nobody can aim at a set.
class RecentBodies {
 public:
  static constexpr std::size_t kSets = 8192;
  static constexpr std::size_t kWays = 4;

  RecentBodies() : sets_(kSets) {}

  std::optional<Position> find(const Digest& ref) const {
    const Entry wanted = entry_of(ref, {});
    for (const Entry& entry : sets_[set_of(wanted)])
      if (entry.at.segment != 0 && entry.low == wanted.low && entry.high == wanted.high) return entry.at;
    return std::nullopt;
  }

  // The newest stands first in its set, the oldest falls out.
  void insert(const Digest& ref, const Position& at) {
    const Entry entry = entry_of(ref, at);
    Set& set = sets_[set_of(entry)];
    std::rotate(set.begin(), set.end() - 1, set.end());
    set[0] = entry;
  }

 private:
  struct Entry {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    Position at;  // segment 0: empty
  };
  using Set = std::array<Entry, kWays>;

  static Entry entry_of(const Digest& ref, const Position& at) {
    return {get<std::uint64_t>(ref, 0), get<std::uint64_t>(ref, 8), at};
  }
  static std::size_t set_of(const Entry& entry) { return entry.low % kSets; }

  std::vector<Set> sets_;
};

}  // namespace weir::store
