// What a pod is, as values: the whole world that a program in it will see. Nothing that is not named here is
// there: the root directory begins empty.
//
//   PodSpec spec;
//   spec.mounts = {{.kind = PodMount::Kind::read_only, .at = "/usr", .source = "/usr"},
//                  {.kind = PodMount::Kind::overlay, .at = "/home/ann/code", .source = "/home/ann/code",
//                   .upper = pod.upper, .work = pod.work},
//                  {.kind = PodMount::Kind::tmpfs, .at = "/tmp", .bytes_max = 512 << 20}};
//   spec.links = {{"/bin", "usr/bin"}};
//   spec.files = {{"/etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n"}};
//   spec.argv = {"make", "test"};
//   spec.cwd = "/home/ann/code";
//   TRY(PodPlan plan, plan_pod(spec));           // reads paths, changes nothing
//   TRY(PodResult done, launch_pod(plan, {}));   // pod/pod_launch.h
//
// What every pod has without being asked: /proc of its own processes only (read-only), /dev with null, zero,
// full, random, urandom, tty, own terminals and shared memory, a loopback interface of its own and no other.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pod/launcher.h"

namespace weir::pod {

struct PodMount {
  // `own`: as writable, of a directory or file that Weir made for this one pod and keeps with its changes.
  // `direct`: a workspace that is read-only in the pod, and whose supervisor changes it for the pod's
  // programs but for held files (pod/direct.h); at most one, in a supervised pod.
  enum class Kind { read_only, writable, overlay, tmpfs, own, direct };
  Kind kind = Kind::read_only;
  std::string at;      // inside; absolute, without "." and ".."
  std::string source;  // outside: what is bound, or the overlay's lower directory; links are followed
  std::string upper;   // overlay: where changes go; on one file system with `work`
  std::string work;    // overlay: an empty directory, for this one pod only
  std::uint64_t bytes_max = 0;  // tmpfs: its size, above 0
};

// Nothing in the pod can write there by itself.
inline bool is_read_only(const PodMount& mount) {
  return mount.kind == PodMount::Kind::read_only || mount.kind == PodMount::Kind::direct;
}
// A file of the pod's own, read-only, made before its program starts.
struct PodFile {
  std::string at;
  std::string content;
};
// A symbolic link of the pod's own.
struct PodLink {
  std::string at;
  std::string target;
};

// One unix socket of the host that the pod's programs may connect to. The only way in which a socket is
// shown, and the only thing of Weir's own that may be, besides what was made for this pod: for `event.sock`,
// at which a hook asks and nothing can be changed. The socket that is there when the pod starts is meant: one
// that is made anew under its name later is not seen.
struct PodDoor {
  std::string at;      // inside, as in PodMount
  std::string source;  // outside: a socket
};
inline constexpr std::size_t kPodDoorsMax = 8;

// 0: no limit. Which of them the kernel enforces and which are watched: LimitState of the report.
struct PodLimits {
  std::uint64_t memory_bytes = 0;  // memory of all processes together, shared memory for each
  std::uint64_t processes = 0;     // threads count, as the kernel counts them
  std::uint64_t open_files = 0;    // descriptors of one process
  std::uint64_t cpu_ms = 0;        // processor time of all processes together
  std::uint64_t disk_bytes = 0;    // what the overlays' upper directories and mounts of kind `own` hold
  std::uint64_t file_bytes = 0;    // one file
  std::uint64_t wall_ms = 0;       // from the start of the program
  // Bytes over the network, kept by whoever holds the listeners: of all destinations, of each allowed one.
  std::uint64_t sent_bytes = 0;
  std::uint64_t sent_each_bytes = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t received_each_bytes = 0;
  bool operator==(const PodLimits&) const = default;
};

// `local`: its programs reach each other over its own loopback. `none`: no TCP at all (Landlock ABI 4).
// `egress`: as local, and what they send to any other address arrives at the pod's listeners.
enum class PodNetwork { none, local, egress };

// A socket made inside the pod's network namespace and handed to the supervisor (PodOptions.on_listeners):
// whoever holds it outside speaks to the pod's programs (pod/pod_listeners.h).
struct PodListener {
  enum class Protocol { tcp, udp };
  Protocol protocol = Protocol::tcp;
  std::string address;  // in numbers; "0.0.0.0" and "::" take what is sent to any address
  std::uint16_t port = 0;
  // For a supervisor. way_out: who connects is let out to where it dials. proxy: where it wants to go is said
  // on the connection. names: a name server, out of which nothing leads.
  enum class Purpose { way_out, proxy, names };
  Purpose purpose = Purpose::way_out;
};
inline constexpr std::size_t kPodListenersMax = 200;  // descriptors in one message: SCM_MAX_FD is 253
inline constexpr std::size_t kPodPublishedMax = 32;

// What a supervised pod tells besides programs and connections. files: which files are opened, so that it is
// known what a program has read when it connects (pod/data_flow.h). lookups: besides, every name that
// programs ask for, there or not, for `weir pod learn`; slower.
enum class Watch { none, files, lookups };

// What was verified. L3: all walls. L2: its own root, processes and network hold, a second wall (Landlock,
// seccomp) is missing. L1: no place of its own, but Landlock and the system call filter. L0: less.
// docs/pod.md has the table.
enum class Level { L0, L1, L2, L3 };
std::string_view name(Level level);  // "L3"
Result<Level> level_from(std::string_view text);

struct PodSpec {
  std::vector<PodMount> mounts;
  std::vector<PodFile> files;
  std::vector<PodLink> links;
  std::vector<PodDoor> doors;
  std::vector<std::string> argv;           // argv[0] is looked up in PATH of `env`, inside
  std::map<std::string, std::string> env;  // exactly this environment
  std::string cwd = "/";                   // inside
  std::string hostname = "pod";
  PodLimits limits;
  PodNetwork network = PodNetwork::local;
  std::vector<PodListener> listeners;  // for `egress` only
  // Ports at which the pod's own programs may be reached from outside (pod/portal.h), 1024 and above.
  std::vector<std::uint16_t> published;
  Level level = Level::L3;    // less than this is an Error ...
  bool accept_level = false;  // ... unless this says that less will do
  Launcher launcher = Launcher::any;
  bool supervised = false;    // programs and connections are told and decided (supervised_call.h)
  Watch watch = Watch::none;  // for `supervised` only
  // Directories of Weir itself: no mount may show one of them or what is in it, except `upper`, `work`, doors
  // and mounts of kind `own`.
  std::vector<std::string> keep_out;
};

struct PodPlan {
  PodSpec spec;
  Launcher launcher = Launcher::own;    // for which this plan is; never `any`
  std::vector<PodMount> mounts;         // sources resolved, outer ones before inner ones
  std::vector<PodDoor> doors;           // sources resolved
  std::vector<std::string> weaknesses;  // one sentence each, for the record and the person
  std::vector<std::string> notes;       // what will not work inside, for the person
  uid_t uid = 0;
  gid_t gid = 0;
  std::string scratch = {};  // an empty directory outside, where a launcher needs one
};

// The workspace of a direct pod; null: it is none.
const PodMount* direct_workspace(const PodPlan& plan);

// Looks at paths and changes nothing. Errors: `invalid` (a path that is relative or not normal, two things at
// one place, a mount over /, /proc or /dev, a source that is a socket, a door that is none, a program
// missing), `not_found` (a
// source, an upper or work directory), `denied` (a mount that would show what must be kept out), `limit`.
Result<PodPlan> plan_pod(const PodSpec& spec);

}  // namespace weir::pod
