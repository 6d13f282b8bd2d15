#include "cedar/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/bytes.h"

namespace weir::cedar {
namespace {

constexpr std::size_t kBeforeMax = 60;  // bytes of the line shown before the place
constexpr std::size_t kAfterMax = 60;   // and from its beginning on
constexpr std::size_t kNameMax = 64;    // longer words are not compared

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

// One part of the shown line: tabs as blanks, other control characters escaped.
std::string shown(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '\t', ' ');
  return printable(out);
}

// The optimal string alignment distance, for short words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t k = 0; k <= b.size(); ++k)
    last[k] = k;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      now[k] = std::min({last[k] + 1, now[k - 1] + 1, last[k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1)});
      const bool swapped = i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
      if (swapped) now[k] = std::min(now[k], before[k - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::string picture(std::string_view text, std::string_view name, Span span, const Picture& what) {
  const std::size_t begin = std::min<std::size_t>(span.begin, text.size());
  const std::size_t end = std::clamp<std::size_t>(span.end, begin, text.size());
  const std::size_t newline = begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
  std::size_t from = newline == std::string_view::npos ? 0 : newline + 1;
  std::size_t to = std::min(text.find_first_of("\n\r", begin), text.size());
  const bool cut_front = begin - from > kBeforeMax, cut_back = to - begin > kAfterMax;
  if (cut_front)
    for (from = begin - kBeforeMax; from < begin && continues(text[from]);)
      ++from;
  if (cut_back)
    for (to = begin + kAfterMax; to > begin && continues(text[to]);)
      --to;
  const std::string before = (cut_front ? "…" : "") + shown(text.substr(from, begin - from));
  const std::string marked = shown(text.substr(begin, std::min(end, to) - begin));
  const std::string after = shown(text.substr(begin + std::min(end, to) - begin, to - std::min(end, to)));

  const Position at = position_of(text, static_cast<std::uint32_t>(begin));
  const std::string number = fmt::to_string(at.line);
  const std::string margin(number.size(), ' ');
  std::string out = fmt::format("{}: {}\n", what.severity, printable(what.message));
  out += fmt::format("{} --> {}{}{}:{}\n", margin, name, name.empty() ? "" : ":", at.line, at.column);
  out += fmt::format("{} |\n{} | {}{}{}{}\n", margin, number, before, marked, after, cut_back ? "…" : "");
  out += fmt::format("{} | {}{}\n", margin, std::string(columns(before), ' '),
                     std::string(std::max<std::size_t>(columns(marked), 1), '^'));
  if (!what.help.empty()) out += fmt::format("{} = help: {}\n", margin, printable(what.help));
  return out;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kNameMax) return {};
  const std::size_t most = word.size() < 5 ? 1 : 2;
  std::string_view best;
  std::size_t best_distance = most + 1;
  for (const auto candidate : candidates) {
    const std::size_t longer = std::max(candidate.size(), word.size());
    if (longer - std::min(candidate.size(), word.size()) > most) continue;
    const std::size_t found = distance(to_lower_ascii(word), to_lower_ascii(candidate));
    if (found >= best_distance) continue;
    best = candidate;
    best_distance = found;
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates,
                         std::string_view fallback) {
  const std::string_view meant = nearest(word, candidates);
  return meant.empty() ? std::string(fallback) : fmt::format("did you mean `{}`?", meant);
}

}  // namespace weir::cedar
