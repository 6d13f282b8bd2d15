// What was copied out of texts though none of them holds it whole: put together, cut, with something added.
#include <algorithm>

#include "flow/fold.h"
#include "flow/sightings.h"

namespace weir::flow {
namespace {

constexpr std::size_t kPieceMin = 24;           // bytes of the longest piece; shorter ones meet by chance
constexpr std::size_t kLookedAtMax = 64 << 10;  // bytes of what is compared
constexpr std::size_t kFromMax = 8;

bool is_of_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '@' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// People are shown where whole words of it stand.
Copied whole_words(std::string_view value, const Shingles::Overlap& overlap) {
  Copied out{overlap.bytes, overlap.at, overlap.at + overlap.longest};
  const auto cuts = [&](std::size_t at) {
    return at > 0 && at < value.size() && is_of_word(value[at - 1]) && is_of_word(value[at]);
  };
  while (out.begin < out.end && (cuts(out.begin) || value[out.begin] == ' '))
    ++out.begin;
  while (out.end > out.begin && (cuts(out.end) || value[out.end - 1] == ' '))
    --out.end;
  return out;
}

}  // namespace

// The texts are indexed when something is first compared with them, so sessions that never ask pay nothing.
void Session::index_copies() {
  for (; copies_until_ < corpus_.texts(); ++copies_until_) {
    const Place& place = places_[copies_until_];
    if (place.free && !records_[place.record].said) copies_.add(corpus_, copies_until_);
  }
}

std::optional<Session::Pieces> Session::pieces_of(std::string_view folded) {
  folded = folded.substr(0, kLookedAtMax);
  if (folded.size() < kPieceMin || typed(folded)) return std::nullopt;
  index_copies();
  Pieces out;
  std::size_t own = 0;  // bytes that stand in one text of the user's workspace
  for (const auto& overlap : copies_.overlaps(corpus_, folded)) {
    const Record& record = records_[places_[overlap.text].record];
    if (record.workspace) {
      own = std::max(own, overlap.bytes);
      continue;
    }
    const auto piece = folded.substr(overlap.at, overlap.longest);
    if (overlap.longest < kPieceMin || plan_.text.find(piece) != std::string::npos) continue;
    if (out.from.empty()) out.most = whole_words(folded, overlap);  // the largest comes first
    out.named = out.named || record.named;
    if (out.from.size() < kFromMax &&
        std::find(out.from.begin(), out.from.end(), record.seq) == out.from.end())
      out.from.push_back(record.seq);
  }
  if (out.from.empty() || own >= out.most.bytes) return std::nullopt;
  std::sort(out.from.begin(), out.from.end());
  return out;
}

}  // namespace weir::flow
