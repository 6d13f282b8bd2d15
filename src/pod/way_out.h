// The way out of a pod as its supervisor sees it: somebody outside (the egress proxy) holds the pod's
// listeners and lets nothing pass that the supervisor has not made known. This room knows no proxies; who
// wires both (src/cli/pod_egress.h) brings an implementation.
#pragma once

#include <cstdint>
#include <string>

#include "pod/supervised_call.h"

namespace weir::pod {

// A connection that the supervisor made on behalf of a program. Addresses in numbers.
struct LetOut {
  std::uint64_t call = 0;  // ConnectCall.id
  std::string source;
  std::uint16_t source_port = 0;
  std::string destination;
  std::uint16_t destination_port = 0;
};

class WayOut {
 public:
  // From now on this address stands for this name in the pod.
  struct Named {
    std::string address;
    std::string host;
  };
  // On the connection of `call` a program has said where it really wants to go, and waits.
  struct Asked {
    std::uint64_t question = 0;
    std::uint64_t call = 0;
    ConnectCall::How how = ConnectCall::How::proxy;
    std::string host;
    std::uint16_t port = 0;
  };
  // The connection of `call` is over.
  struct Ended {
    std::uint64_t call = 0;
  };
  // Who is told.
  class Hears {
   public:
    virtual void hear(const Named& named) = 0;
    virtual void hear(const Asked& asked) = 0;
    virtual void hear(const Ended& ended) = 0;

   protected:
    ~Hears() = default;
  };

  virtual ~WayOut() = default;
  virtual int fd() const = 0;               // readable when there is something to say; -1: not there, or gone
  virtual void say(Hears& supervisor) = 0;  // all that there is now; does not wait
  virtual void let_out(const LetOut& connection) = 0;
  virtual void answer(std::uint64_t question, bool allowed) = 0;
};

}  // namespace weir::pod
