// Tests -> patterns for the two databases.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/hash.h"
#include "base/limits.h"
#include "sigma/program.h"

namespace weir::sigma {
namespace {

// Shorter texts are hit everywhere: they are looked for only when a rule asks.
constexpr std::size_t kFoundBytesMin = 3;
// How many plain texts a value with dashes may be written out to.
constexpr std::size_t kWrittenOutMax = 25;
// How many words an expression may be found by.
constexpr std::size_t kWordsMax = 32;
// How often an expression is expected to match, beside texts: as often as one of six bytes.
constexpr double kExpressionWeight = 1.0 / 64;

// A glob seen as: text that stands at the beginning, at the end, both or anywhere.
struct Core {
  std::span<const Piece> pieces;
  bool starts = true, ends = true;
};

Core core_of(const Glob& glob) {
  Core core{.pieces = glob.pieces};
  if (!core.pieces.empty() && core.pieces.front().kind == Piece::Kind::any) {
    core.starts = false;
    core.pieces = core.pieces.subspan(1);
  }
  if (!core.pieces.empty() && core.pieces.back().kind == Piece::Kind::any) {
    core.ends = false;
    core.pieces = core.pieces.first(core.pieces.size() - 1);
  }
  // "*" alone: one piece stands for both sides.
  if (core.pieces.empty() && !glob.pieces.empty()) core.ends = false;
  return core;
}

struct Wanted {
  std::string text;
  bool starts = false, ends = false;
  bool confirm = false;
};

// Every way to write a core of text and dashes; none when there is anything else or it would be too many.
std::vector<std::string> written_out(const Core& core) {
  std::vector<std::string> out = {""};
  for (const Piece& piece : core.pieces) {
    std::vector<std::string> next;
    if (piece.kind == Piece::Kind::text) {
      for (auto& one : out)
        next.push_back(one + piece.text);
    } else if (piece.kind == Piece::Kind::dash && out.size() * std::size(kDashes) <= kWrittenOutMax) {
      for (const auto& one : out)
        for (const std::string_view dash : kDashes)
          next.push_back(one + std::string(dash));
    } else {
      return {};
    }
    out = std::move(next);
  }
  return out;
}

// The texts of which one is in every value that the glob matches; none when they would be too short.
std::vector<Wanted> wanted_by(const Glob& glob) {
  const Core core = core_of(glob);
  std::vector<Wanted> out;
  for (std::string& text : written_out(core))
    out.push_back({std::move(text), core.starts, core.ends, false});
  if (out.empty()) {
    const auto longest =
        std::max_element(core.pieces.begin(), core.pieces.end(),
                         [](const Piece& a, const Piece& b) { return a.text.size() < b.text.size(); });
    out.push_back({longest->text, core.starts && longest == core.pieces.begin(),
                   core.ends && longest + 1 == core.pieces.end(), true});
  }
  const bool too_short = std::any_of(out.begin(), out.end(), [](const Wanted& one) {
    const bool anchored = one.starts || one.ends;
    const std::size_t least = !one.confirm && anchored ? 0 : kFoundBytesMin - (anchored ? 1 : 0);
    return one.text.size() < least;
  });
  if (too_short) out.clear();
  return out;
}

class Maker {
 public:
  explicit Maker(Program& program) : program_(program) {}

  Patterns run() {
    choose_shards();
    patterns_.literals.resize(program_.shards.size());
    words_.resize(program_.tests.size());
    for (std::uint32_t i = 0; i < program_.tests.size(); ++i)
      if (const auto* expression = std::get_if<Expression>(&program_.tests[i].test->check))
        find_words(i, *expression);
    for (std::uint32_t shard = 0; shard < program_.shards.size(); ++shard)
      fill(shard);
    add_expressions();
    program_.literal_uses.assign(uses_);
    return std::move(patterns_);
  }

 private:
  void choose_shards() {
    constexpr std::size_t kShardsMax = 64;
    std::map<std::string, std::uint32_t> shards = {{"", 0}};
    program_.shards.push_back({});
    for (const Rule& rule : program_.rules) {
      const std::string& product = rule.logsource.product;
      if (program_.shards.size() < kShardsMax && shards.emplace(product, program_.shards.size()).second)
        program_.shards.push_back({.product = product});
      const auto found = shards.find(product);
      program_.rule_shard.push_back(found == shards.end() ? 0 : found->second);
    }
  }

  // The literals of each test that a rule of the shard has, once.
  void fill(std::uint32_t shard) {
    known_.clear();
    program_.shards[shard].first = static_cast<std::uint32_t>(uses_.size());
    std::vector<bool> seen(program_.tests.size(), false);
    for (std::uint32_t rule = 0; rule < program_.rules.size(); ++rule) {
      if (program_.rule_shard[rule] != shard) continue;
      for (const std::uint32_t test : program_.rule_tests[rule]) {
        if (seen[test]) continue;
        seen[test] = true;
        if (const auto* glob = std::get_if<Glob>(&program_.tests[test].test->check))
          add_literals(shard, test, wanted_by(*glob), glob->cased);
        else
          add_literals(shard, test, words_[test], false);
      }
    }
  }

