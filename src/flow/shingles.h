// How much of an argument was copied, and from where, even when it is no single value: winnowed k-grams
// (Schleimer, Wilkerson, Aiken: Winnowing, SIGMOD 2003) over the texts of a corpus.
//
//   shingles.add(corpus, number);
//   for (const auto& overlap : shingles.overlaps(corpus, fold(argument)))
//     if (overlap.bytes > 200) explain(overlap.text, overlap.longest);
//
// Grams of 12 bytes, one of every window of 8 is kept: a copy of 19 bytes or more is always noticed, and a
// shorter one often. A gram is kept as the place where it stands, so that matches are read and extended in
// the text itself: bytes that are counted are equal. For tightening and explaining only: whoever paraphrases
// passes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "flow/corpus.h"

namespace weir::flow {

class Shingles {
 public:
  // A text of the corpus; always the same corpus. One that was not kept, or is there already, adds nothing.
  // No more than limits::kFlowGramsMax grams are kept.
  void add(const Corpus& corpus, std::uint32_t text);

  struct Overlap {
    std::uint32_t text = 0;   // of equal texts the first
    std::size_t bytes = 0;    // of the argument that stand in that text, in pieces of 12 bytes or more
    std::size_t longest = 0;  // bytes of the longest piece
    std::uint32_t at = 0;     // where that begins in the argument
    std::uint32_t begin = 0;  // and in the text
  };
  // Largest first, at most 64. Linear in the argument.
  std::vector<Overlap> overlaps(const Corpus& corpus, std::string_view folded) const;

  bool full() const { return full_; }
  std::size_t bytes() const { return places_.capacity() * sizeof(std::uint32_t); }

 private:
  void insert(const Corpus& corpus, std::uint32_t stored, std::uint32_t place);
  void grow(const Corpus& corpus, std::size_t places);

  std::vector<std::uint32_t> places_;  // hash table: place in the corpus + 1, and above it 6 bits of the hash
  std::vector<bool> added_;            // of the texts that the corpus stores
  std::size_t grams_ = 0;
  bool full_ = false;
};

}  // namespace weir::flow
