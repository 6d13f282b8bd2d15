// The language of facts.
//
//   formula   := conj { "or" conj }
//   conj      := since { "and" since }
//   since     := unary [ "since" [ interval ] unary ]
//   unary     := "not" unary | ( "once" | "historically" | "previously" ) [ interval ] unary
//              | "(" formula ")" | measure compare NUMBER | atom
//   measure   := "count" [ interval ] "(" formula ")"
//              | ( "distinct" | "sum" ) [ interval ] "(" field "," formula ")"
//   atom      := "true" | field compare value | field "like" TEXT | field "in" "[" value { "," value } "]"
//              | VERB                                  a word with a dot: verb = "file.read"
//   compare   := "=" | "!=" | "<" | "<=" | ">" | ">="
//   interval  := "[" duration "]"                      within the last …
//              | "[" duration ".." [ duration ] "]"    between … and … ago; without the second: or longer
//   duration  := NUMBER ( "ms" | "s" | "m" | "h" | "d" )
//   value     := WORD | NUMBER | TEXT in double quotes; a backslash before a quote or a backslash
//
// `once f`: f was or is true; `historically f`: f was and is true at every instant; `previously f`: at the
// instant before; `f since g`: g was or is true, and f at every instant after it. Without an interval the
// whole past counts. `count` counts instants, `distinct` different values of a field, `sum` adds its
// integers. A whole fact may be a measure without a comparison: its type is then integer.
//
// A field with several values equals one that it contains; `!=` is the negation of `=`; `<` and its like
// compare integers and are false for anything else. In `like`, "*" stands for any text.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::facts {

enum class Comparison { equal, not_equal, less, less_equal, greater, greater_equal };
bool holds(Comparison comparison, std::int64_t left, std::int64_t right);
std::string_view sign(Comparison comparison);

// Between `from_ns` and `to_ns` ago, both inclusive.
struct Interval {
  static constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
  std::int64_t from_ns = 0;
  std::int64_t to_ns = kForever;
  bool operator==(const Interval&) const = default;
};

struct Formula {
  enum class Kind {
    truth,     // always
    compare,   // field, comparison, values[0]
    one_of,    // field, values
    like,      // field, values[0]
    negation,  // args[0]
    all,       // args
    some,      // args
    once,      // args[0], interval
    previously,
    since,     // args[0] since args[1], interval
    count,     // args[0], interval; an integer
    distinct,  // field, args[0], interval; an integer
    sum,
    measured,  // args[0] is a measure; comparison, number
  };
  Kind kind = Kind::truth;
  std::string field;
  Comparison comparison = Comparison::equal;
  std::vector<std::string> values;
  std::int64_t number = 0;
  Interval interval;
  std::vector<Formula> args;

  bool is_integer() const { return kind == Kind::count || kind == Kind::distinct || kind == Kind::sum; }
  bool operator==(const Formula&) const = default;
};

// `where` names the text in errors. Errors: invalid, with the column; limit, past limits::kFactDepthMax.
Result<Formula> parse_formula(std::string_view text, std::string_view where);

// The formula in the language above, fully bracketed; parse_formula(to_text(f)) == f. "historically" is
// written as the negations it stands for.
std::string to_text(const Formula& formula);

}  // namespace weir::facts
