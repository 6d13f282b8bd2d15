#include "flow/shingles.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/limits.h"

namespace weir::flow {
namespace {

constexpr std::size_t kGram = 12;        // bytes
constexpr std::size_t kWindow = 8;       // grams of which one is kept
constexpr std::size_t kSameMax = 4;      // texts remembered for one gram, the earliest
constexpr std::size_t kProbesMax = 512;  // who makes grams collide on purpose makes them forgotten
constexpr std::size_t kOverlapsMax = 64;
constexpr std::size_t kPlacesMax = limits::kFlowGramsMax / 8 * 10;  // of the table, four fifths of them used

constexpr std::uint32_t kPlaceBits = 26;
constexpr std::uint32_t kPlaceMask = (std::uint32_t{1} << kPlaceBits) - 1;
static_assert(limits::kFlowContentMax <= std::size_t{1} << kPlaceBits);

std::uint64_t gram_hash(const char* bytes) {
  std::uint64_t first = 0;
  std::uint32_t rest = 0;
  std::memcpy(&first, bytes, 8);
  std::memcpy(&rest, bytes + 8, 4);
  std::uint64_t hash = (first ^ (first >> 32)) * 0x9E3779B97F4A7C15;
  hash = (hash ^ rest ^ (hash >> 29)) * 0xBF58476D1CE4E5B9;
  return hash ^ (hash >> 32);
}

// Calls take(begin of the gram, hash) for the grams of a text that are kept: of every window the smallest, of
// equal ones the one kept before, else the last.
template <typename Take>
void winnow(std::string_view text, Take take) {
  if (text.size() < kGram) return;
  const std::size_t grams = text.size() - kGram + 1;
  std::uint64_t window[kWindow];
  std::size_t smallest = 0;
  bool taken = false;
  for (std::size_t at = 0; at < grams; ++at) {
    window[at % kWindow] = gram_hash(text.data() + at);
    if (at > 0 && smallest + kWindow <= at) {
      smallest = at;
      for (std::size_t i = at; i-- > at + 1 - kWindow;)
        if (window[i % kWindow] < window[smallest % kWindow]) smallest = i;
      taken = false;
    } else if (window[at % kWindow] < window[smallest % kWindow]) {
      smallest = at;
      taken = false;
    }
    if (!taken && (at + 1 >= kWindow || at + 1 == grams)) {
      take(smallest, window[smallest % kWindow]);
      taken = true;
    }
  }
}

std::uint32_t tag_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash & 63) << kPlaceBits;
}

// Scaled to the table, which may have any size. Mixed again: grams are kept because their hash is small.
std::size_t slot_of(std::uint64_t hash, std::size_t slots) {
  return static_cast<std::size_t>((((hash * 0x94D049BB133111EB) >> 32) * slots) >> 32);
}

// The pieces of an argument found in one text, in the order of the argument.
struct Pieces {
  std::size_t bytes = 0;
  std::size_t until = 0;  // of the argument: where the last piece ends
  std::size_t longest = 0;
  std::size_t at = 0;
  std::size_t begin = 0;

  // A gram at `gram` of the argument that stands at `place` of the text: counts the piece around it.
  void take(std::string_view argument, std::size_t gram, std::string_view text, std::size_t place) {
    std::size_t left = 0;
    while (gram - left > until && place > left && argument[gram - left - 1] == text[place - left - 1])
      ++left;
    std::size_t right = kGram;
    while (gram + right < argument.size() && place + right < text.size() &&
           argument[gram + right] == text[place + right])
      ++right;
    bytes += gram + right - std::max(gram - left, until);
    until = gram + right;
    if (left + right <= longest) return;
    longest = left + right;
    at = gram - left;
    begin = place - left;
  }
};

}  // namespace

