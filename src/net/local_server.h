// One thread, one epoll loop, several Unix sockets. Messages arrive whole (hook frames or text lines) at a
// handler; answers may be sent from any thread.
//
//   LocalServer server(handler);
//   TRY_STATUS(server.listen({.path = "/run/…/event.sock", .framing = Framing::frames, .message_bytes_max =
//   …})); std::thread io([&] { server.run(); });            // until stop() server.send(connection, bytes,
//   AfterSend::close);
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace weir::net {

// Who is at the other end, as the kernel says.
struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
  std::uint64_t start_ticks = 0;  // of pid, read at accept
};

using ConnectionId = std::uint64_t;
enum class Framing { frames, lines };  // lines: text ended by '\n', without it
enum class AfterSend { keep, close };

struct ListenOptions {
  std::string path;
  Framing framing = Framing::lines;
  std::size_t message_bytes_max = 65536;
  std::size_t connections_max = 256;
  int idle_timeout_ms = 15'000;  // a connection that sends nothing whole for so long is closed; 0: never
  mode_t mode = 0600;
};

struct Message {
  ConnectionId connection = 0;
  std::string socket;  // the listening path
  Peer peer;
  std::string bytes;             // frame body or line
  std::int64_t received_ns = 0;  // monotonic
};

class LocalServer {
 public:
  struct Handler {
    virtual ~Handler() = default;
    virtual void on_message(Message message) = 0;  // on the loop's thread: hand on, do not block
    virtual void on_close(ConnectionId /*connection*/) {}
  };

  explicit LocalServer(Handler& handler);
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  // Replaces a stale socket file; a live one is an error `exists`.
  Status listen(const ListenOptions& options);
  void run();   // the loop; returns after stop()
  void stop();  // from any thread or signal handler

  // Queues bytes for a connection; false when it is gone. From any thread.
  bool send(ConnectionId connection, std::string_view bytes, AfterSend after);

 private:
  struct Listener;
  struct Connection;
  void accept_from(Listener& listener);
  void on_readable(const std::shared_ptr<Connection>& connection);
  void on_writable(const std::shared_ptr<Connection>& connection);
  bool extract(Connection& connection);
  bool flush(Connection& connection);
  void arm(Connection& connection);
  void drop(ConnectionId id);
  bool drop_silent(const Listener& listener);
  void bound_incoming();
  bool is_open(ConnectionId id);
  void drop_idle();

  Handler& handler_;
  os::Fd epoll_;
  os::Fd wake_;
  std::atomic<bool> stopping_{false};
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::mutex mutex_;  // guards connections_ and each connection's outgoing bytes
  std::map<ConnectionId, std::shared_ptr<Connection>> connections_;
  ConnectionId next_id_ = 0;
};

}  // namespace weir::net
