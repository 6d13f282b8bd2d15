// Everything a session has read, and where a value stands in it.
//
//   Corpus corpus;
//   const std::uint32_t mail = corpus.add(fold(leaf.value));
//   for (const auto& hit : corpus.find(fold("boss@corp.org")).hits) explain(hit.text, hit.begin);
//
// The texts lie behind each other in one buffer, parted into blocks of 1 KiB. For every block a row of bits
// says which words begin in it: six hash bits for each word, stored bit-sliced, 64 blocks side by side
// (Goodwin et al., BitFunnel, SIGIR 2017). Looking a value up ands the rows of a few of its words, and reads
// the blocks that remain. Unlike lists of places this costs a quarter of the content whatever words there
// are, and nothing an author of content can choose makes it larger.
//
// A word is a run of letters, digits, marks and "_"; a character of a script written without blanks (Han,
// Kana, Thai ...) is a word by itself. Bounded in time and memory; what was not kept or not looked at is
// said.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::flow {

class Corpus {
 public:
  static constexpr std::uint32_t kNotKept = UINT32_MAX;

  // A text, folded (fold.h); its number, ascending from 0. The same text again has a number of its own but
  // shares storage. kNotKept when limits::kFlowContentMax or kFlowTextsMax is reached: nothing more is kept
  // from then on, and no answer is complete again.
  std::uint32_t add(std::string_view folded);

  struct Hit {
    std::uint32_t text = 0;
    std::uint32_t begin = 0;  // byte of the folded text
    bool whole = false;       // the text is the value
  };
  struct Found {
    std::vector<Hit> hits;  // at most one a text, the first in it; those of equal texts follow each other
    bool complete = true;   // false: there was more than could be looked at; assume the worst
  };
  // Where the value stands at word borders: the characters around it are no letters, digits, "_" or "@", or
  // are of a script written without blanks. An empty value stands nowhere.
  Found find(std::string_view folded_value, std::size_t hits_max = 64) const;

  std::uint32_t texts() const { return static_cast<std::uint32_t>(texts_.size()); }
  std::string_view text(std::uint32_t number) const;
  bool full() const { return full_; }
  std::size_t content_bytes() const { return content_.size(); }  // of different texts
  std::size_t bytes() const;                                     // memory, all told

 private:
  friend class Shingles;
  struct Text {
    std::uint32_t stored;  // index into stored_
    std::uint32_t next;    // the next text that is equal; of the last one the first
  };
  struct Stored {
    std::uint32_t begin;  // in content_; it ends where the next begins
    std::uint32_t last;   // the last of the equal texts
  };
  struct Search;

  std::string_view stored(std::uint32_t index) const;
  std::uint32_t stored_at(std::uint32_t position) const;
  std::uint32_t store(std::string_view folded);
  void index_words(std::uint32_t begin);
  void set_word(std::uint64_t hash, std::size_t block);
  void grow_same(std::size_t stored);

  std::string content_;
  std::vector<Text> texts_;
  std::vector<Stored> stored_;
  std::vector<std::uint32_t> same_;    // hash table by content: index into stored_ + 1
  std::vector<std::uint32_t> first_;   // the text in which each block begins: index into stored_
  std::vector<std::uint64_t> blocks_;  // kRows words for every 64 blocks
  bool full_ = false;
};

}  // namespace weir::flow
