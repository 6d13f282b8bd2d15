#include "net/http_loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/limits.h"
#include "os/clock.h"
#include "os/files.h"

namespace weir::net {
namespace {

constexpr std::size_t kReadBytes = 64 * limits::kKiB;
constexpr std::size_t kRequestBytesMax = kHttpHeadBytesMax + 2 * kHttpBodyBytesMax;  // chunks have a frame
constexpr std::int64_t kNsPerMs = 1'000'000;

struct Connection {
  os::Fd fd;
  std::string in;
  std::string out;
  bool answered = false;
  std::int64_t last_ns = os::monotonic_ns();
};

std::string_view reason(int status) {
  return status == 200 ? "OK" : status == 404 ? "Not Found" : status == 400 ? "Bad Request" : "Error";
}

std::string message_of(const HttpResponse& response, bool with_body) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     std::string(reason(response.status)) + "\r\nContent-Type: " + response.content_type +
                     "\r\nContent-Length: " + std::to_string(response.body.size()) +
                     "\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n";
  if (with_body) text += response.body;
  return text;
}

// Reads what is there; false when the connection is to be closed.
bool take(Connection& connection, const HttpLoopback::Handler& handler) {
  char buffer[kReadBytes];
  const ssize_t n = ::recv(connection.fd.get(), buffer, sizeof buffer, 0);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) return false;
  connection.last_ns = os::monotonic_ns();
  if (connection.answered) return true;  // what comes after the one request is not read
  if (connection.in.size() + static_cast<std::size_t>(n) > kRequestBytesMax) return false;
  connection.in.append(buffer, static_cast<std::size_t>(n));
  const auto parsed = parse_http_request(connection.in);
  if (!parsed) {
    connection.out = message_of({400, "text/plain", parsed.error().message()}, true);
    connection.answered = true;
  } else if (*parsed) {
    const HttpRequest& request = (*parsed)->request;
    connection.out = message_of(handler(request), request.method != "HEAD");
    connection.answered = true;
    connection.in.clear();
  }
  return true;
}

// Writes what can be written; false when all is said or the peer has gone.
bool give(Connection& connection) {
  const ssize_t n = ::send(connection.fd.get(), connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  connection.last_ns = os::monotonic_ns();
  connection.out.erase(0, static_cast<std::size_t>(n));
  if (connection.out.empty()) ::shutdown(connection.fd.get(), SHUT_WR);
  return !connection.out.empty();
}

}  // namespace

Result<std::unique_ptr<HttpLoopback>> HttpLoopback::listen(Handler handler) {
  os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return std::unexpected(os::errno_error("no socket", "127.0.0.1", errno));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(fd.get(), static_cast<int>(kHttpConnectionsMax)) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return std::unexpected(os::errno_error("cannot listen on loopback", "127.0.0.1", errno));
  os::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return std::unexpected(os::errno_error("no eventfd", "127.0.0.1", errno));
  return std::unique_ptr<HttpLoopback>(
      new HttpLoopback(std::move(handler), std::move(fd), std::move(wake), ntohs(address.sin_port)));
}

HttpLoopback::HttpLoopback(Handler handler, os::Fd listener, os::Fd wake, std::uint16_t port)
    : handler_(std::move(handler)), listener_(std::move(listener)), wake_(std::move(wake)), port_(port) {
  thread_ = std::thread([this] { loop(); });
}

HttpLoopback::~HttpLoopback() {
  stop();
}

void HttpLoopback::stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
  thread_.join();
  listener_.reset();  // else a late client would wait in its queue
}

void HttpLoopback::loop() {
  std::vector<Connection> connections;
  while (true) {
    std::vector<pollfd> fds = {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const auto& connection : connections)
      fds.push_back({connection.fd.get(), static_cast<short>(connection.out.empty() ? POLLIN : POLLOUT), 0});
    if (::poll(fds.data(), fds.size(), 1000) < 0 && errno != EINTR) return;
    if (fds[0].revents != 0) return;
    const std::int64_t oldest_ns = os::monotonic_ns() - kHttpIdleMs * kNsPerMs;
    std::vector<Connection> kept;
    for (std::size_t i = 0; i < connections.size(); ++i) {
      Connection& connection = connections[i];
      const short events = fds[i + 2].revents;
      bool keep = connection.last_ns > oldest_ns && (events & POLLNVAL) == 0;
      if (keep && events != 0) keep = connection.out.empty() ? take(connection, handler_) : give(connection);
      if (keep) kept.push_back(std::move(connection));
    }
    connections = std::move(kept);
    if ((fds[1].revents & POLLIN) == 0) continue;
    os::Fd accepted(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (accepted && connections.size() < kHttpConnectionsMax)
      connections.push_back({.fd = std::move(accepted), .in = {}, .out = {}});
  }
}

}  // namespace weir::net
