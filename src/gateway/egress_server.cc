#include "gateway/egress_server.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <map>
#include <memory>
#include <utility>

#include "gateway/egress_connection.h"
#include "gateway/egress_dns.h"
#include "gateway/egress_supervision.h"
#include "gateway/gateway_limits.h"
#include "os/clock.h"
#include "os/files.h"

namespace weir::gateway {
namespace {

using Kind = ListenerPlan::Kind;

constexpr int kAcceptsAtOnce = 64;
constexpr int kTickMs = 1000;
constexpr int kDrainTickMs = 20;

std::int64_t now_ms() {
  return os::monotonic_ns() / 1'000'000;
}

class Server final : public Watcher {
 public:
  Server(const EgressPolicy& policy, const EgressOptions& options, Poller poller,
         std::unique_ptr<Resolver> resolver)
      : options_(options),
        poller_(std::move(poller)),
        resolver_(std::move(resolver)),
        budget_(policy.limits),
        supervision_(options.link != nullptr ? std::make_unique<EgressSupervision>(*options.link) : nullptr),
        no_credentials_({}),
        services_{.policy = policy,
                  .poller = poller_,
                  .resolver = *resolver_,
                  .names = names_,
                  .budget = budget_,
                  .tell = options.on_event ? options.on_event : [](const EgressEvent&) {},
                  .is_own = options.is_own_address ? options.is_own_address : is_own_address,
                  .supervision = supervision_.get(),
                  .ended = {},
                  .credentials = options.credentials != nullptr ? options.credentials : &no_credentials_,
                  .tls = options.tls},
        dns_(policy, names_, services_.tell, tell_names()) {}

  Status begin(std::vector<EgressListener> listeners);
  Status run();
  void ready(int fd, std::uint32_t events) override;

 private:
  void accept_from(const EgressListener& listener);
  void take_in(os::Fd client, Kind kind);
  EgressDns::Named tell_names();
  void hand_out_answers();
  void hear_supervisor();
  void sweep(bool tick);
  Status listen_while_there_is_room();
  Status drain();

