// What a program in a pod is about to do, as the pod's supervisor tells it on the control connection of its
// run (docs/formats/control.md), and the Event that it becomes: a connection, or that it begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "daemon/runs.h"
#include "event/event.h"

namespace weir::daemon {

struct Effect {
  std::uint64_t id = 0;           // the supervisor's own
  std::vector<ProcessKey> chain;  // the process itself, then who started it, nearest first
  bool orphan = false;            // the chain does not end at the pod's own program
  std::string program;            // absolute, as the pod names it
  bool fixed = false;             // it lies where nothing in the pod can write
  std::vector<std::string> argv;
  std::vector<std::string> parents;  // their programs, as the chain
  // "direct" "proxy" "socks": a connection. "exec": it begins, and has neither host nor address nor port.
  std::string how;
  std::string cwd;  // exec: as the pod names it
  std::string host;
  std::string address;
  std::uint16_t port = 0;
  // What the program can hold: an array of {"kind","name","steps"}, at most kEffectHoldsMax; null: not known.
  Json holds;

  bool begins() const { return how == "exec"; }
};

// RunDecision::tool of what a program in a pod does.
inline constexpr std::string_view kConnectionTool = "connection";
inline constexpr std::string_view kProgramTool = "program";

inline constexpr std::size_t kEffectChainMax = 130;
inline constexpr std::size_t kEffectHoldsMax = 64;

// Errors: `invalid`, naming the member.
Result<Effect> effect_from(const Json& request);
Json to_json(const Effect& effect);

// Who it is of: the place of the agent in the chain; nullopt when none of it is one.
std::optional<std::size_t> agent_in(const Effect& effect, const Runs& runs);

// The event without its identity: kind, data, body, assurance. `agent_at` as agent_in() found it.
event::Event effect_event(const Effect& effect, std::optional<std::size_t> agent_at);

// "evil.example:443", "[2001:db8::1]:443"; of a connection.
std::string place_of(const Effect& effect);

// "fmt (below build.sh) → evil.example:443", "git push --force (below make)", for people; printable.
std::string summary_of(const Effect& effect);

}  // namespace weir::daemon
