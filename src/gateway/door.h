// The one door, from a process on the wire: a question over the daemon's event socket, and its signed answer.
//
//   Door door({.socket = places.event_socket(), .key = key});
//   TRY(Json answer, door.ask("mcp", "Call", payload));
//
// The same wire as the hooks' (net/hook_wire.h). Without an answer that the daemon signed for this very
// question it is an error, and the caller refuses. Any thread; each question has a connection of its own.
#pragma once

#include <string>

#include "base/json.h"
#include "net/hook_wire.h"

namespace weir::gateway {

class Door {
 public:
  struct Setup {
    std::string socket;
    net::PublicKey key{};
    int timeout_ms = 8000;  // for each question
  };
  explicit Door(Setup setup) : setup_(std::move(setup)) {}

  // Errors: `unavailable` without the daemon; what the daemon said when it could not decide.
  Result<Json> ask(const std::string& agent, const std::string& event, const Json& payload) const;

 private:
  Setup setup_;
};

}  // namespace weir::gateway
