#include "net/http_server.h"

#include "net/http_connection.h"

namespace weir::net {
namespace {

constexpr std::int64_t kWaitForRoomMs = 50;  // when there are no descriptors, or too many connections

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(Loop& loop, HttpServerSetup setup) {
  TRY(Listener listener, Listener::listen(loop, setup.listen));
  std::unique_ptr<HttpServer> server(new HttpServer(loop, std::move(setup), std::move(listener)));
  server->accepting_.start(server->accept());
  return server;
}

HttpServer::HttpServer(Loop& loop, HttpServerSetup setup, Listener listener)
    : loop_(loop),
      setup_(std::move(setup)),
      listener_(std::move(listener)),
      idle_(loop.scope()),
      accepting_(loop.scope()),
      connections_(loop.scope()) {}

HttpServer::~HttpServer() = default;

Task<void> HttpServer::accept() {
  while (!draining_) {
    if (connections_.running() >= setup_.connections_max) {
      if (!co_await loop_.sleep(kWaitForRoomMs)) co_return;
      continue;
    }
    auto fd = co_await listener_.accept();
    if (fd) {
      connections_.start(serve(*std::move(fd)));
    } else if (fd.error().code == ErrorCode::limit) {
      if (!co_await loop_.sleep(kWaitForRoomMs)) co_return;
    } else {
      co_return;
    }
  }
}

Task<void> HttpServer::serve(os::Fd fd) {
  auto stream = open_stream(loop_, std::move(fd));
  if (!stream) co_return;
  HttpConnection connection(*this, *std::move(stream));
  co_await connection.serve();
}

Task<void> HttpServer::drain(std::int64_t ms) {
  draining_ = true;
  accepting_.cancel();
  idle_.cancel();
  co_await accepting_.ended();
  Deadline deadline(loop_, [this] { connections_.cancel(); });
  if (ms > 0)
    deadline.arm(ms);
  else
    connections_.cancel();
  co_await connections_.ended();
}

}  // namespace weir::net
