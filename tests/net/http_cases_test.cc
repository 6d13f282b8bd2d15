// tests/cases/http/*.case over sockets: a server's handlers see the requests that the cases say and no other,
// and what is refused is answered so; a client gives the answers that they say.
#include <gmock/gmock.h>

#include "net/http_server.h"
#include "support/http_cases.h"

namespace weir::net {
namespace {

using http::HeadWriter;
using support::HttpCase;

// The lines of messages, without what is said of their end.
std::string messages_of(const std::string& expected) {
  std::string out;
  for (const auto line : split(expected, '\n'))
    if (!line.empty() && !line.starts_with("refused: ") && !line.starts_with("cut: ") && line != "waits" &&
        !line.starts_with("open "))
      out += std::string(line) + "\n";
  return out;
}

template <class Visit>
std::size_t for_each_request(const Visit& visit) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(WEIR_SOURCE_DIR "/tests/cases/http")) {
    if (file.path().extension() != ".case") continue;
    for (const auto& one : support::read_cases(file.path())) {
      if (!one.asked.empty()) continue;
      SCOPED_TRACE(file.path().filename().string() + ": " + one.name);
      visit(one);
      ++count;
    }
  }
  return count;
}

Task<std::string> send_and_read(Loop& loop, Endpoint where, std::string bytes, std::size_t cut) {
  auto stream = co_await connect_to(loop, where);
  if (!stream) co_return "not connected";
  const std::string first = bytes.substr(0, cut);
  const std::string second = bytes.substr(cut);
  (void)co_await (*stream)->write(first);
  if (!second.empty()) {
    (void)co_await loop.sleep(1);  // so that most come apart
    (void)co_await (*stream)->write(second);
  }
  (*stream)->end_write();
  std::string all;
  std::array<char, 4096> room;
  while (true) {
    const auto n = co_await (*stream)->read(room);
    if (!n || *n == 0) co_return all;
    all.append(room.data(), *n);
  }
}

TEST(HttpCases, HandlersSeeTheRequestsOfTheCases) {
  Loop loop;
  std::string seen;
  HttpServerSetup setup;
  setup.listen.where = *Endpoint::parse("127.0.0.1:0");
  setup.handler = [&](Exchange& exchange) -> Task<void> {
    const std::string line = std::string(exchange.head().method) + " " + std::string(exchange.head().target);
    const auto body = co_await exchange.body_text(1'000'000);
    if (body) seen += line + " " + support::escaped(*body) + "\n";
    HeadWriter head = HeadWriter::response(body ? 200 : 400);
    (void)co_await exchange.answer(std::move(head));
  };
  auto server = HttpServer::start(loop, std::move(setup));
  ASSERT_TRUE(server);
  const std::size_t count = for_each_request([&](const HttpCase& one) {
    for (const std::size_t cut : {one.bytes.size(), one.bytes.size() / 2}) {
      seen.clear();
      const std::string got = loop.run_task(send_and_read(loop, (*server)->where(), one.bytes, cut));
      EXPECT_EQ(seen, messages_of(one.expected)) << "cut at " << cut;
      const auto last = got.rfind("HTTP/1.1 ");
      const bool refused = last != std::string::npos && got[last + 9] == '4';
      if (one.expected.find("refused: ") != std::string::npos) {
        // What follows the last request of a connection is not even looked at.
        EXPECT_TRUE(refused || got.find("Connection: close\r\n") != std::string::npos) << got;
      } else if (one.expected.find("cut: ") == std::string::npos) {
        EXPECT_FALSE(refused) << got;
      }
    }
  });
  EXPECT_GE(count, 100u);
  loop.run_task((*server)->drain(0));
}

}  // namespace
}  // namespace weir::net
