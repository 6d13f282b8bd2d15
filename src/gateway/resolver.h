// Names to addresses as this machine resolves them, on threads of its own, so that a slow name server holds
// up nobody else.
//
//   TRY(auto resolver, Resolver::create(resolve_by_system));
//   resolver->ask(connection_id, "api.example.org");
//   … resolver->fd() becomes readable …
//   for (auto& answer : resolver->take()) …
//
// getaddrinfo(3) and no library of its own: what the machine's other programs see is what is meant by a name:
// /etc/hosts, nsswitch.conf, resolvers of VPNs. It cannot be cancelled; a few threads and a bounded queue are
// what a dead name server may hold.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/ip_address.h"
#include "os/fd.h"

namespace weir::gateway {

using ResolveFunction = std::function<Result<std::vector<IpAddress>>(const std::string& name)>;

// All addresses of a name, at most kAddressesMax. Errors: `not_found`, `unavailable`.
Result<std::vector<IpAddress>> resolve_by_system(const std::string& name);

class Resolver {
 public:
  struct Answer {
    std::uint64_t id = 0;
    Result<std::vector<IpAddress>> addresses;
  };

  static Result<std::unique_ptr<Resolver>> create(ResolveFunction resolve);
  // Does not wait: a thread inside the system's resolver ends by itself when that answers.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Error `limit` when too many wait already.
  Status ask(std::uint64_t id, std::string name);
  int fd() const { return shared_->wake.get(); }
  std::vector<Answer> take();

 private:
  // What outlives us while a thread is still inside the system's resolver.
  struct Shared {
    ResolveFunction resolve;
    os::Fd wake;  // eventfd
    std::mutex mutex;
    std::condition_variable asked;
    std::deque<std::pair<std::uint64_t, std::string>> questions;
    std::vector<Answer> answers;
    bool stopping = false;
  };
  explicit Resolver(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  static void work(Shared& shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace weir::gateway
