// Ways into a pod: sockets that are connected inside its network namespace and handed out one by one, to who
// serves the ports of spec.published outside (pod/portal.h).
//
// The pod's first process makes them, on request, over a socket pair of its own: it asks for nothing but
// "one more to port 8000", is answered only for published ports, and the socket that comes out is on its way
// to 127.0.0.1 already. So nobody outside enters a namespace of the pod or holds a socket that could go
// elsewhere, and nothing in the pod learns of a descriptor of the host. (The other way, a helper that enters
// the user and network namespaces, would for a while have every capability over them.) Inside the room only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "os/fd.h"
#include "pod/pod_spec.h"

namespace weir::pod {

// Errors: `invalid` for a port that nothing in a pod can listen at, twice the same, one of the pod's own
// listeners, or a pod without network; `limit` above kPodPublishedMax.
Status check_published(const PodSpec& spec);

// A socket pair whose ends close with exec: [0] stays with the first process, [1] is handed out.
Result<std::vector<os::Fd>> make_inbound();

// For the first process: answers one question, if there is one. False: nobody asks any more.
bool answer_inbound(int inner, const std::vector<std::uint16_t>& published);

// The outer end. Questions are answered in their order.
class InboundLink {
 public:
  // So many may be open at once: their answers have room in the socket's buffer.
  static constexpr std::size_t kQuestionsMax = 32;

  explicit InboundLink(os::Fd fd) : fd_(std::move(fd)) {}
  int fd() const { return fd_.get(); }

  bool ask(std::uint16_t port) const;  // false: the pod has ended

  struct Answer {
    bool ended = false;  // the pod
    os::Fd socket;       // on its way, non-blocking; none: it could not be made
  };
  std::optional<Answer> hear() const;  // none waits

 private:
  os::Fd fd_;
};

}  // namespace weir::pod
