// The client against servers that say what a test wants, byte for byte, and against Weir's own.
#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/listener.h"

namespace weir::net {
namespace {

using http::HeadWriter;
using testing::HasSubstr;
using testing::StartsWith;

// Accepts connections one after the other, and answers each head that comes with the next text. An empty
// text ends the connection.
class Scripted {
 public:
  Scripted(Loop& loop, std::vector<std::string> answers)
      : loop_(loop), answers_(std::move(answers)), listener_(listen(loop)), serving_(loop.scope()) {
    serving_.start(accept());
  }
  ~Scripted() {
    serving_.cancel();
    const auto end = [](TaskGroup& group) -> Task<void> { co_await group.ended(); };
    loop_.run_task(end(serving_));
  }

  Origin origin() const { return {listener_.where(), "http://test"}; }
  std::vector<std::string> asked;
  int connections = 0;

 private:
  static Listener listen(Loop& loop) {
    auto listener = Listener::listen(loop, ListenPlan{.where = *Endpoint::parse("127.0.0.1:0")});
    EXPECT_TRUE(listener);
    return *std::move(listener);
  }
  Task<void> accept() {
    while (true) {
      auto fd = co_await listener_.accept();
      if (!fd) co_return;
      ++connections;
      auto stream = open_stream(loop_, *std::move(fd));
      if (stream) serving_.start(serve(*std::move(stream)));
    }
  }
  Task<void> serve(std::unique_ptr<Stream> stream) {
    std::string all;
    std::array<char, 65536> room;
    while (true) {
      const auto n = co_await stream->read(room);
      if (!n || *n == 0) co_return;
      all.append(room.data(), *n);
      if (!all.ends_with("\r\n\r\n") && !all.ends_with("!")) continue;
      asked.push_back(std::exchange(all, {}));
      if (next_ >= answers_.size()) co_return;
      const std::string answer = answers_[next_++];
      if (answer.empty()) co_return;
      if (!co_await stream->write(answer)) co_return;
      if (answer.find("until the end") != std::string::npos) co_return;
    }
  }

