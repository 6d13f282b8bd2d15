#include "shell/arith.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/parser.h"

namespace weir::shell {
namespace {

using Number = std::optional<std::int64_t>;

std::int64_t wrap(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
std::uint64_t raw(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

struct Operator {
  std::string_view text;
  int precedence = 0;  // higher binds tighter
};
// Longest first, so that "<<" is not read as "<".
constexpr Operator kOperators[] = {{"**", 11}, {"<<", 8}, {">>", 8}, {"<=", 7}, {">=", 7},
                                   {"==", 6},  {"!=", 6}, {"&&", 2}, {"||", 1}, {"*", 10},
                                   {"/", 10},  {"%", 10}, {"+", 9},  {"-", 9},  {"<", 7},
                                   {">", 7},   {"&", 5},  {"^", 4},  {"|", 3}};
constexpr std::string_view kAssignments[] = {
    "<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "^=", "|=", "="};

Number apply(std::string_view op, std::int64_t a, std::int64_t b) {
  if (op == "+") return wrap(raw(a) + raw(b));
  if (op == "-") return wrap(raw(a) - raw(b));
  if (op == "*") return wrap(raw(a) * raw(b));
  if (op == "/" || op == "%") {
    if (b == 0) return std::nullopt;
    if (b == -1) return op == "/" ? wrap(0 - raw(a)) : 0;
    return op == "/" ? a / b : a % b;
  }
  if (op == "**") {
    if (b < 0) return std::nullopt;
    std::uint64_t out = 1, base = raw(a);
    for (std::uint64_t power = raw(b); power != 0; power >>= 1, base *= base)
      if ((power & 1) != 0) out *= base;
    return wrap(out);
  }
  if (op == "<<") return wrap(raw(a) << (raw(b) & 63));
  if (op == ">>") return a >> (raw(b) & 63);
  if (op == "<") return a < b;
  if (op == ">") return a > b;
  if (op == "<=") return a <= b;
  if (op == ">=") return a >= b;
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "&") return a & b;
  if (op == "|") return a | b;
  if (op == "^") return a ^ b;
  if (op == "&&") return a != 0 && b != 0;
  if (op == "||") return a != 0 || b != 0;
  return std::nullopt;
}

class Evaluator {
 public:
  Evaluator(std::string_view text, const ArithmeticScope& scope, std::size_t depth)
      : text_(text), scope_(scope), depth_(depth) {}

  Number run() {
    Number value = comma();
    blanks();
    return at_ == text_.size() ? value : std::nullopt;
  }

 private:
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }
  bool take(std::string_view token) {
    blanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  Number comma() {
    Number value = assignment();
    while (take(","))
      value = assignment();
    return value;
  }

  // name op= value, else a conditional expression.
  Number assignment() {
    if (++depth_ > limits::kShellDepthMax) return std::nullopt;
    blanks();
    const std::size_t begin = at_;
    const std::string_view name = read_name();
    if (!name.empty()) {
      blanks();
      for (const std::string_view op : kAssignments) {
        if (!text_.substr(at_).starts_with(op) || text_.substr(at_).starts_with("==")) continue;
        at_ += op.size();
        Number value = assignment();
        if (value && op != "=") {
          const Number old = variable(name);
          value = old ? apply(op.substr(0, op.size() - 1), *old, *value) : std::nullopt;
        }
        if (value) scope_.assign(name, *value);
        --depth_;
        return value;
      }
    }
    at_ = begin;
    Number value = conditional();
    --depth_;
    return value;
  }

  Number conditional() {
    const Number condition = binary(1);
    if (!take("?")) return condition;
    const Number yes = assignment();
    if (!take(":")) return std::nullopt;
    const Number no = assignment();
    if (!condition) return std::nullopt;
    return *condition != 0 ? yes : no;
  }

  Number binary(int lowest) {
    if (++depth_ > limits::kShellDepthMax) return std::nullopt;
    Number left = unary();
    while (true) {
      blanks();
      const auto* op = std::find_if(std::begin(kOperators), std::end(kOperators), [&](const Operator& one) {
        return text_.substr(at_).starts_with(one.text);
      });
      if (op == std::end(kOperators) || op->precedence < lowest) break;
      at_ += op->text.size();
      // ** binds to the right
      const Number right = binary(op->text == "**" ? op->precedence : op->precedence + 1);
      left = left && right ? apply(op->text, *left, *right) : std::nullopt;
    }
    --depth_;
    return left;
  }

  Number unary() {
    if (++depth_ > limits::kShellDepthMax) return std::nullopt;
    Number value = unary_value();
    --depth_;
    return value;
  }

  Number unary_value() {
    if (take("++")) return stepped(1, true);
    if (take("--")) return stepped(-1, true);
    if (take("+")) return unary();
    if (take("-")) {
      const Number value = unary();
      return value ? Number(wrap(0 - raw(*value))) : std::nullopt;
    }
    if (take("!")) {
      const Number value = unary();
      return value ? Number(*value == 0) : std::nullopt;
    }
    if (take("~")) {
      const Number value = unary();
      return value ? Number(~*value) : std::nullopt;
    }
    if (take("(")) {
      const Number value = comma();
      return take(")") ? value : std::nullopt;
    }
    if (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') return literal();
    return stepped(0, false);
  }

  // A variable, with ++ or -- before it (`before`) or behind.
  Number stepped(int step, bool before) {
    blanks();
    const std::string_view name = read_name();
    if (name.empty()) return std::nullopt;
    const Number value = variable(name);
    if (!before) {
      if (take("++"))
        step = 1;
      else if (take("--"))
        step = -1;
    }
    if (!value || step == 0) return value;
    const std::int64_t next = wrap(raw(*value) + raw(step));
    scope_.assign(name, next);
    return before ? next : *value;
  }

  std::string_view read_name() {
    const std::size_t begin = at_;
    if (at_ < text_.size() && is_name_start(text_[at_]))
      while (at_ < text_.size() && is_name_char(text_[at_]))
        ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // A variable's text is an expression itself.
  Number variable(std::string_view name) {
    const auto text = scope_.value(name);
    if (!text) return std::nullopt;
    if (trim(*text).empty()) return 0;
    if (text->size() > 64 || depth_ + 8 > limits::kShellDepthMax) return std::nullopt;
    return Evaluator(*text, scope_, depth_ + 8).run();
  }

  // 10, 0x1f, 017, 2#101
  Number literal() {
    std::uint64_t base = 10;
    if (text_.substr(at_).starts_with("0x") || text_.substr(at_).starts_with("0X")) {
      base = 16;
      at_ += 2;
    } else if (text_[at_] == '0') {
      base = 8;
    }
    std::uint64_t value = digits(base);
    if (at_ < text_.size() && text_[at_] == '#') {
      if (value < 2 || value > 36) return std::nullopt;
      ++at_;
      value = digits(value);
    }
    if (at_ < text_.size() && is_name_char(text_[at_])) return std::nullopt;
    return wrap(value);
  }

  std::uint64_t digits(std::uint64_t base) {
    std::uint64_t value = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      std::uint64_t digit = 99;
      if (c >= '0' && c <= '9') digit = static_cast<std::uint64_t>(c - '0');
      if (c >= 'a' && c <= 'z') digit = static_cast<std::uint64_t>(c - 'a' + 10);
      if (c >= 'A' && c <= 'Z') digit = static_cast<std::uint64_t>(c - 'A' + 10);
      if (digit >= base) break;
      value = value * base + digit;
    }
    return value;
  }

  std::string_view text_;
  const ArithmeticScope& scope_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

std::optional<std::int64_t> evaluate(std::string_view expression, const ArithmeticScope& scope) {
  if (expression.size() > 4096) return std::nullopt;
  if (trim(expression).empty()) return 0;
  return Evaluator(expression, scope, 0).run();
}

}  // namespace weir::shell
