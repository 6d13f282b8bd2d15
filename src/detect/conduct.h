// One tool call as the anomaly detector sees it: no content, only what kind of thing was done.
//
//   Conduct conduct = conduct_of(event, decision.actions, "/home/ann/shop");
//   // traits: program "git", subcommand "git push", host "github.com", path class "credential", tool "Bash"
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/action.h"
#include "event/event.h"

namespace weir::detect {

inline constexpr std::int64_t kAnomalyTimesMax = std::int64_t{1} << 40;  // what a saved count may be

enum class TraitKind { tool, program, subcommand, host, path_class };
inline constexpr std::size_t kTraitKinds = 5;
// "tool", "program", "sub-command", "host", "path class".
std::string_view name(TraitKind kind);

struct Trait {
  TraitKind kind = TraitKind::tool;
  std::string value;
  bool operator==(const Trait&) const = default;
};

struct Conduct {
  std::string agent;       // "claude-code"
  std::string repository;  // the workspace's path or another name of it; "" unknown
  std::string session;
  std::string tool;
  std::int64_t wall_ns = 0;  // 0: unknown; then rates are not looked at
  std::vector<Trait> traits;
  std::string root;  // of the session tree
  std::string call;  // names the call in its result, "" when nothing does
};

// Of a tool call and what it would do. At most 64 traits, each once.
Conduct conduct_of(const event::Event& event, std::span<const event::Action> actions,
                   std::string_view repository);

}  // namespace weir::detect
