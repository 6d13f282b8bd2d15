#include "net/local_server.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/limits.h"
#include "net/hook_wire.h"
#include "net/local_client.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::net {
namespace {

constexpr std::size_t kOutgoingBytesMax = 8 * limits::kMiB;  // a reader that does not read is dropped
constexpr std::size_t kIncomingBytesMax =
    128 * limits::kMiB;  // of all unfinished messages; the largest is dropped
constexpr std::uint64_t kWakeId = 0;
constexpr std::uint64_t kListenerBit = std::uint64_t{1} << 63;

Peer peer_of(int fd) {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  Peer peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return peer;
  peer.pid = credentials.pid;
  peer.uid = credentials.uid;
  if (const auto info = os::process_info(peer.pid)) peer.start_ticks = info->start_ticks;
  return peer;
}

}  // namespace

struct LocalServer::Listener {
  ListenOptions options;
  os::Fd fd;
  std::size_t open = 0;
};

struct LocalServer::Connection {
  ConnectionId id = 0;
  Listener* listener = nullptr;
  os::Fd fd;
  Peer peer;
  std::string incoming;
  std::string outgoing;
  bool close_when_sent = false;
  bool read_closed = false;
  bool broken = false;
  bool heard = false;     // a whole message came: it is no longer a stranger that only takes up room
  bool answered = false;  // something was sent: the peer is served, the idle clock no longer runs
  std::int64_t last_ns = 0;
};

LocalServer::LocalServer(Handler& handler)
    : handler_(handler),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(epoll_ && wake_);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakeId}};
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0);
}

LocalServer::~LocalServer() {
  for (const auto& listener : listeners_)
    ::unlink(listener->options.path.c_str());
}

Status LocalServer::listen(const ListenOptions& options) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (options.path.size() >= sizeof address.sun_path)
    return fail(ErrorCode::limit, "the socket path is longer than 107 bytes", options.path,
                "set XDG_RUNTIME_DIR or WEIR_HOME to a shorter directory");
  std::memcpy(address.sun_path, options.path.c_str(), options.path.size());
  if (const auto info = os::file_info(options.path)) {
    if (info->kind != os::FileInfo::Kind::socket)
      return fail(ErrorCode::exists, "something that is not a socket stands here", options.path,
                  "move it away");
    if (LocalClient::connect(options.path, 1000))
      return fail(ErrorCode::exists, "another daemon answers on this socket", options.path,
                  "stop it first, or use it: `weir status`");
    TRY_STATUS(os::remove_file(options.path));
  }
  auto listener = std::make_unique<Listener>();
  listener->options = options;
  listener->fd = os::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener->fd) return std::unexpected(os::errno_error("cannot make a socket", options.path, errno));
  const mode_t old_mask = ::umask(0777 & ~options.mode);
  const int bound = ::bind(listener->fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error_number = errno;
  ::umask(old_mask);
  if (bound != 0)
    return std::unexpected(os::errno_error("cannot bind the socket", options.path, error_number));
  if (::listen(listener->fd.get(), 512) != 0)
    return std::unexpected(os::errno_error("cannot listen", options.path, errno));
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kListenerBit | listeners_.size()}};
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener->fd.get(), &event) == 0);
  listeners_.push_back(std::move(listener));
  return {};
}

void LocalServer::stop() {
  stopping_ = true;
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

void LocalServer::run() {
  constexpr int kEvents = 64;
  constexpr int kTickMs = 1000;
  epoll_event events[kEvents];
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_.get(), events, kEvents, kTickMs);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t id = events[i].data.u64;
      if (id == kWakeId) continue;
      if (id & kListenerBit) {
        accept_from(*listeners_[id & ~kListenerBit]);
        continue;
      }
      std::shared_ptr<Connection> connection;
      {
        const std::lock_guard lock(mutex_);
        if (const auto it = connections_.find(id); it != connections_.end()) connection = it->second;
      }
      if (!connection) continue;
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(connection);
      if (events[i].events & EPOLLOUT) on_writable(connection);
    }
    drop_idle();
  }
}

