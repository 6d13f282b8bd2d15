#include "changes/line_diff.h"

#include <algorithm>
#include <unordered_map>

namespace weir::changes {
namespace {

using Lines = std::vector<std::string_view>;
// A line as a number: equal numbers, equal lines.
using Numbers = std::vector<std::size_t>;

Numbers numbered(const Lines& lines, std::unordered_map<std::string_view, std::size_t>& known) {
  Numbers out;
  out.reserve(lines.size());
  for (const auto line : lines)
    out.push_back(known.try_emplace(line, known.size()).first->second);
  return out;
}

std::vector<char> replacement(std::size_t before, std::size_t after) {
  std::vector<char> out(before, '-');
  out.insert(out.end(), after, '+');
  return out;
}

// The furthest points of each number of edits, kept to walk back from the end. Diagonal k = x - y is element
// k + d of level d: level d has 2d + 1 elements.
class Search {
 public:
  Search(const Numbers& a, const Numbers& b) : a_(a), b_(b) {}

  // False when it takes more than edits_max.
  bool run(std::size_t edits_max) {
    for (std::ptrdiff_t d = 0; d <= static_cast<std::ptrdiff_t>(edits_max); ++d) {
      levels_.emplace_back(static_cast<std::size_t>(2 * d + 1));
      for (std::ptrdiff_t k = -d; k <= d; k += 2) {
        std::ptrdiff_t x = begin_of(d, k);
        std::ptrdiff_t y = x - k;
        while (x < size(a_) && y < size(b_) && a_[index(x)] == b_[index(y)]) {
          ++x;
          ++y;
        }
        levels_.back()[index(k + d)] = x;
        if (x >= size(a_) && y >= size(b_)) return true;
      }
    }
    return false;
  }

  std::vector<char> walk_back() const {
    std::vector<char> out;
    std::ptrdiff_t x = size(a_);
    std::ptrdiff_t y = size(b_);
    for (std::ptrdiff_t d = static_cast<std::ptrdiff_t>(levels_.size()) - 1; d >= 0; --d) {
      const std::ptrdiff_t k = x - y;
      const std::ptrdiff_t from = begin_of(d, k);
      while (x > from) {
        out.push_back(' ');
        --x;
        --y;
      }
      if (d == 0) break;
      const bool down = goes_down(d, k);
      out.push_back(down ? '+' : '-');
      (down ? y : x) -= 1;
    }
    std::reverse(out.begin(), out.end());
    return out;
  }

 private:
  static std::ptrdiff_t size(const Numbers& list) { return static_cast<std::ptrdiff_t>(list.size()); }
  static std::size_t index(std::ptrdiff_t at) { return static_cast<std::size_t>(at); }

  std::ptrdiff_t furthest(std::ptrdiff_t d, std::ptrdiff_t k) const {
    return levels_[index(d)][index(k + d)];
  }
  // Is diagonal k of level d reached by an insertion (from k + 1) rather than a deletion (from k - 1)?
  bool goes_down(std::ptrdiff_t d, std::ptrdiff_t k) const {
    return k == -d || (k != d && furthest(d - 1, k - 1) < furthest(d - 1, k + 1));
  }
  // Where that edit ends, before the run of equal lines.
  std::ptrdiff_t begin_of(std::ptrdiff_t d, std::ptrdiff_t k) const {
    if (d == 0) return 0;
    return goes_down(d, k) ? furthest(d - 1, k + 1) : furthest(d - 1, k - 1) + 1;
  }

  const Numbers& a_;
  const Numbers& b_;
  std::vector<std::vector<std::ptrdiff_t>> levels_;
};

}  // namespace

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto size = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

std::vector<char> edit_script(const Lines& before, const Lines& after, std::size_t edits_max) {
  std::size_t head = 0;
  while (head < before.size() && head < after.size() && before[head] == after[head])
    ++head;
  std::size_t tail = 0;
  while (tail < before.size() - head && tail < after.size() - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    ++tail;
  const auto middle = [&](const Lines& lines) {
    return Lines(lines.begin() + static_cast<std::ptrdiff_t>(head),
                 lines.end() - static_cast<std::ptrdiff_t>(tail));
  };
  std::unordered_map<std::string_view, std::size_t> known;
  const Numbers a = numbered(middle(before), known);
  const Numbers b = numbered(middle(after), known);
  Search search(a, b);
  std::vector<char> script(head, ' ');
  const auto changed = search.run(edits_max) ? search.walk_back() : replacement(a.size(), b.size());
  script.insert(script.end(), changed.begin(), changed.end());
  script.insert(script.end(), tail, ' ');
  return script;
}

}  // namespace weir::changes
