#include "gateway/egress_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "gateway/gateway_limits.h"
#include "gateway/inspected_relay.h"
#include "gateway/proxy_request.h"
#include "gateway/relay.h"
#include "gateway/socks5.h"
#include "os/clock.h"

namespace weir::gateway {
namespace {

constexpr std::int64_t kAnswerMs = 3'000;  // for a client to read why it was refused

std::int64_t now_ms() {
  return os::monotonic_ns() / 1'000'000;
}

// An address and port as the kernel wants them.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  SocketAddress() : size(sizeof storage) {}
  SocketAddress(const IpAddress& address, std::uint16_t port) {
    if (address.is_v4()) {
      sockaddr_in four{};
      four.sin_family = AF_INET;
      four.sin_port = htons(port);
      four.sin_addr.s_addr = htonl(address.v4_bits());
      std::memcpy(&storage, &four, sizeof four);
      size = sizeof four;
    } else {
      sockaddr_in6 six{};
      six.sin6_family = AF_INET6;
      six.sin6_port = htons(port);
      std::memcpy(&six.sin6_addr, address.bytes().data(), address.bytes().size());
      std::memcpy(&storage, &six, sizeof six);
      size = sizeof six;
    }
  }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  std::uint16_t port() const {  // at the same place in both families
    sockaddr_in four{};
    std::memcpy(&four, &storage, sizeof four);
    return ntohs(four.sin_port);
  }
};

std::string_view front_name(EgressConnection::Front front) {
  switch (front) {
    case EgressConnection::Front::transparent:
      return "transparent";
    case EgressConnection::Front::proxy:
      return "proxy";
    case EgressConnection::Front::socks:
      return "socks";
  }
  return "transparent";
}

std::string in_words(Refusal why, std::string_view detail) {
  const bool unknown = why == Refusal::host_not_allowed || why == Refusal::port_not_allowed;
  return std::string(name(why)) + (detail.empty() ? "" : ": " + printable(detail, 200)) +
         (unknown ? "; this destination is not among those allowed by --allow" : "");
}

}  // namespace

