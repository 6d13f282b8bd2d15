#include "detect/digit_runs.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/result.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace weir::detect {
namespace {

constexpr std::size_t kBlock = 64;

constexpr std::array<bool, 256> digit_table() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c)
    table[static_cast<std::size_t>(c)] = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                         (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '-' ||
                                         c == '_';
  return table;
}
constexpr auto kDigits = digit_table();

std::uint64_t mask_by_table(std::string_view block) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < block.size(); ++i)
    mask |= std::uint64_t{kDigits[static_cast<unsigned char>(block[i])]} << i;
  return mask;
}

#ifdef __SSE2__
// Bytes from `first` to `first + count`, as 0xFF.
__m128i in_range(__m128i bytes, char first, char count) {
  const __m128i moved = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
  return _mm_cmpeq_epi8(_mm_min_epu8(moved, _mm_set1_epi8(count)), moved);
}

std::uint64_t mask_of_16(const char* bytes) {
  const __m128i c = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  const __m128i letters = in_range(_mm_or_si128(c, _mm_set1_epi8(0x20)), 'a', 25);
  const __m128i slash_and_digits = in_range(c, '/', 10);
  const __m128i signs = _mm_or_si128(
      _mm_cmpeq_epi8(c, _mm_set1_epi8('+')),
      _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('-')), _mm_cmpeq_epi8(c, _mm_set1_epi8('_'))));
  const int mask = _mm_movemask_epi8(_mm_or_si128(letters, _mm_or_si128(slash_and_digits, signs)));
  return static_cast<std::uint64_t>(static_cast<unsigned>(mask));
}
#endif

std::uint64_t mask_of_block(const char* bytes) {
#ifdef __SSE2__
  return mask_of_16(bytes) | mask_of_16(bytes + 16) << 16 | mask_of_16(bytes + 32) << 32 |
         mask_of_16(bytes + 48) << 48;
#else
  return mask_by_table({bytes, kBlock});
#endif
}

// Where `count` ones in a row begin.
std::uint64_t rows_of_ones(std::uint64_t mask, std::size_t count) {
  std::size_t have = 1;
  while (have < count) {
    const std::size_t step = std::min(have, count - have);
    mask &= mask >> step;
    have += step;
  }
  return mask;
}

}  // namespace

bool is_digit_byte(char c) {
  return kDigits[static_cast<unsigned char>(c)];
}

std::uint64_t digit_mask(std::string_view block) {
  CHECK(block.size() <= kBlock);
  return block.size() == kBlock ? mask_of_block(&block.front()) : mask_by_table(block);
}

void each_digit_run(std::string_view text, std::size_t min,
                    const std::function<bool(std::size_t begin, std::size_t end)>& each) {
  std::size_t tail = 0;  // digits just before the block
  for (std::size_t at = 0; at < text.size();) {
    const std::uint64_t mask = digit_mask(text.substr(at, kBlock));
    const auto lead = static_cast<std::size_t>(std::countr_one(mask));
    const std::uint64_t rows = rows_of_ones(mask, min);
    if (rows == 0 && tail + lead < min) {
      tail = static_cast<std::size_t>(std::countl_one(mask));
      at += kBlock;
      continue;
    }
    // The first run of the block: it goes on from before, or begins at the first row.
    const bool goes_on = tail + lead >= min;
    const std::size_t begin = goes_on ? at - tail : at + static_cast<std::size_t>(std::countr_zero(rows));
    std::size_t end = goes_on ? at + lead : begin + min;
    while (end < text.size() && is_digit_byte(text[end]))
      ++end;
    if (!each(begin, end)) return;
    at = end;
    tail = 0;
  }
}

}  // namespace weir::detect
