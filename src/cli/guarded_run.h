// One run of `weir run`: what it is, and what is the same wherever the agent runs: its decisions, its
// transcript, its stop, its end. run.cc starts it behind the light shield, run_pod.cc in a pod.
//
//   RunCourse course(run, link, report, tail);
//   link.begin(course.start());                             // then the agent starts
//   course.tick([&](const std::string& why) { … end it … });   // often, while it runs
//   RunEnd end = course.finish(exit_code, ended_because);   // when it has ended
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "cli/run_report.h"
#include "daemon/run_link.h"
#include "daemon/run_watch.h"
#include "os/process.h"
#include "os/random.h"
#include "setup/run_overlay.h"

namespace weir::cli {

// Everything of one run.
struct Run {
  std::string id = os::new_uuid();
  std::vector<std::string> argv;
  std::map<std::string, std::string> env = os::environment();
  std::string cwd;
  bool observe = false;
  bool shield = true;
  std::optional<std::string> pod;  // --pod: the profile, "" for the one that fits the agent
  setup::Installation installation;
  std::string directory;      // <runtime>/runs/<id>: what this run alone needs
  std::string settings_file;  // as the agent is told: in it, or inside the pod
  setup::GuardedCommand command;
};

class RunCourse {
 public:
  using End = std::function<void(const std::string& why)>;

  // All must outlive it. `tail`: the transcripts to follow; none: this program writes none that Weir knows.
  RunCourse(const Run& run, daemon::RunLink& link, RunReport& report,
            std::optional<daemon::TailOptions> tail);

  // What the daemon is told of the run; isolation and shield are the caller's to add.
  daemon::RunStart start() const;
  // What the daemon has said that a pod's supervisor needs.
  struct ForPod {
    std::map<std::uint64_t, daemon::EffectNews> answers;  // of connections that it was asked about
    std::vector<daemon::ProcessKey> agents;               // that have called a hook, each told once
  };
  // `end` is called at most once.
  ForPod tick(const End& end);
  // Ends the run for another reason.
  void end(const std::string& why, const End& end);
  // Is there nothing more to hear from the daemon?
  bool lost() const { return link_.lost(); }
  // The program has ended. Waits for the rest, says what is left to say; the caller adds how it was kept and
  // then calls record().
  RunEnd finish(int exit_code, const std::string& ended_because);
  void record(const RunEnd& end);

 private:
  void take(const daemon::RunStep& step);
  void diverged(const daemon::FinishedCall& call, const End& end);

  const Run& run_;
  daemon::RunLink& link_;
  RunReport& report_;
  daemon::RunWatch watch_;
  bool ended_ = false;
  std::string found_after_;  // why the run counts as ended by us although the program had ended
};

// Where the agent writes its transcripts, when it is started with this environment.
std::optional<daemon::TailOptions> transcripts_of(const Run& run, const os::Places& places);
// The same with its directories told.
daemon::TailOptions transcripts_in(const Run& run, std::vector<std::string> roots);

// Runs it in a pod (run_pod.cc). Errors: whatever kept it from starting.
Result<RunEnd> run_in_pod(const Args& args, Run& run, daemon::RunLink& link, RunReport& report,
                          Context& context);
// Where Weir's few things stand inside: hook, socket, settings.
inline constexpr const char* kPodWeir = "/run/weir-pod";

}  // namespace weir::cli