  Loop& loop_;
  std::vector<std::string> answers_;
  std::size_t next_ = 0;
  Listener listener_;
  TaskGroup serving_;
};

struct Got {
  int status = 0;
  std::string body;
  std::string error;
  bool nothing_came = false;
};

Task<Got> get(HttpClient& client, Origin origin, std::string body = {}, bool fresh = false) {
  Got got;
  auto fetch = co_await client.open(origin, fresh);
  if (!fetch) {
    got.error = fetch.error().what;
    co_return got;
  }
  HeadWriter head = HeadWriter::request(body.empty() ? "GET" : "POST", "/a");
  head.add("Host", "test");
  const Status sent = co_await (*fetch)->send(std::move(head), body);
  const auto answer = co_await (*fetch)->head();
  if (!sent || !answer) {
    got.error = sent ? answer.error().what : sent.error().what;
    got.nothing_came = (*fetch)->nothing_came();
    co_return got;
  }
  got.status = (*answer)->status;
  const auto text = co_await (*fetch)->body_text(10'000'000);
  if (text)
    got.body = *text;
  else
    got.error = text.error().what;
  co_return got;
}

class Client : public testing::Test {
 protected:
  Loop loop;
};

TEST_F(Client, AsksAndReadsAnswersHoweverTheyEnd) {
  Scripted server(loop, {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
                         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nTransfer-Encoding: "
                         "chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
                         "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nuntil the end"});
  HttpClient client(loop);
  const Got one = loop.run_task(get(client, server.origin()));
  EXPECT_EQ(one.error, "");
  EXPECT_EQ(one.body, "abc");
  const Got two = loop.run_task(get(client, server.origin(), "body!"));
  EXPECT_EQ(two.status, 404);
  EXPECT_EQ(two.body, "abc");
  EXPECT_EQ(loop.run_task(get(client, server.origin())).status, 204);
  EXPECT_EQ(client.kept(), 1u);
  EXPECT_EQ(loop.run_task(get(client, server.origin())).body, "until the end");
  EXPECT_EQ(client.kept(), 0u) << "only the end of the connection ended it";
  EXPECT_EQ(server.connections, 1) << "one connection for all four";
  EXPECT_EQ(server.asked[1], "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nbody!");
}

TEST_F(Client, WhatIsNoAnswerIsAnError) {
  const std::pair<const char*, const char*> rows[] = {
      {"hello\r\n\r\n", "status line"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", ""},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", ""},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "upgrade"},
  };
  for (const auto& [answer, what] : rows) {
    SCOPED_TRACE(answer);
    Scripted server(loop, {answer});
    HttpClient client(loop);
    const Got got = loop.run_task(get(client, server.origin()));
    EXPECT_NE(got.error, "");
    EXPECT_THAT(got.error, HasSubstr(what));
    EXPECT_EQ(client.kept(), 0u);
  }
}

TEST_F(Client, AnAnswerThatIsCutIsAnError) {
  Scripted server(loop, {"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nuntil the end"});
  HttpClient client(loop);
  EXPECT_EQ(loop.run_task(get(client, server.origin())).error, "the server ended inside its answer");
  EXPECT_EQ(client.kept(), 0u);
}

TEST_F(Client, AKeptConnectionThatDiedSaysThatNothingCame) {
  Scripted server(loop, {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "",
                         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"});
  HttpClient client(loop);
  EXPECT_EQ(loop.run_task(get(client, server.origin())).status, 200);
  const Got second = loop.run_task(get(client, server.origin()));
  EXPECT_EQ(second.error, "the server ended without an answer");
  EXPECT_TRUE(second.nothing_came);
  EXPECT_EQ(loop.run_task(get(client, server.origin(), {}, true)).body, "x");
}

TEST_F(Client, BytesThatNobodyAskedForSpoilAKeptConnection) {
  Scripted server(
      loop, {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb",
             "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nc"});
  HttpClient client(loop);
  EXPECT_EQ(loop.run_task(get(client, server.origin())).body, "a");
  EXPECT_EQ(loop.run_task(get(client, server.origin())).body, "c") << "never the answer that was smuggled in";
  EXPECT_EQ(server.connections, 2);
}

TEST_F(Client, KeptConnectionsThatEndAreForgotten) {
  Scripted server(loop, {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
  HttpClientSetup setup;
  setup.pooled_idle_ms = 20;
  HttpClient client(loop, setup);
  EXPECT_EQ(loop.run_task(get(client, server.origin())).status, 200);
  EXPECT_EQ(client.kept(), 1u);
  const auto wait = [](Loop& on, HttpClient& of) -> Task<void> {
    while (of.kept() > 0)
      (void)co_await on.sleep(1);
  };
  loop.run_task(wait(loop, client));
  EXPECT_EQ(client.kept(), 0u);
}

TEST_F(Client, ASilentServerIsGivenUp) {
  HttpClientSetup setup;
  setup.head_ms = 20;
  setup.connect_ms = 1000;
  HttpClient client(loop, setup);
  auto started = HttpServer::start(loop, {.listen = {.where = *Endpoint::parse("127.0.0.1:0")},
                                          .handler = [](Exchange& exchange) -> Task<void> {
                                            (void)co_await exchange.loop().sleep(60'000);
                                          }});
  ASSERT_TRUE(started);
  EXPECT_EQ(loop.run_task(get(client, {(*started)->where(), "x"})).error, "time is up");
  loop.run_task((*started)->drain(0));
}

TEST_F(Client, NobodyThereIsAnError) {
  Origin gone;
  {
    Scripted server(loop, {});
    gone = server.origin();
  }
  HttpClient client(loop);
  EXPECT_THAT(loop.run_task(get(client, gone)).error, HasSubstr("connect"));
}

// A gateway in small: what the client sends goes to another server, what that answers comes back, and who
// goes away takes the other side along.
class Between : public Client {
 protected:
  void SetUp() override {
    auto behind = HttpServer::start(
        loop, {.listen = {.where = *Endpoint::parse("127.0.0.1:0")},
               .handler = [this](Exchange& exchange) -> Task<void> { co_await upstream(exchange); }});
    ASSERT_TRUE(behind);
    server = *std::move(behind);
    auto before = HttpServer::start(
        loop, {.listen = {.where = *Endpoint::parse("127.0.0.1:0")},
               .handler = [this](Exchange& exchange) -> Task<void> { co_await relay(exchange); }});
    ASSERT_TRUE(before);
    proxy = *std::move(before);
  }
  void TearDown() override {
    loop.run_task(proxy->drain(0));
    loop.run_task(server->drain(0));
  }

  Task<void> upstream(Exchange& exchange) {
    ++began;
    HeadWriter head = HeadWriter::response(200);
    if (!exchange.begin(std::move(head))) co_return;
    while (true) {
      const auto piece = co_await exchange.body();
      if (!piece || piece->empty()) break;
      if (!co_await exchange.write(*piece)) co_return;
    }
    if (exchange.head().target == "/slow") {
      const Status slept = co_await exchange.loop().sleep(60'000);
      cancelled = !slept;
      co_return;
    }
    (void)co_await exchange.end();
  }

  Task<void> relay(Exchange& exchange) {
    const Origin up{server->where(), "up"};
    auto fetch = co_await client.open(up);
    if (!fetch) co_return;
    HeadWriter head = HeadWriter::request(exchange.head().method, exchange.head().target);
    head.add("Host", "up");
    if (!(*fetch)->begin(std::move(head), Framing::chunked())) co_return;
    TaskGroup both(co_await CurrentScope());
    both.start(upwards(exchange, **fetch));
    co_await downwards(exchange, **fetch);
    both.cancel();
    co_await both.ended();
  }
  static Task<void> upwards(Exchange& exchange, Fetch& fetch) {
    while (true) {
      const auto piece = co_await exchange.body();
      if (!piece) co_return;
      if (piece->empty()) break;
      if (!co_await fetch.write(*piece)) co_return;
    }
    (void)co_await fetch.end();
  }
  static Task<void> downwards(Exchange& exchange, Fetch& fetch) {
    const auto head = co_await fetch.head();
    if (!head) co_return;
    HeadWriter answer = HeadWriter::response((*head)->status);
    if (!exchange.begin(std::move(answer))) co_return;
    while (true) {
      const auto piece = co_await fetch.body();
      if (!piece) co_return;
      if (piece->empty()) break;
      if (!co_await exchange.write(*piece)) co_return;
    }
    (void)co_await exchange.end();
  }

  HttpClient client{loop};
  std::unique_ptr<HttpServer> server, proxy;
  int began = 0;
  bool cancelled = false;
};

TEST_F(Between, LargeBodiesPassBothWays) {
  HttpClient outside(loop);
  const std::string large = std::string(9'000'000, 'x') + "!";
  for (int i = 0; i < 3; ++i) {
    const Got got = loop.run_task(get(outside, {proxy->where(), "p"}, large));
    EXPECT_EQ(got.error, "");
    EXPECT_EQ(got.body.size(), large.size());
    EXPECT_TRUE(got.body == large);
  }
  EXPECT_EQ(server->connections(), 1u) << "kept";
  EXPECT_EQ(loop.blocks().out(), 0u);
}

TEST_F(Between, WhoGoesAwayTakesTheOtherSideAlong) {
  const auto leave = [](Loop& on, Endpoint where, int& came) -> Task<void> {
    auto stream = co_await connect_to(on, where);
    if (!stream) co_return;
    const std::string_view text = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
    (void)co_await (*stream)->write(text);
    while (came == 0)
      (void)co_await on.sleep(1);
  };
  const auto wait = [](Loop& on, const bool& until) -> Task<void> {
    for (int i = 0; i < 5000 && !until; ++i)
      (void)co_await on.sleep(1);
  };
  loop.run_task(leave(loop, proxy->where(), began));
  loop.run_task(wait(loop, cancelled));
  EXPECT_TRUE(cancelled);
}

}  // namespace
}  // namespace weir::net
