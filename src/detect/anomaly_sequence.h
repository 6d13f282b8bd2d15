// A Markov chain of variable order over what an agent's calls were and how they ended.
//
//   double bits = sequence.surprise(past, "Bash");   // of this tool after the last three calls
//   sequence.learn(past, "Bash");
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace weir::detect {

inline constexpr std::size_t kSequenceOrder = 3;
inline constexpr std::size_t kSequenceContextsMax = 4096;
inline constexpr std::size_t kSequenceToolsMax = 64;  // told apart after one context

// The last calls of one session, the newest first: "Bash", "Bash!" when it failed.
struct SequencePast {
  std::array<std::string, kSequenceOrder> calls;

  void push(std::string_view tool);
  void mark_failed();
};

class Sequence {
 public:
  // -log2 of the probability of `tool`; 0 while nothing was learned.
  double surprise(const SequencePast& past, std::string_view tool) const;
  // Returns how many contexts were forgotten to make room.
  std::size_t learn(const SequencePast& past, std::string_view tool);

  // How often the last call was followed by anything, and by `tool`.
  struct Counts {
    std::uint64_t total = 0;
    std::uint64_t tool = 0;
  };
  Counts after_last(const SequencePast& past, std::string_view tool) const;

  Json to_json() const;
  static Result<Sequence> from_json(const Json& json);

 private:
  struct Followers {
    std::uint64_t total = 0;
    std::map<std::string, std::uint64_t, std::less<>> tools;
  };
  std::map<std::string, Followers, std::less<>> contexts_;  // by the calls before, the newest first
};

}  // namespace weir::detect