void LocalServer::accept_from(Listener& listener) {
  while (true) {
    os::Fd fd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    // Over the limit the peer that has been silent for longest makes room, so that peers which send nothing
    // cannot keep others out. When all are being served, the new one is closed: a shim fails closed then.
    if (listener.open >= listener.options.connections_max && !drop_silent(listener)) continue;
    auto connection = std::make_shared<Connection>();
    connection->peer = peer_of(fd.get());
    connection->fd = std::move(fd);
    connection->listener = &listener;
    connection->last_ns = os::monotonic_ns();
    {
      const std::lock_guard lock(mutex_);
      connection->id = ++next_id_;
      ++listener.open;
      epoll_event event{.events = EPOLLIN, .data = {.u64 = connection->id}};
      CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection->fd.get(), &event) == 0);
      connections_.emplace(connection->id, connection);
    }
    on_readable(connection);  // a shim has mostly written by now
  }
}

bool LocalServer::drop_silent(const Listener& listener) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Connection> oldest;
  for (const auto& [id, connection] : connections_)
    if (connection->listener == &listener && !connection->heard &&
        (!oldest || connection->last_ns < oldest->last_ns))
      oldest = connection;
  if (!oldest) return false;
  drop(oldest->id);
  return true;
}

// Unfinished messages of all peers together have a limit.
void LocalServer::bound_incoming() {
  const std::lock_guard lock(mutex_);
  std::size_t total = 0;
  std::shared_ptr<Connection> largest;
  for (const auto& [id, connection] : connections_) {
    total += connection->incoming.size();
    if (!largest || connection->incoming.size() > largest->incoming.size()) largest = connection;
  }
  if (total > kIncomingBytesMax && largest) drop(largest->id);
}

void LocalServer::on_readable(const std::shared_ptr<Connection>& connection) {
  char buffer[65536];
  bool gone = false;
  while (!connection->read_closed) {
    const ssize_t n = ::recv(connection->fd.get(), buffer, sizeof buffer, 0);
    if (n > 0) {
      const std::size_t before = connection->incoming.size();
      connection->incoming.append(buffer, static_cast<std::size_t>(n));
      constexpr std::size_t kLookEvery = limits::kMiB;
      if (before / kLookEvery != connection->incoming.size() / kLookEvery) {
        bound_incoming();
        if (!is_open(connection->id)) return;
      }
      if (!extract(*connection)) gone = true;
      if (gone) break;
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return;
    } else {
      const std::lock_guard lock(mutex_);
      connection->read_closed = true;
    }
  }
  // The peer closed its end. An answer may still be on its way (a shim never closes early, `nc -N` does).
  const std::lock_guard lock(mutex_);
  const bool waits_for_answer = !gone && connection->heard &&
                                connection->listener->options.framing == Framing::frames &&
                                !connection->answered;
  if (gone || (connection->outgoing.empty() && !waits_for_answer)) connection->broken = true;
  if (connection->broken) {
    --connection->listener->open;
    connections_.erase(connection->id);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection->fd.get(), nullptr);
    handler_.on_close(connection->id);
  } else if (connection->read_closed && connection->outgoing.empty()) {
    // A hang-up cannot be masked and would wake the loop without end; the answer is sent without it.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection->fd.get(), nullptr);
  } else {
    arm(*connection);
  }
}

