// What the portal's process does: accepts, asks for sockets, passes on. Inside the room only.
#pragma once

#include <poll.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "pod/inbound.h"
#include "pod/portal.h"
#include "pod/portal_relay.h"

namespace weir::pod {

class PortalLoop {
 public:
  PortalLoop(std::vector<PublishedSocket> sockets, os::Fd link)
      : sockets_(std::move(sockets)), link_(std::move(link)) {}

  // Until the pod has ended and what it had sent is on its way.
  void run();

 private:
  // A client that waits for its socket; its bytes wait in the kernel.
  struct Waiting {
    std::uint16_t port = 0;
    os::Fd client;
  };
  // `connected`: it is known that somebody listens inside.
  struct Joined {
    PortalRelay relay;
    bool connected = false;
  };

  bool full() const { return asked_.size() + unasked_.size() + joined_.size() >= kPortalConnectionsMax; }
  void wait(int timeout_ms);
  void accept_from(const PublishedSocket& socket);
  void ask();
  void hear();
  void end_listening();
  bool pump(Joined& one);  // false: it is over

  std::vector<PublishedSocket> sockets_;
  InboundLink link_;
  std::deque<Waiting> unasked_;
  std::deque<Waiting> asked_;
  std::vector<Joined> joined_;
  std::vector<pollfd> fds_;
  bool ended_ = false;  // the pod
};

}  // namespace weir::pod
