#include "pod/portal_relay.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace weir::pod {
namespace {

constexpr int kRoundsMax = 8;

bool must_wait() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

short PortalRelay::events(Side side) const {
  const Way& from = ways_[side];
  const Way& to = ways_[other(side)];
  short wanted = 0;
  if (!from.ended && from.bytes.size() < kBufferBytes) wanted |= POLLIN;
  if (!to.bytes.empty()) wanted |= POLLOUT;
  return wanted;
}

PortalRelay::State PortalRelay::pump() {
  for (int round = 0; round < kRoundsMax; ++round) {
    bool moved = false;
    for (const Side from : {kClient, kProgram}) {
      moved |= read(from);
      moved |= write(from);
      pass_on_end(from);
    }
    for (const Way& way : ways_)
      if (way.broken && way.bytes.empty()) return State::broken;
    if (ways_[kClient].told && ways_[kProgram].told) return State::finished;
    if (!moved) break;
  }
  return State::running;
}

// One buffer on the stack: a connection on which nothing moves holds no memory.
bool PortalRelay::read(Side from) {
  Way& way = ways_[from];
  if (way.ended || way.bytes.size() >= kBufferBytes) return false;
  std::array<char, kBufferBytes> buffer;
  const ssize_t n = ::recv(fd(from), buffer.data(), kBufferBytes - way.bytes.size(), 0);
  if (n > 0) way.bytes.append(buffer.data(), static_cast<std::size_t>(n));
  if (n < 0 && must_wait()) return false;
  way.ended = n <= 0;
  way.broken = n < 0;
  return true;
}

bool PortalRelay::write(Side from) {
  Way& way = ways_[from];
  if (way.bytes.empty()) return false;
  const ssize_t n = ::send(fd(other(from)), way.bytes.data(), way.bytes.size(), MSG_NOSIGNAL);
  if (n < 0 && must_wait()) return false;
  if (n < 0) {
    // It takes no more, but may have answered before: that still goes the other way.
    way.ended = way.told = true;
    way.bytes = std::string();
  } else if (static_cast<std::size_t>(n) == way.bytes.size()) {
    way.bytes = std::string();
  } else {
    way.bytes.erase(0, static_cast<std::size_t>(n));
  }
  return true;
}

void PortalRelay::pass_on_end(Side from) {
  Way& way = ways_[from];
  if (!way.ended || way.broken || way.told || !way.bytes.empty()) return;
  ::shutdown(fd(other(from)), SHUT_WR);
  way.told = true;
}

void PortalRelay::reset() {
  for (auto& socket : sockets_)
    close_with_reset(socket);
}

// SO_LINGER with 0 seconds: RFC 9293 section 3.10.4, ABORT.
void close_with_reset(os::Fd& socket) {
  const linger at_once{1, 0};
  if (socket) (void)::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket.reset();
}

}  // namespace weir::pod
