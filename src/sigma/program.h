// What an Engine is made of inside. Only compile*.cc, engine.cc and evaluate.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "match/database.h"
#include "sigma/engine.h"
#include "sigma/rule.h"

namespace weir::sigma {

inline constexpr std::uint32_t kAnyField = UINT32_MAX;        // a test of keywords
inline constexpr std::uint32_t kOtherField = UINT32_MAX - 1;  // a value whose name no rule knows

// Stands before the first value, between values and after the last one. No byte of UTF-8 has this value;
// where a value holds it all the same, the place of a hit decides.
inline constexpr char kSeparator = '\xFF';

// Heterogeneous lookup: no string is made for it.
struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
};
using NameIndex = std::unordered_map<std::string, std::uint32_t, NameHash, std::equal_to<>>;

struct CompiledTest {
  std::uint32_t field = kAnyField;
  std::uint32_t other_field = 0;  // SameAs
  bool scanned = false;           // true exactly when the scan reported it
  bool by_literal = false;        // an expression that is found by words which every match holds
  double weight = 0;              // how often the scan is expected to report it, beside others
  const Test* test = nullptr;     // into Program::rules
};

// One use of a literal: the test that it proves, or that it makes worth confirming.
struct LiteralUse {
  std::uint32_t test = 0;
  std::uint32_t field = kAnyField;
  bool confirm = false;
};
struct Literal {
  std::uint32_t size = 0;  // bytes without separators
  bool starts = false, ends = false;
};

// Lists behind each other in one piece of memory: list i is items[begin[i]] … items[begin[i + 1]]. A record
// touches few of very many lists, so what counts is how many cache lines that takes.
template <class T>
class Lists {
 public:
  void assign(const std::vector<std::vector<T>>& lists) {
    begin_.assign(1, 0);
    items_.clear();
    for (const auto& list : lists) {
      items_.insert(items_.end(), list.begin(), list.end());
      begin_.push_back(static_cast<std::uint32_t>(items_.size()));
    }
  }
  std::span<const T> operator[](std::size_t i) const {
    return std::span(items_).subspan(begin_[i], begin_[i + 1] - begin_[i]);
  }

 private:
  std::vector<std::uint32_t> begin_ = {0};
  std::vector<T> items_;
};

struct Node {
  enum class Kind : std::uint8_t { test, all, any, negation } kind = Kind::test;
  std::uint32_t first = 0;  // test: its index; else: into Program::children
  std::uint32_t count = 0;
};

// The literals of the rules of one product. Records are of one product, so a scan meets the patterns of few
// rules that do not apply, and a database that stays in the processor's cache.
struct Shard {
  std::string product;  // "": of rules that name none, and of what comes after the 63rd product
  match::Database literals;
  std::uint32_t first = 0;  // its pattern 0 is this one of Program::literal_shapes
};

struct Program {
  std::vector<Rule> rules;  // a copy: tests point into it
  std::vector<CompiledTest> tests;
  std::vector<Node> nodes;
  std::vector<std::uint32_t> children;
  std::vector<std::uint32_t> roots;                    // rule → node
  Lists<std::uint32_t> entered_by;                     // test → rules
  std::vector<std::uint32_t> always;                   // rules that must be looked at each time
  std::vector<std::vector<std::uint32_t>> rule_tests;  // rule → its tests; once compiled the scanned ones
  NameIndex fields;

  std::vector<Shard> shards;
  std::vector<std::uint32_t> rule_shard;  // rule → where its literals are
  std::vector<Literal> literal_shapes;    // pattern → what was looked for
  Lists<LiteralUse> literal_uses;         // pattern → the tests it is for
  match::Database expressions;
  std::vector<std::uint32_t> expression_tests;  // pattern → test
  // Patterns that the databases could not hold.
  std::vector<std::uint32_t> refused_literals, refused_expressions;
};

// Patterns as they are given to match::Database.
struct Patterns {
  std::vector<std::vector<match::Pattern>> literals;  // by shard
  std::vector<match::Pattern> expressions;
};

// Tests, graph and entries (compile.cc); literals and expressions (compile_patterns.cc).
Patterns make_patterns(Program& program);
Status compile_databases(Program& program, Patterns patterns, match::DatabaseStore* kept);

// One value against one test (evaluate.cc); not for SameAs, which needs two.
bool holds(const Test& test, const Field& value);
bool holds(const SameAs& same, std::string_view value, std::string_view other);

}  // namespace weir::sigma
