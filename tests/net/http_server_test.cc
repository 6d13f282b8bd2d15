// The server over real sockets: what clients send as bytes, and what they get as bytes.
#include "net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::net {
namespace {

using http::HeadWriter;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Task<std::string> read_all(Stream& stream) {
  std::string all;
  std::array<char, 65536> room;
  while (true) {
    const auto n = co_await stream.read(room);
    if (!n) all += "[" + n.error().what + "]";
    if (!n || *n == 0) break;
    all.append(room.data(), *n);
  }
  co_return all;
}

Task<std::string> read_until(Stream& stream, std::string_view end) {
  std::string all;
  std::array<char, 4096> room;
  while (!all.ends_with(end)) {
    const auto n = co_await stream.read(room);
    if (!n || *n == 0) break;
    all.append(room.data(), *n);
  }
  co_return all;
}

// Says what it was asked: method, target, body.
Task<void> echo(Exchange& exchange) {
  const auto body = co_await exchange.body_text(10'000'000);
  if (!body) {
    (void)co_await exchange.answer(HeadWriter::response(body.error().code == ErrorCode::limit ? 413 : 400),
                                   body.error().what);
    co_return;
  }
  const std::string text =
      std::string(exchange.head().method) + " " + std::string(exchange.head().target) + " " + *body + "\n";
  HeadWriter head = HeadWriter::response(200);
  head.add("Content-Type", "text/plain");
  (void)co_await exchange.answer(std::move(head), text);
}

class Server : public testing::Test {
 protected:
  Loop loop;
  std::unique_ptr<HttpServer> server;

  void serve(Handler handler, HttpServerSetup setup = {}) {
    setup.listen.where = *Endpoint::parse("127.0.0.1:0");
    setup.handler = std::move(handler);
    auto started = HttpServer::start(loop, std::move(setup));
    ASSERT_TRUE(started) << started.error().message();
    server = *std::move(started);
  }
  void TearDown() override {
    if (server) loop.run_task(server->drain(0));
  }

