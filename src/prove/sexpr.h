// S-expressions: what solvers answer, and what certificates are written in (SMT-LIB 2.6, section 3.2).
//
//   TRY(SExpr answer, parse_sexpr("((x \"a\\u{62}\"))"));
//   answer.list[0].list[1].text        // "a\u{62}" as written between the quotes, "" taken as one quote
//
// Symbols written |between bars| lose their bars. Comments are skipped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::prove {

struct SExpr {
  enum class Kind : unsigned char { symbol, string, list };  // numerals and #x.. are symbols

  Kind kind = Kind::list;
  std::string text;         // symbol, string
  std::vector<SExpr> list;  // list
  bool quoted = false;      // a symbol that stood between bars

  bool is_list() const { return kind == Kind::list; }
  bool is(std::string_view symbol) const { return kind == Kind::symbol && text == symbol; }
  // Whether this is a list that begins with the symbol.
  bool calls(std::string_view symbol) const { return is_list() && !list.empty() && list.front().is(symbol); }
};

// Exactly one expression. Errors: `invalid` with the place, `limit`.
Result<SExpr> parse_sexpr(std::string_view text);
// All expressions of a text.
Result<std::vector<SExpr>> parse_sexprs(std::string_view text);
// Back to text, so that parse_sexpr() gives the same again.
std::string to_text(const SExpr& expression);

}  // namespace weir::prove
