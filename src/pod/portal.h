// The portal: what listens on the host's loopback for the published ports of a pod (spec.published), and
// passes on what comes, both ways.
//
//   TRY(auto doors, open_published({{.outside = 8080, .inside = 8000}}));   // first of all
//   spec.published = {8000};
//   options.on_inbound = [&](os::Fd link) -> Status {
//     TRY(Portal started, Portal::start(doors, std::move(link)));
//     …
//   };
//   … the pod runs …
//   portal.finish();
//
// A process of its own, of which nothing is left when the pod has ended: it ends with the link. For every
// client that it accepts it asks the pod's first process for a socket (pod/inbound.h); it makes none itself,
// and its filter refuses socket(2) and connect(2), files, programs and processes: it can answer who came from
// outside, and nothing else. It looks at no byte. At most kPortalConnectionsMax connections at once; more
// wait in the kernel's queue. Where nothing listens inside, the client's connection is reset.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace weir::pod {

inline constexpr std::size_t kPortalConnectionsMax = 256;

struct PublishedPort {
  std::uint16_t outside = 0;  // of 127.0.0.1; 0: any that is free
  std::uint16_t inside = 0;
};

// "8000", "8080:8000", "0:8000". Error `invalid`; no address can be said, it is always the loopback.
Result<PublishedPort> parse_published(std::string_view text);

struct PublishedSocket {
  PublishedPort port;  // `outside` as it was given or found
  os::Fd listener;
};

// Listening sockets on 127.0.0.1, in that order. Errors: `unavailable` (taken), `denied` (below 1024).
Result<std::vector<PublishedSocket>> open_published(const std::vector<PublishedPort>& ports);

class Portal {
 public:
  // The caller has one thread; it keeps none of the sockets. Error: no process.
  static Result<Portal> start(std::vector<PublishedSocket> sockets, os::Fd link);
  ~Portal() { finish(); }
  Portal(Portal&& other) noexcept;
  Portal& operator=(Portal&&) = delete;

  // After the pod's end: returns when the process has gone. What the pod had sent is still passed on, for a
  // second at most.
  void finish();

 private:
  explicit Portal(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;  // -1: gone
};

}  // namespace weir::pod
