#include "cli/pod_egress.h"

#include <poll.h>
#include <sys/epoll.h>

#include <cerrno>
#include <ostream>
#include <utility>

#include "base/bytes.h"
#include "os/files.h"

namespace weir::cli {
namespace {

constexpr std::size_t kLinesMax = 10;
constexpr std::size_t kFailuresMax = 5;

pod::PodListener::Purpose purpose_of(gateway::ListenerPlan::Kind kind) {
  using Kind = gateway::ListenerPlan::Kind;
  using Purpose = pod::PodListener::Purpose;
  if (kind == Kind::proxy || kind == Kind::socks) return Purpose::proxy;
  return kind == Kind::transparent ? Purpose::way_out : Purpose::names;
}

std::optional<gateway::SocketEnd> socket_end(const std::string& address, std::uint16_t port) {
  const auto parsed = gateway::IpAddress::parse(address);
  return parsed ? std::optional(gateway::SocketEnd{*parsed, port}) : std::nullopt;
}

// Readable when one of them is.
Result<os::Fd> any_of(const std::vector<os::Fd>& sockets) {
  os::Fd any(::epoll_create1(EPOLL_CLOEXEC));
  if (!any) return std::unexpected(os::errno_error("the pod's sockets cannot be watched", "egress", errno));
  for (const auto& socket : sockets) {
    epoll_event event{.events = EPOLLIN, .data = {}};
    if (::epoll_ctl(any.get(), EPOLL_CTL_ADD, socket.get(), &event) != 0)
      return std::unexpected(os::errno_error("the pod's sockets cannot be watched", "egress", errno));
  }
  return any;
}

}  // namespace

Result<std::optional<gateway::EgressPolicy>> egress_policy(
    const pod::PodProfile& profile, const std::vector<gateway::Credential>& credentials) {
  if (profile.network != pod::PodNetwork::egress) return std::optional<gateway::EgressPolicy>();
  gateway::EgressPolicy policy;
  for (const auto& text : profile.inspect) {
    TRY(gateway::InspectRule rule, gateway::parse_inspect(text));
    policy.rules.push_back(rule.where);
    policy.inspected.push_back(std::move(rule));
  }
  for (const auto& one : credentials)
    policy.rules.insert(policy.rules.end(), one.scope.hosts.begin(), one.scope.hosts.end());
  for (const auto& text : profile.allow) {
    TRY(gateway::EgressRule rule, gateway::parse_allow(text));
    policy.rules.push_back(std::move(rule));
  }
  for (const auto& text : profile.allow_private) {
    TRY(gateway::EgressRule rule, gateway::parse_allow_private(text));
    policy.rules.push_back(std::move(rule));
  }
  policy.limits = {.sent_bytes = profile.limits.sent_bytes,
                   .sent_each_bytes = profile.limits.sent_each_bytes,
                   .received_bytes = profile.limits.received_bytes,
                   .received_each_bytes = profile.limits.received_each_bytes};
  return std::optional(std::move(policy));
}

Result<std::vector<pod::PodListener>> egress_listeners(const gateway::EgressPolicy& policy) {
  TRY(const auto plan, gateway::plan_listeners(policy));
  std::vector<pod::PodListener> listeners;
  for (const auto& one : plan) {
    const bool datagrams = one.kind == gateway::ListenerPlan::Kind::dns_udp;
    listeners.push_back({datagrams ? pod::PodListener::Protocol::udp : pod::PodListener::Protocol::tcp,
                         one.address, one.port, purpose_of(one.kind)});
  }
  return listeners;
}

void PodEgress::attach(pod::PodOptions& options) {
  if (!policy_) return;
  if (policy_->supervised) options.way_out = this;
  // Secrets should not lie here for long, and a supervisor has threads, which a fork must not meet.
  const bool at_once = policy_->supervised || secrets_;
  options.on_listeners = [this, &options, at_once](std::vector<os::Fd> sockets) -> Status {
    sockets_ = std::move(sockets);
    if (at_once) return start();
    TRY(arrivals_, any_of(sockets_));
    options.wake_fds.push_back(arrivals_.get());
    return {};
  };
  if (at_once) return;
  options.on_tick = [this, &options, then = std::move(options.on_tick)](pod::PodControl& pod) {
    start_when_asked(options.wake_fds);
    if (then) then(pod);
  };
}

Status PodEgress::start() {
  TRY(gateway::EgressProcess started,
      gateway::EgressProcess::start(*policy_, std::exchange(sockets_, {}), secrets_ ? &*secrets_ : nullptr));
  secrets_.reset();
  process_.emplace(std::move(started));
  return {};
}

void PodEgress::start_when_asked(std::vector<int>& wake_fds) {
  pollfd waiting{arrivals_.get(), POLLIN, 0};
  if (!arrivals_ || ::poll(&waiting, 1, 0) <= 0) return;
  std::erase(wake_fds, arrivals_.get());
  arrivals_.reset();
  // What has not started lets nothing out: its sockets are closed, and the pod's connections refused.
  if (const Status started = start(); !started) problem_ = started.error().message();
}

std::optional<gateway::EgressRecord> PodEgress::finish() {
  if (!process_ && !problem_.empty()) return gateway::EgressRecord{.problem = std::exchange(problem_, {})};
  if (!process_ && arrivals_) {
    arrivals_.reset();
    sockets_.clear();
    return gateway::EgressRecord{};  // nobody wanted out
  }
  if (!process_) return std::nullopt;
  auto record = process_->finish();
  process_.reset();
  return record;
}

gateway::EgressLink* PodEgress::link() {
  return process_ ? process_->link() : nullptr;
}

int PodEgress::fd() const {
  const auto* link = process_ ? process_->link() : nullptr;
  return link == nullptr || link->gone() ? -1 : link->fd();
}

void PodEgress::say(Hears& supervisor) {
  using Kind = gateway::LinkMessage::Kind;
  auto* const link = this->link();
  while (link != nullptr) {
    const auto message = link->receive();
    if (!message) return;
    if (message->kind == Kind::named)
      supervisor.hear(Named{message->destination.address.text(), message->host});
    if (message->kind == Kind::asked)
      supervisor.hear(Asked{message->question, message->call,
                            message->socks ? pod::ConnectCall::How::socks : pod::ConnectCall::How::proxy,
                            message->host, message->destination.port});
    if (message->kind == Kind::ended) supervisor.hear(Ended{message->call});
  }
}

void PodEgress::let_out(const pod::LetOut& connection) {
  const auto source = socket_end(connection.source, connection.source_port);
  const auto destination = socket_end(connection.destination, connection.destination_port);
  // What is not made known is not let out.
  if (auto* const link = this->link(); link != nullptr && source && destination)
    (void)link->send({.kind = gateway::LinkMessage::Kind::registered,
                      .call = connection.call,
                      .source = *source,
                      .destination = *destination});
}

void PodEgress::answer(std::uint64_t question, bool allowed) {
  if (auto* const link = this->link(); link != nullptr)
    (void)link->send({.kind = gateway::LinkMessage::Kind::answer, .question = question, .allowed = allowed});
}

void tell_egress(const gateway::EgressRecord& record, const Context& context) {
  if (!record.problem.empty())
    context.err << "weir: the egress proxy failed, nothing got out from then on: "
                << printable(record.problem, 400) << "\n";
  if (context.quiet || context.json) return;
  for (const auto& line : gateway::refusal_lines(record, kLinesMax))
    context.err << "weir: egress refused " << line << "\n";
  for (const auto& line : gateway::failure_lines(record, kFailuresMax))
    context.err << "weir: egress did not reach " << line << "\n";
}

}  // namespace weir::cli
