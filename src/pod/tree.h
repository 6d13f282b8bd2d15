// A process tree as one thing: everything that descends from one process, frozen or ended together.
//
//   Tree tree(supervisor_pid);              // the root itself is never signalled
//   TRY(TreeResult frozen, tree.freeze());  // quarantine: nothing below it runs any more
//   tree.kill();                            // weir stop
//
// The supervisor of `launch` is a subreaper (PR_SET_CHILD_SUBREAPER), so a process whose parent died, or that
// made itself a daemon, is still below it. The daemon uses the same class on the supervisor's pid.
//
// How it cannot be outrun: SIGSTOP goes to every member, then the tree is walked again until a walk finds
// nobody new. A stopped process does not fork: the kernel gives up a fork that a signal interrupts. Signals
// go through a pidfd whose start time was compared, so a reused pid is never hit.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::pod {

struct TreeProcess {
  pid_t pid = 0;
  pid_t ppid = 0;
  std::uint64_t start_ticks = 0;
  char state = '?';  // as in /proc/PID/stat: R S D T Z ...
  std::string name;  // comm, chosen by the process: print through printable()
};

struct TreeResult {
  std::size_t processes = 0;     // signalled at least once
  std::vector<pid_t> survivors;  // not stopped or not ended when time was up
  std::int64_t took_ns = 0;
  int walks = 0;  // over /proc
};

// Far more than a free machine needs (docs/shield.md): whoever fights two hundred forking processes for two
// cores gets one slice of processor time in two hundred, and giving up early would leave them running.
inline constexpr int kTreeTimeoutMs = 10'000;

class Tree {
 public:
  // `root` is not a member. `apart`: children of the root that are none of ours; they and theirs are left
  // out.
  explicit Tree(pid_t root, std::vector<pid_t> apart = {}) : root_(root), apart_(std::move(apart)) {}

  // Living members, zombies left out. Empty when /proc cannot be read. At most kTreeProcessesMax are looked
  // at.
  std::vector<TreeProcess> members() const;

  // Stops every member: it runs no instruction of its own any more. One asleep in the kernel (state D, as the
  // parent of a vfork is) counts once the signal waits for it. Error `unavailable` when /proc is not there;
  // members that could not be stopped in time (another user's) are survivors.
  Result<TreeResult> freeze(int timeout_ms = kTreeTimeoutMs) const;
  // Continues every member.
  Result<TreeResult> thaw() const;
  // Freezes, then SIGKILLs until none is left. Zombies count as ended; their parent reaps them.
  Result<TreeResult> kill(int timeout_ms = kTreeTimeoutMs) const;
  // Sends `signal` once to every member that is seen now.
  Result<TreeResult> signal(int signal) const;

 private:
  pid_t root_;
  std::vector<pid_t> apart_;
};

}  // namespace weir::pod
