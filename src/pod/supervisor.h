// The supervisor of a pod: programs and connections are told as they begin, and connections decided, by the
// kernel's own account of who asks (seccomp user notification).
//
//   Supervisor supervisor({...});                     // served by the loop of launch_pod
//   poll(supervisor.fds() …); supervisor.serve();
//
// exec: told, counted, and refused where Supervise::decide_exec says so. That is advice: what may run is
// bounded by mounts and Landlock, and the kernel reads what is executed anew after we have.
//
// connect by TCP: the address is copied once, the socket fetched by pidfd_getfd(2), and when it is decided
// the connection is made *here*, on that descriptor, to that address. Nothing that the program writes to its
// memory meanwhile matters. Then it is made known to the way out, which lets nothing else pass: so also a
// program that exchanges its descriptor between our look and the kernel's gets nowhere. Every other connect
// (unix, UDP, netlink) goes on by itself: unix sockets need the true peer, and datagrams reach nothing but
// the pod's own name server.
//
// Calls that change files are told in a pod with a direct workspace only, and are direct.h's.
// Files that are opened are told to a DataFlow (Watch::files), and always go on.
//
// Nothing here waits, but for the threads of ConnectFor. Inside the room only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pod/connect_for.h"
#include "pod/data_flow.h"
#include "pod/direct.h"
#include "pod/lineage.h"
#include "pod/notification.h"
#include "pod/pod_spec.h"
#include "pod/socket_place.h"
#include "pod/supervised_call.h"
#include "pod/way_out.h"

namespace weir::pod {

class Supervisor final : private WayOut::Hears {
 public:
  struct Setup {
    os::Fd listener;    // of load_notifying()
    pid_t program = 0;  // the process that becomes the pod's program, before it does
    PodNetwork network = PodNetwork::local;
    std::vector<PodListener> listeners;
    const Supervise& callbacks;
    WayOut* way_out = nullptr;
    std::function<std::vector<pid_t>()> living;  // all processes of the pod
    const PodPlan& plan;
    DirectRules direct;
    Watch watch = Watch::none;
    std::vector<std::string> fixed;  // directories of the pod where nothing in it can write
  };
  // Error `unavailable`: the kernel lets nobody look into the pod's programs.
  static Result<std::unique_ptr<Supervisor>> create(Setup setup);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  std::vector<int> fds() const;
  // Everything that is ready, some dozens of calls at most.
  void serve();
  // About once a second: calls whose process has ended are forgotten.
  void sweep();
  // PodControl::answer.
  bool answer(std::uint64_t call, const ConnectVerdict& verdict);
  // PodControl::known_otherwise.
  void known_otherwise(pid_t pid) {
    if (flow_) flow_->known_otherwise(pid);
  }
  const SupervisionCount& count() const { return count_; }
  DirectReport direct_report() const { return direct_ ? direct_->report() : DirectReport(); }

 private:
  // A connection by TCP from its notification to its answer.
  struct Call {
    Notification notification;
    os::Fd socket;            // until it connects
    std::string destination;  // "host:port" of what was asked about
    std::vector<char> address;
    SocketPlace place;
    ProcessSeen process;
    bool known_outside = false;  // the way out is told
    bool asks = false;           // where it leads is said on the connection
    bool connecting = false;     // else it waits for an answer
  };
  // Where a program wants to go through the pod's proxy; it waits for an answer.
  struct Question {
    std::uint64_t question = 0;
    std::uint64_t call = 0;  // whose connection it is
    ProcessSeen process;
    std::string destination;
  };

  // A program that waits for an answer before it begins.
  struct Exec {
    Notification notification;
    ProcessSeen process;
  };

  Supervisor(Setup setup, std::unique_ptr<ConnectFor> connects, os::Fd root);
  void serve_one(const Notification& notification);
  // False: it is answered already, or waits for an answer.
  bool on_exec(const Notification& notification);
  void begin(ProcessSeen process);
  bool answer_exec(std::uint64_t id, const ConnectVerdict& verdict);
  void forget_ended_execs();
  void on_connect(const Notification& notification);
  static int copy_address(Call& call);
  void note_other_connect(Call call);
  void decide(std::uint64_t id, Call call);
  void connect(std::uint64_t id, Call call);
  void refuse(Call call, int error_number);
  void finish(const ConnectFor::Done& done);
  void let_out(const ConnectFor::Done& done, const Call& call);
  void listen();
  void hear(const WayOut::Named& named) override;
  void hear(const WayOut::Asked& asked) override;
  void hear(const WayOut::Ended& ended) override;
  ConnectVerdict ask(ConnectCall& call);
  void note_allowed(const ProcessSeen& process, const std::string& destination,
                    const ConnectVerdict& verdict);
  const PodListener* listener_at(const SocketPlace& place) const;
  bool is_there(const std::string& program) const;
  ProcessSeen see(const ProcessId& id, pid_t thread) const;

  Notifications notifications_;
  std::unique_ptr<ConnectFor> connects_;
  os::Fd root_;                     // the pod's root directory
  std::unique_ptr<Direct> direct_;  // null: the workspace is none that is written directly
  PodNetwork network_;
  std::vector<PodListener> listeners_;
  const Supervise& callbacks_;
  WayOut* way_out_;
  Lineage lineage_;
  std::unique_ptr<DataFlow> flow_;  // null: files are not told
  SupervisionCount count_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, Call> calls_;
  std::map<std::uint64_t, Question> questions_;
  std::map<std::uint64_t, Exec> execs_;
  std::map<std::uint64_t, ProcessSeen> asking_;  // processes by their connection to the pod's proxy
  std::map<std::string, std::string> names_;     // of addresses
};

}  // namespace weir::pod
