#include "pod/notification.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir::pod {
Notifications::Notifications(os::Fd listener) : listener_(std::move(listener)) {
  seccomp_notif_sizes sizes{};
  (void)::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
  const std::size_t bytes = std::max<std::size_t>(sizeof(seccomp_notif), sizes.seccomp_notif);
  buffer_.resize((bytes + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
}

// The kernel counts calls that it has not handed out, those that were killed among them, and receives without
// waiting while it counts one: poll says first that there is one.
std::optional<Notification> Notifications::next() {
  for (;;) {
    pollfd one{listener_.get(), POLLIN, 0};
    if (over_ || ::poll(&one, 1, 0) <= 0) return std::nullopt;
    if ((one.revents & POLLIN) == 0) {
      over_ = true;
      return std::nullopt;
    }
    std::ranges::fill(buffer_, 0);
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, buffer_.data()) != 0) {
      if (errno == ENOENT || errno == EINTR) continue;  // it was killed since
      return std::nullopt;
    }
    seccomp_notif received;
    std::memcpy(&received, buffer_.data(), sizeof received);
    Notification call{.id = received.id,
                      .thread = static_cast<pid_t>(received.pid),
                      .number = received.data.nr,
                      .arguments = {}};
    std::ranges::copy(received.data.args, call.arguments.begin());
    return call;
  }
}

bool Notifications::waits(std::uint64_t id) const {
  return ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

void Notifications::go_on(std::uint64_t id) const {
  respond(id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

void Notifications::answer(std::uint64_t id, int error_number) const {
  respond(id, 0, error_number, 0);
}

// In two steps, since only the second one hands over the processor (kSyncWakeUp).
void Notifications::give(std::uint64_t id, int fd, bool close_on_exec) const {
  seccomp_notif_addfd added{.id = id,
                            .flags = 0,
                            .srcfd = static_cast<std::uint32_t>(fd),
                            .newfd = 0,
                            .newfd_flags = close_on_exec ? static_cast<std::uint32_t>(O_CLOEXEC) : 0};
  const int theirs = ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &added);
  respond(id, std::max(theirs, 0), theirs < 0 ? errno : 0, 0);
}

// Of a process that has ended meanwhile nothing is expected any more.
void Notifications::respond(std::uint64_t id, std::int64_t value, int error_number,
                            std::uint32_t flags) const {
  seccomp_notif_resp response{.id = id, .val = value, .error = -error_number, .flags = flags};
  (void)::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response);
}

}  // namespace weir::pod
