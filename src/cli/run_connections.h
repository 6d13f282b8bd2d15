// A guarded agent's pod under supervision: every connection of its programs, and what begins in it
// (run_programs.h), is asked about at the daemon, which holds it against the tool calls that are running
// (docs/divergence.md).
//
//   RunConnections connections(plan.spec, link);
//   connections.attach(options);
//   options.on_tick = [&](pod::PodControl& pod) {
//     const auto answers = course.tick(…);
//     connections.tick(pod, answers);
//   };
//
// Without an answer nothing gets out: when the daemon has gone, connections that wait and those that come
// later are refused, but for the agent's own process, which has nothing to act with any more and may still
// tell how far it came. Programs then begin unasked: they reach nothing.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "cli/guarded_run.h"
#include "cli/run_programs.h"
#include "cli/secret_paths.h"
#include "daemon/run_link.h"
#include "pod/pod_launch.h"

namespace weir::cli {

class RunConnections {
 public:
  // Both must outlive it.
  RunConnections(const pod::PodSpec& spec, daemon::RunLink& link, std::string home);

  void attach(pod::PodOptions& options);
  void tick(pod::PodControl& pod, const RunCourse::ForPod& news);

 private:
  pod::ConnectVerdict decide(const pod::ConnectCall& call);
  pod::ConnectVerdict decide(const pod::ExecCall& call);
  pod::ConnectVerdict without_daemon(const daemon::ProcessKey& process) const;

  void tell_holds(const std::string& path, const std::string& place);

  const pod::PodSpec& spec_;
  daemon::RunLink& link_;
  SecretPaths secrets_;                                              // which files' ways matter
  std::map<std::pair<std::string, std::string>, std::size_t> told_;  // files, by directory and place
  std::map<std::uint64_t, daemon::ProcessKey> waiting_;              // by call: who makes it
  RunPrograms programs_;
  std::map<std::uint64_t, pod::ProcessSeen> beginning_;  // by call: programs that wait
  std::set<daemon::ProcessKey> agents_;                  // processes that the daemon called the agent's own
};

// Does this path of the pod lie where nothing in it can write?
bool is_fixed(const pod::PodSpec& spec, std::string_view path);
// As the daemon is told of it.
daemon::Effect effect_of(const pod::ConnectCall& call, const pod::PodSpec& spec);
daemon::Effect effect_of(const pod::ExecCall& call, const pod::PodSpec& spec);

}  // namespace weir::cli
