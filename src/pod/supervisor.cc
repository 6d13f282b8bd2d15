#include "pod/supervisor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "os/files.h"
#include "pod/process_view.h"

namespace weir::pod {
namespace {

constexpr int kServedAtOnce = 64;
constexpr std::size_t kAskingMax = 4096;  // connections to the pod's proxy; the oldest is forgotten
constexpr std::size_t kNamesMax = 16'384;

int option(int socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(socket, level, name, &value, &size) == 0 ? value : -1;
}

bool is_inet(int family) {
  return family == AF_INET || family == AF_INET6;
}

// A socket that has connected or listens answers connect(2) by its state alone, and programs ask so for it.
bool is_unconnected(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == TCP_CLOSE;
}

bool is_address(const std::string& text) {
  in6_addr ignored;
  return ::inet_pton(AF_INET, text.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

std::string destination_of(const ConnectCall& call) {
  const std::string& host = call.host.empty() ? call.address : call.host;
  return (host.contains(':') ? "[" + host + "]" : host) + ":" + std::to_string(call.port);
}

// What is executed, as the pod names it; advisory.
std::string asked_program(const Notification& call, const Memory& memory, const std::string& cwd) {
  const bool at = call.number == SYS_execveat;
  std::string path = memory.text(call.arguments[at ? 1 : 0], kProgramBytesMax).value_or("");
  if (path.starts_with('/')) return path;
  const int dir = static_cast<int>(call.arguments[0]);
  std::string base = cwd;
  if (at && dir != AT_FDCWD) {
    char buffer[kProgramBytesMax];
    const std::string link = "/proc/" + std::to_string(call.thread) + "/fd/" + std::to_string(dir);
    const ssize_t n = ::readlink(link.c_str(), buffer, sizeof buffer);
    base = std::string(buffer, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  }
  if (path.empty()) return base;
  while (path.starts_with("./"))
    path.erase(0, 2);
  return base == "/" ? base + path : base + "/" + path;
}

}  // namespace

Result<std::unique_ptr<Supervisor>> Supervisor::create(Setup setup) {
  const std::string place = "/proc/" + std::to_string(setup.program) + "/root";
  os::Fd root(::open(place.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return std::unexpected(os::errno_error("the pod's root cannot be opened", place, errno));
  // Of descriptor 0 it does not matter whether it is open.
  if (!descriptor_of(setup.program, setup.program, 0) && errno != EBADF) {
    Error error = os::errno_error("the pod's programs cannot be looked into", "pidfd_getfd", errno);
    error.code = ErrorCode::unavailable;
    error.hint = "kernel.yama.ptrace_scope must be below 3";
    return std::unexpected(std::move(error));
  }
  TRY(auto connects, ConnectFor::create());
  std::unique_ptr<Direct> direct;
  if (direct_workspace(setup.plan) != nullptr) {
    TRY(direct, Direct::create(root.get(), setup.plan, setup.direct));
  }
  std::unique_ptr<Supervisor> supervisor(
      new Supervisor(std::move(setup), std::move(connects), std::move(root)));
  supervisor->direct_ = std::move(direct);
  return supervisor;
}

Supervisor::Supervisor(Setup setup, std::unique_ptr<ConnectFor> connects, os::Fd root)
    : notifications_(std::move(setup.listener)),
      connects_(std::move(connects)),
      root_(std::move(root)),
      network_(setup.network),
      listeners_(std::move(setup.listeners)),
      callbacks_(setup.callbacks),
      way_out_(setup.way_out),
      lineage_(std::move(setup.living)) {
  if (setup.watch != Watch::none)
    flow_ = std::make_unique<DataFlow>(root_.get(), std::move(setup.fixed), setup.watch, callbacks_);
}

Supervisor::~Supervisor() {
  for (auto& [id, call] : calls_)
    connects_->close(std::move(call.socket));
}

std::vector<int> Supervisor::fds() const {
  std::vector<int> fds = {connects_->fd()};
  if (!notifications_.over()) fds.push_back(notifications_.fd());
  if (way_out_ != nullptr && way_out_->fd() >= 0) fds.push_back(way_out_->fd());
  return fds;
}

void Supervisor::serve() {
  for (const auto& done : connects_->take())
    finish(done);
  listen();
  for (int i = 0; i < kServedAtOnce; ++i) {
    const auto notification = notifications_.next();
    if (!notification) return;
    serve_one(*notification);
  }
}

void Supervisor::serve_one(const Notification& notification) {
  if (notification.number == SYS_connect) return on_connect(notification);
  if (notification.number == SYS_execve || notification.number == SYS_execveat) {
    if (!on_exec(notification)) return;
  } else if (flow_) {
    flow_->see(notification);
  }
  if (direct_ && direct_->serve(notification, notifications_)) return;
  notifications_.go_on(notification.id);
}

// By the thread: the first one of a process may have ended, and then shows nothing.
ProcessSeen Supervisor::see(const ProcessId& id, pid_t thread) const {
  ProcessSeen process;
  process.pid = id.pid;
  process.start_ticks = id.start_ticks;
  process.cwd = directory_of(thread);
  return process;
}

// Programs try every directory of PATH: what is not there is no program that was started. Links are not
// followed, and count as there: one may lead through /proc/self, which is the program's own.
bool Supervisor::is_there(const std::string& program) const {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS;
  const os::Fd fd(static_cast<int>(::syscall(SYS_openat2, root_.get(), program.c_str(), &how, sizeof how)));
  return fd || (errno != ENOENT && errno != ENOTDIR);
}

bool Supervisor::on_exec(const Notification& notification) {
  const auto id = process_of(notification.thread);
  if (!id) return true;
  ProcessSeen process = see(*id, notification.thread);
  const Memory memory(notification.thread);
  process.program = asked_program(notification, memory, process.cwd);
  // execveat may mean a descriptor, and a file that has no name.
  const bool at = notification.number == SYS_execveat;
  if (flow_) flow_->sought(notification.thread, process.program);
  if (!at && !is_there(process.program)) return true;
  const std::size_t argv_at = at ? 2 : 1;
  process.argv = memory.arguments(notification.arguments[argv_at]);
  if (!notifications_.waits(notification.id)) return true;
  // The pod's own program is what the person asked for.
  if (callbacks_.decide_exec && count_.programs > 0) {
    if (execs_.size() >= kCallsHeldMax) {
      notifications_.answer(notification.id, EAGAIN);
      return false;
    }
    lineage_.descend(process);
    const std::uint64_t exec_id = next_id_++;
    const ConnectVerdict verdict = callbacks_.decide_exec({exec_id, process});
    if (verdict.what == ConnectVerdict::What::later) {
      execs_.emplace(exec_id, Exec{notification, std::move(process)});
      return false;
    }
    if (verdict.what == ConnectVerdict::What::refuse) {
      ++count_.refused;
      notifications_.answer(notification.id, verdict.error_number > 0 ? verdict.error_number : EACCES);
      return false;
    }
  }
  begin(std::move(process));
  return true;
}

void Supervisor::begin(ProcessSeen process) {
  const Lineage::Marks marks = lineage_.exec(process);
  if (flow_) flow_->executed(process, marks);
  ++count_.programs;
  if (callbacks_.on_exec) callbacks_.on_exec(process);
}

bool Supervisor::answer_exec(std::uint64_t id, const ConnectVerdict& verdict) {
  if (verdict.what == ConnectVerdict::What::later) return execs_.contains(id);
  const auto held = execs_.extract(id);
  if (!held) return false;
  const Exec& exec = held.mapped();
  if (!notifications_.waits(exec.notification.id)) return false;
  if (verdict.what == ConnectVerdict::What::refuse) {
    ++count_.refused;
    notifications_.answer(exec.notification.id, verdict.error_number > 0 ? verdict.error_number : EACCES);
    return true;
  }
  begin(exec.process);
  notifications_.go_on(exec.notification.id);
  return true;
}

void Supervisor::forget_ended_execs() {
  std::erase_if(execs_, [&](const auto& held) {
    const bool over = !notifications_.waits(held.second.notification.id);
    if (over && callbacks_.on_gone) callbacks_.on_gone(held.first);
    return over;
  });
}

void Supervisor::on_connect(const Notification& notification) {
  const auto id = process_of(notification.thread);
  Call call{.notification = notification};
  // It has ended, or we have no descriptor to look with.
  if (!id) return refuse(std::move(call), EAGAIN);
  call.socket = descriptor_of(notification.thread, id->pid, static_cast<int>(notification.arguments[0]));
  if (!call.socket) return refuse(std::move(call), errno == EMFILE || errno == ENFILE ? EAGAIN : errno);
  const int family = option(call.socket.get(), SOL_SOCKET, SO_DOMAIN);
  if (!is_inet(family) || option(call.socket.get(), SOL_SOCKET, SO_PROTOCOL) != IPPROTO_TCP) {
    if (flow_ && family == AF_UNIX && copy_address(call) == 0)
      flow_->connected_inside(notification.thread, std::span<const char>(call.address));
    notifications_.go_on(notification.id);
    return connects_->close(std::move(call.socket));
  }
  if (const int wrong = copy_address(call); wrong != 0) return refuse(std::move(call), wrong);
  if (calls_.size() >= kCallsHeldMax) return refuse(std::move(call), EAGAIN);
  const std::uint64_t call_id = next_id_++;
  const auto place = socket_place(call.address, family);
  // The kernel answers for what is no address, and for a socket that is connected already.
  if (!place || !is_unconnected(call.socket.get())) return connect(call_id, std::move(call));
  call.place = *place;
  call.process = see(*id, notification.thread);
  call.process.program = program_of(notification.thread);
  call.process.argv = arguments_of(notification.thread);
  lineage_.trace(call.process);
  if (!notifications_.waits(notification.id)) return connects_->close(std::move(call.socket));
  decide(call_id, std::move(call));
}

// Once. 0, or the errno of connect(2).
int Supervisor::copy_address(Call& call) {
  const int size = static_cast<int>(call.notification.arguments[2]);
  if (size < 0 || static_cast<std::size_t>(size) > sizeof(sockaddr_storage)) return EINVAL;
  call.address.resize(static_cast<std::size_t>(size));
  return Memory(call.notification.thread).read(call.notification.arguments[1], call.address) ? 0 : EFAULT;
}

// What arrives at this place; none: a program of the pod, or nobody.
const PodListener* Supervisor::listener_at(const SocketPlace& place) const {
  const PodListener* found = nullptr;
  const bool v4 = !place.address.contains(':');
  for (const auto& listener : listeners_) {
    if (listener.protocol != PodListener::Protocol::tcp || listener.port != place.port) continue;
    const bool any = listener.address == (v4 ? "0.0.0.0" : "::");
    // The kernel prefers a listener of the very address.
    if (listener.address == place.address) return &listener;
    if (any) found = &listener;
  }
  return found;
}

void Supervisor::decide(std::uint64_t id, Call call) {
  using Purpose = PodListener::Purpose;
  const PodListener* listener = listener_at(call.place);
  call.known_outside = listener != nullptr && listener->purpose != Purpose::names;
  call.asks = listener != nullptr && listener->purpose == Purpose::proxy;
  const bool inside = listener == nullptr ? call.place.loopback && network_ != PodNetwork::none
                                          : listener->purpose != Purpose::way_out;
  if (inside && flow_ && listener == nullptr) flow_->connected_inside(call.notification.thread, call.place);
  if (inside) return connect(id, std::move(call));
  listen();  // a name is told before the program learns its address
  ConnectCall asked{.id = id,
                    .process = call.process,
                    .how = ConnectCall::How::direct,
                    .address = call.place.address,
                    .port = call.place.port,
                    .host = {},
                    .holds = {}};
  if (const auto name = names_.find(asked.address); name != names_.end()) asked.host = name->second;
  call.destination = destination_of(asked);
  const ConnectVerdict verdict = ask(asked);
  if (verdict.what == ConnectVerdict::What::later)
    calls_.emplace(id, std::move(call));
  else if (verdict.what == ConnectVerdict::What::allow)
    connect(id, std::move(call));
  else
    refuse(std::move(call), verdict.error_number);
}

void Supervisor::refuse(Call call, int error_number) {
  notifications_.answer(call.notification.id, error_number > 0 ? error_number : EACCES);
  connects_->close(std::move(call.socket));
}

ConnectVerdict Supervisor::ask(ConnectCall& call) {
  ++count_.connections;
  if (flow_) {
    call.holds = flow_->holds(call.process.pid);
    call.complete = flow_->complete();
  }
  const ConnectVerdict verdict = callbacks_.decide ? callbacks_.decide(call) : ConnectVerdict::allow();
  if (verdict.what == ConnectVerdict::What::refuse) ++count_.refused;
  note_allowed(call.process, destination_of(call), verdict);
  return verdict;
}

// What it hears from there it holds from now on.
void Supervisor::note_allowed(const ProcessSeen& process, const std::string& destination,
                              const ConnectVerdict& verdict) {
  if (!flow_ || verdict.what != ConnectVerdict::What::allow) return;
  if (verdict.is_source) flow_->connected(process.pid, destination);
}

void Supervisor::connect(std::uint64_t id, Call call) {
  // Without a network Landlock keeps the program from TCP, and would not keep us.
  if (network_ == PodNetwork::none) notifications_.go_on(call.notification.id);
  if (network_ == PodNetwork::none || !notifications_.waits(call.notification.id))
    return connects_->close(std::move(call.socket));
  call.connecting = true;
  connects_->begin(id, std::move(call.socket), std::move(call.address));
  calls_.insert_or_assign(id, std::move(call));
}

void Supervisor::finish(const ConnectFor::Done& done) {
  const auto found = calls_.find(done.call);
  if (found == calls_.end()) return;
  const Call& call = found->second;
  if (call.known_outside && (done.error_number == 0 || done.error_number == EINPROGRESS)) let_out(done, call);
  notifications_.answer(call.notification.id, done.error_number);
  calls_.erase(found);
}

// The destination is the one that was decided, whatever the socket says by now: another thread may have
// connected it anew, and "any address" leads to the one that the program has bound its socket to.
void Supervisor::let_out(const ConnectFor::Done& done, const Call& call) {
  if (way_out_ == nullptr || !done.source) return;
  if (call.asks) {
    if (asking_.size() >= kAskingMax) asking_.erase(asking_.begin());
    asking_.emplace(done.call, call.process);
  }
  way_out_->let_out({.call = done.call,
                     .source = done.source->address,
                     .source_port = done.source->port,
                     .destination = call.place.address,
                     .destination_port = call.place.port});
}

void Supervisor::listen() {
  if (way_out_ != nullptr) way_out_->say(*this);
}

void Supervisor::hear(const WayOut::Named& named) {
  if (names_.size() < kNamesMax) names_.insert_or_assign(named.address, named.host);
}

void Supervisor::hear(const WayOut::Asked& asked) {
  const auto process = asking_.find(asked.call);
  if (process == asking_.end()) return way_out_->answer(asked.question, false);
  const bool numbers = is_address(asked.host);
  const std::uint64_t id = next_id_++;
  ConnectCall call{.id = id,
                   .process = process->second,
                   .how = asked.how,
                   .address = numbers ? asked.host : std::string(),
                   .port = asked.port,
                   .host = numbers ? std::string() : asked.host,
                   .holds = {}};
  const ConnectVerdict verdict = ask(call);
  if (verdict.what == ConnectVerdict::What::later && questions_.size() < kCallsHeldMax)
    return void(questions_.emplace(
        id, Question{asked.question, asked.call, std::move(call.process), destination_of(call)}));
  way_out_->answer(asked.question, verdict.what == ConnectVerdict::What::allow);
  if (verdict.what == ConnectVerdict::What::later && callbacks_.on_gone) callbacks_.on_gone(id);
}

void Supervisor::hear(const WayOut::Ended& ended) {
  asking_.erase(ended.call);
  std::erase_if(questions_, [&](const auto& waiting) {
    const bool over = waiting.second.call == ended.call;
    if (over && callbacks_.on_gone) callbacks_.on_gone(waiting.first);
    return over;
  });
}

bool Supervisor::answer(std::uint64_t call, const ConnectVerdict& verdict) {
  if (execs_.contains(call)) return answer_exec(call, verdict);
  if (verdict.what == ConnectVerdict::What::later) return calls_.contains(call) || questions_.contains(call);
  const bool allowed = verdict.what == ConnectVerdict::What::allow;
  if (const auto question = questions_.extract(call)) {
    if (!allowed) ++count_.refused;
    note_allowed(question.mapped().process, question.mapped().destination, verdict);
    way_out_->answer(question.mapped().question, allowed);
    return true;
  }
  const auto found = calls_.find(call);
  if (found == calls_.end() || found->second.connecting) return false;
  Call held = std::move(found->second);
  calls_.erase(found);
  if (!notifications_.waits(held.notification.id)) {
    connects_->close(std::move(held.socket));
    return false;
  }
  if (!allowed) ++count_.refused;
  note_allowed(held.process, held.destination, verdict);
  if (allowed)
    connect(call, std::move(held));
  else
    refuse(std::move(held), verdict.error_number);
  return true;
}

void Supervisor::sweep() {
  listen();
  if (flow_) flow_->sweep();
  forget_ended_execs();
  std::vector<std::uint64_t> gone;
  for (const auto& [id, call] : calls_)
    if (!notifications_.waits(call.notification.id)) gone.push_back(id);
  for (const std::uint64_t id : gone) {
    if (calls_.at(id).connecting) {
      connects_->give_up(id);  // finish() forgets it
      continue;
    }
    connects_->close(std::move(calls_.at(id).socket));
    calls_.erase(id);
    if (callbacks_.on_gone) callbacks_.on_gone(id);
  }
}

}  // namespace weir::pod
