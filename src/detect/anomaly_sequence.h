// A Markov chain of variable order over what an agent's calls were and how they ended.
//
//   double bits = sequence.surprise(past, "Bash");   // of this tool after the last three calls
//   sequence.learn(past, "Bash");
//
// Small on purpose, one is kept for each agent and repository: 12 bytes for each (context, tool) that was
// seen. A context is up to three bytes, the newest call lowest; docs/formats/anomaly.md has the codes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::detect {

inline constexpr std::size_t kSequenceOrder = 3;
inline constexpr std::size_t kSequenceToolsMax = 63;  // told apart; all later ones count as one
inline constexpr std::size_t kSequenceFollowsMax = 2048;

// The last calls of one session, the newest first: "Bash", "Bash!" when it failed.
struct SequencePast {
  std::array<std::string, kSequenceOrder> calls;

  void push(std::string_view tool);
  void mark_failed(std::size_t ago = 0);
};

class Sequence {
 public:
  // -log2 of the probability of `tool`; 0 while nothing was learned.
  double surprise(const SequencePast& past, std::string_view tool) const;
  // Returns how much was forgotten to make room.
  std::size_t learn(const SequencePast& past, std::string_view tool);

  // How often the last call was followed by anything, and by `tool`.
  struct Counts {
    std::uint64_t total = 0;
    std::uint64_t tool = 0;
  };
  Counts after_last(const SequencePast& past, std::string_view tool) const;

  std::size_t size() const { return follows_.size(); }

  Json to_json() const;
  // Errors: `invalid` with the member.
  static Result<Sequence> from_json(const Json& json);

 private:
  struct Follow {
    std::uint32_t context = 0;
    std::uint32_t tool = 0;
    std::uint32_t times = 0;
  };
  std::uint32_t number_of(std::string_view tool) const;  // kSequenceToolsMax when it has none
  // By order, from 0 to kSequenceOrder.
  std::array<std::uint32_t, kSequenceOrder + 1> contexts_of(const SequencePast& past) const;
  std::span<const Follow> after(std::uint32_t context) const;
  std::size_t make_room();

  std::vector<std::string> tools_;
  std::vector<Follow> follows_;  // by context, then tool
};

}  // namespace weir::detect
