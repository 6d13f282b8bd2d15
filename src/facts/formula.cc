#include "facts/formula.h"

#include <charconv>
#include <optional>
#include <utility>

#include "base/limits.h"

namespace weir::facts {
namespace {

using Kind = Formula::Kind;

constexpr std::pair<std::string_view, Comparison> kSigns[] = {
    {"!=", Comparison::not_equal}, {"<=", Comparison::less_equal}, {">=", Comparison::greater_equal},
    {"=", Comparison::equal},      {"<", Comparison::less},        {">", Comparison::greater}};

constexpr std::int64_t kMillisecondNs = 1'000'000;
constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {{"ms", kMillisecondNs},
                                                                {"s", 1000 * kMillisecondNs},
                                                                {"m", 60'000 * kMillisecondNs},
                                                                {"h", 3'600'000 * kMillisecondNs},
                                                                {"d", 86'400'000 * kMillisecondNs}};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.';
}

bool is_reserved(std::string_view word) {
  for (const std::string_view one : {"and", "or", "not", "once", "historically", "previously", "since",
                                     "count", "distinct", "sum", "true", "like", "in"})
    if (word == one) return true;
  return false;
}

Formula negated(Formula inner) {
  if (inner.kind == Kind::negation) return std::move(inner.args[0]);
  Formula node{.kind = Kind::negation};
  node.args.push_back(std::move(inner));
  return node;
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  Result<Formula> whole() {
    TRY(Formula formula, disjunction(0));
    skip_space();
    if (at_ != text_.size()) return bad("something is left over");
    return formula;
  }

 private:
  std::unexpected<Error> bad(const std::string& what) const {
    return fail(what + " at column " + std::to_string(at_ + 1) + " of \"" + std::string(text_) + "\"",
                std::string(where_), "docs/facts.md has the language");
  }

  Status depth_fits(std::size_t depth) const {
    if (depth <= limits::kFactDepthMax) return {};
    return fail(ErrorCode::limit, "the fact is nested too deeply", std::string(where_));
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
      ++at_;
  }

  std::string_view peek_word() {
    skip_space();
    std::size_t end = at_;
    if (end < text_.size() && is_letter(text_[end]))
      while (end < text_.size() && is_word(text_[end]))
        ++end;
    return text_.substr(at_, end - at_);
  }

  bool take_word(std::string_view word) {
    if (peek_word() != word) return false;
    at_ += word.size();
    return true;
  }

  bool take(std::string_view sign) {
    skip_space();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }

  template <class Next>
  Result<Formula> chain(Kind kind, std::string_view word, std::size_t depth, Next next) {
    TRY(Formula first, next(depth));
    if (peek_word() != word) return first;
    Formula node{.kind = kind};
    node.args.push_back(std::move(first));
    while (take_word(word)) {
      TRY(Formula more, next(depth));
      node.args.push_back(std::move(more));
    }
    return node;
  }

  Result<Formula> disjunction(std::size_t depth) {
    TRY_STATUS(depth_fits(depth));
    return chain(Kind::some, "or", depth, [&](std::size_t d) { return conjunction(d); });
  }
  Result<Formula> conjunction(std::size_t depth) {
    return chain(Kind::all, "and", depth, [&](std::size_t d) { return since(d); });
  }

  Result<Formula> since(std::size_t depth) {
    TRY(Formula left, unary(depth));
    if (!take_word("since")) return left;
    if (left.is_integer()) return bad("a measure must be compared here");
    Formula node{.kind = Kind::since};
    TRY(node.interval, interval());
    TRY(Formula right, boolean(depth + 1));
    node.args.push_back(std::move(left));
    node.args.push_back(std::move(right));
    return node;
  }

  // A unary that is no bare measure.
  Result<Formula> boolean(std::size_t depth) {
    TRY(Formula formula, unary(depth));
    if (formula.is_integer()) return bad("a measure must be compared here");
    return formula;
  }

  Result<Formula> unary(std::size_t depth) {
    TRY_STATUS(depth_fits(depth));
    if (take_word("not")) {
      TRY(Formula inner, boolean(depth + 1));
      return negated(std::move(inner));
    }
    if (take_word("once")) return temporal(Kind::once, depth);
    if (take_word("previously")) return temporal(Kind::previously, depth);
    if (take_word("historically")) {
      // f held throughout exactly when "not f" never did.
      TRY(Formula node, temporal(Kind::once, depth));
      node.args[0] = negated(std::move(node.args[0]));
      return negated(std::move(node));
    }
    for (const auto& [word, kind] :
         {std::pair{"count", Kind::count}, {"distinct", Kind::distinct}, {"sum", Kind::sum}})
      if (take_word(word)) return measure(kind, depth);
    if (take("(")) {
      TRY(Formula inner, disjunction(depth + 1));
      if (!take(")")) return bad("a closing parenthesis is missing");
      return inner;
    }
    return atom();
  }

  Result<Formula> temporal(Kind kind, std::size_t depth) {
    Formula node{.kind = kind};
    TRY(node.interval, interval());
    TRY(Formula inner, boolean(depth + 1));
    node.args.push_back(std::move(inner));
    return node;
  }

  Result<Formula> measure(Kind kind, std::size_t depth) {
    Formula node{.kind = kind};
    TRY(node.interval, interval());
    if (node.interval.from_ns != 0) return bad("a measure looks at the last …, from now on backwards");
    if (!take("(")) return bad("an opening parenthesis is missing");
    if (kind != Kind::count) {
      node.field = peek_word();
      if (node.field.empty() || is_reserved(node.field)) return bad("the name of a field is missing");
      at_ += node.field.size();
      if (!take(",")) return bad("a comma is missing");
    }
    TRY(Formula inner, disjunction(depth + 1));
    if (inner.is_integer()) return bad("a measure must be compared here");
    node.args.push_back(std::move(inner));
    if (!take(")")) return bad("a closing parenthesis is missing");
    const auto comparison = take_comparison();
    if (!comparison) return node;
    Formula compared{.kind = Kind::measured, .comparison = *comparison};
    TRY(compared.number, number());
    compared.args.push_back(std::move(node));
    return compared;
  }

  std::optional<Comparison> take_comparison() {
    for (const auto& [text, comparison] : kSigns)
      if (take(text)) return comparison;
    return std::nullopt;
  }

  Result<Formula> atom() {
    const std::string field(peek_word());
    if (field.empty()) return bad("a condition is missing");
    at_ += field.size();
    if (field == "true") return Formula{};
    if (is_reserved(field)) return bad("\"" + field + "\" is no field");
    Formula node{.kind = Kind::compare, .field = field};
    if (take_word("in")) {
      node.kind = Kind::one_of;
      TRY(node.values, list());
      return node;
    }
    if (take_word("like")) {
      node.kind = Kind::like;
    } else if (const auto comparison = take_comparison()) {
      node.comparison = *comparison;
    } else if (field.find('.') != std::string::npos) {
      return Formula{.kind = Kind::compare, .field = "verb", .values = {field}};
    } else {
      return bad("\"" + field + "\" wants a comparison");
    }
    TRY(std::string text, value());
    node.values.push_back(std::move(text));
    if (node.kind == Kind::compare && node.comparison != Comparison::equal &&
        node.comparison != Comparison::not_equal) {
      TRY(node.number, integer(node.values[0]));
      node.values.clear();
    }
    return node;
  }

  Result<std::vector<std::string>> list() {
    std::vector<std::string> values;
    if (!take("[")) return bad("a list in brackets is missing");
    do {
      TRY(std::string text, value());
      values.push_back(std::move(text));
    } while (take(","));
    if (!take("]")) return bad("a closing bracket is missing");
    return values;
  }

  Result<std::string> value() {
    skip_space();
    if (take("\"")) return quoted();
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end]))
      ++end;
    if (end == at_) return bad("a value is missing");
    std::string word(text_.substr(at_, end - at_));
    at_ = end;
    return word;
  }

  Result<std::string> quoted() {
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return out;
      if (c != '\\') {
        out += c;
      } else if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\\')) {
        out += text_[at_++];
      } else {
        return bad("only \\\" and \\\\ may follow a backslash");
      }
    }
    return bad("a closing quotation mark is missing");
  }

  Result<std::int64_t> integer(std::string_view text) const {
    std::int64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty())
      return bad("\"" + std::string(text) + "\" is no integer");
    return out;
  }

  Result<std::int64_t> number() {
    skip_space();
    std::size_t end = at_;
    while (end < text_.size() && (is_digit(text_[end]) || (end == at_ && text_[end] == '-')))
      ++end;
    TRY(const std::int64_t out, integer(text_.substr(at_, end - at_)));
    at_ = end;
    return out;
  }

  Result<Interval> interval() {
    Interval out;
    if (!take("[")) return out;
    TRY(out.to_ns, duration());
    if (take("..")) {
      out.from_ns = out.to_ns;
      out.to_ns = Interval::kForever;
      skip_space();
      if (at_ < text_.size() && text_[at_] != ']') {
        TRY(out.to_ns, duration());
      }
    }
    if (!take("]")) return bad("a closing bracket is missing");
    if (out.from_ns > out.to_ns) return bad("the interval ends before it begins");
    return out;
  }

  Result<std::int64_t> duration() {
    TRY(const std::int64_t count, number());
    for (const auto& [unit, length_ns] : kUnits) {
      // "ms" is looked at before "m"; a unit ends its word.
      if (!text_.substr(at_).starts_with(unit)) continue;
      if (const std::size_t after = at_ + unit.size(); after < text_.size() && is_letter(text_[after]))
        continue;
      if (count < 0 || count > Interval::kForever / 2 / length_ns) return bad("the duration is out of range");
      at_ += unit.size();
      return count * length_ns;
    }
    return bad("a duration ends in ms, s, m, h or d");
  }

  std::string_view text_;
  std::string_view where_;
  std::size_t at_ = 0;
};

