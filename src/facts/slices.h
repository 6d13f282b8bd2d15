// Pasts that are kept apart by a key, the one idle longest first in line to be forgotten. Facts keep a slice
// for each value of their `by` here, correlations of Sigma a group for each value of their `group-by`.
//
//   SliceStore<Slice> slices(kinds);
//   if (Slice* known = slices.touch(kind, key)) …
//   while (slices.size() >= limits::kFactSlicesMax) slices.forget_idle_longest();
//   Slice& fresh = slices.add(kind, key);
//
// What is kept stays where it is until it is forgotten. How many may be kept is the owner's to say.
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weir::facts {

template <class State>
class SliceStore {
 public:
  struct Kept {
    std::size_t kind = 0;
    std::string key;
    State state;
  };

  explicit SliceStore(std::size_t kinds) : known_(kinds) {}
  // The maps point into the list.
  SliceStore(const SliceStore&) = delete;
  SliceStore& operator=(const SliceStore&) = delete;
  SliceStore(SliceStore&&) noexcept = default;
  SliceStore& operator=(SliceStore&&) noexcept = default;

  std::size_t size() const { return order_.size(); }
  const std::list<Kept>& all() const { return order_; }  // the least recently used first

  // nullptr: nothing is kept under that key. Looking is no use.
  const State* find(std::size_t kind, std::string_view key) const {
    const auto it = known_[kind].find(key);
    return it == known_[kind].end() ? nullptr : &it->second->state;
  }
  State* find(std::size_t kind, std::string_view key) {
    return const_cast<State*>(std::as_const(*this).find(kind, key));
  }
  // The same, used now.
  State* touch(std::size_t kind, std::string_view key) {
    const auto it = known_[kind].find(key);
    if (it == known_[kind].end()) return nullptr;
    order_.splice(order_.end(), order_, it->second);
    return &it->second->state;
  }
  // The key must be new.
  State& add(std::size_t kind, const std::string& key) {
    order_.push_back({kind, key, State{}});
    known_[kind].emplace(key, std::prev(order_.end()));
    return order_.back().state;
  }

  // Only while something is kept.
  const Kept& idle_longest() const { return order_.front(); }
  void forget_idle_longest() {
    const Kept& oldest = order_.front();
    known_[oldest.kind].erase(known_[oldest.kind].find(oldest.key));
    order_.pop_front();
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Place = typename std::list<Kept>::iterator;

  std::list<Kept> order_;
  std::vector<std::unordered_map<std::string, Place, Hash, std::equal_to<>>> known_;  // by kind
};

}  // namespace weir::facts
