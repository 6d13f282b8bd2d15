// Runs of base64 characters, 64 bytes at a time, against a byte-by-byte search of the same.
#include "detect/digit_runs.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace weir::detect {
namespace {

using Runs = std::vector<std::pair<std::size_t, std::size_t>>;

Runs slowly(std::string_view text, std::size_t min) {
  Runs out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_digit_byte(text[end]))
      ++end;
    if (end - at >= min) out.emplace_back(at, end);
    at = end + 1;
  }
  return out;
}

Runs quickly(std::string_view text, std::size_t min) {
  Runs out;
  each_digit_run(text, min, [&](std::size_t begin, std::size_t end) {
    out.emplace_back(begin, end);
    return true;
  });
  return out;
}

TEST(DigitRuns, MaskAgreesForEveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string block(64, static_cast<char>(byte));
    EXPECT_EQ(digit_mask(block), is_digit_byte(static_cast<char>(byte)) ? ~std::uint64_t{0} : 0) << byte;
    EXPECT_EQ(digit_mask(block.substr(0, 5)), is_digit_byte(static_cast<char>(byte)) ? 31u : 0u) << byte;
  }
}

TEST(DigitRuns, AgreesWithASlowSearch) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const std::size_t size = random() % 400;
    const unsigned breaks = 2 + random() % 60;
    while (text.size() < size)
      text += random() % breaks == 0 ? " .\n\xff="[random() % 5] : "aZ09+/-_"[random() % 8];
    for (const std::size_t min : {1u, 5u, 24u, 32u})
      ASSERT_EQ(quickly(text, min), slowly(text, min)) << text << " min " << min;
  }
}

TEST(DigitRuns, StopsWhenTold) {
  std::size_t seen = 0;
  each_digit_run("aaaa bbbb cccc", 4, [&](std::size_t, std::size_t) { return ++seen < 2; });
  EXPECT_EQ(seen, 2u);
}

}  // namespace
}  // namespace weir::detect