std::string duration_text(std::int64_t length_ns) {
  for (std::size_t i = std::size(kUnits); i-- > 0;)
    if (length_ns % kUnits[i].second == 0 && (length_ns != 0 || i == 1))
      return std::to_string(length_ns / kUnits[i].second) + std::string(kUnits[i].first);
  return std::to_string(length_ns / kMillisecondNs) + "ms";
}

std::string interval_text(const Interval& interval) {
  if (interval == Interval{}) return {};
  if (interval.from_ns == 0) return "[" + duration_text(interval.to_ns) + "]";
  const std::string to = interval.to_ns == Interval::kForever ? "" : duration_text(interval.to_ns);
  return "[" + duration_text(interval.from_ns) + ".." + to + "]";
}

std::string quoted_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string joined(const Formula& node, std::string_view word) {
  std::string out = "(";
  for (std::size_t i = 0; i < node.args.size(); ++i)
    out += (i == 0 ? "" : std::string(word)) + to_text(node.args[i]);
  return out + ")";
}

std::string list_text(const Formula& node) {
  std::string out;
  for (const auto& value : node.values)
    out += (out.empty() ? "" : ", ") + quoted_text(value);
  return "[" + out + "]";
}

// Brackets around whatever is not bracketed by itself.
std::string operand(const Formula& node) {
  const std::string text = to_text(node);
  return text.starts_with('(') ? text : "(" + text + ")";
}

}  // namespace

