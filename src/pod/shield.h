// The light shield: what `weir run` puts around an agent so that it cannot reach Weir itself. No root needed.
//
//   ShieldSpec spec;
//   spec.hidden_dirs = {places.state, places.runtime};            // replaced by empty read-only directories
//   spec.kept_paths = {places.event_socket()};                    // shown again inside them
//   spec.read_only_paths = {places.config, hook_program, home + "/.claude/settings.json"};
//   spec.masked_files = paths_of(outside_doors(env, getuid()));   // sockets that start work outside
//   TRY(ShieldPlan plan, plan_shield(spec, workspace));           // reads paths and mounts, changes nothing
//   ...                                                           // pod::launch applies it in the child
//   report.find("signals")->verified                              // what was tried and held
//
// How: a user and mount namespace in which the plan's mounts are made, then a second, nested one in which the
// kernel has locked them: neither umount nor remount nor a namespace of the agent's own undoes them. Then all
// capabilities go, a Landlock scope forbids to signal what is outside, a seccomp filter closes the terminal's
// back door, and everything is tried out before the agent starts. A probe that gets through is an Error.
//
// Directories above a protected path are bound onto themselves ("pins"): a mount point cannot be renamed, so
// nobody moves ~/.claude aside and puts another in its place. docs/shield.md says what the shield is not.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "os/fd.h"
#include "pod/syscall_filter.h"

namespace weir::pod {

// Paths are absolute; links are followed; at most kShieldPathsMax in all.
struct ShieldSpec {
  // Replaced by empty, read-only directories. One that is missing is created (0700), for else the agent could
  // make it and have its own content believed later.
  std::vector<std::string> hidden_dirs;
  // Files, sockets or directories inside hidden ones that stay visible. A socket is shown as it is now: when
  // its owner makes a new one under the same name, the old one stays here. Put the socket in a directory of
  // its own and keep that to survive a restart of the daemon.
  std::vector<std::string> kept_paths;
  // Files and directories that can be read but not changed, renamed, removed or replaced. One below a hidden
  // directory stays visible. One that does not exist cannot be protected by a mount: it is `watched`.
  std::vector<std::string> read_only_paths;
  // Files and sockets replaced by an empty thing nobody can read from or connect to. Missing ones are left
  // out.
  std::vector<std::string> masked_files;
  bool landlock_scopes = true;  // no signals to, no abstract sockets of, processes outside
  bool hide_terminals = true;   // other terminals of this user cannot be read or written (own /dev/pts)
  SyscallFilter syscall_filter = SyscallFilter::outside;
};

// What will be mounted, all links resolved, outermost first.
struct ShieldPlan {
  ShieldSpec spec;
  std::string cwd;                     // re-entered after the mounts, else it would bypass them
  std::vector<std::string> pins;       // directories bound onto themselves
  std::vector<std::string> hidden;     // hidden directories and their other names on this machine
  std::vector<std::string> kept;       // shown again, writable as before
  std::vector<std::string> read_only;  // shown read-only
  std::vector<std::string> masked;
  struct Watched {
    std::string path;
    std::string resolved;  // where it led at the start; "" when it did not exist
  };
  std::vector<Watched> watched;         // missing files, and names that lead through a link
  std::vector<std::string> weaknesses;  // one sentence each, for the record and the person
};

// Looks at paths and mounts; creates missing hidden directories and changes nothing else. Errors: `invalid`
// for a relative path, a hidden directory that holds `cwd`, or a kept path outside of every hidden directory;
// `limit`; `not_found` for a kept path that is missing.
Result<ShieldPlan> plan_shield(const ShieldSpec& spec, const std::string& cwd);

struct ShieldStep {
  std::string name;       // "hidden", "read_only", "locked", "signals", "tracing", "terminal_input" ...
  bool applied = false;   // the mechanism was switched on
  bool verified = false;  // it was tried from inside, and it held
  std::string detail;     // what was tried, or why it is not on
};

struct ShieldReport {
  std::vector<ShieldStep> steps;
  std::vector<std::string> mount_points;  // what ShieldWatch expects to find
  std::vector<std::string> weaknesses;
  int landlock_abi = 0;

  const ShieldStep* find(std::string_view name) const;
  // Every step applied and verified: isolation may be called shielded as far as a light shield goes.
  bool complete() const;
};
Json to_json(const ShieldReport& report);
Result<ShieldReport> shield_report_from_json(const Json& json);

// Enters the shield: this process, for good. For a forked, single-threaded child between fork and exec.
// `outside_pid` is a process that must be out of reach from then on. Error `unavailable` where namespaces are
// missing (nothing has changed then that matters to a child that gives up), `denied` when a probe got through
// (the child must not go on).
Result<ShieldReport> enter_shield(const ShieldPlan& plan, pid_t outside_pid);

// Tries the shield in a child that ends at once: for `weir doctor` and probes.
Result<ShieldReport> try_shield(const ShieldPlan& plan);

// Whether a shield still stands, seen from outside. A mount point disappears inside when somebody outside
// replaces the file (rename over it): the kernel then drops the mount. The table of mounts is held open from
// before the agent's first instruction, so it stays that of the shield's own namespace whatever namespaces
// the agent makes for itself.
class ShieldWatch {
 public:
  // `pid` has entered the shield and has not run the agent yet.
  static Result<ShieldWatch> open(pid_t pid, const ShieldPlan& plan, const ShieldReport& report);

  // One sentence for each mount point that is gone and each watched path that appeared or leads elsewhere.
  Result<std::vector<std::string>> breaches() const;

 private:
  os::Fd table_;
  std::vector<std::string> mount_points_;
  std::vector<ShieldPlan::Watched> watched_;
};

}  // namespace weir::pod
