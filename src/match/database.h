// Many patterns compiled together: one pass over the bytes tells which of them occur and where they end.
//
//   TRY(auto compiled, Database::compile({{.text = "AKIA[A-Z0-9]{16}"}, {.text = "rm -rf", .literal =
//   true}})); for (const auto& bad : compiled.rejected) warn(bad.pattern, bad.error);      // the others work
//   Scratch scratch;                                                             // one a thread
//   TRY_STATUS(compiled.database.scan(bytes, scratch, [&](std::size_t pattern, std::size_t end) {
//     return true;                                                               // false ends the scan
//   }));
//
// A report names the pattern and the byte after its last one. An expression may be reported at several ends
// (`a+` in "aaa" at 1, 2 and 3) unless it is asked for `once`; reports come in the order of their ends. Where
// the match begins is for a Regex to say. Expressions are PCRE without back references and look-around.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::match {

struct Pattern {
  std::string text;
  bool literal = false;  // the bytes themselves, no expression
  bool ignore_case = false;
  bool dot_all = false;     // "." matches a line break too
  bool multi_line = false;  // "^" and "$" match at line breaks
  bool once = false;        // report at most once a scan: cheaper where only presence matters
  bool somewhere = false;   // the engine may report it although a longer look is needed (HS_FLAG_PREFILTER);
                            // for expressions that it cannot hold exactly; confirm with a Regex
};

// The longest text that a match of `pattern` can be; none when there is no bound, or the engine cannot tell.
std::optional<std::size_t> longest_match(const Pattern& pattern);

// Memory of one scan. Grows to the largest database it has served.
class Scratch {
 public:
  Scratch();
  Scratch(Scratch&&) noexcept;
  Scratch& operator=(Scratch&&) noexcept;
  ~Scratch();

 private:
  friend class Database;
  struct State;
  std::unique_ptr<State> state_;
};

// Where compiled databases wait for the next run, by names of hexadecimal digits. What it gives must be what
// was put there, from a place where only its owner writes: the engine does not defend itself against forged
// ones.
class DatabaseStore {
 public:
  virtual ~DatabaseStore() = default;
  virtual std::string get(const std::string& name) = 0;  // "" when there is none
  virtual void put(const std::string& name, std::string_view bytes) = 0;
};

class Database {
 public:
  struct Rejected {
    std::size_t pattern = 0;  // index into what was given
    Error error;
  };
  struct Compiled;

  // An empty database: matches nothing.
  Database();

  // Pattern i is reported as i. What cannot be compiled is listed and left out. Errors: limit, when there
  // are too many patterns (limits::kPatternsMax) or the whole is too large for the engine.
  // With `kept` a database of the very same patterns, engine and processor is taken from there, else put
  // there, with what was rejected.
  static Result<Compiled> compile(std::span<const Pattern> patterns, DatabaseStore* kept = nullptr);

  // `report(pattern, end)` returns whether to go on. Errors: limit, when `bytes` exceeds
  // limits::kMatchBlockBytesMax; internal, when the engine fails.
  using Report = std::function<bool(std::size_t pattern, std::size_t end)>;
  Status scan(std::string_view bytes, Scratch& scratch, const Report& report) const;

  // For a cache on disk: opening is a hundred times faster than compiling. The bytes fit this processor and
  // this version of the engine only; deserialize() refuses others with `corrupt`. They must come from a
  // trusted place: the engine does not defend itself against forged ones.
  Result<std::string> serialize() const;
  static Result<Database> deserialize(std::string_view bytes);
  // Names engine and processor features; part of a cache's key.
  static std::string platform();

  std::size_t bytes() const;  // memory that the database takes
  bool empty() const { return state_ == nullptr; }

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

struct Database::Compiled {
  Database database;
  std::vector<Rejected> rejected;
};

}  // namespace weir::match
