// Processes: start a child, ask who a peer is, keep ourselves out of others' hands.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::os {

struct Exit {
  int code = 0;    // exit code, or 128 + signal
  int signal = 0;  // the signal that ended it, 0 if none
};

struct ChildOptions {
  std::vector<std::string> argv;                          // argv[0] is looked up in PATH
  std::optional<std::map<std::string, std::string>> env;  // none: inherit
  std::string cwd;                                        // "": inherit
  std::string input;                                      // given on standard input
  bool inherit_output = false;                            // else captured
  std::size_t output_bytes_max = std::size_t{4} << 20;    // captured output beyond it is dropped
  int timeout_ms = 60'000;                                // then the child's process group is killed
  bool only_standard = false;   // no descriptor of ours but 0, 1 and 2, closed by exec or not
  bool whole_group = false;     // what it leaves running in its process group ends with it
  bool output_ends_it = false;  // killed, as if time were up, once it has written more than output_bytes_max
  const std::atomic<bool>* stop = nullptr;  // killed, as if time were up, soon after this has become true
};

struct ChildResult {
  Exit exit;
  std::string out;
  std::string err;
  bool timed_out = false;
};

// Runs a child to its end. Error not_found when the program does not exist.
Result<ChildResult> run_child(const ChildOptions& options);

// Finds a program as execvp would; none when absent.
std::optional<std::string> find_program(const std::string& name);

struct ProcessInfo {
  pid_t pid = 0;
  pid_t ppid = 0;
  std::uint64_t start_ticks = 0;  // with pid and boot id this names a process for ever
  std::string name;               // comm, up to 15 bytes
};
std::optional<ProcessInfo> process_info(pid_t pid);
// When that was, by the clock of os::monotonic_ns(); one tick (10 ms) coarse, never late.
std::int64_t ns_of_ticks(std::uint64_t start_ticks);
// pid, its parent, and so on up to pid 1; at most 64.
std::vector<ProcessInfo> ancestry(pid_t pid);

std::string host_name();
std::string user_name();  // of the effective uid, by the name services; "uid:N" when unknown
// What /etc/passwd says of the effective uid. For programs that are linked statically and so cannot load name
// services; both empty when it is not there.
struct LocalAccount {
  std::string name;
  std::string home;
};
LocalAccount local_account();
std::string self_path();  // /proc/self/exe resolved

// No core dumps, no ptrace by the same user (PR_SET_DUMPABLE 0).
void harden_self();

// From now on blocks of 256 KiB and more go back to the system when they are freed (M_MMAP_THRESHOLD of
// glibc): for a process that lives long and has made large things that are gone.
void keep_large_blocks_apart();

// Gives memory that was freed back to the system (malloc_trim of glibc): worth it after making much that is
// thrown away, such as compiling rules.
void return_free_memory();

// The environment of this process.
std::map<std::string, std::string> environment();
std::string env_or(const char* name, std::string_view fallback);

}  // namespace weir::os
