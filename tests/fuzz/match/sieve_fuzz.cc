// Any expressions over any text: a sieve never misses what RE2 finds. The input is up to eight expressions, a
// line each, an empty line, then the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "match/regex.h"
#include "match/sieve.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kExpressionsMax = 8;
  constexpr std::size_t kExpressionBytesMax = 64;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> expressions;
  std::vector<weir::match::Regex> regexes;
  while (!rest.empty() && rest.front() != '\n' && expressions.size() < kExpressionsMax) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string expression(rest.substr(0, std::min(end, kExpressionBytesMax)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    auto regex = weir::match::Regex::compile(expression, {.ignore_case = true});
    if (!regex) continue;
    expressions.push_back(expression);
    regexes.push_back(*std::move(regex));
  }
  if (!rest.empty()) rest.remove_prefix(1);
  const weir::match::Sieve sieve(expressions);
  weir::match::SieveMemory memory;
  std::vector<std::uint32_t> possible;
  for (int again = 0; again < 2; ++again) {  // once with a cold memory, once with a warm one
    sieve.possible(rest, memory, possible);
    for (std::uint32_t i = 0; i < regexes.size(); ++i)
      CHECK(std::find(possible.begin(), possible.end(), i) != possible.end() || !regexes[i].contains(rest));
  }
  return 0;
}
