#include "pod/connect_for.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "os/files.h"
#include "pod/supervised_call.h"

namespace weir::pod {
namespace {

struct Job {
  std::uint64_t call = 0;  // 0: to be closed only
  os::Fd socket;
  std::vector<char> address;
};

// Of sockets only those of streams over a network wait; what is no socket may be a file of any file system.
bool closes_at_once(int descriptor) {
  int family = -1;
  int type = -1;
  socklen_t size = sizeof family;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 &&
         ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
         (family == AF_UNIX || type == SOCK_DGRAM);
}

}  // namespace

struct ConnectFor::Shared {
  os::Fd wake;  // eventfd
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> waiting;
  std::map<std::uint64_t, int> running;  // call and socket
  std::vector<Done> done;
  std::size_t threads = 0;
  std::size_t idle = 0;
  bool stopping = false;

  void finish(Done result) {  // with the mutex
    done.push_back(std::move(result));
    (void)::eventfd_write(wake.get(), 1);
  }
};

Result<std::unique_ptr<ConnectFor>> ConnectFor::create() {
  auto shared = std::make_shared<Shared>();
  shared->wake = os::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!shared->wake) return std::unexpected(os::errno_error("no event for the supervisor", "eventfd", errno));
  return std::unique_ptr<ConnectFor>(new ConnectFor(std::move(shared)));
}

ConnectFor::~ConnectFor() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stopping = true;
  for (Job& job : shared_->waiting)
    job.call = 0;
  for (const auto& [call, socket] : shared_->running)
    ::shutdown(socket, SHUT_RDWR);
  shared_->changed.notify_all();
}

int ConnectFor::fd() const {
  return shared_->wake.get();
}

void ConnectFor::begin(std::uint64_t call, os::Fd socket, std::vector<char> address) {
  const std::lock_guard lock(shared_->mutex);
  shared_->waiting.push_back({call, std::move(socket), std::move(address)});
  start_thread(shared_);
}

void ConnectFor::close(os::Fd descriptor) {
  if (!descriptor || closes_at_once(descriptor.get())) return;
  const std::lock_guard lock(shared_->mutex);
  shared_->waiting.push_back({0, std::move(descriptor), {}});
  start_thread(shared_);
}

// One more when no idle one is left for what waits.
void ConnectFor::start_thread(const std::shared_ptr<Shared>& shared) {
  shared->changed.notify_one();
  if (shared->idle >= shared->waiting.size() || shared->threads >= kConnectThreadsMax) return;
  try {
    std::thread([shared] { work(*shared); }).detach();
    ++shared->threads;
  } catch (const std::system_error&) {
    // Those that there are do it in the end. Without any nobody would.
    if (shared->threads > 0) return;
    const std::uint64_t call = shared->waiting.back().call;
    shared->waiting.pop_back();
    if (call != 0) shared->finish({.call = call, .error_number = EAGAIN, .source = {}});
  }
}

void ConnectFor::give_up(std::uint64_t call) {
  const std::lock_guard lock(shared_->mutex);
  if (const auto found = shared_->running.find(call); found != shared_->running.end()) {
    ::shutdown(found->second, SHUT_RDWR);
    return;
  }
  const auto waits = std::ranges::find(shared_->waiting, call, &Job::call);
  if (waits == shared_->waiting.end()) return;
  waits->call = 0;
  shared_->finish({.call = call, .error_number = ECANCELED, .source = {}});
}

std::vector<ConnectFor::Done> ConnectFor::take() {
  eventfd_t ignored = 0;
  (void)::eventfd_read(shared_->wake.get(), &ignored);
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->done, {});
}

void ConnectFor::work(Shared& shared) {
  std::unique_lock lock(shared.mutex);
  for (;;) {
    ++shared.idle;
    shared.changed.wait(lock, [&] { return shared.stopping || !shared.waiting.empty(); });
    --shared.idle;
    if (shared.waiting.empty()) return;
    Job job = std::move(shared.waiting.front());
    shared.waiting.pop_front();
    if (job.call != 0) shared.running.emplace(job.call, job.socket.get());
    lock.unlock();
    Done done{.call = job.call, .error_number = 0, .source = {}};
    if (job.call != 0) {
      const auto* address = reinterpret_cast<const sockaddr*>(job.address.data());
      const auto size = static_cast<socklen_t>(job.address.size());
      done.error_number = ::connect(job.socket.get(), address, size) == 0 ? 0 : errno;
      done.source = own_place(job.socket.get());
      lock.lock();
      shared.running.erase(job.call);
      shared.finish(std::move(done));
      lock.unlock();
    }
    job.socket.reset();
    lock.lock();
  }
}

}  // namespace weir::pod
