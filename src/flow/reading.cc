#include "flow/reading.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "flow/fold.h"
#include "flow/shape.h"
#include "flow/words.h"

namespace weir::flow {
namespace {

constexpr std::size_t kWordBytesMax = 4096;  // a longer word is not taken apart
constexpr std::size_t kNone = std::string_view::npos;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_inside_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// The places between the characters of a word, its begin and its end among them.
std::vector<std::size_t> borders_of(std::string_view word) {
  std::vector<std::size_t> borders;
  for (std::size_t at = 0; at < word.size(); ++at)
    if (at == 0 || !is_inside_character(word[at])) borders.push_back(at);
  borders.push_back(word.size());
  return borders;
}

// What stands before a border folds to no more the earlier the border is.
std::size_t folded_before(std::string_view word, std::size_t border) {
  return fold(word.substr(0, border)).size();
}

// The last border before which at most `size` bytes of the folding stand.
std::size_t last_with_at_most(std::string_view word, std::size_t size) {
  const auto borders = borders_of(word);
  const auto behind = std::partition_point(borders.begin(), borders.end(), [&](std::size_t border) {
    return folded_before(word, border) <= size;
  });
  return behind == borders.begin() ? 0 : *(behind - 1);
}

// The first border before which at least `size` bytes of the folding stand.
std::size_t first_with_at_least(std::string_view word, std::size_t size) {
  const auto borders = borders_of(word);
  const auto at = std::partition_point(
      borders.begin(), borders.end(), [&](std::size_t border) { return folded_before(word, border) < size; });
  return at == borders.end() ? word.size() : *at;
}

// The words between ASCII blanks, with where their foldings stand in that of the whole.
class WordWalk {
 public:
  explicit WordWalk(std::string_view written) : written_(written) {}

  bool next() {
    std::size_t at = end;
    while (at < written_.size() && is_blank(written_[at]))
      ++at;
    if (at == written_.size()) return false;
    begin = at;
    while (at < written_.size() && !is_blank(written_[at]))
      ++at;
    end = at;
    const std::size_t size = fold(written_.substr(begin, end - begin)).size();
    folded_begin = folded_end + (size > 0 && folded_end > 0 ? 1 : 0);
    folded_end = size > 0 ? folded_begin + size : folded_end;
    return true;
  }

  std::size_t begin = 0, end = 0;                // in the text
  std::size_t folded_begin = 0, folded_end = 0;  // in its folding

 private:
  std::string_view written_;
};

std::size_t find_in(std::string_view folded, std::string_view value, bool cut) {
  return cut ? folded.find(value) : find_value(folded, value);
}

bool names_a_writer(std::string_view key) {
  constexpr std::array<std::string_view, 9> kWriters = {"sender", "author", "from",     "creator", "owner",
                                                        "user",   "login",  "username", "by"};
  const auto words = words_of(key);
  return !words.empty() && std::find(kWriters.begin(), kWriters.end(), words.back()) != kWriters.end();
}

}  // namespace

WrittenSpan written_span(std::string_view written, std::size_t begin, std::size_t end) {
  WrittenSpan span{kNone, kNone};
  WordWalk word(written);
  while (word.next() && span.end == kNone) {
    if (word.folded_end == 0) continue;
    const bool small = word.end - word.begin <= kWordBytesMax;
    const std::string_view text = written.substr(word.begin, word.end - word.begin);
    if (span.begin == kNone && begin < word.folded_end)
      span.begin =
          word.begin +
          (small && begin > word.folded_begin ? last_with_at_most(text, begin - word.folded_begin) : 0);
    if (span.begin != kNone && end <= word.folded_end)
      span.end = small && end < word.folded_end && end > word.folded_begin
                     ? word.begin + first_with_at_least(text, end - word.folded_begin)
                     : word.end;
  }
  if (span.begin == kNone) span.begin = written.size();
  if (span.end == kNone) span.end = written.size();
  return {span.begin, std::max(span.begin, span.end)};
}

Reading::Reading(std::string_view text, As as) {
  text = text.substr(0, kReadingBytesMax);
  if (as == As::result)
    leaves_ = read_leaves(text).leaves;
  else
    leaves_.push_back({{}, std::string(text), 0, false});
  folded_.reserve(leaves_.size());
  for (const auto& leaf : leaves_)
    folded_.push_back(fold(leaf.value));
}

std::vector<Sighting> Reading::find(std::string_view compared, std::size_t places_max,
                                    std::size_t compared_max) const {
  std::vector<Sighting> places;
  if (compared.empty()) return places;
  const bool cut = compared.size() >= compared_max;
  for (std::uint32_t i = 0; i < leaves_.size() && places.size() < places_max; ++i) {
    const std::size_t at = find_in(folded_[i], compared, cut);
    if (at == kNone) continue;
    const auto span = written_span(leaves_[i].value, at, at + compared.size());
    places.push_back({i, leaves_[i].record, span.begin, span.end, comparable(leaves_[i].value) == compared});
  }
  return places;
}

std::string_view Reading::author(const Sighting& place) const {
  constexpr std::size_t kAuthorBytesMax = 128;
  for (const auto& leaf : leaves_)
    if (leaf.record == place.record && !leaf.member_name && leaf.value.size() <= kAuthorBytesMax &&
        names_a_writer(leaf.key))
      return leaf.value;
  return {};
}

std::size_t Reading::bytes() const {
  std::size_t bytes = leaves_.size() * (sizeof(Leaf) + sizeof(std::string));
  for (std::size_t i = 0; i < leaves_.size(); ++i)
    bytes += leaves_[i].key.size() + leaves_[i].value.size() + folded_[i].size();
  return bytes;
}

}  // namespace weir::flow
