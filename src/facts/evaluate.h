// One instant through the DAG: atoms of the whole set, then the nodes of one slice. Used by Monitor alone.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "facts/fact_set.h"
#include "facts/instant.h"
#include "facts/monitor.h"

namespace weir::facts {

// The instant's values by field number, and the truth of every atom.
struct Reading {
  std::vector<std::vector<std::string_view>> values;  // by field
  std::vector<std::uint32_t> filled;                  // fields that have values
  std::vector<std::int64_t> truth;                    // by NodeId: atoms, then the nodes of one slicing
  std::vector<std::string> keys;                      // slices of one slicing that the instant belongs to

  void read(const FactSet& set, const Instant& instant);

  // The same for the instants of a happening, one after another; nullptr is the event without an Action. What
  // all its instants share is looked up once, and texts are looked at where they stand.
  void begin(const FactSet& set, const Happening& happening);
  void next(const FactSet& set, const event::Action* action);

 private:
  void clear(std::size_t filled_before);
  void add(const FactSet& set, std::uint32_t field, std::string_view value);
  void add(const FactSet& set, std::string_view name, std::string_view value);
  void test(const FactSet& set, std::size_t first_filled);

  std::size_t shared_ = 0;                  // so many of `filled` belong to the event
  std::vector<std::int64_t> shared_truth_;  // atoms, as far as the event decides them
  std::deque<std::string> numbers_;         // texts of whole numbers, while the instant lasts
};

// Moves `slice` to `now_ns` and fills reading.truth for the slicing's nodes. Returns how many instants were
// given up for lack of room.
std::uint64_t advance(const Slicing& slicing, std::size_t atoms, Reading& reading, Slice& slice,
                      std::int64_t now_ns);

}  // namespace weir::facts
