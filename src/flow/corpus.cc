#include "flow/corpus.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/limits.h"
#include "flow/characters.h"

namespace weir::flow {
namespace {

constexpr std::size_t kBlockBits = 10;  // a block is 1 KiB of content
constexpr std::size_t kBlock = std::size_t{1} << kBlockBits;
constexpr std::size_t kGroup = 64;  // blocks side by side in one word of bits
// Rows of bits of one group, and bits a word sets: at the 120 different words of an ordinary block a third of
// the bits is set, so that a word which is not there passes one block of 1,400.
constexpr std::size_t kRows = 2048;
constexpr std::size_t kHashes = 6;
// Words that are looked up together begin within so many bytes. A word that begins that early in a block
// counts for the block before it too, so all of them are in the block where the first one begins.
constexpr std::size_t kWindow = 64;
constexpr std::size_t kWindowWordsMax = 8;

constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15;

std::uint64_t mixed(std::uint64_t hash) {
  hash ^= hash >> 32;
  hash *= kMix;
  return hash ^ (hash >> 29);
}

std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = bytes.size() * kMix;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t part = 0;
    std::memcpy(&part, bytes.data(), 8);
    hash = mixed(hash ^ part);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, bytes.data(), bytes.size());
  return mixed(mixed(hash ^ rest));
}

// Room for one more, growing by an eighth: vectors that double would leave half of the memory unused.
template <typename Container>
void make_room(Container& container, std::size_t more) {
  const std::size_t needed = container.size() + more;
  if (needed > container.capacity())
    container.reserve(std::max(needed, container.capacity() + container.capacity() / 8 + 16));
}

constexpr std::array<bool, 256> kWordByte = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c)
    table[static_cast<std::size_t>(c)] =
        c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  return table;
}();

bool is_word_byte(char c) {
  return kWordByte[static_cast<unsigned char>(c)];
}

// The words of a text, one after the other.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : text_(text) {}

  // False at the end; else the word is [begin, end).
  bool next(std::size_t& begin, std::size_t& end) {
    while (at_ < text_.size()) {
      begin = at_;
      const std::size_t skipped = take();
      end = at_;
      if (end > begin) return true;
      at_ += skipped;
    }
    return false;
  }

 private:
  // Past the word that begins here; where none does, the bytes of the character here.
  std::size_t take() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word_byte(text_[at_])) {
      if (static_cast<unsigned char>(text_[at_]) < 0x80) {
        ++at_;
        continue;
      }
      const Character c = character_at(text_, at_);
      const Kind kind = kind_of(c.code);
      if (kind != Kind::word && !(kind == Kind::alone && at_ == begin)) return c.size;
      at_ += c.size;
      if (kind == Kind::alone) break;
    }
    return 1;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool joins(char32_t code) {
  return code == U'@' || kind_of(code) == Kind::word;
}

// Whether there is a border of words between two characters that follow each other.
bool is_border(char32_t outside, char32_t inside) {
  return !joins(outside) || (outside != U'@' && kind_of(inside) == Kind::alone);
}

// Whether a value may stand at [begin, end) of a text.
bool stands(std::string_view text, std::size_t begin, std::size_t end) {
  return (begin == 0 || is_border(character_before(text, begin).code, character_at(text, begin).code)) &&
         (end == text.size() || is_border(character_at(text, end).code, character_before(text, end).code));
}

// What of a value is looked up in the rows: a place in it, and the words that begin within the window there.
struct Window {
  std::size_t at = 0;
  std::vector<std::uint64_t> words;  // hashes, the longest word first
};

Window window_of(std::string_view value) {
  struct Word {
    std::size_t begin;
    std::size_t end;
  };
  constexpr std::size_t kWordsSeenMax = 4096;
  std::vector<Word> words;
  Word word{};
  std::size_t longest = 0;
  for (WordReader reader(value); words.size() < kWordsSeenMax && reader.next(word.begin, word.end);) {
    words.push_back(word);
    if (word.end - word.begin > words[longest].end - words[longest].begin) longest = words.size() - 1;
  }
  Window window;
  if (words.empty()) return window;
  std::size_t first = longest;
  while (first > 0 && words[longest].begin - words[first - 1].begin < kWindow / 2)
    --first;
  std::size_t last = longest + 1;
  while (last < words.size() && words[last].begin - words[first].begin < kWindow)
    ++last;
  std::vector<Word> chosen(words.begin() + static_cast<std::ptrdiff_t>(first),
                           words.begin() + static_cast<std::ptrdiff_t>(last));
  std::ranges::stable_sort(chosen, std::ranges::greater(), [](const Word& w) { return w.end - w.begin; });
  if (chosen.size() > kWindowWordsMax) chosen.resize(kWindowWordsMax);
  window.at = words[first].begin;
  for (const Word& w : chosen)
    window.words.push_back(hash_of(value.substr(w.begin, w.end - w.begin)));
  return window;
}

