#include "net/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

#include "os/files.h"

namespace weir::net {
namespace {

class SocketStream final : public Stream, private Completion {
 public:
  explicit SocketStream(Socket socket)
      : socket_(std::move(socket)), stall_(socket_.loop(), [this] { stalled(); }) {}

  std::optional<IoResult> start_read(std::span<char> into, Completion& completion) override {
    if (given_up_) return IoResult{.status = IoStatus::cancelled};
    socket_.read_some(into, completion);
    return std::nullopt;
  }
  std::optional<IoResult> start_write(std::span<const std::string_view> pieces,
                                      Completion& completion) override;
  void cancel() override {
    given_up_ = true;
    socket_.cancel();
  }
  void end_write() override { (void)::shutdown(socket_.fd(), SHUT_WR); }
  void set_write_stall_ms(std::int64_t ms) override { stall_ms_ = ms; }
  Loop& loop() const override { return socket_.loop(); }
  int fd() const override { return socket_.fd(); }

 private:
  std::optional<IoResult> send();
  void wait();
  void stalled();
  void complete(IoResult result) override;  // the socket takes more

  Socket socket_;
  Deadline stall_;
  std::int64_t stall_ms_ = kWriteStallMs;
  bool given_up_ = false;
  bool late_ = false;
  std::array<iovec, kWritePiecesMax> left_{};  // of the write in flight
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t sent_ = 0;
  Completion* writer_ = nullptr;
};

std::optional<IoResult> SocketStream::start_write(std::span<const std::string_view> pieces,
                                                  Completion& completion) {
  CHECK(writer_ == nullptr && pieces.size() <= left_.size());
  if (given_up_) return IoResult{.status = IoStatus::cancelled};
  first_ = count_ = sent_ = 0;
  for (const auto piece : pieces)
    if (!piece.empty())
      left_[count_++] = {.iov_base = const_cast<char*>(piece.data()), .iov_len = piece.size()};
  if (const auto result = send()) return result;
  writer_ = &completion;
  wait();
  return std::nullopt;
}

// What the kernel takes now; none: it is full, and something is left.
std::optional<IoResult> SocketStream::send() {
  while (first_ < count_) {
    msghdr message{};
    message.msg_iov = &left_[first_];
    message.msg_iovlen = count_ - first_;
    const ssize_t n = ::sendmsg(socket_.fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    if (n < 0) return IoResult{.status = IoStatus::broken};
    sent_ += static_cast<std::size_t>(n);
    for (auto taken = static_cast<std::size_t>(n); taken > 0;) {
      iovec& piece = left_[first_];
      const std::size_t here = std::min(taken, piece.iov_len);
      piece.iov_base = static_cast<char*>(piece.iov_base) + here;
      piece.iov_len -= here;
      taken -= here;
      if (piece.iov_len == 0) ++first_;
    }
  }
  return IoResult{.status = IoStatus::done, .bytes = sent_};
}

void SocketStream::wait() {
  stall_.arm(stall_ms_);
  socket_.wait_writable(*this);
}

void SocketStream::stalled() {
  late_ = true;
  cancel();
}

void SocketStream::complete(IoResult result) {
  stall_.disarm();
  if (result.status == IoStatus::done) {
    const auto sent = send();
    if (!sent) return wait();
    result = *sent;
  }
  if (late_) result.status = IoStatus::late;
  std::exchange(writer_, nullptr)->complete(result);
}

}  // namespace

Result<std::unique_ptr<Stream>> open_stream(Loop& loop, os::Fd fd) {
  const int yes = 1;
  // Fails on Unix sockets, which have nothing to delay.
  (void)::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  TRY(Socket socket, Socket::open(loop, std::move(fd)));
  return std::unique_ptr<Stream>(std::make_unique<SocketStream>(std::move(socket)));
}

Task<Result<std::unique_ptr<Stream>>> connect_to(Loop& loop, Endpoint where) {
  os::Fd fd(::socket(where.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) co_return std::unexpected(os::errno_error("cannot make a socket", where.text(), errno));
  const int begun = ::connect(fd.get(), &where.address(), where.bytes());
  const int why = begun == 0 ? 0 : errno;
  if (why != 0 && why != EINPROGRESS)
    co_return fail(ErrorCode::unavailable, os::errno_error("cannot connect", {}, why).what, where.text());
  if (why == EINPROGRESS) {
    CO_TRY(Socket socket, Socket::open(loop, std::move(fd)));
    const IoStatus status = co_await SocketReady(socket, SocketReady::For::writing);
    if (status != IoStatus::done) co_return io_error(status);
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0)
      co_return fail(ErrorCode::unavailable, os::errno_error("cannot connect", {}, error).what, where.text());
    fd = os::Fd(socket.release());
  }
  co_return open_stream(loop, std::move(fd));
}

std::unexpected<Error> io_error(IoStatus status) {
  switch (status) {
    case IoStatus::late:
      return time_up_error("a peer that takes nothing");
    case IoStatus::cancelled:
      return cancelled_error();
    default:
      return fail(ErrorCode::unavailable, "the connection broke");
  }
}

bool StreamRead::begin(std::coroutine_handle<> waiting, Scope& scope) {
  if (scope.cancelled()) return false;
  waiting_ = waiting;
  if (const auto result = stream_.start_read(into_, *this)) {
    result_ = *result;
    return false;
  }
  scope.add(*this);
  return true;
}

void StreamRead::complete(IoResult result) {
  leave_scope();
  result_ = result;
  waiting_.resume();
}

Result<std::size_t> StreamRead::await_resume() const {
  if (result_.status == IoStatus::done) return result_.bytes;
  if (result_.status == IoStatus::ended) return 0;
  return io_error(result_.status);
}

bool StreamWrite::begin(std::coroutine_handle<> waiting, Scope& scope) {
  if (scope.cancelled()) return false;
  waiting_ = waiting;
  if (const auto result = stream_.start_write(std::span(pieces_.data(), count_), *this)) {
    result_ = *result;
    return false;
  }
  scope.add(*this);
  return true;
}

void StreamWrite::complete(IoResult result) {
  leave_scope();
  result_ = result;
  waiting_.resume();
}

Status StreamWrite::await_resume() const {
  if (result_.status == IoStatus::done) return {};
  return io_error(result_.status);
}

}  // namespace weir::net
