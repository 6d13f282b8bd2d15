// The wire between a pod and its supervisor: whole messages, each a letter and bytes, over one socket pair.
// The inner end is held by the pod's first process and, until exec closes it, by the program to be. Inside
// the room only.
//
//   out of the pod   R report   E error (both: pod_wire.h)   X exec failed (errno)   S program stopped
//   (signal)
//                    J joined its control group, 1 or 0
//                    L limit exceeded (why)   D done (wait status)   F listeners, or the way in (descriptors)
//   into the pod     p, b the plan, then the filter (pod_plan_wire.h), in parts   g go: the report was
//   accepted
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "pod/pod_report.h"

namespace weir::pod {

struct PodMessage {
  char kind = 0;
  std::string text;
};

class PodChannel {
 public:
  static Result<PodChannel> make();

  // Of a process that was started with the inner end.
  static PodChannel inside(os::Fd inner);
  static PodChannel outside(os::Fd outer);

  void keep_outer() { inner_.reset(); }
  void keep_inner() { outer_.reset(); }
  int outer() const { return outer_.get(); }
  int inner() const { return inner_.get(); }

  // From inside. False when the supervisor is gone.
  bool say(char kind, const std::string& text) const;
  bool say_report(const Result<PodReport>& report) const;
  bool say_listeners(const std::vector<os::Fd>& listeners) const;
  bool wait_for(char kind) const;
  // What tell_all said, the next of it; none when the supervisor is gone.
  std::optional<std::string> wait_for_all() const;

  // From outside. None when the pod has ended (its last holder of the inner end is gone).
  bool tell(char kind) const;
  bool tell_all(std::string_view bytes) const;
  std::optional<PodMessage> hear() const;
  // What say_report said; `internal` when the pod ended before.
  Result<PodReport> hear_report() const;
  // What say_listeners sent, or the Error that came in their place.
  Result<std::vector<os::Fd>> hear_listeners() const;

 private:
  os::Fd outer_;
  os::Fd inner_;
};

}  // namespace weir::pod
