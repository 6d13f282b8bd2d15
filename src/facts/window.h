// Instants remembered in order of time, dropped from the front when they are too old: a queue in one block of
// memory that copies cheaply and allocates nothing while it is empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weir::facts {

class Window {
 public:
  struct Entry {
    std::int64_t time_ns = 0;
    std::int64_t value = 0;
  };

  bool empty() const { return first_ == entries_.size(); }
  std::size_t size() const { return entries_.size() - first_; }
  const Entry& front() const { return entries_[first_]; }
  const Entry& back() const { return entries_.back(); }
  std::span<const Entry> entries() const { return std::span(entries_).subspan(first_); }

  void push(Entry entry) { entries_.push_back(entry); }
  void pop() {
    ++first_;
    if (empty()) {
      clear();
    } else if (first_ > kSlack && first_ > entries_.size() / 2) {
      // Half of the block is past: close up. Constant time an entry in the mean.
      entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
  }
  // Take back the last push() and the last pop(): what was only tried did not happen.
  void unpush() {
    entries_.pop_back();
    if (empty()) clear();
  }
  void unpop(Entry entry) {
    if (first_ > 0)
      entries_[--first_] = entry;
    else
      entries_.insert(entries_.begin(), entry);
  }
  void clear() {
    entries_.clear();
    first_ = 0;
  }

 private:
  static constexpr std::size_t kSlack = 32;
  std::vector<Entry> entries_;
  std::size_t first_ = 0;
};

}  // namespace weir::facts
