#include "pod/connect_for.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "os/files.h"
#include "pod/supervised_call.h"

namespace weir::pod {

Result<std::unique_ptr<ConnectFor>> ConnectFor::create() {
  os::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return std::unexpected(os::errno_error("no event for the supervisor", "eventfd", errno));
  return std::unique_ptr<ConnectFor>(new ConnectFor(std::move(wake)));
}

// A thread that has not begun its connect yet would not notice: told again until all have ended.
ConnectFor::~ConnectFor() {
  constexpr std::chrono::milliseconds kPause(5);
  std::unique_lock lock(mutex_);
  stopping_ = true;
  waiting_.clear();
  changed_.notify_all();
  while (!running_.empty()) {
    give_up_all();
    changed_.wait_for(lock, kPause);
  }
  lock.unlock();
  threads_.clear();
}

void ConnectFor::give_up_all() {
  for (const auto& [call, socket] : running_)
    ::shutdown(socket, SHUT_RDWR);
}

void ConnectFor::begin(std::uint64_t call, int socket, std::vector<char> address) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back({call, socket, std::move(address)});
  changed_.notify_one();
  if (idle_ >= waiting_.size() || threads_.size() >= kConnectThreadsMax) return;
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // Those that there are do it in the end. Without any nobody would.
    if (!threads_.empty()) return;
    waiting_.pop_back();
    done_.push_back({call, EAGAIN});
    (void)::eventfd_write(wake_.get(), 1);
  }
}

void ConnectFor::give_up(std::uint64_t call) {
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(call); found != running_.end()) {
    ::shutdown(found->second, SHUT_RDWR);
    return;
  }
  const auto waits = std::ranges::find(waiting_, call, &Job::call);
  if (waits == waiting_.end()) return;
  waiting_.erase(waits);
  done_.push_back({call, ECANCELED});
  (void)::eventfd_write(wake_.get(), 1);
}

std::vector<ConnectFor::Done> ConnectFor::take() {
  eventfd_t ignored = 0;
  (void)::eventfd_read(wake_.get(), &ignored);
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

void ConnectFor::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    --idle_;
    if (stopping_) return;
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    running_.emplace(job.call, job.socket);
    lock.unlock();
    const auto* address = reinterpret_cast<const sockaddr*>(job.address.data());
    const auto size = static_cast<socklen_t>(job.address.size());
    const int error_number = ::connect(job.socket, address, size) == 0 ? 0 : errno;
    lock.lock();
    running_.erase(job.call);
    done_.push_back({job.call, error_number});
    (void)::eventfd_write(wake_.get(), 1);
    if (stopping_) changed_.notify_all();
  }
}

}  // namespace weir::pod
