// What the supervisor of a pod sees of the programs in it, and what it is asked to decide (docs/pod.md,
// Supervision). A pod is supervised when PodSpec.supervised says so.
//
//   options.supervise = Supervise{
//       .on_exec = [&](const ProcessSeen& process) { count(process.program); },
//       .decide = [&](const ConnectCall& call) {
//         if (explained(call)) return ConnectVerdict::allow();
//         ask_somebody(call.id);
//         return ConnectVerdict::later();      // held; everything else goes on
//       }};
//   options.on_tick = [&](PodControl& pod) { if (answered()) pod.answer(id, ConnectVerdict::allow()); };
//
// What can be relied on. Kept by the kernel, and nothing in the pod can change it: pid, start_ticks, program
// of a process that connects, cwd, who descends from whom, address and port. Written by the process itself,
// and so advisory: every argv, and the program of an exec, which is what was asked for and not what ran.
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::pod {

inline constexpr std::size_t kArgumentsSeenMax = 64;    // of one argv; more are left out
inline constexpr std::size_t kArgumentBytesMax = 4096;  // all of one argv together
inline constexpr std::size_t kProgramBytesMax = 4096;   // PATH_MAX
inline constexpr std::size_t kParentsSeenMax = 128;     // of one process
inline constexpr std::size_t kProgramsRememberedMax = 16'384;
inline constexpr std::size_t kCallsHeldMax =
    512;  // connects that wait, and programs; more are answered EAGAIN
inline constexpr std::size_t kConnectThreadsMax = 32;

// A program as it was started: a process that executes another one appears a second time.
struct ProgramSeen {
  pid_t pid = 0;                  // outside
  std::uint64_t start_ticks = 0;  // of the process; with pid it names the process, as in /proc/PID/stat
  std::int64_t since_ns = 0;      // when it was executed, monotonic
  std::string program;            // absolute, as the pod names it; as it was asked for
  std::vector<std::string> argv;  // bounded
};

struct ProcessSeen {
  pid_t pid = 0;  // outside; of the process, whichever of its threads called
  std::uint64_t start_ticks = 0;
  // As the pod names it. connect: /proc/PID/exe, with " (deleted)" behind a file that is gone; exec: what was
  // asked for.
  std::string program;
  std::vector<std::string> argv;  // bounded; connect: of now, exec: of the program to be
  std::string cwd;                // as the pod names it
  // Who started it, nearest first, up to the pod's own program. The chain is remembered from execs and kept
  // by a mark that the kernel hands down at fork: parents that have ended, double forks and setsid do not
  // break it. A process that has not executed anything since its fork begins with the program it is a copy
  // of. Of a process that executed several programs in a row the first and the last are here.
  std::vector<std::shared_ptr<const ProgramSeen>> parents;
  // The chain is not whole: it does not end at the pod's own program, or some of it was left out.
  bool orphan = false;
};

// Where some of what a program can have in its memory came from (pod/provenance.h). Told for Watch::files.
struct Origin {
  enum class Kind { host, file };
  Kind kind = Kind::host;
  std::string name;                // "pages.example:443"; a file as the pod names it
  std::vector<std::string> steps;  // through what, oldest first: "curl", "/w/page", "sed"; bounded
};
std::string_view name(Origin::Kind kind);  // "host", "file"

// A connection that a program wants to make by TCP. What stays inside the pod is not asked about.
struct ConnectCall {
  // direct: `address` and `port` are what it dials. proxy, socks: it has asked the pod's proxy for `host`.
  enum class How { direct, proxy, socks };
  std::uint64_t id = 0;  // of this call; never used twice in a run
  ProcessSeen process;
  How how = How::direct;
  std::string address;     // in numbers; "" when only a name was said
  std::uint16_t port = 0;  // of the destination
  std::string host;        // the name that the address stands for, or that was said; "" when there is none
  // Watch::files: what the program can hold. Not `complete`: there was more than is remembered.
  std::vector<Origin> holds;
  bool complete = true;
};
std::string_view name(ConnectCall::How how);  // "direct", "proxy", "socks"

struct ConnectVerdict {
  enum class What { allow, refuse, later };
  What what = What::refuse;
  int error_number = EACCES;  // refuse: what connect(2) answers, above 0
  // allow: what is heard from there counts as from there (an Origin). Not from where packages come.
  bool is_source = true;

  static ConnectVerdict allow() { return {What::allow, 0}; }
  static ConnectVerdict refuse(int error_number = EACCES) { return {What::refuse, error_number}; }
  // The call waits until PodControl::answer, for as long as that takes; it can be killed meanwhile.
  static ConnectVerdict later() { return {What::later, 0}; }
};

// A program that is about to begin: `process` is the one that executes it, as it is told to on_exec.
struct ExecCall {
  std::uint64_t id = 0;  // among those of ConnectCall; never used twice in a run
  const ProcessSeen& process;
};

// A name that a program asked for.
struct LookUp {
  pid_t thread = 0;      // outside
  std::string path;      // absolute as the pod names it, as it was asked for
  std::string leads_to;  // without links; "" where not even its directory is there
  bool there = false;
  bool is_directory = false;
  bool opens = false;  // else it only looked
  bool writes = false;
};

// All are called by the thread of launch_pod, one at a time, and should return at once. Without `decide`
// every connection is allowed.
struct Supervise {
  std::function<void(const ProcessSeen&)> on_exec;  // advisory: it runs, within the pod's walls
  // Before on_exec; refused, execve(2) answers the error. Also advisory: a process that exchanges its own
  // arguments while they are read is not held by it. Absent: everything begins.
  std::function<ConnectVerdict(const ExecCall&)> decide_exec;
  std::function<ConnectVerdict(const ConnectCall&)> decide;
  std::function<void(std::uint64_t id)> on_gone;  // a call that waited: its process ended or gave up
  // Watch::files. Is what stands in this file something whose ways matter? Asked once for each.
  std::function<bool(const std::string& path)> is_origin;
  // A file that a program writes can hold something from there; each pair is told once.
  std::function<void(const std::string& path, const Origin& origin)> on_holds;
  // Watch::lookups: programs ask for this. Advisory, as all that a program says.
  std::function<void(const LookUp& lookup)> on_lookup;
};

// For PodResult: what was seen of a supervised pod.
struct SupervisionCount {
  std::uint64_t programs = 0;     // execs of a program that was there
  std::uint64_t connections = 0;  // decided on
  std::uint64_t refused = 0;      // of them
};

}  // namespace weir::pod