  std::unique_ptr<Stream> connect() {
    auto stream = loop.run_task(connect_to(loop, server->where()));
    EXPECT_TRUE(stream);
    return stream ? *std::move(stream) : nullptr;
  }
  // All that comes back until the server ends the connection.
  std::string ask(std::string bytes) {
    auto stream = connect();
    const auto run = [](Stream& to, const std::string& text) -> Task<std::string> {
      (void)co_await to.write(text);
      co_return co_await read_all(to);
    };
    return loop.run_task(run(*stream, bytes));
  }
};

TEST_F(Server, AnswersOneRequest) {
  serve(echo);
  EXPECT_EQ(ask("GET /a?b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: "
            "10\r\n\r\nGET /a?b \n");
  EXPECT_THAT(ask("POST / HTTP/1.0\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"),
              EndsWith("\r\n\r\nPOST / abc\n"));
}

TEST_F(Server, RequestsInARowAreAnsweredInOrder) {
  serve(echo);
  const std::string all =
      ask("POST /1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
          "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n"
          "POST /3 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nde");
  EXPECT_THAT(all, testing::ContainsRegex("POST /1 abc(.|\n)*GET /2 (.|\n)*POST /3 de"));
}

TEST_F(Server, HeadHasNoBodyAndSaysItsLength) {
  serve(echo);
  const std::string all = ask("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(all, HasSubstr("Content-Length: 9\r\n"));
  EXPECT_THAT(all, EndsWith("\r\n\r\n"));
}

TEST_F(Server, WhatIsNoRequestIsRefusedAndEndsTheConnection) {
  serve(echo);
  for (const std::string bad :
       {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\nHost: x\n\n", "hello\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", "GET / HTTP/3.0\r\nHost: x\r\n\r\n"}) {
    SCOPED_TRACE(bad);
    EXPECT_THAT(ask(bad + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"),
                testing::AllOf(StartsWith("HTTP/1.1 400 "), Not(HasSubstr("smuggled"))));
  }
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(70'000, 'a')),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(
      ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n" + std::string(11'000'000, 'a')),
      StartsWith("HTTP/1.1 413 "));
}

TEST_F(Server, StreamsChunksAsTheyAreWritten) {
  serve([](Exchange& exchange) -> Task<void> {
    HeadWriter head = HeadWriter::response(200);
    EXPECT_TRUE(exchange.begin(std::move(head)));
    const std::string_view one = "one";
    const std::string_view two = "second";
    EXPECT_TRUE(co_await exchange.write(one));
    EXPECT_TRUE(co_await exchange.write(two));
    EXPECT_TRUE(co_await exchange.end());
  });
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              EndsWith("Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n6\r\nsecond\r\n0\r\n\r\n"));
  EXPECT_THAT(ask("GET / HTTP/1.0\r\nHost: x\r\n\r\n"), EndsWith("Connection: close\r\n\r\nonesecond"));
}

TEST_F(Server, ContinueIsSaidWhenTheBodyIsWanted) {
  serve(echo);
  auto stream = connect();
  const auto run = [](Stream& to) -> Task<std::string> {
    const std::string_view head =
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: "
        "close\r\n\r\n";
    const std::string_view body = "ab";
    (void)co_await to.write(head);
    std::string first = co_await read_until(to, "\r\n\r\n");
    (void)co_await to.write(body);
    co_return first + co_await read_all(to);
  };
  const std::string all = loop.run_task(run(*stream));
  EXPECT_THAT(all, StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(all, EndsWith("POST / ab\n"));
}

TEST_F(Server, AClientThatGoesAwayCancelsItsHandler) {
  bool began = false;
  std::string ended;
  serve([&](Exchange& exchange) -> Task<void> {
    began = true;
    const Status slept = co_await exchange.loop().sleep(60'000);
    ended = slept ? "slept" : slept.error().what;
  });
  auto stream = connect();
  const auto run = [](Loop& on, std::unique_ptr<Stream> to, bool& came, std::string& how) -> Task<void> {
    const std::string_view text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    (void)co_await to->write(text);
    while (!came)
      (void)co_await on.sleep(1);
    to.reset();
    while (how.empty())
      (void)co_await on.sleep(1);
  };
  loop.run_task(run(loop, std::move(stream), began, ended));
  EXPECT_EQ(ended, "cancelled");
}

TEST_F(Server, AHandlerThatSaysNothingIsA500) {
  serve([](Exchange&) -> Task<void> { co_return; });
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
}

TEST_F(Server, AnAnswerThatIsCutEndsTheConnection) {
  serve([](Exchange& exchange) -> Task<void> {
    HeadWriter head = HeadWriter::response(200);
    EXPECT_TRUE(exchange.begin(std::move(head), 10));
    const std::string_view part = "abc";
    EXPECT_TRUE(co_await exchange.write(part));
    EXPECT_FALSE(co_await exchange.end()) << "less than announced";
  });
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"),
              EndsWith("\r\n\r\nabc"));
}

TEST_F(Server, ABodyThatNobodyReadsIsReadPast) {
  serve([](Exchange& exchange) -> Task<void> { (void)co_await exchange.answer(HeadWriter::response(204)); });
  const std::string all =
      ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nGET /POST / HTTP/1.1\r\nHost: x\r\n"
          "Content-Length: 900000\r\n\r\n" +
          std::string(900'000, 'a'));
  EXPECT_EQ(all, "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
      << "the second body is more than is read past, and the connection ends";
}

TEST_F(Server, SlowClientsAreGivenUp) {
  HttpServerSetup setup;
  setup.head_ms = 30;
  setup.idle_ms = 60;
  setup.body_idle_ms = 30;
  serve(echo, std::move(setup));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHo"), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(ask(""), "") << "who asks nothing gets nothing";
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(Server, LargeBodiesPassInLittleMemory) {
  std::size_t blocks_most = 0;
  serve([&](Exchange& exchange) -> Task<void> {
    std::uint64_t bytes = 0;
    while (true) {
      const auto piece = co_await exchange.body();
      if (!piece || piece->empty()) break;
      bytes += piece->size();
      blocks_most = std::max(blocks_most, exchange.loop().blocks().out());
    }
    const std::string text = std::to_string(bytes);
    (void)co_await exchange.answer(HeadWriter::response(200), text);
  });
  auto stream = connect();
  const auto run = [](Stream& to) -> Task<std::string> {
    const std::string_view head =
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 67108864\r\nConnection: close\r\n\r\n";
    (void)co_await to.write(head);
    const std::string piece(1024 * 1024, 'a');
    for (int i = 0; i < 64; ++i)
      (void)co_await to.write(piece);
    co_return co_await read_all(to);
  };
  EXPECT_THAT(loop.run_task(run(*stream)), EndsWith("\r\n\r\n67108864"));
  EXPECT_EQ(blocks_most, 1u) << "of 32 KiB";
  EXPECT_EQ(loop.blocks().out(), 0u);
}

TEST_F(Server, ManyIdleConnectionsHoldNoBlocks) {
  serve(echo);
  std::vector<std::unique_ptr<Stream>> many;
  const auto run = [](Stream& to) -> Task<std::string> {
    const std::string_view text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    (void)co_await to.write(text);
    co_return co_await read_until(to, "GET / \n");
  };
  for (int i = 0; i < 200; ++i) {
    many.push_back(connect());
    ASSERT_THAT(loop.run_task(run(*many.back())), EndsWith("GET / \n"));
  }
  EXPECT_EQ(server->connections(), 200u);
  EXPECT_EQ(loop.blocks().out(), 0u);
  EXPECT_THAT(loop.run_task(run(*many.front())), EndsWith("GET / \n")) << "and go on";
}

TEST_F(Server, ConnectionsAreLimited) {
  HttpServerSetup setup;
  setup.connections_max = 2;
  serve(echo, std::move(setup));
  auto one = connect();
  auto two = connect();
  const auto settle = [](Loop& on, HttpServer& of) -> Task<void> {
    while (of.connections() < 2)
      (void)co_await on.sleep(1);
  };
  loop.run_task(settle(loop, *server));
  one.reset();
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), EndsWith("GET / \n"))
      << "the third one waits for the first to end";
}

TEST_F(Server, DrainingFinishesWhatIsUnderWay) {
  bool go = false;
  bool began = false;
  serve([&](Exchange& exchange) -> Task<void> {
    began = true;
    while (!go)
      (void)co_await exchange.loop().sleep(1);
    const std::string_view text = "done";
    (void)co_await exchange.answer(HeadWriter::response(200), text);
  });
  auto busy = connect();
  auto idle = connect();
  const auto run = [](Loop& on, HttpServer& of, Stream& to, Stream& other, bool& came,
                      bool& may) -> Task<std::string> {
    const std::string_view text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    (void)co_await to.write(text);
    while (!came || of.connections() < 2)
      (void)co_await on.sleep(1);
    TaskGroup drained(co_await CurrentScope());
    drained.start(of.drain(60'000));
    const std::string nothing = co_await read_all(other);
    may = true;
    const std::string answer = co_await read_all(to);
    co_await drained.ended();
    co_return nothing + answer;
  };
  const std::string answer = loop.run_task(run(loop, *server, *busy, *idle, began, go));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("done"));
  EXPECT_FALSE(loop.run_task(connect_to(loop, server->where())).has_value() && server->connections() > 0);
}

}  // namespace
}  // namespace weir::net
