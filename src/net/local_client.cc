#include "net/local_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/clock.h"
#include "os/files.h"

namespace weir::net {
namespace {

constexpr std::size_t kLineBytesMax = 16 * limits::kMiB;

bool wait_for(int fd, short events, std::int64_t deadline_ns) {
  while (true) {
    const std::int64_t left_ms = (deadline_ns - os::monotonic_ns()) / 1'000'000;
    if (left_ms < 0) return false;
    pollfd one{fd, events, 0};
    const int n = ::poll(&one, 1, static_cast<int>(std::min<std::int64_t>(left_ms, 1'000'000)));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return false;
  }
}

std::int64_t deadline_after(int timeout_ms) {
  return os::monotonic_ns() + std::int64_t{timeout_ms} * 1'000'000;
}

std::unexpected<Error> closed() {
  return fail(ErrorCode::unavailable, "the Weir daemon closed the connection", {}, "see `weir doctor`");
}
std::unexpected<Error> late() {
  return fail(ErrorCode::unavailable, "the Weir daemon did not answer in time", {}, "see `weir doctor`");
}

}  // namespace

Result<LocalClient> LocalClient::connect(const std::string& path, int timeout_ms) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(ErrorCode::limit, "the socket path is too long", path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return std::unexpected(os::errno_error("cannot open a socket", path, errno));
  const std::int64_t deadline_ns = deadline_after(timeout_ms);
  while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error_number = errno;
    if (error_number == EAGAIN && os::monotonic_ns() < deadline_ns) {
      ::usleep(2000);
      continue;
    }
    Error error = os::errno_error("the Weir daemon is not running", path, error_number);
    error.code = error_number == EACCES ? ErrorCode::denied : ErrorCode::unavailable;
    error.hint = "start it with `weir daemon`, see `weir doctor`";
    return std::unexpected(std::move(error));
  }
  return LocalClient(std::move(fd));
}

Status LocalClient::send_bytes(std::string_view bytes, int timeout_ms) {
  const std::int64_t deadline_ns = deadline_after(timeout_ms);
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0)
      bytes.remove_prefix(static_cast<std::size_t>(n));
    else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
      if (!wait_for(fd_.get(), POLLOUT, deadline_ns)) return late();
    } else {
      return closed();
    }
  }
  return {};
}

Status LocalClient::send_line(std::string_view line, int timeout_ms) {
  return send_bytes(std::string(line) + "\n", timeout_ms);
}

Status LocalClient::fill(int timeout_ms) {
  const std::int64_t deadline_ns = deadline_after(timeout_ms);
  char bytes[65536];
  while (true) {
    const ssize_t n = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (n > 0) {
      buffer_.append(bytes, static_cast<std::size_t>(n));
      return {};
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) return closed();
    if (!wait_for(fd_.get(), POLLIN, deadline_ns)) return late();
  }
}

Result<std::string> LocalClient::receive_line(int timeout_ms) {
  std::size_t searched = 0;
  while (true) {
    if (const auto end = buffer_.find('\n', searched); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    searched = buffer_.size();
    if (buffer_.size() > kLineBytesMax) return fail(ErrorCode::limit, "the daemon's answer is too long");
    TRY_STATUS(fill(timeout_ms));
  }
}

Result<std::string> LocalClient::receive_bytes(std::size_t count, int timeout_ms) {
  while (buffer_.size() < count)
    TRY_STATUS(fill(timeout_ms));
  std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

Result<Json> LocalClient::call(const Json& request, int timeout_ms) {
  TRY_STATUS(send_line(compact(request), timeout_ms));
  TRY(const std::string line, receive_line(timeout_ms));
  TRY(Json answer, parse_json(line));
  if (const Json* error = answer.find("error")) {
    ErrorCode code = ErrorCode::denied;
    for (const auto candidate :
         {ErrorCode::invalid, ErrorCode::limit, ErrorCode::not_found, ErrorCode::exists,
          ErrorCode::unavailable, ErrorCode::corrupt, ErrorCode::erased, ErrorCode::internal})
      if ((*error)["code"].text_or("") == name(candidate)) code = candidate;
    return fail(code, std::string((*error)["what"].text_or("the daemon refused")),
                std::string((*error)["where"].text_or("")), std::string((*error)["hint"].text_or("")));
  }
  return answer;
}

}  // namespace weir::net
