// What a tree tells of all texts that its expression matches.
#include <algorithm>

#include "base/bytes.h"
#include "match/expression.h"

namespace weir::match {
namespace {

constexpr std::size_t kLiteralsMax = 64;  // texts that are followed at once
constexpr std::size_t kSetMax = 4;        // bytes in a class that are written out
constexpr std::size_t kRepeatMax = 4;
constexpr std::size_t kLongestMax = std::size_t{1} << 30;  // of a text; beyond it there is no bound

using Literals = std::vector<std::string>;

// Every first text with every second one; none when there are too many.
std::optional<Literals> joined(const Literals& first, const Literals& second) {
  if (first.size() * second.size() > kLiteralsMax) return std::nullopt;
  Literals out;
  for (const std::string& a : first)
    for (const std::string& b : second)
      out.push_back(a + b);
  return out;
}

void add_unique(Literals& out, const Literals& more) {
  for (const std::string& text : more)
    if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
}

std::optional<Literals> literals_of(const Expression& node);

std::optional<Literals> literals_of_repeat(const Expression& node) {
  if (node.max > kRepeatMax) return std::nullopt;
  const auto once = literals_of(node.children[0]);
  if (!once) return std::nullopt;
  Literals out;
  Literals now = {""};
  for (std::size_t times = 0; times <= node.max; ++times) {
    if (times >= node.min) add_unique(out, now);
    const auto next = joined(now, *once);
    if (!next && times < node.max) return std::nullopt;
    if (next) now = *next;
  }
  return out;
}

// All texts that it matches, in lower case, when they are few.
std::optional<Literals> literals_of(const Expression& node) {
  Literals out;
  switch (node.kind) {
    case Expression::Kind::set:
      for (unsigned byte = 0; byte < 256 && out.size() <= kSetMax; ++byte)
        if (node.set.test(byte)) add_unique(out, {to_lower_ascii(std::string(1, static_cast<char>(byte)))});
      return out.size() > kSetMax ? std::nullopt : std::optional(std::move(out));
    case Expression::Kind::sequence:
      out = {""};
      for (const Expression& child : node.children) {
        const auto more = literals_of(child);
        auto both = more ? joined(out, *more) : std::nullopt;
        if (!both) return std::nullopt;
        out = *std::move(both);
      }
      return out;
    case Expression::Kind::choice:
      for (const Expression& child : node.children) {
        const auto more = literals_of(child);
        if (!more) return std::nullopt;
        add_unique(out, *more);
      }
      return out.size() > kLiteralsMax ? std::nullopt : std::optional(std::move(out));
    case Expression::Kind::repeat:
      return literals_of_repeat(node);
    default:
      return Literals{""};  // a place in the text
  }
}

bool each_holds_one_of(const Literals& texts, std::span<const std::string> words) {
  const auto holds = [&](const std::string& text) {
    return std::any_of(words.begin(), words.end(),
                       [&](const std::string& word) { return text.find(word) != std::string::npos; });
  };
  return std::all_of(texts.begin(), texts.end(), holds);
}

// Neighbours that are literal make longer texts together.
bool sequence_holds_one_of(const std::vector<Expression>& row, std::span<const std::string> words) {
  Literals run = {""};
  for (const Expression& node : row) {
    const auto more = literals_of(node);
    auto both = more ? joined(run, *more) : std::nullopt;
    if (both) {
      run = *std::move(both);
      continue;
    }
    if (each_holds_one_of(run, words) || always_holds_one_of(node, words)) return true;
    run = more.value_or(Literals{""});
  }
  return each_holds_one_of(run, words);
}

}  // namespace

std::optional<std::size_t> longest_text(const Expression& node) {
  std::size_t out = 0;
  switch (node.kind) {
    case Expression::Kind::set:
      return 1;
    case Expression::Kind::sequence:
    case Expression::Kind::choice:
      for (const Expression& child : node.children) {
        const auto one = longest_text(child);
        if (!one) return std::nullopt;
        out = node.kind == Expression::Kind::choice ? std::max(out, *one) : out + *one;
      }
      if (out > kLongestMax) return std::nullopt;
      return out;
    case Expression::Kind::repeat: {
      const auto once = longest_text(node.children[0]);
      if (once && *once == 0) return 0;
      if (!once || node.max > kLongestMax / *once) return std::nullopt;
      return node.max * *once;
    }
    default:
      return 0;
  }
}

bool always_holds_one_of(const Expression& node, std::span<const std::string> words) {
  if (words.empty()) return false;
  switch (node.kind) {
    case Expression::Kind::sequence:
      return sequence_holds_one_of(node.children, words);
    case Expression::Kind::choice:
      return std::all_of(node.children.begin(), node.children.end(),
                         [&](const Expression& child) { return always_holds_one_of(child, words); });
    case Expression::Kind::repeat:
      return node.min > 0 && always_holds_one_of(node.children[0], words);
    default:
      break;
  }
  const auto texts = literals_of(node);
  return texts && each_holds_one_of(*texts, words);
}

}  // namespace weir::match