void Shingles::add(const Corpus& corpus, std::uint32_t text) {
  if (text >= corpus.texts() || full_) return;
  const std::uint32_t stored = corpus.texts_[text].stored;
  if (stored < added_.size() && added_[stored]) return;
  const std::string_view bytes = corpus.stored(stored);
  if (bytes.size() < kGram) return;
  // Of random bytes two grams in kWindow + 1 are kept; what a text has more makes the table grow once more.
  const std::size_t expected = grams_ + bytes.size() * 2 / (kWindow + 1) + 1;
  const auto is_short = [&](std::size_t grams) {
    return grams * 10 > places_.size() * 8 && places_.size() < kPlacesMax;
  };
  if (is_short(expected)) grow(corpus, expected * 10 / 6);
  if (stored >= added_.size()) added_.resize(stored + 1);
  added_[stored] = true;
  const std::uint32_t begin = corpus.stored_[stored].begin;
  bool again = false;
  winnow(bytes, [&](std::size_t at, std::uint64_t) {
    again = again || is_short(grams_);
    if (!again) insert(corpus, stored, begin + static_cast<std::uint32_t>(at));
  });
  if (again) grow(corpus, grams_ * 2 + bytes.size());
}

// The table made anew from the texts: faster than moving entries, whose bytes lie all over the content.
void Shingles::grow(const Corpus& corpus, std::size_t places) {
  places_.assign(std::clamp<std::size_t>(places, 256, kPlacesMax), 0);
  places_.shrink_to_fit();
  grams_ = 0;
  for (std::uint32_t stored = 0; stored < added_.size(); ++stored)
    if (added_[stored])
      winnow(corpus.stored(stored), [&](std::size_t at, std::uint64_t) {
        insert(corpus, stored, corpus.stored_[stored].begin + static_cast<std::uint32_t>(at));
      });
}

void Shingles::insert(const Corpus& corpus, std::uint32_t stored, std::uint32_t place) {
  if (grams_ >= limits::kFlowGramsMax) {
    full_ = true;
    return;
  }
  const char* const gram = corpus.content_.data() + place;
  const std::uint64_t hash = gram_hash(gram);
  const std::uint32_t tag = tag_of(hash);
  std::size_t slot = slot_of(hash, places_.size());
  std::size_t same = 0;
  for (std::size_t probes = 0; probes < kProbesMax; ++probes) {
    std::uint32_t& entry = places_[slot];
    if (entry == 0) {
      entry = tag | (place + 1);
      ++grams_;
      return;
    }
    const std::uint32_t other = (entry & kPlaceMask) - 1;
    if ((entry & ~kPlaceMask) == tag && std::memcmp(corpus.content_.data() + other, gram, kGram) == 0 &&
        (++same >= kSameMax || corpus.stored_at(other) == stored))
      return;
    slot = slot + 1 == places_.size() ? 0 : slot + 1;
  }
}

std::vector<Shingles::Overlap> Shingles::overlaps(const Corpus& corpus, std::string_view folded) const {
  std::map<std::uint32_t, Pieces> found;  // by stored text
  if (places_.empty()) return {};
  winnow(folded, [&](std::size_t at, std::uint64_t hash) {
    std::size_t slot = slot_of(hash, places_.size());
    for (std::size_t probes = 0; probes < kProbesMax && places_[slot] != 0; ++probes) {
      const std::uint32_t place = (places_[slot] & kPlaceMask) - 1;
      if ((places_[slot] & ~kPlaceMask) == tag_of(hash) &&
          std::memcmp(corpus.content_.data() + place, folded.data() + at, kGram) == 0) {
        const std::uint32_t stored = corpus.stored_at(place);
        Pieces& pieces = found[stored];
        if (pieces.until < at + kGram)
          pieces.take(folded, at, corpus.stored(stored), place - corpus.stored_[stored].begin);
      }
      slot = slot + 1 == places_.size() ? 0 : slot + 1;
    }
  });
  std::vector<Overlap> overlaps;
  for (const auto& [stored, pieces] : found) {
    const std::uint32_t first = corpus.texts_[corpus.stored_[stored].last].next;
    overlaps.push_back({first, pieces.bytes, pieces.longest, static_cast<std::uint32_t>(pieces.at),
                        static_cast<std::uint32_t>(pieces.begin)});
  }
  std::ranges::stable_sort(overlaps, std::ranges::greater(), &Overlap::bytes);
  if (overlaps.size() > kOverlapsMax) overlaps.resize(kOverlapsMax);
  return overlaps;
}

}  // namespace weir::flow
