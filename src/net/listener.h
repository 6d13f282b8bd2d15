// A listening socket on a loop.
//
//   TRY(auto listener, Listener::listen(loop, where));
//   while (true) { CO_TRY(os::Fd fd, co_await listener.accept()); … open_stream(loop, std::move(fd)) … }
#pragma once

#include "net/endpoint.h"
#include "net/socket.h"

namespace weir::net {

struct ListenPlan {
  Endpoint where;           // port 0: the system chooses
  bool reuse_port = false;  // several loops listen on one port, the kernel spreads connections over them
  int backlog = 1024;
};

class Listener {
 public:
  // Errors: `exists` (in use), `denied`, `unavailable`. The file of a Unix socket must not be there, and is
  // removed with the listener.
  static Result<Listener> listen(Loop& loop, const ListenPlan& plan);
  ~Listener();
  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) = delete;

  const Endpoint& where() const { return where_; }  // with the port that was chosen
  // The next connection. Errors: `limit` when this process has no descriptors left: wait a moment;
  // `unavailable` when cancelled.
  Task<Result<os::Fd>> accept();
  void cancel() { socket_.cancel(); }

 private:
  Listener(Socket socket, Endpoint where) : socket_(std::move(socket)), where_(where) {}

  Socket socket_;
  Endpoint where_;
};

}  // namespace weir::net
