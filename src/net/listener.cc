#include "net/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "os/files.h"

namespace weir::net {
namespace {

std::unexpected<Error> listen_error(const Endpoint& where) {
  Error error = os::errno_error("cannot listen", where.text(), errno);
  if (errno == EADDRINUSE) error.code = ErrorCode::exists;
  return std::unexpected(std::move(error));
}

// Of a connection that ended before it was taken, and of the network below it: the next one may be fine
// (accept(2)).
bool is_of_one_connection(int error) {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<Listener> Listener::listen(Loop& loop, const ListenPlan& plan) {
  const Endpoint& where = plan.where;
  os::Fd fd(::socket(where.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return listen_error(where);
  const int yes = 1;
  if (where.family() != AF_UNIX) {
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (plan.reuse_port && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) != 0)
      return listen_error(where);
  }
  // An IPv6 address means that family only, so that 0.0.0.0 and [::] can both be listened on.
  if (where.family() == AF_INET6) (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  if (::bind(fd.get(), &where.address(), where.bytes()) != 0) return listen_error(where);
  if (::listen(fd.get(), plan.backlog) != 0) return listen_error(where);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) return listen_error(where);
  TRY(Socket socket, Socket::open(loop, std::move(fd)));
  return Listener(std::move(socket), Endpoint::copy(reinterpret_cast<const sockaddr&>(bound), size));
}

Listener::~Listener() {
  if (!socket_ || where_.family() != AF_UNIX) return;
  ::unlink(reinterpret_cast<const sockaddr_un&>(where_.address()).sun_path);
}

Task<Result<os::Fd>> Listener::accept() {
  while (true) {
    os::Fd fd(::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd) co_return fd;
    const int why = errno;
    if (why == EAGAIN || why == EWOULDBLOCK) {
      const IoStatus status = co_await SocketReady(socket_, SocketReady::For::reading);
      if (status == IoStatus::cancelled) co_return cancelled_error();
    } else if (why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM) {
      co_return fail(ErrorCode::limit, "no descriptors or memory for a connection", where_.text());
    } else if (!is_of_one_connection(why)) {
      co_return std::unexpected(os::errno_error("cannot accept", where_.text(), why));
    }
  }
}

}  // namespace weir::net