bool is_own_address(const IpAddress& address) {
  constexpr std::uint16_t kDiscardPort = 9;
  SocketAddress to(address, kDiscardPort);
  const os::Fd probe(::socket(to.get()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!probe || ::connect(probe.get(), to.get(), to.size) != 0) return false;
  SocketAddress from;
  if (::getsockname(probe.get(), from.get(), &from.size) != 0) return false;
  return IpAddress::of(*from.get()) == address;
}

EgressConnection::EgressConnection(std::uint64_t id, os::Fd client, Front front, EgressServices& services)
    : id_(id), client_(std::move(client)), front_(front), services_(services) {}

EgressConnection::~EgressConnection() {
  end(false);
}

// The address of our end is the one that the program dialled, since every address is local in the pod.
void EgressConnection::begin() {
  if (front_ != Front::transparent && services_.supervision == nullptr) return proceed();
  SocketAddress dialled;
  if (::getsockname(client_.get(), dialled.get(), &dialled.size) != 0) return end(true);
  const auto address = IpAddress::of(*dialled.get());
  if (!address) return end(true);
  host_ = Host{address->text(), address};
  port_ = dialled.port();
  services_.supervision != nullptr ? await_registration() : proceed();
}

// The supervisor tells of it when its connect has returned, which may be after we have accepted.
void EgressConnection::await_registration() {
  SocketAddress from;
  if (::getpeername(client_.get(), from.get(), &from.size) != 0) return end(true);
  const auto address = IpAddress::of(*from.get());
  if (!address) return end(true);
  const SocketEnd source{*address, from.port()};
  const SocketEnd destination{*host_.address, port_};
  if (const auto call = services_.supervision->take(source, destination)) return registered(*call);
  phase_ = Phase::registering;
  set_deadline(limits::kRegisteredMs);
  services_.supervision->wait(id_, source, destination);
}

void EgressConnection::registered(std::uint64_t call) {
  call_ = call;
  phase_ = Phase::request;
  proceed();
}

void EgressConnection::proceed() {
  set_deadline(limits::kHeadMs);
  if (front_ == Front::transparent) return go(Host(host_), port_);
  host_ = {};
  port_ = 0;
  wait_for(client_.get(), EPOLLIN);
}

void EgressConnection::ready(int fd, std::uint32_t /*events*/) {
  switch (phase_) {
    case Phase::request:
      return read_request();
    case Phase::connecting:
      if (fd == server_.get()) dialled();
      return;
    case Phase::tunnelling:
      return read_tunnel();
    case Phase::relaying:
      return pump();
    case Phase::answering:
      return flush_answer();
    case Phase::registering:
    case Phase::asking:
    case Phase::resolving:
    case Phase::done:
      return;
  }
}

void EgressConnection::read_request() {
  std::array<char, 16 * 1024> buffer;
  const std::size_t room = std::min(buffer.size(), limits::kRelayBufferBytes - in_.size());
  const ssize_t n = ::recv(client_.get(), buffer.data(), room, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return end(true);
  in_.append(buffer.data(), static_cast<std::size_t>(n));
  front_ == Front::proxy ? read_proxy() : read_socks();
}

void EgressConnection::read_proxy() {
  auto request = read_proxy_request(in_);
  if (!request)
    return refuse(Refusal::protocol, request.error().what, http_refusal(400, request.error().message()));
  if (!*request) return;
  in_.erase(0, (*request)->bytes);
  if (!(*request)->tunnel) {
    first_ = std::move((*request)->head);
    framing_ = (*request)->framing;
  }
  go(std::move((*request)->host), (*request)->port);
}

void EgressConnection::read_socks() {
  if (!greeted_) {
    const auto greeting = parse_socks_greeting(in_);
    if (!greeting) return refuse(Refusal::protocol, greeting.error().what);
    if (!*greeting) return;
    in_.erase(0, (*greeting)->bytes);
    const std::string answer = socks_method_answer((*greeting)->without_authentication);
    if (!(*greeting)->without_authentication)
      return refuse(Refusal::protocol, "SOCKS with authentication only", answer);
    // Two bytes into an empty buffer: they fit, or the client is gone.
    if (::send(client_.get(), answer.data(), answer.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(answer.size()))
      return end(true);
    greeted_ = true;
  }
  auto request = parse_socks_request(in_);
  if (!request) return refuse(Refusal::protocol, request.error().what);
  if (!*request) return;
  in_.erase(0, (*request)->bytes);
  if ((*request)->refusal != SocksReply::succeeded) {
    const bool host = (*request)->refusal == SocksReply::not_allowed;
    return refuse(host ? Refusal::bad_host : Refusal::protocol, (*request)->problem,
                  socks_answer((*request)->refusal));
  }
  go(std::move((*request)->host), (*request)->port);
}

// Where it wants to go is known, in canonical form.
void EgressConnection::go(Host host, std::uint16_t port) {
  wait_for(client_.get(), 0);
  if (host.address)
    if (const auto known = services_.names.name_of(*host.address))
      host = Host{std::string(*known), std::nullopt};
  host_ = std::move(host);
  port_ = port;
  const Verdict verdict = services_.policy.find(host_, port_);
  if (verdict.rule == nullptr) return refuse(verdict.refusal, "");
  rule_ = verdict.rule;
  if (services_.supervision == nullptr || front_ == Front::transparent) return resolve();
  // Who dialled us said so to the supervisor; where it leads is known only now.
  phase_ = Phase::asking;
  set_deadline(limits::kDecideMs);
  if (!services_.supervision->ask(id_, call_, front_ == Front::socks, host_.text, port_))
    refuse(Refusal::not_agreed, "");
}

void EgressConnection::agreed(bool allowed) {
  if (phase_ != Phase::asking) return;
  allowed ? resolve() : refuse(Refusal::not_agreed, "");
}

void EgressConnection::resolve() {
  via_ = services_.policy.upstream.find(*rule_, host_, port_);
  if (via_ != nullptr && via_->host.address) return resolved(std::vector{*via_->host.address});
  if (rule_->kind == EgressRule::Kind::mapped) return resolved(loopback_addresses(*rule_));
  if (rule_->kind == EgressRule::Kind::address && via_ == nullptr)
    return resolved(std::vector{*rule_->host.address});
  phase_ = Phase::resolving;
  set_deadline(limits::kResolveMs);
  if (const Status asked = services_.resolver.ask(id_, via_ ? via_->host.text : host_.text); !asked)
    fail_with(asked.error().what, 502);
}

void EgressConnection::resolved(const Result<std::vector<IpAddress>>& addresses) {
  if (phase_ == Phase::done || phase_ == Phase::answering) return;
  if (!addresses)
    return fail_with((via_ ? via_->text() + ", this machine's proxy," : "the name") +
                         std::string(" cannot be resolved: ") + addresses.error().what,
                     502);
  if (via_ != nullptr) {
    // Whom the person's programs ask, wherever that is. Where the name leads only it knows.
    candidates_.assign(addresses->begin(), addresses->end());
    phase_ = Phase::connecting;
    return dial_next();
  }
  std::string place;
  for (const auto& address : *addresses) {
    const auto wrong = wrong_place(*rule_, address, services_.is_own(address));
    if (!wrong)
      candidates_.push_back(address);
    else
      place = address.text() + ", " + *wrong;
  }
  // Of several addresses only the good ones are dialled; the others are told all the same.
  if (candidates_.empty() && !place.empty()) return refuse(Refusal::address_not_allowed, place);
  if (!place.empty())
    tell({.what = EgressEvent::What::refused, .refusal = Refusal::address_not_allowed, .detail = place});
  phase_ = Phase::connecting;
  dial_next();
}

void EgressConnection::dial_next() {
  while (!candidates_.empty()) {
    const IpAddress address = candidates_.front();
    candidates_.pop_front();
    address_ = via_ ? "proxy " + via_->text() : address.text();
    SocketAddress to(address, via_ ? via_->port : port_);
    services_.poller.forget(server_.get());
    server_ = os::Fd(::socket(to.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!server_) continue;
    const int on = 1;
    (void)::setsockopt(server_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)::setsockopt(server_.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (::connect(server_.get(), to.get(), to.size) != 0 && errno != EINPROGRESS) continue;
    set_deadline(limits::kConnectMs);
    return wait_for(server_.get(), EPOLLOUT);
  }
  fail_with(
      address_.empty() ? "the name has no address" : "no address answers, " + address_ + " was the last",
      504);
}

void EgressConnection::dialled() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(server_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) return dial_next();
  via_ ? open_tunnel() : connected();
}

void EgressConnection::open_tunnel() {
  const std::string request = via_->request(host_, port_);
  // Into an empty buffer that is larger: it fits, or the proxy is gone.
  if (::send(server_.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return fail_with(address_ + " does not take a request", 502);
  phase_ = Phase::tunnelling;
  set_deadline(limits::kHeadMs);
  wait_for(server_.get(), EPOLLIN);
}

// Not a byte is taken beyond the head: what follows is the destination's.
void EgressConnection::read_tunnel() {
  std::array<char, kConnectReplyBytesMax> buffer;
  ssize_t n = ::recv(server_.get(), buffer.data(), buffer.size(), MSG_PEEK);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return fail_with(address_ + " ended the connection", 502);
  const std::size_t before = reply_.size();
  reply_.append(buffer.data(), static_cast<std::size_t>(n));
  const auto reply = parse_connect_reply(reply_);
  if (!reply) return fail_with(address_ + ": " + reply.error().what, 502);
  if (*reply) n = static_cast<ssize_t>((*reply)->bytes - before);
  if (::recv(server_.get(), buffer.data(), static_cast<std::size_t>(n), 0) != n)
    return fail_with(address_ + " cannot be read", 502);
  if (!*reply) return;
  const int status = (*reply)->status;
  if (status >= 200 && status < 300) return connected();
  fail_with(address_ + (status == 407 ? " wants other credentials (407)"
                                      : " refuses this destination (" + std::to_string(status) + ")"),
            502);
}

void EgressConnection::connected() {
  const int on = 1;
  (void)::setsockopt(client_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  tell({.what = EgressEvent::What::opened, .address = address_});
  std::string answer;
  if (front_ == Front::socks) answer = socks_answer(SocksReply::succeeded);
  if (front_ == Front::proxy && !framing_) answer = "HTTP/1.1 200 Connection established\r\n\r\n";
  relay_ = is_inspected() ? inspected_relay(std::move(answer)) : relay(std::move(answer));
  phase_ = Phase::relaying;
  set_deadline(limits::kHeadMs);
  pump();
}

bool EgressConnection::is_inspected() const {
  if (services_.tls == nullptr) return false;
  return services_.credentials->concerns(host_, port_) ||
         std::ranges::any_of(services_.policy.inspected,
                             [&](const InspectRule& rule) { return covers(rule.where, host_, port_); });
}

std::unique_ptr<Conduit> EgressConnection::relay(std::string answer) {
  const StreamGate::Expected expected{.host = host_,
                                      .port = port_,
                                      .any_protocol = rule_->any_protocol,
                                      .unseen = rule_->kind == EgressRule::Kind::mapped};
  return std::make_unique<Relay>(
      Relay::Setup{.client = client_.get(),
                   .server = server_.get(),
                   .gate = framing_ ? StreamGate::body_only(expected, *framing_) : StreamGate(expected),
                   .rule = *rule_,
                   .budget = services_.budget,
                   .first = std::move(first_),
                   .unread = std::move(in_),
                   .answer = std::move(answer)});
}

std::unique_ptr<Conduit> EgressConnection::inspected_relay(std::string answer) {
  const bool mapped = rule_->kind == EgressRule::Kind::mapped;
  const auto refused = [this](Refusal why, std::string detail) {
    tell({.what = EgressEvent::What::refused, .refusal = why, .detail = std::move(detail)});
  };
  return std::make_unique<InspectedRelay>(
      InspectedRelay::Setup{.client = client_.get(),
                            .server = server_.get(),
                            .http = {.expected = {.host = mapped ? rule_->host : host_, .port = port_},
                                     .rule = *rule_,
                                     .policy = services_.policy,
                                     .credentials = *services_.credentials,
                                     .used =
                                         [this](const CredentialUse& use) {
                                           tell({.what = EgressEvent::What::used,
                                                 .credential = use.credential,
                                                 .method = use.method,
                                                 .path = use.path,
                                                 .at_ms = os::wall_ns() / 1'000'000});
                                         },
                                     .noticed = refused,
                                     .now_ms = [] { return os::wall_ns() / 1'000'000; },
                                     .single = framing_.has_value()},
                            .tls = *services_.tls,
                            .budget = services_.budget,
                            .unread = std::move(first_) + std::exchange(in_, {}),
                            .answer = std::move(answer),
                            .refused = refused,
                            .failed = [this](std::string why) {
                              tell({.what = EgressEvent::What::failed, .detail = std::move(why)});
                            }});
}

void EgressConnection::pump() {
  switch (relay_->pump()) {
    case Conduit::State::running:
      break;
    case Conduit::State::finished:
      return end(false);
    case Conduit::State::broken:
      return end(true);
    case Conduit::State::refused:
      return refuse_gate();
    case Conduit::State::used_up:
      return refuse(Refusal::too_much, rule_->text);
  }
  wait_for(client_.get(), relay_->client_events());
  wait_for(server_.get(), relay_->server_events());
}

void EgressConnection::tick(std::int64_t now_ms) {
  if (phase_ == Phase::done) return;
  if (phase_ == Phase::relaying && relay_->moved() && !relay_->inside_message())
    set_deadline(relay_->half_closed() ? limits::kHalfClosedMs : limits::kIdleMs);
  // From the start of a message, however its bytes trickle.
  if (phase_ == Phase::relaying && relay_->inside_message() && deadline_ms_ > now_ms + limits::kHeadMs)
    set_deadline(limits::kHeadMs);
  if (phase_ == Phase::asking && client_has_gone()) return end(true);
  if (now_ms < deadline_ms_) return;
  if (phase_ == Phase::registering) return refuse(Refusal::unsupervised, "");
  if (phase_ == Phase::connecting) return dial_next();
  if (phase_ == Phase::resolving) return fail_with("the name server does not answer", 504);
  if (phase_ == Phase::tunnelling) return fail_with(address_ + " does not answer", 504);
  end(phase_ != Phase::answering);
}

// An answer may take minutes; a program that has ended needs none. One that has said all and only waits looks
// the same, so it is given the time of a few ticks.
bool EgressConnection::client_has_gone() const {
  constexpr std::int64_t kPatienceMs = 5'000;
  char next = 0;
  return deadline_ms_ - now_ms() < limits::kDecideMs - kPatienceMs &&
         ::recv(client_.get(), &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void EgressConnection::refuse(Refusal why, std::string detail, const std::string& answer) {
  const std::string bytes = answer.empty() ? refusal_answer(why, detail) : answer;
  const std::string place =
      why == Refusal::address_not_allowed ? detail.substr(0, detail.find(',')) : std::string();
  tell({.what = EgressEvent::What::refused, .address = place, .refusal = why, .detail = std::move(detail)});
  bytes.empty() ? end(true) : answer_and_end(bytes);
}

// What a client understands before the relay has begun; "" for a reset.
std::string EgressConnection::refusal_answer(Refusal why, std::string_view detail) const {
  if (relay_) return {};
  if (front_ == Front::proxy) return http_refusal(403, in_words(why, detail));
  if (front_ == Front::socks && greeted_) return socks_answer(SocksReply::not_allowed);
  return {};
}

void EgressConnection::refuse_gate() {
  const StreamGate::Step& step = relay_->refusal();
  tell({.what = EgressEvent::What::refused, .refusal = *step.refused, .detail = step.says});
  // Nothing of the server has reached the client yet when its first message is refused; later it may be in
  // the middle of an answer, where more bytes would be read as a part of it.
  relay_->received() == 0 && !step.answer.empty() ? answer_and_end(relay_->unread() + step.answer)
                                                  : end(true);
}

void EgressConnection::fail_with(std::string why, int http_status) {
  std::string answer;
  if (front_ == Front::proxy) answer = http_refusal(http_status, host_.text + ": " + why);
  if (front_ == Front::socks) answer = socks_answer(SocksReply::host_unreachable);
  tell({.what = EgressEvent::What::failed, .detail = std::move(why)});
  answer.empty() ? end(true) : answer_and_end(std::move(answer));
}

void EgressConnection::answer_and_end(std::string bytes) {
  services_.poller.forget(server_.get());
  server_.reset();
  phase_ = Phase::answering;
  answer_ = std::move(bytes);
  set_deadline(kAnswerMs);
  flush_answer();
}

// Writes, says that this was all, and reads what still comes: closing with unread bytes would reset the
// connection and take the answer from the client.
void EgressConnection::flush_answer() {
  if (!answer_.empty()) {
    const ssize_t n = ::send(client_.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return end(true);
    if (n > 0) answer_.erase(0, static_cast<std::size_t>(n));
    if (!answer_.empty()) return wait_for(client_.get(), EPOLLOUT);
    ::shutdown(client_.get(), SHUT_WR);
  }
  std::array<char, 16 * 1024> unwanted;
  const ssize_t n = ::recv(client_.get(), unwanted.data(), unwanted.size(), 0);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return end(false);
  wait_for(client_.get(), EPOLLIN);
}

void EgressConnection::end(bool reset) {
  if (phase_ == Phase::done) return;
  phase_ = Phase::done;
  services_.ended.push_back(id_);
  if (services_.supervision != nullptr) services_.supervision->ended(id_, call_);
  if (relay_)
    tell({.what = EgressEvent::What::closed,
          .address = address_,
          .sent = relay_->sent(),
          .received = relay_->received()});
  services_.poller.forget(client_.get());
  services_.poller.forget(server_.get());
  if (reset && client_) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(client_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  client_.reset();
  server_.reset();
}

void EgressConnection::tell(EgressEvent event) {
  event.via = front_name(front_);
  event.host = host_.text;
  event.port = port_;
  services_.tell(event);
}

void EgressConnection::wait_for(int fd, std::uint32_t events) {
  if (phase_ != Phase::done && fd >= 0 && !services_.poller.watch(fd, events, *this)) end(true);
}

void EgressConnection::set_deadline(std::int64_t after_ms) {
  deadline_ms_ = now_ms() + after_ms;
}

}  // namespace weir::gateway
