// What joins a client and a server once both are there: bytes as they are (Relay), or requests that are
// looked at (InspectedRelay). EgressConnection drives either.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/stream_gate.h"

namespace weir::gateway {

class Conduit {
 public:
  enum class State { running, finished, broken, refused, used_up };
  virtual ~Conduit() = default;

  // Moves what can be moved now, a bounded amount; whenever one of the two is ready.
  virtual State pump() = 0;
  virtual const StreamGate::Step& refusal() const = 0;  // after State::refused
  virtual const std::string& unread() const = 0;        // what the client has not got yet

  virtual std::uint32_t client_events() const = 0;  // what to wait for; 0: nothing
  virtual std::uint32_t server_events() const = 0;
  virtual std::uint64_t sent() const = 0;
  virtual std::uint64_t received() const = 0;
  virtual bool half_closed() const = 0;
  virtual bool inside_message() const = 0;
  virtual bool owes_server() const = 0;
  // Has anything moved since this was last asked?
  virtual bool moved() = 0;
};

}  // namespace weir::gateway
