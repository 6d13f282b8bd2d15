// Bytes between a client outside and a program in a pod, as they are. Inside the room only.
//
// Non-blocking sockets. Each direction holds at most kBufferBytes and then reads no more, so a slow reader
// slows its writer. When one side has sent its last byte the other is told (half-close); when one side has
// reset its connection the other's is reset, behind what was sent before.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "os/fd.h"

namespace weir::pod {

class PortalRelay {
 public:
  static constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

  PortalRelay(os::Fd client, os::Fd program) : sockets_{std::move(client), std::move(program)} {}

  enum Side { kClient = 0, kProgram = 1 };
  int fd(Side side) const { return sockets_[side].get(); }
  // What poll(2) is to wait for; 0: nothing.
  short events(Side side) const;

  enum class State { running, finished, broken };  // broken: both are to be reset
  // Moves what can be moved now, a bounded amount.
  State pump();

  // Closes both with a reset, so that nobody takes what came for all there was.
  void reset();

 private:
  // From sockets_[from] to the other one.
  struct Way {
    std::string bytes;
    bool ended = false;   // nothing more comes
    bool told = false;    // the other side knows
    bool broken = false;  // ended by a reset
  };
  bool read(Side from);
  bool write(Side from);
  void pass_on_end(Side from);
  static Side other(Side side) { return side == kClient ? kProgram : kClient; }

  std::array<os::Fd, 2> sockets_;
  std::array<Way, 2> ways_;
};

// Closes it so that the peer sees a reset.
void close_with_reset(os::Fd& socket);

}  // namespace weir::pod
