// Expressions of the forms that detectors use, and texts in which they often match, drawn from a seed.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace weir::match {

class Drawn {
 public:
  explicit Drawn(unsigned seed) : random_(seed) {}

  std::string expression(int depth = 3) {
    std::string out;
    for (int i = 0, parts = 1 + below(4); i < parts; ++i)
      out += part(depth);
    return out;
  }

  std::string text() {
    static constexpr std::string_view kBytes =
        "aabbc_ .\n\xC3\xA4"
        "A1";
    std::string out;
    for (int i = below(24); i > 0; --i)
      out += kBytes[static_cast<std::size_t>(below(static_cast<int>(kBytes.size())))];
    return out;
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::string one_of(const std::vector<std::string>& all) {
    return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
  }
  std::string part(int depth) {
    if (depth > 0 && below(4) == 0)
      return "(?:" + expression(depth - 1) + "|" + expression(depth - 1) + ")" + repeat();
    if (below(5) == 0) return one_of({R"(\b)", R"(\b)", R"(\b)", "^", "$"});
    if (below(4) == 0) return one_of({"[^.]*", "[^.\\n]{0,9}", ".*", "[^a]{1,20}", "[^b_]+", ".{2,30}?"});
    return one_of({"a", "b", "c", "_", "[ab]", R"(\w)", " ", R"(\.)", "ab", R"(\s)", "\xC3", "[^ab]"}) +
           repeat();
  }
  std::string repeat() { return one_of({"", "", "", "", "?", "*", "+", "{2}", "{1,3}", "{0,12}", "{3,}"}); }

  std::mt19937 random_;
};

}  // namespace weir::match
