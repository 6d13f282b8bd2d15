// What is usual for one agent in one repository, and how unusual a call is against that.
//
//   AnomalyProfile profile("claude-code", "/home/ann/shop");
//   const Surprises surprises = profile.judge(conduct, past, minute, is_known);
//   profile.finding(AnomalyFamily::first_seen, surprises, conduct, past, minute);   // with its counts in
//   words profile.learn(tool, traits, past); save(canonical(profile.to_json())); // docs/formats/anomaly.md
//
// At most some 100 KiB, mostly 10 to 20: values of a kind and sequences are bounded, and what had to make
// room is counted.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "detect/anomaly_rates.h"
#include "detect/anomaly_scale.h"
#include "detect/anomaly_sequence.h"
#include "detect/conduct.h"
#include "event/decision.h"

namespace weir::detect {

inline constexpr std::uint64_t kLearningCalls = 100;  // of one repository before anything is told
// Values of each kind, in the order of TraitKind.
inline constexpr std::array<std::size_t, kTraitKinds> kTraitValuesMax = {64, 128, 192, 128, 32};

// The greatest surprise of one call in each family; bits 0: none.
struct Surprise {
  double bits = 0;
  const Trait* trait = nullptr;  // of the Conduct; of first_seen and rare
};
using Surprises = std::array<Surprise, kAnomalyFamilies>;  // by AnomalyFamily

class AnomalyProfile {
 public:
  AnomalyProfile(std::string agent, std::string repository)
      : agent_(std::move(agent)), repository_(std::move(repository)) {}

  const std::string& agent() const { return agent_; }
  const std::string& repository() const { return repository_; }
  std::uint64_t calls() const { return calls_; }

  // `minute` counts this call too. `known` says of a new value that it is none: it was let through a moment
  // ago and is not learned yet.
  Surprises judge(const Conduct& conduct, const SequencePast& past, const Minute& minute,
                  const std::function<bool(const Trait&)>& known) const;
  event::Finding finding(AnomalyFamily family, const Surprises& surprises, const Conduct& conduct,
                         const SequencePast& past, const Minute& minute) const;

  // One call that happened after `past`. Returns how much was forgotten to make room.
  std::size_t learn(std::string_view tool, std::span<const Trait> traits, const SequencePast& past);
  void add_minute(std::uint32_t calls) { rates_.add(calls); }

  // {agent, repository, calls, tools, programs, subcommands, hosts, path_classes, sequences, minutes}:
  // counts.
  Json summary() const;
  // Version 2. Errors: `invalid` names the member.
  Json to_json() const;
  static Result<AnomalyProfile> from_json(const Json& json);

 private:
  struct Value {
    std::string text;
    std::uint64_t times = 0;
    std::uint64_t last = 0;  // the profile's call that had it last
  };
  struct Kind {
    std::vector<Value> values;  // by text
    std::uint64_t once = 0;     // values with one time
    const Value* find(std::string_view text) const;
  };
  Surprise newness(const Trait& trait, const Kind& kind) const;
  Surprise rarity(const Trait& trait, const Value& value) const;
  std::string told_of(AnomalyFamily family, const Surprise& surprise, const Conduct& conduct,
                      const SequencePast& past, const Minute& minute) const;
  std::size_t learn_trait(const Trait& trait);
  static Result<Kind> kind_from(const Json& values, std::size_t index, std::uint64_t calls);

  std::string agent_;
  std::string repository_;
  std::uint64_t calls_ = 0;
  std::array<Kind, kTraitKinds> kinds_;
  Sequence sequence_;
  MinuteRates rates_;
};

}  // namespace weir::detect
