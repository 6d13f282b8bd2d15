#include "setup/diff.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"

namespace weir::setup {
namespace {

constexpr std::size_t kContext = 3;
// Past this many cells the table of the longest common subsequence is not worth its memory: the differing
// middle is then shown as one replacement.
constexpr std::size_t kCellsMax = 4'000'000;

struct Line {
  char mark;  // ' ', '-', '+'
  std::string_view text;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto size = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

using Lines = std::vector<std::string_view>;

void middle(const Lines& a, const Lines& b, std::vector<Line>& out) {
  const std::size_t width = b.size() + 1;
  std::vector<std::uint32_t> length;  // longest common subsequence of a[i..] and b[k..]
  if ((a.size() + 1) * width <= kCellsMax) {
    length.assign((a.size() + 1) * width, 0);
    for (std::size_t i = a.size(); i-- > 0;)
      for (std::size_t k = b.size(); k-- > 0;)
        length[i * width + k] = a[i] == b[k]
                                    ? length[(i + 1) * width + k + 1] + 1
                                    : std::max(length[(i + 1) * width + k], length[i * width + k + 1]);
  }
  std::size_t i = 0;
  std::size_t k = 0;
  while (i < a.size() || k < b.size()) {
    const bool both = i < a.size() && k < b.size();
    if (both && !length.empty() && a[i] == b[k]) {
      out.push_back({' ', a[i++]});
      ++k;
    } else if (k == b.size() || (i < a.size() && (length.empty() || length[(i + 1) * width + k] >=
                                                                        length[i * width + k + 1]))) {
      out.push_back({'-', a[i++]});
    } else {
      out.push_back({'+', b[k++]});
    }
  }
}

std::vector<Line> compare(Lines a, Lines b) {
  std::vector<Line> out;
  std::size_t same = 0;
  while (same < a.size() && same < b.size() && a[same] == b[same])
    out.push_back({' ', a[same++]});
  std::size_t tail = 0;
  while (tail < a.size() - same && tail < b.size() - same && a[a.size() - 1 - tail] == b[b.size() - 1 - tail])
    ++tail;
  const Lines rest(a.end() - static_cast<std::ptrdiff_t>(tail), a.end());
  a = Lines(a.begin() + static_cast<std::ptrdiff_t>(same), a.end() - static_cast<std::ptrdiff_t>(tail));
  b = Lines(b.begin() + static_cast<std::ptrdiff_t>(same), b.end() - static_cast<std::ptrdiff_t>(tail));
  middle(a, b, out);
  for (const auto line : rest)
    out.push_back({' ', line});
  return out;
}

std::string shown(const Line& line) {
  const bool ended = line.text.ends_with('\n');
  std::string text(1, line.mark);
  for (const char c : line.text.substr(0, line.text.size() - (ended ? 1 : 0)))
    text += c == '\t'                              ? std::string("\t")
            : static_cast<unsigned char>(c) < 0x20 ? printable({&c, 1})
                                                   : std::string(1, c);
  return text + (ended ? "\n" : "\n\\ No newline at end of file\n");
}

std::string range(std::size_t start, std::size_t count) {
  // An empty range names the line before it.
  return std::to_string(count == 0 ? start : start + 1) + "," + std::to_string(count);
}

}  // namespace

std::string unified_diff(const std::string& path, const std::optional<std::string>& before,
                         const std::optional<std::string>& after) {
  if (before == after) return {};
  const std::string old_text = before.value_or("");
  const std::string new_text = after.value_or("");
  const auto lines = compare(lines_of(old_text), lines_of(new_text));
  std::string out = "--- " + (before ? path : "/dev/null") + "\n+++ " + (after ? path : "/dev/null") + "\n";
  std::size_t old_line = 0;
  std::size_t new_line = 0;
  for (std::size_t i = 0; i < lines.size();) {
    // The next stretch of changes with its context; changes closer than two contexts share a hunk.
    const auto changed = [&](std::size_t at) { return at < lines.size() && lines[at].mark != ' '; };
    std::size_t first = i;
    while (first < lines.size() && !changed(first))
      ++first;
    if (first == lines.size()) break;
    const std::size_t begin = first - std::min(kContext, first - i);
    std::size_t last = first;
    for (std::size_t at = first; at < lines.size() && at <= last + 2 * kContext; ++at)
      if (changed(at)) last = at;
    const std::size_t end = std::min(lines.size(), last + kContext + 1);
    old_line += begin - i;
    new_line += begin - i;
    std::size_t olds = 0;
    std::size_t news = 0;
    std::string body;
    for (std::size_t at = begin; at < end; ++at) {
      olds += lines[at].mark != '+' ? 1 : 0;
      news += lines[at].mark != '-' ? 1 : 0;
      body += shown(lines[at]);
    }
    out += "@@ -" + range(old_line, olds) + " +" + range(new_line, news) + " @@\n" + body;
    old_line += olds;
    new_line += news;
    i = end;
  }
  return out;
}

}  // namespace weir::setup
