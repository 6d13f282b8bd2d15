#include "gateway/egress_supervision.h"

#include <algorithm>

#include "gateway/gateway_limits.h"
#include "os/clock.h"

namespace weir::gateway {
namespace {

using Kind = LinkMessage::Kind;

std::int64_t now_ms() {
  return os::monotonic_ns() / 1'000'000;
}

}  // namespace

std::optional<std::uint64_t> EgressSupervision::take(const SocketEnd& source, const SocketEnd& destination) {
  const auto found = registered_.extract({source, destination});
  return found ? std::optional(found.mapped().call) : std::nullopt;
}

void EgressSupervision::wait(std::uint64_t id, const SocketEnd& source, const SocketEnd& destination) {
  waiting_.insert_or_assign({source, destination}, id);
}

bool EgressSupervision::ask(std::uint64_t id, std::uint64_t call, bool socks, const std::string& host,
                            std::uint16_t port) {
  const std::uint64_t question = next_question_++;
  LinkMessage message{.kind = Kind::asked, .call = call, .question = question, .socks = socks, .host = host};
  message.destination.port = port;
  if (!link_.send(message)) return false;
  questions_.emplace(question, id);
  return true;
}

void EgressSupervision::ended(std::uint64_t id, std::uint64_t call) {
  const auto of_it = [&](const auto& one) { return one.second == id; };
  std::erase_if(questions_, of_it);
  if (call == 0)
    std::erase_if(waiting_, of_it);
  else
    (void)link_.send({.kind = Kind::ended, .call = call});
}

bool EgressSupervision::named(const IpAddress& address, const std::string& host) {
  if (told_.contains(host)) return true;
  LinkMessage message{.kind = Kind::named, .host = host};
  message.destination.address = address;
  if (!link_.send(message)) return false;
  told_.insert(host);
  return true;
}

std::vector<EgressSupervision::News> EgressSupervision::hear() {
  std::vector<News> news;
  while (const auto message = link_.receive()) {
    if (message->kind == Kind::registered) add(*message, news);
    if (message->kind != Kind::answer) continue;
    if (const auto question = questions_.extract(message->question))
      news.push_back({.id = question.mapped(), .call = {}, .allowed = message->allowed});
  }
  if (link_.gone())
    for (const auto& [question, id] : std::exchange(questions_, {}))
      news.push_back({.id = id, .call = {}, .allowed = false});
  return news;
}

void EgressSupervision::add(const LinkMessage& message, std::vector<News>& news) {
  const Ends ends(message.source, message.destination);
  if (const auto waits = waiting_.extract(ends)) {
    news.push_back({.id = waits.mapped(), .call = message.call, .allowed = {}});
    return;
  }
  if (registered_.size() >= limits::kRegistrationsMax)
    registered_.erase(
        std::ranges::min_element(registered_, {}, [](const auto& one) { return one.second.until_ms; }));
  registered_.insert_or_assign(ends, Registration{message.call, now_ms() + limits::kRegistrationMs});
}

void EgressSupervision::tick(std::int64_t now) {
  std::erase_if(registered_, [&](const auto& one) { return one.second.until_ms <= now; });
}

}  // namespace weir::gateway