// Row of the i-th bit of a word.
std::size_t row_of(std::uint64_t hash, std::size_t i) {
  return (static_cast<std::uint32_t>(hash) + i * (static_cast<std::uint32_t>(hash >> 32) | 1)) % kRows;
}

}  // namespace

std::string_view Corpus::stored(std::uint32_t index) const {
  const std::size_t begin = stored_[index].begin;
  const std::size_t end = index + 1 < stored_.size() ? stored_[index + 1].begin : content_.size();
  return std::string_view(content_).substr(begin, end - begin);
}

std::uint32_t Corpus::stored_at(std::uint32_t position) const {
  const std::size_t block = position >> kBlockBits;
  const auto begin = stored_.begin() + first_[block];
  const auto end = block + 1 < first_.size() ? stored_.begin() + first_[block + 1] + 1 : stored_.end();
  return static_cast<std::uint32_t>(std::ranges::upper_bound(begin, end, position, {}, &Stored::begin) -
                                    stored_.begin()) -
         1;
}

std::string_view Corpus::text(std::uint32_t number) const {
  return number < texts_.size() ? stored(texts_[number].stored) : std::string_view();
}

std::size_t Corpus::bytes() const {
  return content_.capacity() + texts_.capacity() * sizeof(Text) + stored_.capacity() * sizeof(Stored) +
         (same_.capacity() + first_.capacity()) * sizeof(std::uint32_t) +
         blocks_.capacity() * sizeof(std::uint64_t);
}

std::uint32_t Corpus::add(std::string_view folded) {
  constexpr std::size_t kTextBytes = 32;  // what one text costs beside its content
  const std::size_t used = content_.size() + stored_.size() * kTextBytes;
  full_ = full_ || folded.size() > limits::kFlowContentMax ||
          used + folded.size() + kTextBytes > limits::kFlowContentMax ||
          texts_.size() >= limits::kFlowTextsMax;
  if (full_) return kNotKept;
  const std::uint32_t index = store(folded);
  const auto number = static_cast<std::uint32_t>(texts_.size());
  make_room(texts_, 1);
  Stored& stored = stored_[index];
  if (stored.last == kNotKept) {
    texts_.push_back({index, number});
  } else {
    texts_.push_back({index, texts_[stored.last].next});
    texts_[stored.last].next = number;
  }
  stored.last = number;
  return number;
}

// The text in content_, where it may be already.
std::uint32_t Corpus::store(std::string_view folded) {
  if ((stored_.size() + 1) * 4 > same_.size() * 3) grow_same(same_.size() * 2);
  const std::size_t mask = same_.size() - 1;
  std::size_t slot = hash_of(folded) & mask;
  for (; same_[slot] != 0; slot = (slot + 1) & mask)
    if (stored(same_[slot] - 1) == folded) return same_[slot] - 1;
  const auto index = static_cast<std::uint32_t>(stored_.size());
  const auto begin = static_cast<std::uint32_t>(content_.size());
  make_room(stored_, 1);
  stored_.push_back({begin, kNotKept});
  make_room(content_, folded.size());
  content_.append(folded);
  for (; first_.size() * kBlock < content_.size(); first_.push_back(index))
    make_room(first_, 1);
  same_[slot] = index + 1;
  index_words(begin);
  return index;
}

void Corpus::grow_same(std::size_t size) {
  same_.assign(std::max<std::size_t>(size, 64), 0);
  same_.shrink_to_fit();
  const std::size_t mask = same_.size() - 1;
  for (std::uint32_t i = 0; i < stored_.size(); ++i) {
    std::size_t slot = hash_of(stored(i)) & mask;
    while (same_[slot] != 0)
      slot = (slot + 1) & mask;
    same_[slot] = i + 1;
  }
}

