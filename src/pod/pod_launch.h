// Starts a program in a fresh pod and supervises it to its end.
//
//   TRY(PodPlan plan, plan_pod(spec));
//   PodOptions options;
//   options.on_ready = [&](const PodReady& ready) -> Status {
//     return record(to_json(ready.report));  // the walls stand and were tried; an Error here: nothing runs
//   };
//   options.on_tick = [&](PodControl& pod) { if (stopped()) pod.end("a person stopped it"); };
//   TRY(PodResult done, launch_pod(plan, options));
//   return done.exit.code;
//
// One clone3(2) makes user, mount, pid, network, ipc, uts and cgroup namespaces together. The first process
// in them builds the root (pod_mounts.h), locks it by a nested user namespace, gives up everything and stays
// as the reaper; its child enters Landlock, the filter and the limits, tries them (pod_probes.h) and becomes
// the program. Needs no root. The caller has one thread.
//
// The pod ends as a whole: with its program, with the supervisor (however that ends), at a limit. Its first
// process is killed, and with it the kernel kills every other before waitpid returns. Signals TERM, HUP, INT,
// QUIT, USR1, USR2 are sent on to the program. The terminal is handed over as in pod/launch.h. What it
// changed in its overlays is flushed to the device when launch_pod returns.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "os/fd.h"
#include "os/process.h"
#include "pod/direct_report.h"
#include "pod/pod_report.h"
#include "pod/supervised_call.h"
#include "pod/way_out.h"

namespace weir::pod {

// What is known when the walls stand and the program has not run yet.
struct PodReady {
  const PodReport& report;
  // The process that becomes the program, by its number outside. /proc/<program>/root is what the pod sees.
  pid_t program = 0;
};

// A pod that runs, as callbacks see it. Valid only inside a callback.
class PodControl {
 public:
  virtual ~PodControl() = default;
  // Every process of the pod ends now, none runs another instruction of its own; `why` becomes ended_because.
  virtual void end(const std::string& why) = 0;
  // Of a call that was answered `later`. False: it waits no more, its process has ended.
  virtual bool answer(std::uint64_t call, const ConnectVerdict& verdict) = 0;
  // Watch::files. What this process reads is known by other ways, and what it starts and writes from now on
  // is judged by those: it is no way for data (an agent, whose calls are judged).
  virtual void known_otherwise(pid_t pid) = 0;
};

struct PodOptions {
  // The sockets of spec.listeners, in that order, before on_ready. What arrives at one before somebody
  // accepts it waits. Not called without listeners. An Error: nothing runs.
  std::function<Status(std::vector<os::Fd>)> on_listeners;
  // The outer end of what the spec.published ports are reached by, for Portal::start, before on_ready. Not
  // called without any. An Error: nothing runs.
  std::function<Status(os::Fd)> on_inbound;
  std::function<Status(const PodReady&)> on_ready;
  int tick_ms = 100;          // on_tick comes at least this often, 1 to 10'000
  std::vector<int> wake_fds;  // when one becomes readable, on_tick comes at once; not read here
  std::function<void(PodControl&)> on_tick;
  Supervise supervise;        // for spec.supervised only
  WayOut* way_out = nullptr;  // for spec.supervised with listeners; outlives the launch
  DirectRules direct;         // for a plan with a mount of kind `direct`
};

struct PodResult {
  os::Exit exit;  // of the program: its code, or 128 + signal
  PodReport report;
  std::string ended_because;  // "" when the program ended by itself; else the limit, or what end() was given
  std::int64_t end_took_ns =
      0;  // from the decision to end it to the end of its last process; 0: not ended by us
  SupervisionCount supervised;  // all 0 when it was not
  DirectReport direct;          // the same of a direct workspace
};

// A pod whose namespaces are being made while the caller still finds out what goes into them. Not launched,
// it ends with this object. The caller has one thread; what it opens later is not in the pod anyway.
struct Birth;
class PodBirth {
 public:
  PodBirth();  // whether it worked is told by launch_pod
  ~PodBirth();
  PodBirth(const PodBirth&) = delete;
  PodBirth& operator=(const PodBirth&) = delete;
  Birth& birth() const { return *birth_; }  // for launch_pod

 private:
  std::unique_ptr<Birth> birth_;
};

// Errors, the program then has not run: `unavailable` (namespaces, mounts or Landlock cannot be had here, or
// less than spec.level was verified and spec.accept_level is off), `denied` (a probe got through),
// `not_found` (no such program in the pod), whatever on_ready answered, `internal`.
Result<PodResult> launch_pod(const PodPlan& plan, const PodOptions& options);
// The same in namespaces that were begun before; once for each.
Result<PodResult> launch_pod(const PodBirth& begun, const PodPlan& plan, const PodOptions& options);

// Builds the pod and tries it, and ends it before the program starts: for `weir doctor` and probes.
Result<PodReport> try_pod(const PodPlan& plan);

}  // namespace weir::pod
