// An HTTP/1 server on a loop: connections that are read strictly, one request of each at a time.
//
//   TRY(auto server, HttpServer::start(loop, {.listen = {.where = where}, .handler = answer}));
//   …
//   co_await server->drain(5'000);
//
// Requests that come in a row on one connection are answered in their order, the next one read when the last
// was answered. What is no HTTP is answered with 400, 408, 413 or 431 and the end of the connection.
#pragma once

#include <functional>
#include <memory>

#include "net/http_exchange.h"
#include "net/listener.h"

namespace weir::net {

using Handler = std::function<Task<void>(Exchange&)>;

struct HttpServerSetup {
  ListenPlan listen;
  Handler handler;
  std::size_t connections_max = limits::kConnectionsMax;  // more wait until one ends
  std::uint64_t body_bytes_max = 64 * 1024 * 1024;        // of one request
  std::int64_t head_ms = limits::kHeadMs;
  std::int64_t idle_ms = limits::kIdleMs;
  std::int64_t body_idle_ms = limits::kBodyIdleMs;
};

class HttpServer {
 public:
  // Errors: those of Listener::listen().
  static Result<std::unique_ptr<HttpServer>> start(Loop& loop, HttpServerSetup setup);
  // Cancels what runs. Not before its tasks have ended: see drain().
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  const Endpoint& where() const { return listener_.where(); }
  std::size_t connections() const { return connections_.running(); }

  // Takes no connection any more, ends those that are idle, gives the others so long, then cancels them.
  Task<void> drain(std::int64_t ms);

 private:
  friend class HttpConnection;
  friend class Exchange;
  HttpServer(Loop& loop, HttpServerSetup setup, Listener listener);
  Task<void> accept();
  Task<void> serve(os::Fd fd);

  Loop& loop_;
  HttpServerSetup setup_;
  Listener listener_;
  Scope idle_;  // of connections that wait for a request
  bool draining_ = false;
  TaskGroup accepting_;
  TaskGroup connections_;
};

}  // namespace weir::net
