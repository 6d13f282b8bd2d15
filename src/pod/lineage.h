// Who started whom in a supervised pod, also when parents have ended, programs have forked twice or made a
// session of their own: all of which make /proc say that the pod's first process is the parent.
//
// Each program that is executed is given a mark, a number of its own. The kernel keeps it and hands it down
// at fork and exec: it is the limit RLIMIT_RTTIME of the process, which bounds only real-time scheduling, of
// which a pod has none. A limit can be lowered and never raised without privilege, so marks count downwards,
// and the pod's filter refuses to set this one (supervised_filter()). The mark of a process is therefore that
// of the last program that was executed in it or, since its fork, in one of its ancestors.
//
//   Lineage lineage;
//   process = lineage.exec(id, {...});     // at an exec: what is about to run, and who started it
//   lineage.trace(id, process);            // later, of any process: the same parents
//
// Remembered are programs that a living process descends from, at most kProgramsRememberedMax; above it
// programs go on to be told and their children appear as their parent's. Inside the room only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "pod/process_view.h"
#include "pod/supervised_call.h"

namespace weir::pod {

class Lineage {
 public:
  // `living`: all processes of the pod, asked for when there is no more room.
  explicit Lineage(std::function<std::vector<pid_t>()> living);

  struct Marks {
    std::uint64_t now = 0;     // of the program to be; as before where there is no room for another
    std::uint64_t before = 0;  // of the program that executes it
  };
  // Fills `parents` and `orphan` of a process that is about to execute `process.program`, and remembers it.
  Marks exec(ProcessSeen& process);
  // The same, and remembers nothing: of a program that may not begin.
  void descend(ProcessSeen& process) const;
  // Fills `parents` and `orphan` of a process as it is.
  void trace(ProcessSeen& process) const;

  std::size_t size() const { return nodes_.size(); }

  // The mark of a process, by the number of any of its threads; none when it has ended.
  static std::optional<std::uint64_t> mark_of(pid_t thread);

 private:
  using Parents = std::vector<std::shared_ptr<const ProgramSeen>>;
  struct Node {
    std::shared_ptr<const ProgramSeen> program;
    Parents parents;
    bool whole = true;
  };
  void descend(ProcessSeen& process, std::optional<std::uint64_t> mark) const;
  bool make_room();
  void forget_the_gone();

  std::function<std::vector<pid_t>()> living_;
  std::unordered_map<std::uint64_t, Node> nodes_;  // by mark
  bool begun_ = false;                             // the pod's own program was seen
  std::uint64_t next_mark_ = 0;
  std::size_t look_at_ = 0;       // nodes at which the gone are looked for
  std::uint64_t not_before_ = 0;  // the mark at which they are looked for again
};

}  // namespace weir::pod
