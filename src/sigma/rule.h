// What Sigma documents say, as values: rules, correlations, filters.
//
// A rule's detection section is already one expression over tests: search identifiers are put in where the
// condition names them, modifiers are applied. An Engine compiles many of them together (engine.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "match/regex.h"
#include "sigma/address.h"
#include "sigma/glob.h"

namespace weir::sigma {

// Which logs a rule is about, or which log a record is of. Lower case; "" says nothing.
struct LogSource {
  std::string category;
  std::string product;
  std::string service;
  std::string definition;  // for people; takes no part in matching

  bool operator==(const LogSource&) const = default;
};
// Whether everything that `wanted` names is so in `log`.
bool covers(const LogSource& wanted, const LogSource& log);
Json to_json(const LogSource& logsource);

enum class Level { none, informational, low, medium, high, critical };
std::string_view name(Level level);
std::optional<Level> level_named(std::string_view name);

// The attributes that rules, correlations and filters share.
struct Meta {
  std::string id;    // unique; may be ""
  std::string name;  // unique where given; correlations refer to it
  std::string title;
  std::string description;
  std::string status;
  std::string author;
  std::string license;
  std::string taxonomy;
  std::string date, modified;  // YYYY-MM-DD
  Level level = Level::none;
  std::vector<std::string> references, tags, fields, falsepositives, scope;
  std::vector<std::pair<std::string, std::string>> related;  // type, id
  Json custom;        // object: attributes that the specification does not know
  std::string where;  // "file:line"

  // By which others and reports name it: the id, else the name, else where it stands.
  const std::string& key() const { return !id.empty() ? id : !name.empty() ? name : where; }
};

// ---- Detection ----

// Modifier minute … year: the number that is taken from a date.
enum class DatePart { none, minute, hour, day, week, month, year };
std::string_view name(DatePart part);

struct Expression {  // modifier re
  std::string text;
  bool ignore_case = false, multi_line = false, dot_all = false;
  match::Regex regex;
};
struct Comparison {  // gt gte lt lte
  enum class Op { gt, gte, lt, lte, eq, neq } op = Op::eq;
  double number = 0;
};
struct Exists {
  bool wanted = true;
};
struct IsNull {};  // absent, or null
struct SameAs {    // modifier fieldref
  std::string field;
  enum class How { equal, starts, ends, contains } how = How::equal;
  bool cased = false;
};
using Check = std::variant<Glob, Expression, AddressRange, Comparison, Exists, IsNull, SameAs>;

struct Test {
  std::string field;  // "": any value of the record (keywords)
  DatePart part = DatePart::none;
  Check check;
};
// The same for equal tests and no others; what the engine shares tests by.
std::string key(const Test& test);

struct Expr {
  enum class Kind { test, all, any, negation } kind = Kind::all;
  std::vector<Expr> parts;   // all, any: at least one; negation: exactly one
  std::optional<Test> test;  // Kind::test

  static Expr of(Test test);
  static Expr joined(Kind kind, std::vector<Expr> parts);  // of one part: the part itself
  static Expr negated(Expr part);
};
std::size_t count_tests(const Expr& expr);

struct Rule {
  Meta meta;
  LogSource logsource;
  Expr condition;
  bool reported = true;  // false: only correlations look at it (no `generate`)
};

// ---- Correlations ----

enum class CorrelationType {
  event_count,
  value_count,
  temporal,
  temporal_ordered,
  value_sum,
  value_avg,
  value_percentile
};
std::string_view name(CorrelationType type);

struct Correlation {
  struct Alias {
    std::string name;                                         // as group-by names it
    std::vector<std::pair<std::string, std::string>> fields;  // rule's name or id → field of its events
  };

  Meta meta;
  CorrelationType type = CorrelationType::event_count;
  std::vector<std::string> rules;  // names or ids, in order
  std::vector<std::string> group_by;
  std::vector<Alias> aliases;
  std::int64_t timespan_ns = 0;
  std::vector<Comparison> condition;  // all must hold; empty: temporal types only
  std::vector<std::string> fields;    // whose values are counted or summed
  std::optional<double> percentile;   // value_percentile: which one; none: the share of the event's own value
  bool generate = false;
  bool reported = true;

  // Filled by link(): where the rules are, rules first, then correlations.
  std::vector<std::uint32_t> sources;  // < rules.size(): a rule; else a correlation
};

struct Filter {
  Meta meta;
  LogSource logsource;
  std::vector<std::string> rules;  // names or ids; empty: all rules of the log source
  Expr condition;                  // joined to the rules' own by "and"
};

}  // namespace weir::sigma
