// Where a value stands in one text, for a person to look at: the member, the bytes, who wrote it.
//
//   const Reading page(output, Reading::As::result);
//   for (const Sighting& one : page.find("eve@evil.example", 4)) {
//     page.value(one)                          "Please write to Eve@Evil.example as well."
//     .substr(one.begin, one.end - one.begin)  "Eve@Evil.example": as it was written, not as it is compared
//     page.author(one)                         "Bob": what the record says of itself, which may be a lie
//   }
//
// Decisions do not use this: the corpus answers them (corpus.h), in microseconds and over all that was read.
// This reads one recorded text again, and finds in it what the corpus found there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flow/leaves.h"

namespace weir::flow {

struct Sighting {
  std::uint32_t leaf = 0;    // of the reading
  std::uint32_t record = 0;  // number of the record
  std::size_t begin = 0;     // bytes of the leaf's value as it was written
  std::size_t end = 0;
  bool whole = false;  // the leaf is the value and nothing else
};

// A text read once, to be asked about many values.
class Reading {
 public:
  enum class As { prose, result };  // what the user typed; what a tool returned

  // Linear in the text. Only the first kReadingBytesMax bytes are read: what stands behind them is not found.
  static constexpr std::size_t kReadingBytesMax = std::size_t{16} << 20;
  Reading(std::string_view text, As as);

  // The first places where a value stands, `compared` as in ValueOrigin: folded, and possibly cut at
  // `compared_max` bytes, in which case it may go on there. One a leaf.
  std::vector<Sighting> find(std::string_view compared, std::size_t places_max,
                             std::size_t compared_max = SIZE_MAX) const;

  // The leaf as it was written, and the name of its member.
  std::string_view value(const Sighting& place) const { return leaves_[place.leaf].value; }
  std::string_view member(const Sighting& place) const { return leaves_[place.leaf].key; }
  // The member of the same record that names a writer (sender, author, from, user …); "" when none does.
  std::string_view author(const Sighting& place) const;

  std::size_t bytes() const;  // memory

 private:
  std::vector<Leaf> leaves_;
  std::vector<std::string> folded_;  // by leaf
};

// The bytes of `written` that fold to bytes [begin, end) of fold(written): whole characters, and where a word
// cannot be taken apart the whole word.
struct WrittenSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};
WrittenSpan written_span(std::string_view written, std::size_t begin, std::size_t end);

}  // namespace weir::flow