// Hands every whole message on; false when the peer broke the rules.
bool LocalServer::extract(Connection& connection) {
  const auto& options = connection.listener->options;
  std::string& in = connection.incoming;
  while (true) {
    std::string body;
    if (options.framing == Framing::frames) {
      if (in.size() < kFrameHeaderBytes) return true;
      const auto header = parse_frame_header(std::string_view(in).substr(0, kFrameHeaderBytes));
      if (!header || header->length > options.message_bytes_max) return false;
      if (in.size() < kFrameHeaderBytes + header->length) return true;
      body = in.substr(kFrameHeaderBytes, header->length);
      in.erase(0, kFrameHeaderBytes + header->length);
    } else {
      const auto end = in.find('\n');
      if (end == std::string::npos) return in.size() <= options.message_bytes_max;
      if (end > options.message_bytes_max) return false;
      body = in.substr(0, end);
      in.erase(0, end + 1);
    }
    const std::int64_t now_ns = os::monotonic_ns();
    {
      // An answer to an earlier message may be sent by another thread meanwhile.
      const std::lock_guard lock(mutex_);
      connection.last_ns = now_ns;
      connection.heard = true;
    }
    handler_.on_message({connection.id, options.path, connection.peer, std::move(body), now_ns});
  }
}

void LocalServer::on_writable(const std::shared_ptr<Connection>& connection) {
  const std::lock_guard lock(mutex_);
  if (!flush(*connection)) connection->broken = true;
  arm(*connection);
}

// Sends what can be sent now; false when the connection is finished or broken. Needs mutex_.
bool LocalServer::flush(Connection& connection) {
  while (!connection.outgoing.empty()) {
    const ssize_t n =
        ::send(connection.fd.get(), connection.outgoing.data(), connection.outgoing.size(), MSG_NOSIGNAL);
    if (n > 0) {
      connection.outgoing.erase(0, static_cast<std::size_t>(n));
      connection.last_ns = os::monotonic_ns();
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else {
      return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }
  }
  if (connection.close_when_sent) ::shutdown(connection.fd.get(), SHUT_RDWR);
  return true;
}

// Tells epoll what this connection waits for. Needs mutex_.
void LocalServer::arm(Connection& connection) {
  std::uint32_t events = 0;
  if (!connection.read_closed) events |= EPOLLIN;
  if (!connection.outgoing.empty()) events |= EPOLLOUT;
  epoll_event event{.events = events, .data = {.u64 = connection.id}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd.get(), &event);
  if (connection.broken) ::shutdown(connection.fd.get(), SHUT_RDWR);
}

bool LocalServer::send(ConnectionId id, std::string_view bytes, AfterSend after) {
  const std::lock_guard lock(mutex_);
  const auto it = connections_.find(id);
  if (it == connections_.end()) return false;
  Connection& connection = *it->second;
  if (connection.broken || connection.outgoing.size() + bytes.size() > kOutgoingBytesMax) {
    connection.broken = true;
    arm(connection);
    return false;
  }
  connection.outgoing.append(bytes);
  connection.answered = true;
  if (after == AfterSend::close) connection.close_when_sent = true;
  const bool alive = flush(connection);
  if (!alive) connection.broken = true;
  if (!alive || !connection.outgoing.empty() || connection.read_closed) arm(connection);
  return alive;
}

bool LocalServer::is_open(ConnectionId id) {
  const std::lock_guard lock(mutex_);
  return connections_.contains(id);
}

// Needs mutex_.
void LocalServer::drop(ConnectionId id) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  --it->second->listener->open;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, it->second->fd.get(), nullptr);
  connections_.erase(it);
  handler_.on_close(id);
}

void LocalServer::drop_idle() {
  const std::int64_t now_ns = os::monotonic_ns();
  const std::lock_guard lock(mutex_);
  std::vector<ConnectionId> late;
  for (const auto& [id, connection] : connections_) {
    const std::int64_t limit_ns = std::int64_t{connection->listener->options.idle_timeout_ms} * 1'000'000;
    const bool finished = connection->read_closed && connection->answered && connection->outgoing.empty();
    if (finished || (limit_ns > 0 && now_ns - connection->last_ns > limit_ns)) late.push_back(id);
  }
  for (const auto id : late)
    drop(id);
}

}  // namespace weir::net
