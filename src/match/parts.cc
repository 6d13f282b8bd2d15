#include "match/parts.h"

#include <algorithm>

namespace weir::match {
namespace {

constexpr std::size_t kGapSetMin = 128;  // bytes in a class that is repeated
constexpr std::size_t kGapMax = 4;       // times; shorter ones are written out
constexpr std::size_t kLeadingMax = 4;   // the same at the begin of a part, for any class

void splice(const Expression& node, std::vector<Expression>& out) {
  if (node.kind != Expression::Kind::sequence) {
    out.push_back(node);
    return;
  }
  for (const Expression& child : node.children)
    splice(child, out);
}

bool is_gap(const Expression& node) {
  return node.kind == Expression::Kind::repeat && node.max > kGapMax &&
         node.children[0].kind == Expression::Kind::set && node.children[0].set.count() >= kGapSetMin;
}

bool is_open_begin(const Expression& node) {
  return node.kind == Expression::Kind::repeat && node.min == 0 && node.max > kLeadingMax &&
         node.children[0].kind == Expression::Kind::set;
}

// Can it match no bytes at all?
bool is_empty(const Expression& node) {
  const auto& children = node.children;
  switch (node.kind) {
    case Expression::Kind::set:
      return false;
    case Expression::Kind::sequence:
      return std::all_of(children.begin(), children.end(), is_empty);
    case Expression::Kind::choice:
      return std::any_of(children.begin(), children.end(), is_empty);
    case Expression::Kind::repeat:
      return node.min == 0 || is_empty(children[0]);
    default:
      return true;
  }
}

ByteSet bytes_in(const Expression& node) {
  ByteSet out = node.set;
  for (const Expression& child : node.children)
    out |= bytes_in(child);
  return out;
}

// What the gap before the row cannot hold. A byte that can be in the row itself stops nothing: where the row
// begins is not known when its end is found.
ByteSet stops_of(const ByteSet& gap, const std::vector<Expression>& row) {
  ByteSet inside;
  for (const Expression& node : row)
    inside |= bytes_in(node);
  return ~gap & ~inside;
}

Way way_of(const Expression& expression) {
  std::vector<Expression> all;
  splice(expression, all);
  Way way;
  ByteSet gap;  // what may stand before the row
  gap.set();
  std::vector<Expression> row;
  const auto close = [&](const ByteSet& behind) {
    // What may be missing at the end says nothing.
    while (!row.empty() && row.back().kind == Expression::Kind::repeat && row.back().min == 0)
      row.pop_back();
    // A row that may be empty says nothing: then the gaps around it are one.
    if (std::all_of(row.begin(), row.end(), is_empty)) {
      gap.set();
    } else {
      way.push_back({row, way.empty() ? ByteSet() : stops_of(gap, row)});
      gap = behind;
    }
    row.clear();
  };
  for (const Expression& node : all) {
    const bool only_places =
        std::none_of(row.begin(), row.end(), [](const auto& one) { return !is_empty(one); });
    if (is_gap(node)) {
      close(node.children[0].set);
    } else if (is_open_begin(node) && only_places && way.empty()) {
      row.clear();  // "\b\w{0,12}_?todo" is found by "_?todo"
    } else {
      row.push_back(node);
    }
  }
  close(ByteSet());
  return way;
}

}  // namespace

std::vector<Way> ways_of(const Expression& expression) {
  std::vector<Way> out;
  if (expression.kind == Expression::Kind::choice)
    for (const Expression& child : expression.children)
      out.push_back(way_of(child));
  else
    out.push_back(way_of(expression));
  return out;
}

}  // namespace weir::match
