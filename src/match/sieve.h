// Which of many expressions can match a short text: what a closer look must be taken for.
//
//   const Sieve sieve(expressions);
//   SieveMemory memory;                                          // one a thread
//   sieve.possible(text, memory, which);                         // indices, ascending
//
// An expression that matches is always among them; one that does not is hardly ever, so a Regex has little to
// do. Expressions are cut at their gaps ("[^.!?]*") into parts. One automaton finds where parts end, a table
// look-up a byte; then a part counts only when the part before it was found and nothing stood between that
// its gap cannot hold. States of the automaton are made when they are first met (J. E. Hopcroft, R. Motwani
// and J. D. Ullman's subset construction, done lazily) and kept in SieveMemory, which begins anew when it is
// full.
//
// Syntax: what parse_expression() reads, over bytes, letters in either case. An expression that it does not
// read can always match.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::match {

// States met so far by one thread, at most 1.5 MiB. Serves one Sieve at a time.
class SieveMemory {
 public:
  SieveMemory();
  SieveMemory(SieveMemory&&) noexcept;
  SieveMemory& operator=(SieveMemory&&) noexcept;
  ~SieveMemory();

  std::size_t states() const;

 private:
  friend class Sieve;
  struct State;
  std::unique_ptr<State> state_;
};

class Sieve {
 public:
  Sieve();  // of no expression
  explicit Sieve(std::span<const std::string> expressions);

  void possible(std::string_view text, SieveMemory& memory, std::vector<std::uint32_t>& out) const;

  // Expressions that are not read and always possible.
  std::size_t unread() const;

 private:
  friend class SieveMemory;
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace weir::match
