// A session tree in memory: what Engine keeps between the calls of one root session; and what judging one of
// them gave. Only engine*.cc include it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "daemon/engine.h"
#include "guard/guard.h"

namespace weir::daemon {

struct Engine::Tree {
  std::string root;
  std::unique_ptr<guard::Guard> guard;
  std::int64_t used_ns = 0;
  std::uint64_t generation = 0;  // Committer::generation() that its state belongs to
  // Of the guard, as `weir status` reads it beside the strand.
  std::atomic<std::uint64_t> facts_forgotten{0};
  std::atomic<std::uint64_t> correlations_forgotten{0};
  // Calls of tool servers that a hook announced and that were let run: digest of tool and input, and the
  // call's id. The wire sees them next. On the strand only.
  std::deque<std::pair<std::string, std::string>> announced;
};

// What judging one event gave, before it is durable.
struct Engine::Outcome {
  event::Decision decision;
  event::Event event;
  guard::Answers answers;
  std::optional<event::Event> observation;
  std::optional<event::Event> stop;  // came before the event
  std::shared_ptr<const Anomalies::Seen> seen;
  std::vector<flow::CarriedFile> carried;
};

}  // namespace weir::daemon
