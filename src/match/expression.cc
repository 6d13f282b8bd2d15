#include "match/expression.h"

#include <optional>

#include "base/limits.h"

namespace weir::match {
namespace {

constexpr std::size_t kDepthMax = 64;
constexpr std::size_t kRepeatMax = 1000;  // as RE2

struct Flags {
  bool ignore_case = false;
  bool dot_all = false;
};

ByteSet range(unsigned from, unsigned to) {
  ByteSet set;
  for (unsigned i = from; i <= to; ++i)
    set.set(i);
  return set;
}

ByteSet word_bytes() {
  ByteSet set = range('a', 'z') | range('A', 'Z') | range('0', '9');
  return set.set('_');
}

// RE2's \s, which has no \v.
ByteSet blank_bytes() {
  ByteSet set;
  return set.set('\t').set('\n').set('\f').set('\r').set(' ');
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Expression> run() {
    if (text_.size() > limits::kPatternBytesMax) return fail(ErrorCode::limit, "the expression is too long");
    TRY(Expression out, choice(Flags{}, 0));
    if (at_ < text_.size()) return unread("a closing parenthesis without an open one");
    return out;
  }

 private:
  bool done() const { return at_ >= text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  std::unexpected<Error> unread(const char* what) const {
    return fail(std::string("the expression is not read: ") + what, "byte " + std::to_string(at_));
  }

  Result<Expression> choice(Flags flags, std::size_t depth) {
    if (depth > kDepthMax) return fail(ErrorCode::limit, "the expression is nested too deeply");
    Expression out{.kind = Expression::Kind::choice};
    do {
      TRY(Expression row, sequence(flags, depth));
      out.children.push_back(std::move(row));
    } while (take("|"));
    if (out.children.size() > 1) return out;
    return std::move(out.children[0]);
  }

  // `flags` may change in the middle, by (?i); as in RE2 this reaches to the end of the group.
  Result<Expression> sequence(Flags& flags, std::size_t depth) {
    Expression out;
    while (!done() && peek() != '|' && peek() != ')') {
      const std::size_t before = at_;
      TRY(auto part, atom(flags, depth));
      if (!part) continue;  // only flags
      TRY(Expression whole, repeated(*std::move(part)));
      out.children.push_back(std::move(whole));
      if (at_ == before) return unread("nothing is read");
    }
    return out;
  }

  Result<std::optional<Expression>> atom(Flags& flags, std::size_t depth) {
    const char c = text_[at_];
    if (c == '(') return group(flags, depth);
    if (c == '[') {
      TRY(const ByteSet set, bracket(flags));
      return one_of(set);
    }
    if (c == '\\') return escape(flags);
    ++at_;
    if (c == '.') return one_of(flags.dot_all ? ByteSet().set() : ~ByteSet().set('\n'));
    if (c == '^') return Expression{.kind = Expression::Kind::begin};
    if (c == '$') return Expression{.kind = Expression::Kind::end};
    if (c == '*' || c == '+' || c == '?') return unread("a repeat of nothing");
    return one_of(folded(ByteSet().set(static_cast<unsigned char>(c)), flags));
  }

  static std::optional<Expression> one_of(const ByteSet& set) {
    return Expression{.kind = Expression::Kind::set, .set = set};
  }

  Result<std::optional<Expression>> group(Flags& flags, std::size_t depth) {
    ++at_;
    Flags inside = flags;
    if (take("?P<") || take("?<")) {
      while (!done() && peek() != '>')
        ++at_;
      if (!take(">")) return unread("a name without an end");
    } else if (take("?")) {
      bool on = true;
      for (; !done() && peek() != ':' && peek() != ')'; ++at_) {
        if (peek() == '-')
          on = false;
        else if (peek() == 'i')
          inside.ignore_case = on;
        else if (peek() == 's')
          inside.dot_all = on;
        else
          return unread("a flag");
      }
      if (take(")")) {
        flags = inside;
        return std::nullopt;
      }
      if (!take(":")) return unread("a group without an end");
    }
    TRY(Expression out, choice(inside, depth + 1));
    if (!take(")")) return unread("a group without an end");
    return out;
  }

  Result<std::optional<Expression>> escape(const Flags& flags) {
    if (at_ + 1 >= text_.size()) return unread("an escape of nothing");
    const char c = text_[at_ + 1];
    if (c == 'b' || c == 'A' || c == 'z') {
      at_ += 2;
      return Expression{.kind = c == 'b'   ? Expression::Kind::word_boundary
                                : c == 'A' ? Expression::Kind::begin
                                           : Expression::Kind::end};
    }
    TRY(const ByteSet set, escaped_set());
    return one_of(folded(set, flags));
  }

  // What \d, \n, \x41, \. stand for; at_ is at the backslash.
  Result<ByteSet> escaped_set() {
    if (at_ + 1 >= text_.size()) return unread("an escape of nothing");
    const char c = text_[at_ + 1];
    at_ += 2;
    const auto single = [](unsigned byte) { return ByteSet().set(byte); };
    switch (c) {
      case 'd':
        return range('0', '9');
      case 'D':
        return ~range('0', '9');
      case 'w':
        return word_bytes();
      case 'W':
        return ~word_bytes();
      case 's':
        return blank_bytes();
      case 'S':
        return ~blank_bytes();
      case 'n':
        return single('\n');
      case 'r':
        return single('\r');
      case 't':
        return single('\t');
      case 'f':
        return single('\f');
      case 'v':
        return single('\v');
      case 'a':
        return single('\a');
      case 'x': {
        const std::string_view digits = text_.substr(at_, 2);
        if (digits.size() < 2 || hex_value(digits[0]) < 0 || hex_value(digits[1]) < 0)
          return unread("an escape of a character");
        at_ += 2;
        return single(static_cast<unsigned>(hex_value(digits[0]) * 16 + hex_value(digits[1])));
      }
      default:
        break;
    }
    const bool punctuation = c > ' ' && c < 127 && !word_bytes().test(static_cast<unsigned char>(c));
    if (!punctuation && c != '_') return unread("an escape");
    return single(static_cast<unsigned char>(c));
  }

  Result<ByteSet> bracket(const Flags& flags) {
    ++at_;
    const bool negated = take("^");
    ByteSet set;
    for (bool first = true; done() || peek() != ']' || first; first = false) {
      if (done()) return unread("a class without an end");
      if (peek() == '[' && text_.substr(at_).starts_with("[:")) return unread("a named class");
      TRY(const ByteSet from, class_item());
      const bool is_range = peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']';
      if (!is_range || from.count() != 1) {
        if (is_range) return unread("a range of classes");
        set |= from;
        continue;
      }
      ++at_;
      TRY(const ByteSet to, class_item());
      if (to.count() != 1 || last(to) < last(from)) return unread("a range");
      set |= range(last(from), last(to));
    }
    ++at_;
    if (negated && flags.ignore_case && (set & high_bytes()).any() && (set & high_bytes()) != high_bytes())
      return unread("a class without letters beyond ASCII, whatever their case");
    const ByteSet whole = folded(set, flags);
    return negated ? ~whole : whole;
  }

  Result<ByteSet> class_item() {
    if (peek() == '\\') return escaped_set();
    return ByteSet().set(static_cast<unsigned char>(text_[at_++]));
  }

  static unsigned last(const ByteSet& set) {
    unsigned i = 255;
    while (i > 0 && !set.test(i))
      --i;
    return i;
  }

  static ByteSet high_bytes() { return range(0x80, 0xFF); }

  // Letters in both cases. Beyond ASCII the engines fold by their own tables: any such byte then stands for
  // all.
  static ByteSet folded(ByteSet set, const Flags& flags) {
    if (!flags.ignore_case) return set;
    if ((set & high_bytes()).any()) set |= high_bytes();
    for (unsigned c = 'a'; c <= 'z'; ++c) {
      const unsigned upper = c - 'a' + 'A';
      if (set.test(c) || set.test(upper)) set.set(c).set(upper);
    }
    return set;
  }

  Result<Expression> repeated(Expression what) {
    Expression out = std::move(what);
    for (std::size_t times = 0; !done(); ++times) {
      std::size_t min = 0;
      std::size_t max = Expression::kUnbounded;
      if (take("?")) {
        max = 1;
      } else if (take("+")) {
        min = 1;
      } else if (!take("*") && !braces(min, max)) {
        break;
      }
      if (times >= 2 || min > kRepeatMax || max < min || (max != Expression::kUnbounded && max > kRepeatMax))
        return unread("a repeat");
      (void)take("?");
      Expression whole{.kind = Expression::Kind::repeat, .min = min, .max = max};
      whole.children.push_back(std::move(out));
      out = std::move(whole);
    }
    return out;
  }

  // "{3}", "{3,}", "{3,5}"; anything else is literal text and left alone.
  bool braces(std::size_t& min, std::size_t& max) {
    if (peek() != '{') return false;
    const std::size_t before = at_++;
    const auto number = [&](std::size_t& out) {
      const std::size_t begin = at_;
      for (out = 0; !done() && peek() >= '0' && peek() <= '9' && at_ < begin + 6; ++at_)
        out = out * 10 + static_cast<std::size_t>(peek() - '0');
      return at_ > begin;
    };
    bool good = number(min);
    max = min;
    if (good && take(",") && !number(max)) max = Expression::kUnbounded;
    good = good && take("}");
    if (!good) at_ = before;
    return good;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Expression> parse_expression(std::string_view text) {
  return Parser(text).run();
}

}  // namespace weir::match
