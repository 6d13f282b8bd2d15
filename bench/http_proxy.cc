// A reverse proxy on room `net`, with nothing else: what the transport of the gateways costs by itself.
//
//   http_proxy 127.0.0.1:8080 127.0.0.1:9000      prints nothing, serves until it is ended
//
// Driven by http_proxy.py.
#include <cstdio>

#include "net/http_client.h"
#include "net/http_server.h"

namespace {

using namespace weir;
using http::HeadWriter;

// Fields that speak of one connection, and those that the writer adds itself.
bool passed_on(std::string_view name) {
  for (const std::string_view own :
       {"connection", "keep-alive", "content-length", "transfer-encoding", "host"})
    if (name.size() == own.size() && std::equal(name.begin(), name.end(), own.begin(), [](char a, char b) {
          return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b;
        }))
      return false;
  return true;
}

net::Task<void> upwards(net::Exchange& exchange, net::Fetch& fetch) {
  while (true) {
    const auto piece = co_await exchange.body();
    if (!piece) co_return;
    if (piece->empty()) break;
    if (!co_await fetch.write(*piece)) co_return;
  }
  (void)co_await fetch.end();
}

net::Task<void> downwards(net::Exchange& exchange, net::Fetch& fetch) {
  const auto head = co_await fetch.head();
  if (!head) co_return;
  HeadWriter answer = HeadWriter::response((*head)->status);
  for (const auto& field : (*head)->fields)
    if (passed_on(field.name)) answer.add(field.name, field.value);
  const bool length = (*head)->body == http::ResponseHead::Body::length;
  if (!(length ? exchange.begin(std::move(answer), (*head)->length) : exchange.begin(std::move(answer))))
    co_return;
  while (true) {
    const auto piece = co_await fetch.body();
    if (!piece) co_return;
    if (piece->empty()) break;
    if (!co_await exchange.write(*piece)) co_return;
  }
  (void)co_await exchange.end();
}

net::Task<void> relay(net::Exchange& exchange, net::HttpClient& client, const net::Origin& origin) {
  const net::Origin to = origin;
  auto fetch = co_await client.open(to);
  if (!fetch) {
    HeadWriter head = HeadWriter::response(502);
    (void)co_await exchange.answer(std::move(head));
    co_return;
  }
  const auto& asked = exchange.head();
  HeadWriter head = HeadWriter::request(asked.method, asked.target);
  head.add("Host", origin.name);
  for (const auto& field : asked.fields)
    if (passed_on(field.name)) head.add(field.name, field.value);
  if (exchange.body_ended()) {
    if (!co_await (*fetch)->send(std::move(head))) co_return;
    co_await downwards(exchange, **fetch);
    co_return;
  }
  const auto framing =
      asked.framing.chunked ? net::Framing::chunked() : net::Framing::length(asked.framing.length);
  if (!(*fetch)->begin(std::move(head), framing)) co_return;
  net::TaskGroup both(co_await net::CurrentScope());
  both.start(upwards(exchange, **fetch));
  co_await downwards(exchange, **fetch);
  both.cancel();
  co_await both.ended();
}

}  // namespace

int main(int argc, char** argv) {
  const auto where = argc == 3 ? net::Endpoint::parse(argv[1]) : fail("usage");
  const auto upstream = argc == 3 ? net::Endpoint::parse(argv[2]) : fail("usage");
  if (!where || !upstream) {
    std::fputs("http_proxy LISTEN UPSTREAM, each ADDRESS:PORT\n", stderr);
    return 2;
  }
  net::Loop loop;
  net::HttpClient client(loop);
  const net::Origin origin{*upstream, argv[2]};
  net::HttpServerSetup setup;
  setup.listen.where = *where;
  setup.handler = [&](net::Exchange& exchange) { return relay(exchange, client, origin); };
  const auto server = net::HttpServer::start(loop, std::move(setup));
  if (!server) {
    std::fprintf(stderr, "http_proxy: %s\n", server.error().message().c_str());
    return 3;
  }
  loop.run();
}
