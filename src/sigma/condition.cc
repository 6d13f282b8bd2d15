#include "sigma/condition.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::sigma {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    if (is_blank(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    if (text[at] != '(' && text[at] != ')' && text[at] != '|')
      while (end < text.size() && !is_blank(text[end]) && text[end] != '(' && text[end] != ')' &&
             text[end] != '|')
        ++end;
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

class Parser {
 public:
  Parser(std::string_view text, const Identifiers& identifiers, std::vector<std::string>* used)
      : words_(words_of(text)), identifiers_(identifiers), used_(used) {}

  Result<Expr> whole() {
    if (words_.empty()) return fail("the condition is empty", {}, "name the search identifiers to look for");
    TRY(Expr expr, either(0));
    if (at_ == words_.size()) return expr;
    if (words_[at_] == "|")
      return fail("aggregations in conditions were removed in Sigma 2.0", {}, "write a correlation rule");
    return fail("the condition goes on after its end with \"" + printable(words_[at_], 40) + "\"", {},
                "join parts with and, or");
  }

 private:
  bool is(std::string_view word) const { return at_ < words_.size() && to_lower_ascii(words_[at_]) == word; }
  bool take(std::string_view word) {
    const bool found = is(word);
    at_ += found ? 1 : 0;
    return found;
  }

  Result<Expr> either(std::size_t depth) {
    std::vector<Expr> parts;
    do {
      TRY(Expr part, both(depth));
      parts.push_back(std::move(part));
    } while (take("or"));
    return Expr::joined(Expr::Kind::any, std::move(parts));
  }

  Result<Expr> both(std::size_t depth) {
    std::vector<Expr> parts;
    do {
      TRY(Expr part, maybe_not(depth));
      parts.push_back(std::move(part));
    } while (take("and"));
    return Expr::joined(Expr::Kind::all, std::move(parts));
  }

  Result<Expr> maybe_not(std::size_t depth) {
    if (depth > limits::kSigmaDepthMax)
      return fail(ErrorCode::limit, "the condition is nested too deeply", {}, "simplify it");
    if (take("not")) {
      TRY(Expr part, maybe_not(depth + 1));
      return Expr::negated(std::move(part));
    }
    if (take("(")) {
      TRY(Expr inner, either(depth + 1));
      if (!take(")")) return fail("a parenthesis is not closed", {}, "add \")\"");
      return inner;
    }
    return atom();
  }

  Result<Expr> atom() {
    if (at_ >= words_.size()) return fail("the condition ends too early", {}, "name a search identifier");
    const bool all = is("all");
    const bool quantified = at_ + 1 < words_.size() && to_lower_ascii(words_[at_ + 1]) == "of";
    if (quantified) {
      if (!all && !is("1") && !is("any"))
        return fail("\"" + printable(words_[at_], 40) + " of\" is not known", {}, "write 1 of, or all of");
      at_ += 2;
      return quantifier(all);
    }
    const std::string_view word = words_[at_];
    for (const std::string_view reserved : {"and", "or", "of", ")", "|"})
      if (is(reserved))
        return fail("\"" + std::string(word) + "\" stands where a search identifier should", {},
                    "check the condition");
    ++at_;
    for (const auto& [name, expr] : identifiers_)
      if (name == word) return use(name, expr);
    return fail("the condition names \"" + printable(word, 60) + "\", which is not in the detection", {},
                "define it or correct the name");
  }

  Result<Expr> quantifier(bool all) {
    if (at_ >= words_.size())
      return fail("\"of\" is not followed by a pattern", {}, "write them, or a pattern");
    const std::string_view pattern = words_[at_++];
    const bool them = to_lower_ascii(pattern) == "them";
    Glob glob;
    glob.cased = true;
    for (const std::string_view part : split(pattern, '*')) {
      if (!glob.pieces.empty() || part.data() != pattern.data()) glob.add(Piece::Kind::any);
      glob.add_text(part);
    }
    std::vector<Expr> parts;
    for (const auto& [name, expr] : identifiers_) {
      if (them ? name.starts_with('_') : !matches(glob, name)) continue;
      TRY(Expr part, use(name, expr));
      parts.push_back(std::move(part));
    }
    if (parts.empty())
      return fail("no search identifier is meant by \"" + printable(pattern, 60) + "\"", {},
                  "define one or correct the pattern");
    return Expr::joined(all ? Expr::Kind::all : Expr::Kind::any, std::move(parts));
  }

  Result<Expr> use(const std::string& name, const Expr& expr) {
    tests_ += count_tests(expr);
    if (tests_ > limits::kSigmaTermsMax)
      return fail(ErrorCode::limit, "the rule has too many values", {}, "split it");
    if (used_ != nullptr && std::find(used_->begin(), used_->end(), name) == used_->end())
      used_->push_back(name);
    return expr;
  }

  std::vector<std::string_view> words_;
  const Identifiers& identifiers_;
  std::vector<std::string>* used_;
  std::size_t at_ = 0;
  std::size_t tests_ = 0;
};

}  // namespace

Result<Expr> parse_condition(std::string_view text, const Identifiers& identifiers,
                             std::vector<std::string>* used) {
  return Parser(text, identifiers, used).whole();
}

}  // namespace weir::sigma