bool holds(Comparison comparison, std::int64_t left, std::int64_t right) {
  switch (comparison) {
    case Comparison::equal:
      return left == right;
    case Comparison::not_equal:
      return left != right;
    case Comparison::less:
      return left < right;
    case Comparison::less_equal:
      return left <= right;
    case Comparison::greater:
      return left > right;
    case Comparison::greater_equal:
      return left >= right;
  }
  return false;
}

std::string_view sign(Comparison comparison) {
  for (const auto& [text, one] : kSigns)
    if (one == comparison) return text;
  return "=";
}

Result<Formula> parse_formula(std::string_view text, std::string_view where) {
  if (text.size() > limits::kPatternBytesMax)
    return fail(ErrorCode::limit, "the fact is too long", std::string(where));
  return Parser(text, where).whole();
}

std::string to_text(const Formula& node) {
  switch (node.kind) {
    case Kind::truth:
      return "true";
    case Kind::compare: {
      const bool numeric = node.values.empty();
      const std::string compared(sign(node.comparison));
      return "(" + node.field + " " + compared + " " +
             (numeric ? std::to_string(node.number) : quoted_text(node.values[0])) + ")";
    }
    case Kind::one_of:
      return "(" + node.field + " in " + list_text(node) + ")";
    case Kind::like:
      return "(" + node.field + " like " + quoted_text(node.values[0]) + ")";
    case Kind::negation:
      return "(not " + operand(node.args[0]) + ")";
    case Kind::all:
      return joined(node, " and ");
    case Kind::some:
      return joined(node, " or ");
    case Kind::once:
      return "(once" + interval_text(node.interval) + " " + operand(node.args[0]) + ")";
    case Kind::previously:
      return "(previously" + interval_text(node.interval) + " " + operand(node.args[0]) + ")";
    case Kind::since:
      return "(" + operand(node.args[0]) + " since" + interval_text(node.interval) + " " +
             operand(node.args[1]) + ")";
    case Kind::count:
      return "count" + interval_text(node.interval) + operand(node.args[0]);
    case Kind::distinct:
    case Kind::sum:
      return (node.kind == Kind::sum ? "sum" : "distinct") + interval_text(node.interval) + "(" + node.field +
             ", " + to_text(node.args[0]) + ")";
    case Kind::measured:
      return "(" + to_text(node.args[0]) + " " + std::string(sign(node.comparison)) + " " +
             std::to_string(node.number) + ")";
  }
  return {};
}

}  // namespace weir::facts
