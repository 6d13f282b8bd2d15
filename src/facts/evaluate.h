// One instant through the DAG: atoms of the whole set, then the nodes of one slice. Used by Monitor alone.
#pragma once

#include <cstdint>
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
};

// Moves `slice` to `now_ns` and fills reading.truth for the slicing's nodes. Returns how many instants were
// given up for lack of room.
std::uint64_t advance(const Slicing& slicing, std::size_t atoms, Reading& reading, Slice& slice,
                      std::int64_t now_ns);

}  // namespace weir::facts