  const EgressOptions& options_;
  Poller poller_;
  std::unique_ptr<Resolver> resolver_;
  SyntheticNames names_;
  EgressBudget budget_;
  std::unique_ptr<EgressSupervision> supervision_;  // null: the pod is not supervised
  CredentialSet no_credentials_;
  EgressServices services_;
  EgressDns dns_;
  std::map<int, EgressListener> listeners_;  // TCP, by descriptor
  std::vector<std::unique_ptr<DnsUdp>> udp_;
  std::map<std::uint64_t, std::unique_ptr<EgressConnection>> connections_;
  std::vector<std::unique_ptr<DnsTcp>> dns_connections_;
  std::uint64_t next_id_ = 1;
  bool listening_ = false;
  bool paused_ = false;
  bool stopping_ = false;
};

Status Server::begin(std::vector<EgressListener> listeners) {
  for (auto& listener : listeners) {
    const int fd = listener.socket.get();
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
      return std::unexpected(os::errno_error("a listening socket is none", "egress", errno));
    if (listener.kind != Kind::dns_udp) {
      listeners_.emplace(fd, std::move(listener));
      continue;
    }
    TRY(DnsUdp udp, DnsUdp::create(std::move(listener.socket), dns_));
    udp_.push_back(std::make_unique<DnsUdp>(std::move(udp)));
    TRY_STATUS(poller_.watch(fd, EPOLLIN, *udp_.back()));
  }
  TRY_STATUS(poller_.watch(resolver_->fd(), EPOLLIN, *this));
  if (supervision_) TRY_STATUS(poller_.watch(options_.link->fd(), EPOLLIN, *this));
  if (options_.stop_fd >= 0) TRY_STATUS(poller_.watch(options_.stop_fd, EPOLLIN, *this));
  return listen_while_there_is_room();
}

Status Server::listen_while_there_is_room() {
  const bool room = connections_.size() < limits::kConnectionsMax &&
                    dns_connections_.size() < limits::kDnsConnectionsMax && !stopping_ && !paused_;
  if (room == listening_) return {};
  listening_ = room;
  for (const auto& [fd, listener] : listeners_)
    TRY_STATUS(poller_.watch(fd, room ? std::uint32_t{EPOLLIN} : 0U, *this));
  return {};
}

void Server::ready(int fd, std::uint32_t /*events*/) {
  if (fd == options_.stop_fd) {
    stopping_ = true;
    return poller_.forget(fd);
  }
  if (fd == resolver_->fd()) return hand_out_answers();
  if (supervision_ && fd == options_.link->fd()) return hear_supervisor();
  if (const auto found = listeners_.find(fd); found != listeners_.end()) accept_from(found->second);
}

void Server::accept_from(const EgressListener& listener) {
  for (int i = 0; i < kAcceptsAtOnce && connections_.size() < limits::kConnectionsMax; ++i) {
    os::Fd client(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client) {
      // No descriptor is free: what waits would wake us again and again. The next tick tries once more.
      paused_ = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      return;
    }
    take_in(std::move(client), listener.kind);
  }
}

void Server::take_in(os::Fd client, Kind kind) {
  if (kind == Kind::dns_tcp) {
    if (dns_connections_.size() >= limits::kDnsConnectionsMax) return;
    dns_connections_.push_back(std::make_unique<DnsTcp>(std::move(client), dns_, poller_));
    return dns_connections_.back()->begin();
  }
  using Front = EgressConnection::Front;
  const Front front = kind == Kind::proxy   ? Front::proxy
                      : kind == Kind::socks ? Front::socks
                                            : Front::transparent;
  const std::uint64_t id = next_id_++;
  auto& connection =
      connections_.emplace(id, std::make_unique<EgressConnection>(id, std::move(client), front, services_))
          .first->second;
  connection->begin();
}

void Server::hand_out_answers() {
  for (const auto& answer : resolver_->take())
    if (const auto found = connections_.find(answer.id); found != connections_.end())
      found->second->resolved(answer.addresses);
}

EgressDns::Named Server::tell_names() {
  if (!supervision_) return {};
  return [this](const IpAddress& address, const std::string& host) {
    return supervision_->named(address, host);
  };
}

void Server::hear_supervisor() {
  for (const auto& news : supervision_->hear()) {
    const auto found = connections_.find(news.id);
    if (found == connections_.end()) continue;
    if (news.call) found->second->registered(*news.call);
    if (news.allowed) found->second->agreed(*news.allowed);
  }
  if (supervision_->gone()) poller_.forget(options_.link->fd());
}

// Connections that have ended are destroyed between two rounds, never while they are told something.
void Server::sweep(bool tick) {
  const std::int64_t now = now_ms();
  if (tick && supervision_) {
    supervision_->tick(now);
    hear_supervisor();
  }
  if (tick)
    for (const auto& [id, connection] : connections_)
      connection->tick(now);
  for (const std::uint64_t id : std::exchange(services_.ended, {}))
    connections_.erase(id);
  for (const auto& one : dns_connections_)
    if (tick) one->tick(now);
  std::erase_if(dns_connections_, [](const auto& one) { return one->done(); });
}

Status Server::run() {
  std::int64_t last_tick = now_ms();
  while (!stopping_) {
    TRY_STATUS(poller_.wait(kTickMs));
    const bool tick = now_ms() - last_tick >= kTickMs;
    if (tick) {
      last_tick = now_ms();
      paused_ = false;
    }
    sweep(tick);
    TRY_STATUS(listen_while_there_is_room());
    if (tick && options_.on_second) options_.on_second();
  }
  return drain();
}

// The pod has ended: what its programs had sent goes out, answers have no reader.
Status Server::drain() {
  for (const auto& [fd, listener] : listeners_)
    if (listener.kind == Kind::transparent) accept_from(listener);
  if (supervision_) hear_supervisor();
  TRY_STATUS(listen_while_there_is_room());
  const std::int64_t until = now_ms() + limits::kDrainMs;
  while (now_ms() < until) {
    sweep(false);
    bool owing = false;
    for (const auto& [id, connection] : connections_)
      owing |= connection->owes_server();
    if (!owing) break;
    TRY_STATUS(poller_.wait(kDrainTickMs));
  }
  connections_.clear();
  dns_connections_.clear();
  return {};
}

}  // namespace

Status serve_egress(std::vector<EgressListener> listeners, const EgressPolicy& policy,
                    const EgressOptions& options) {
  if (policy.supervised && options.link == nullptr)
    return fail(ErrorCode::internal, "a supervised pod without its supervisor", "egress");
  TRY(Poller poller, Poller::create());
  TRY(auto resolver, Resolver::create(options.resolve));
  Server server(policy, options, std::move(poller), std::move(resolver));
  TRY_STATUS(server.begin(std::move(listeners)));
  return server.run();
}

}  // namespace weir::gateway
