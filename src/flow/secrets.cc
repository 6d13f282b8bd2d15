#include "flow/secrets.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/limits.h"
#include "flow/decode.h"

namespace weir::flow {
namespace {

constexpr std::size_t kGram = 4;
constexpr std::size_t kPieceMin = 6;                 // in a long text
constexpr std::size_t kShortText = 256;              // bytes; in it pieces of kGram count
constexpr std::size_t kValueMin = 8;                 // bytes
constexpr std::size_t kValueMax = 4096;              // bytes
constexpr std::size_t kKeptMax = 64 * limits::kKiB;  // bytes of all values
constexpr std::size_t kPlacesOfGramMax = 16;         // a gram that is in more places tells nothing
constexpr std::size_t kTextMax = limits::kMiB;       // bytes of one text that are looked at, from its begin
constexpr std::size_t kStepsMax =
    32 * limits::kMiB;  // of comparing one text; then all of the value counts as in it
constexpr std::int64_t kWhole = 16;
constexpr std::uint32_t kFilterPower = 18;
constexpr std::size_t kFilterBits = std::size_t{1} << kFilterPower;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Letters and digits, lower case: what no separator changes.
std::string bare(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text)
    if (is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80) out += lower(c);
  return out;
}

std::uint32_t gram_at(std::string_view text, std::size_t at) {
  std::uint32_t gram = 0;
  std::memcpy(&gram, text.data() + at, kGram);
  return gram;
}

std::size_t hash_of(std::uint32_t gram) {
  return (gram * 2654435761U) >> (32 - kFilterPower);  // Knuth, TAOCP 3, 6.4
}

bool parts_words(char c) {
  return static_cast<unsigned char>(c) <= ' ' ||
         std::string_view("\"'`,;()[]{}<>|&\\").find(c) != std::string_view::npos;
}

// "hunter2hunter2", "Tr0ub4dor&3"; not "production", "2026-11-22", "127.0.0.1".
bool mixes(std::string_view word) {
  const bool letter = std::any_of(word.begin(), word.end(), is_letter);
  const bool digit = std::any_of(word.begin(), word.end(), is_digit);
  return letter && digit;
}

// Behind the name of a setting: the value without the name.
std::string_view value_in(std::string_view word) {
  const auto mark = word.find('=');
  return mark == std::string_view::npos || mark + 1 >= word.size() ? word : word.substr(mark + 1);
}

}  // namespace

void Secrets::add(std::uint64_t seq, std::string_view value) {
  std::string text = bare(value.substr(0, kValueMax));
  if (text.size() < kValueMin) return;
  for (const auto& known : values_)
    if (known.text == text) return;
  if (kept_ + text.size() > kKeptMax) {
    full_ = true;
    return;
  }
  kept_ += text.size();
  Value one{seq, std::move(text), {}};
  one.covered.resize(one.text.size());
  values_.push_back(std::move(one));
  index(static_cast<std::uint32_t>(values_.size() - 1));
}

bool Secrets::perhaps(std::uint32_t gram) const {
  return filter_[hash_of(gram)];
}

void Secrets::index(std::uint32_t number) {
  const std::string& text = values_[number].text;
  const std::string back(text.rbegin(), text.rend());
  const auto old = static_cast<std::ptrdiff_t>(grams_.size());
  for (std::uint32_t at = 0; at + kGram <= text.size(); ++at) {
    grams_.push_back({gram_at(text, at), number, at, false});
    grams_.push_back({gram_at(back, at), number, at, true});
  }
  filter_.resize(kFilterBits);
  for (auto it = grams_.begin() + old; it != grams_.end(); ++it)
    filter_[hash_of(it->bytes)] = true;
  const auto before = [](const Gram& a, const Gram& b) { return a.bytes < b.bytes; };
  std::stable_sort(grams_.begin() + old, grams_.end(), before);
  std::inplace_merge(grams_.begin(), grams_.begin() + old, grams_.end(), before);
}

void Secrets::add_values_of(std::uint64_t seq, std::string_view text) {
  for (std::size_t at = 0; at < text.size() && !full_;) {
    while (at < text.size() && parts_words(text[at]))
      ++at;
    std::size_t end = at;
    while (end < text.size() && !parts_words(text[end]))
      ++end;
    const std::string_view word = text.substr(at, end - at);
    const std::string_view value = value_in(word);
    if (value.size() >= kValueMin && mixes(value)) add(seq, value);
    at = end;
  }
}

// Where the text goes on as the value does, from the place of a gram, is one piece.
void Secrets::cover(std::string_view text, Cover& cover) const {
  const std::size_t least = text.size() <= kShortText ? kGram : kPieceMin;
  std::size_t steps = 0;
  for (std::size_t at = 0; at + kGram <= text.size(); ++at) {
    const std::uint32_t gram = gram_at(text, at);
    if (!perhaps(gram)) continue;
    auto it = std::lower_bound(grams_.begin(), grams_.end(), gram,
                               [](const Gram& one, std::uint32_t bytes) { return one.bytes < bytes; });
    for (std::size_t places = 0; it != grams_.end() && it->bytes == gram && places < kPlacesOfGramMax;
         ++it, ++places) {
      const std::string& value = values_[it->value].text;
      const auto index = [&](std::size_t i) {
        return it->reversed ? value.size() - 1 - (it->at + i) : it->at + i;
      };
      // A piece that began before was taken whole there.
      if (at > 0 && it->at > 0 && value[index(0) + (it->reversed ? 1 : -1)] == text[at - 1]) continue;
      std::size_t length = 0;
      while (at + length < text.size() && it->at + length < value.size() &&
             value[index(length)] == text[at + length])
        ++length;
      steps += length;
      if (length < least) continue;
      auto& bytes = cover.try_emplace(it->value, value.size()).first->second;
      if (steps > kStepsMax) {
        bytes.assign(value.size(), true);
        return;
      }
      for (std::size_t i = 0; i < length; ++i)
        bytes[index(i)] = true;
    }
  }
}

Secrets::Cover Secrets::covered_by(std::string_view text) const {
  Cover out;
  if (values_.empty()) return out;
  text = text.substr(0, kTextMax);
  cover(bare(text), out);
  for (const auto& layer : undressed(text))
    cover(bare(layer), out);
  return out;
}

Secrets::Leak Secrets::look(std::string_view text) const {
  Leak out;
  for (const auto& [number, bytes] : covered_by(text)) {
    const Value& value = values_[number];
    std::int64_t covered = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      covered += bytes[i] || value.covered[i] ? 1 : 0;
    if (static_cast<std::size_t>(covered) == value.text.size()) covered = std::max(covered, kWhole);
    if (covered < static_cast<std::int64_t>(kValueMin) || covered < out.bytes) continue;
    if (covered > out.bytes) out.from.clear();
    out.bytes = covered;
    out.from.push_back(value.seq);
  }
  std::sort(out.from.begin(), out.from.end());
  out.from.erase(std::unique(out.from.begin(), out.from.end()), out.from.end());
  return out;
}

void Secrets::sent(std::string_view text) {
  for (const auto& [number, bytes] : covered_by(text))
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (bytes[i]) values_[number].covered[i] = true;
}

std::size_t Secrets::bytes() const {
  return 2 * kept_ + values_.size() * sizeof(Value) + grams_.capacity() * sizeof(Gram) + filter_.size() / 8;
}

}  // namespace weir::flow
