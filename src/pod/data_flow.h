// How data moves in a supervised pod, of which files are told (Watch::files): what each program starts with,
// opens, and has as its pipes and sockets, kept in a Provenance.
//
//   DataFlow flow(root, fixed, watch, callbacks);
//   flow.executed(process, marks);           // an exec that is about to happen
//   flow.see(notification);                  // a call about a file; the call goes on
//   flow.connected(thread, "pages.example:443");
//   flow.holds(thread)                       // what it can have in its memory
//
// What it rests on. By the kernel: who is whose child and copy, which pipes and sockets a program has when it
// begins, that a connection was made. By the program: the path of a file that it opens (file_uses.h); one
// that exchanges it in time hides that reading, and nothing else. Not seen: memory that two programs share by
// other means than files, and data that is hidden in time or in names. Inside the room only.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pod/file_uses.h"
#include "pod/lineage.h"
#include "pod/notification.h"
#include "pod/pod_spec.h"
#include "pod/provenance.h"
#include "pod/socket_place.h"
#include "pod/supervised_call.h"

namespace weir::pod {

class DataFlow {
 public:
  // `fixed`: directories of the pod where nothing in it can write.
  DataFlow(int root, std::vector<std::string> fixed, Watch watch, const Supervise& callbacks)
      : files_(root, watch == Watch::lookups ? std::vector<std::string>() : std::move(fixed)),
        watch_(watch),
        callbacks_(callbacks) {}

  void executed(const ProcessSeen& process, const Lineage::Marks& marks);
  void see(const Notification& notification);
  // Of an exec: this is what is to be run, there or not. For on_lookup.
  void sought(pid_t thread, const std::string& program);
  // It connects to this place, and hears from it from now on.
  void connected(pid_t thread, const std::string& place);
  // It connects to something that may be in the pod: by TCP, by the address of a unix socket.
  void connected_inside(pid_t thread, const SocketPlace& place);
  void connected_inside(pid_t thread, std::span<const char> unix_address);
  void known_otherwise(pid_t thread);
  std::vector<Origin> holds(pid_t thread);
  bool complete() const { return known_.complete(); }
  // About once a second.
  void sweep();

 private:
  using Program = Provenance::Program;
  // A pipe whose other end may be its maker's own: `$(program)`. Unless a child of the same maker turns out
  // to have it: `program | other`.
  struct Pending {
    pid_t maker = 0;
    std::string channel;
  };
  Program program_of(pid_t thread);
  Program maker_of(pid_t pid) const;
  void copy_began(Program program);
  void take_channels(Program program, pid_t maker, bool executes);
  void settle(pid_t maker);
  void opened(const Notification& notification, const FileUse& call);
  void listens(const Notification& notification);
  std::string channel_of(pid_t thread, std::span<const char> unix_address) const;
  void meet(pid_t thread, const std::string& channel);
  void serves(pid_t thread, const std::string& channel);
  void join(Program program, const std::string& channel);
  void note_file(const std::string& path);
  void tell_news();

  FileUses files_;
  Watch watch_;
  const Supervise& callbacks_;
  Provenance known_;
  std::map<std::uint64_t, pid_t> executed_;  // by mark: the process in which it was executed
  std::vector<Pending> pending_;
  std::map<std::string, std::set<Program>> hopes_;  // who connected where nobody listened yet
  std::set<std::string> asked_;                     // files of which is_origin has answered
};

}  // namespace weir::pod
