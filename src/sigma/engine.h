// All rules compiled together: a record -> the rules that match it.
//
//   TRY(Engine engine, Engine::compile(set.rules));          // immutable, shared between threads
//   Workspace workspace;                                      // one a thread
//   TRY(const auto matched, engine.match(logsource, flat.fields(), workspace));
//   for (const std::uint32_t rule : matched) …
//
// How it works. The literals of all rules of one product are one Vectorscan database (rules without a product
// have one of their own), scanned once over the record's values, which are laid behind each other with a
// separator byte that stands for "^" and "$". Expressions of all rules are another database, scanned over the
// fields that any of them is about, and confirmed with RE2. A test that the scan decides is true exactly when
// it was hit. Each rule is entered through the rarest set of such tests without which it cannot hold; only
// rules that were entered are evaluated, over one graph in which equal tests and equal parts of conditions
// are one node, each looked at once a record. Cost grows with hits, not with rules.
//
// After the first records of a log source, match() allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "match/database.h"
#include "sigma/record.h"
#include "sigma/rule.h"

namespace weir::sigma {

struct Program;
struct Memory;

// Memory of match(): grows to what the largest record needs, and remembers up to 64 log sources.
class Workspace {
 public:
  Workspace();
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) noexcept;
  ~Workspace();

 private:
  friend class Engine;
  std::unique_ptr<Memory> memory_;
};

class Engine {
 public:
  Engine();  // no rules

  // `kept`: where the pattern databases wait for the next run (match/database.h). Errors: limit.
  static Result<Engine> compile(std::span<const Rule> rules, match::DatabaseStore* kept = nullptr);

  // Indexes of the rules that match, ascending; valid until the next call with this workspace. Errors: those
  // of match::Database::scan.
  Result<std::span<const std::uint32_t>> match(const LogSource& logsource, Record record,
                                               Workspace& workspace) const;

  // Whether any rule is about records of this log source.
  bool covers(const LogSource& logsource) const;
  // Whether any rule looks at the field or a member of it; always so when a rule has keywords.
  bool looks_at(std::string_view field) const;

  struct Size {
    std::size_t rules = 0, tests = 0, nodes = 0;
    std::size_t literals = 0, expressions = 0;
    std::size_t unscanned_tests = 0;  // looked at on demand: numbers, addresses, very short texts
    std::size_t always = 0;           // rules that no scanned test leads to
    std::size_t database_bytes = 0;   // both pattern databases
  };
  Size size() const;

 private:
  std::shared_ptr<const Program> program_;
};

}  // namespace weir::sigma