// The words of what stands from `begin` to the end of the content.
void Corpus::index_words(std::uint32_t begin) {
  const std::size_t groups = content_.size() / (kBlock * kGroup) + 1;
  if (groups * kRows > blocks_.size()) {
    make_room(blocks_, groups * kRows - blocks_.size());
    blocks_.resize(groups * kRows);
  }
  const std::string_view added = std::string_view(content_).substr(begin);
  std::size_t from = 0;
  std::size_t to = 0;
  for (WordReader reader(added); reader.next(from, to);) {
    const std::uint64_t hash = hash_of(added.substr(from, to - from));
    const std::size_t place = begin + from;
    const std::size_t block = place >> kBlockBits;
    set_word(hash, block);
    if (block > 0 && (place & (kBlock - 1)) < kWindow) set_word(hash, block - 1);
  }
}

void Corpus::set_word(std::uint64_t hash, std::size_t block) {
  std::uint64_t* rows = &blocks_[block / kGroup * kRows];
  const std::uint64_t bit = std::uint64_t{1} << (block % kGroup);
  for (std::size_t i = 0; i < kHashes; ++i)
    rows[row_of(hash, i)] |= bit;
}

// One look-up under way.
struct Corpus::Search {
  const Corpus& corpus;
  std::string_view value;
  std::size_t hits_max;
  Window window = {};
  std::size_t work = 0;  // bytes looked at
  std::size_t next = 0;  // in content_: what is before has been answered
  Found found = {};

  // Bits of the blocks of one group in which all words of the window may begin.
  std::uint64_t candidates(std::size_t group) const {
    const std::uint64_t* rows = &corpus.blocks_[group * kRows];
    std::uint64_t bits = ~std::uint64_t{0};
    for (const std::uint64_t hash : window.words)
      for (std::size_t i = 0; i < kHashes && bits != 0; ++i)
        bits &= rows[row_of(hash, i)];
    return bits;
  }

  // Bytes [from, to) of the content: where the window begins there. False when the search is over.
  bool look(std::size_t from, std::size_t to) {
    const std::string_view content = corpus.content_;
    const std::string_view sought = value.substr(window.at, kWindow);
    to = std::min(to, content.size());
    for (std::size_t at = std::max(from, next + window.at); at < to;) {
      const std::size_t end = std::min(to + sought.size() - 1, content.size());
      const auto* place =
          end <= at
              ? nullptr
              : static_cast<const char*>(memmem(content.data() + at, end - at, sought.data(), sought.size()));
      const std::size_t reached = place == nullptr ? end : static_cast<std::size_t>(place - content.data());
      work += reached - at + (place == nullptr ? 0 : value.size());
      if (place == nullptr) return within_budget();
      if (reached >= window.at && !take(reached - window.at)) return false;
      at = std::max(reached + 1, next + window.at);
      if (!within_budget()) return false;
    }
    return true;
  }

  bool within_budget() {
    if (work <= limits::kFlowFindBytesMax) return true;
    found.complete = false;
    return false;
  }

  // Whether the value stands at this place; if so, the search goes on behind that text. False when enough was
  // found.
  bool take(std::size_t place) {
    const std::string_view content = corpus.content_;
    if (place < next || content.substr(place, value.size()) != value) return true;
    const std::uint32_t index = corpus.stored_at(static_cast<std::uint32_t>(place));
    const std::string_view text = corpus.stored(index);
    const std::size_t begin = place - corpus.stored_[index].begin;
    if (begin + value.size() > text.size() || !stands(text, begin, begin + value.size())) return true;
    next = corpus.stored_[index].begin + text.size();
    const std::uint32_t last = corpus.stored_[index].last;
    for (std::uint32_t number = corpus.texts_[last].next;; number = corpus.texts_[number].next) {
      if (found.hits.size() >= hits_max) {
        found.complete = false;
        return false;
      }
      found.hits.push_back({number, static_cast<std::uint32_t>(begin), value.size() == text.size()});
      if (number == last) return true;
    }
  }
};

Corpus::Found Corpus::find(std::string_view folded_value, std::size_t hits_max) const {
  Search search{*this, folded_value, hits_max};
  search.found.complete = !full_;
  if (folded_value.empty() || folded_value.size() > content_.size()) return std::move(search.found);
  search.window = window_of(folded_value);
  const std::size_t groups = blocks_.size() / kRows;
  for (std::size_t group = 0; group < groups; ++group)
    for (std::uint64_t bits = search.candidates(group); bits != 0; bits &= bits - 1) {
      const std::size_t begin = (group * kGroup + static_cast<std::size_t>(std::countr_zero(bits))) * kBlock;
      if (!search.look(begin, begin + kBlock)) return std::move(search.found);
    }
  return std::move(search.found);
}

}  // namespace weir::flow
