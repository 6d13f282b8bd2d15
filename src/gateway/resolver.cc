#include "gateway/resolver.h"

#include <netdb.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include "gateway/gateway_limits.h"
#include "os/files.h"

namespace weir::gateway {
namespace {

constexpr int kThreads = 4;

}  // namespace

Result<std::vector<IpAddress>> resolve_by_system(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
  if (code != 0)
    return fail(code == EAI_NONAME ? ErrorCode::not_found : ErrorCode::unavailable, ::gai_strerror(code),
                name);
  std::vector<IpAddress> addresses;
  for (const addrinfo* one = list; one != nullptr && addresses.size() < limits::kAddressesMax;
       one = one->ai_next)
    if (const auto address = IpAddress::of(*one->ai_addr);
        address && std::ranges::find(addresses, *address) == addresses.end())
      addresses.push_back(*address);
  ::freeaddrinfo(list);
  return addresses;
}

Result<std::unique_ptr<Resolver>> Resolver::create(ResolveFunction resolve) {
  os::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return std::unexpected(os::errno_error("no event descriptor", "resolver", errno));
  auto shared = std::make_shared<Shared>();
  shared->resolve = std::move(resolve);
  shared->wake = std::move(wake);
  int threads = 0;
  try {
    for (; threads < kThreads; ++threads)
      std::thread([shared] { work(*shared); }).detach();
  } catch (const std::system_error& error) {
    // Fewer will do.
    if (threads == 0) return fail(ErrorCode::unavailable, "no thread for resolving names", error.what());
  }
  return std::unique_ptr<Resolver>(new Resolver(std::move(shared)));
}

Resolver::~Resolver() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->asked.notify_all();
}

Status Resolver::ask(std::uint64_t id, std::string name) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->questions.size() >= limits::kResolverQueueMax)
      return fail(ErrorCode::limit, "too many names wait to be resolved", name);
    shared_->questions.emplace_back(id, std::move(name));
  }
  shared_->asked.notify_one();
  return {};
}

std::vector<Resolver::Answer> Resolver::take() {
  std::uint64_t count = 0;
  (void)!::read(shared_->wake.get(), &count, sizeof count);
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->answers, {});
}

void Resolver::work(Shared& shared) {
  std::unique_lock lock(shared.mutex);
  while (true) {
    shared.asked.wait(lock, [&] { return shared.stopping || !shared.questions.empty(); });
    if (shared.stopping) return;
    const auto [id, name] = std::move(shared.questions.front());
    shared.questions.pop_front();
    lock.unlock();
    auto addresses = shared.resolve(name);
    lock.lock();
    shared.answers.push_back({id, std::move(addresses)});
    const std::uint64_t one = 1;
    (void)!::write(shared.wake.get(), &one, sizeof one);
  }
}

}  // namespace weir::gateway