  void add_literals(std::uint32_t shard, std::uint32_t index, const std::vector<Wanted>& all, bool cased) {
    CompiledTest& test = program_.tests[index];
    auto& literals = patterns_.literals[shard];
    if (!all.empty()) test.weight = 0;
    for (const Wanted& wanted : all) {
      if (wanted.text.size() > limits::kPatternBytesMax / 8) return;
      std::string text = wanted.text;
      if (wanted.starts) text.insert(text.begin(), kSeparator);
      if (wanted.ends) text += kSeparator;
      // With its shape: a value may itself hold the separator.
      const std::string key = std::string(cased ? "c" : "i") + (wanted.starts ? '^' : '-') +
                              (wanted.ends ? '$' : '-') + lowered(text, cased);
      const auto [found, is_new] = known_.emplace(key, static_cast<std::uint32_t>(uses_.size()));
      if (is_new) {
        literals.push_back({.text = text, .literal = true, .ignore_case = !cased});
        program_.literal_shapes.push_back(
            {static_cast<std::uint32_t>(wanted.text.size()), wanted.starts, wanted.ends});
        uses_.emplace_back();
      }
      uses_[found->second].push_back({index, test.field, wanted.confirm});
      test.scanned = true;
      test.weight += std::exp2(-static_cast<double>(std::min<std::size_t>(text.size(), 40)));
    }
  }

  static std::string lowered(std::string text, bool cased) {
    if (!cased)
      for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
  }

  // Most expressions hold a word that is found in the one scan for literals, and few values hold it: that
  // costs far less than to scan for all expressions.
  void find_words(std::uint32_t index, const Expression& expression) {
    for (std::string& word : expression.regex.required_words(kFoundBytesMin))
      words_[index].push_back({std::move(word), false, false, true});
    if (words_[index].size() > kWordsMax) words_[index].clear();
    program_.tests[index].by_literal = !words_[index].empty();
  }

  // Of the other expressions those are scanned for without which a rule would have to be looked at for every
  // record; the rest are looked at when something else led to their rule.
  void add_expressions() {
    std::vector<std::uint8_t> leads(program_.nodes.size(), 0);  // parts stand before what is made of them
    for (std::size_t i = 0; i < leads.size(); ++i)
      leads[i] = leads_to(program_.nodes[i], leads) ? 1 : 0;
    std::vector<bool> added(program_.tests.size(), false);
    for (std::size_t rule = 0; rule < program_.rules.size(); ++rule) {
      if (leads[program_.roots[rule]] == 1) continue;
      for (const std::uint32_t test : program_.rule_tests[rule]) {
        const auto* expression = std::get_if<Expression>(&program_.tests[test].test->check);
        if (expression == nullptr || program_.tests[test].by_literal || added[test]) continue;
        added[test] = true;
        add_expression(test, *expression);
      }
    }
  }

  // Whether the node cannot hold unless the scan for literals reported one of its tests.
  bool leads_to(const Node& node, const std::vector<std::uint8_t>& leads) const {
    if (node.kind == Node::Kind::test) return program_.tests[node.first].scanned;
    if (node.kind == Node::Kind::negation) return false;
    const auto parts = std::span(program_.children).subspan(node.first, node.count);
    const auto leads_there = [&](std::uint32_t part) { return leads[part] == 1; };
    return node.kind == Node::Kind::all ? std::any_of(parts.begin(), parts.end(), leads_there)
                                        : std::all_of(parts.begin(), parts.end(), leads_there);
  }

  void add_expression(std::uint32_t index, const Expression& expression) {
    CompiledTest& test = program_.tests[index];
    patterns_.expressions.push_back({.text = expression.text,
                                     .ignore_case = expression.ignore_case,
                                     .dot_all = expression.dot_all,
                                     .multi_line = expression.multi_line,
                                     .once = true});
    program_.expression_tests.push_back(index);
    test.scanned = true;
    test.weight = kExpressionWeight;
  }

  Program& program_;
  Patterns patterns_;
  std::map<std::string, std::uint32_t> known_;
  std::vector<std::vector<Wanted>> words_;     // by test: what an expression is found by
  std::vector<std::vector<LiteralUse>> uses_;  // by pattern
};

// Tests of what the databases could not hold are looked at on demand.
void apply_refused(Program& program) {
  for (const std::uint32_t pattern : program.refused_literals)
    for (const LiteralUse& use : program.literal_uses[pattern])
      program.tests[use.test].scanned = false;
  for (const std::uint32_t pattern : program.refused_expressions)
    program.tests[program.expression_tests[pattern]].scanned = false;
}

void note(std::vector<std::uint32_t>& into, const std::vector<match::Database::Rejected>& rejected,
          std::uint32_t first) {
  for (const auto& one : rejected)
    into.push_back(first + static_cast<std::uint32_t>(one.pattern));
}

// What the engine cannot hold exactly it may report too often; what it cannot hold at all is looked at on
// demand.
Result<match::Database> compile_expressions(Program& program, std::vector<match::Pattern>& patterns,
                                            match::DatabaseStore* kept) {
  TRY(auto first, match::Database::compile(patterns, kept));
  if (first.rejected.empty()) return std::move(first.database);
  for (const auto& rejected : first.rejected)
    patterns[rejected.pattern].somewhere = true;
  TRY(auto second, match::Database::compile(patterns, kept));
  note(program.refused_expressions, second.rejected, 0);
  return std::move(second.database);
}

}  // namespace

Patterns make_patterns(Program& program) {
  return Maker(program).run();
}

Status compile_databases(Program& program, Patterns patterns, match::DatabaseStore* kept) {
  for (std::size_t i = 0; i < program.shards.size(); ++i) {
    TRY(auto literals, match::Database::compile(patterns.literals[i], kept));
    note(program.refused_literals, literals.rejected, program.shards[i].first);
    program.shards[i].literals = std::move(literals.database);
  }
  TRY(program.expressions, compile_expressions(program, patterns.expressions, kept));
  apply_refused(program);
  return {};
}

}  // namespace weir::sigma
