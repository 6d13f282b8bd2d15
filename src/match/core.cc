#include "match/core.h"

#include <algorithm>

#include "match/expression.h"

namespace weir::match {
namespace {

constexpr std::size_t kWideMax = 128;  // one repeat may vary as much as this and still be followed
constexpr std::size_t kLoopMax = 8;    // all repeats may vary as much as this
constexpr std::size_t kLiteralMin = 2;
constexpr std::size_t kCoreBytesMax = 8192;

std::string hex(unsigned byte) {
  static constexpr char kHex[] = "0123456789abcdef";
  return {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
}

std::string text_of(const ByteSet& set) {
  if (set.count() == 1) {
    unsigned byte = 0;
    while (!set.test(byte))
      ++byte;
    return hex(byte);
  }
  std::string out = "[";
  for (unsigned from = 0; from < 256; ++from) {
    if (!set.test(from)) continue;
    unsigned to = from;
    while (to + 1 < 256 && set.test(to + 1))
      ++to;
    out += hex(from);
    if (to > from) out += "-" + hex(to);
    from = to;
  }
  return out + "]";
}

// A piece of the core; `whole` is false when something behind it was dropped, so that nothing may follow.
struct Piece {
  std::string text;
  bool whole = true;
};

class Writer {
 public:
  Piece write(const Expression& node) {
    switch (node.kind) {
      case Expression::Kind::set:
        return {text_of(node.set)};
      case Expression::Kind::word_boundary:
        return {"\\b"};
      case Expression::Kind::begin:
      case Expression::Kind::end:
        return {"", false};  // a later text may follow: not looked for
      case Expression::Kind::sequence: {
        Piece out;
        out.whole = write_row(node.children, 0, out.text) == node.children.size() && whole_;
        return out;
      }
      case Expression::Kind::choice:
        return choice(node);
      case Expression::Kind::repeat:
        return repeat(node);
    }
    return {"", false};
  }

  // Parts from `from` on, until one is not whole; returns the place behind the last written.
  std::size_t write_row(const std::vector<Expression>& row, std::size_t from, std::string& out) {
    whole_ = true;
    for (; from < row.size() && whole_; ++from) {
      const Piece piece = write(row[from]);
      out += piece.text;
      whole_ = piece.whole;
    }
    return from;
  }

 private:
  Piece choice(const Expression& node) {
    Piece out{"(?:"};
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const Piece piece = write(node.children[i]);
      if (piece.text.empty()) return {"", false};  // one way is open: the rest tells nothing
      out.text += (i > 0 ? "|" : "") + piece.text;
      out.whole = out.whole && piece.whole;
    }
    out.text += ")";
    return out;
  }

  Piece repeat(const Expression& node) {
    const bool single = node.children[0].kind == Expression::Kind::set;
    const Piece piece = write(node.children[0]);
    const auto times = [&](std::size_t min, std::size_t max) {
      const std::string body = single ? piece.text : "(?:" + piece.text + ")";
      if (min == 1 && max == 1) return piece.text;
      return body + "{" + std::to_string(min) + (max > min ? "," + std::to_string(max) : "") + "}";
    };
    if (!piece.whole) return {node.min > 0 ? piece.text : "", false};
    const bool wide = node.max - node.min > kLoopMax;
    const bool fits =
        node.min <= kCoreRepeatMax && (!wide || (single && node.max <= kWideMax && !wide_used_));
    if (!fits || (!single && node.max > 4)) {
      const std::size_t kept = std::min(node.min, single ? kCoreRepeatMax : std::size_t{1});
      return {kept == 0 ? "" : times(kept, kept), false};
    }
    wide_used_ = wide_used_ || wide;
    return {node.max == 0 ? "" : times(node.min, node.max)};
  }

  bool wide_used_ = false;
  bool whole_ = true;  // of the last row
};

// Groups that only hold one sequence are spliced into it, so that the top is one row of parts.
void splice(Expression node, std::vector<Expression>& out) {
  if (node.kind != Expression::Kind::sequence) {
    out.push_back(std::move(node));
    return;
  }
  for (Expression& child : node.children)
    splice(std::move(child), out);
}

bool has_edge(const Expression& node) {
  return node.kind == Expression::Kind::begin || node.kind == Expression::Kind::end ||
         std::any_of(node.children.begin(), node.children.end(), has_edge);
}

// Parts at the front that say little: they are dropped, or cut to what must stand before the rest.
std::size_t drop_front(std::vector<Expression>& parts) {
  std::size_t from = 0;
  for (; from < parts.size(); ++from) {
    Expression& part = parts[from];
    if (part.kind == Expression::Kind::repeat && part.min == 0) continue;
    if (part.kind == Expression::Kind::choice && has_edge(part)) continue;
    if (part.kind == Expression::Kind::begin) continue;
    if (part.kind != Expression::Kind::word_boundary) break;
    // A boundary stays where what it bounds stays whole.
    if (from + 1 < parts.size() && parts[from + 1].kind != Expression::Kind::repeat) break;
  }
  if (from < parts.size() && parts[from].kind == Expression::Kind::repeat &&
      parts[from].children[0].kind == Expression::Kind::set)
    parts[from].max = parts[from].min = std::min(parts[from].min, kCoreRepeatMax);
  return from;
}

// One or two bytes that are a letter in its two cases count as literal.
bool is_literal(const Expression& node) {
  return node.kind == Expression::Kind::set && node.set.count() <= 2;
}

// The longest row of literal bytes that every way through `node` holds.
std::size_t literal_run(const Expression& node) {
  if (node.kind == Expression::Kind::choice) {
    std::size_t least = kCoreBytesMax;
    for (const Expression& child : node.children)
      least = std::min(least, literal_run(child));
    return least;
  }
  if (node.kind == Expression::Kind::repeat) return node.min > 0 ? literal_run(node.children[0]) : 0;
  if (node.kind != Expression::Kind::sequence) return is_literal(node) ? 1 : 0;
  std::size_t best = 0;
  std::size_t run = 0;
  for (const Expression& child : node.children) {
    run = is_literal(child) ? run + 1 : 0;
    best = std::max({best, run, literal_run(child)});
  }
  return best;
}

// The top of an expression as one row of parts.
std::optional<std::vector<Expression>> row_of(std::string_view expression) {
  auto parsed = parse_expression(expression);
  if (!parsed) return std::nullopt;
  std::vector<Expression> row;
  splice(*std::move(parsed), row);
  return row;
}

// Literals that were cut off do not help to find the rest: reads what was written once more.
bool is_found_by_literals(const std::string& text) {
  const auto kept = parse_expression(text);
  return kept && text.size() <= kCoreBytesMax && literal_run(*kept) >= kLiteralMin;
}

}  // namespace

std::optional<std::string> core_of(std::string_view expression) {
  auto row = row_of(expression);
  if (!row) return std::nullopt;
  const std::size_t from = drop_front(*row);
  std::string core;
  Writer writer;
  (void)writer.write_row(*row, from, core);
  if (!is_found_by_literals(core)) return std::nullopt;
  return core;
}

}  // namespace weir::match
