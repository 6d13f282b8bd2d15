// Streams and listeners over loopback and Unix sockets: real sockets on both sides.
#include "net/stream.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <thread>

#include "net/listener.h"

namespace weir::net {
namespace {

Listener listen_on(Loop& loop, const std::string& where, bool reuse_port = false) {
  auto listener =
      Listener::listen(loop, ListenPlan{.where = *Endpoint::parse(where), .reuse_port = reuse_port});
  EXPECT_TRUE(listener) << listener.error().message();
  return *std::move(listener);
}

Task<Result<std::unique_ptr<Stream>>> next_stream(Loop& loop, Listener& listener) {
  CO_TRY(os::Fd fd, co_await listener.accept());
  co_return open_stream(loop, std::move(fd));
}

struct Pair {
  std::unique_ptr<Stream> client, server;
};

Task<Pair> make_pair_of(Loop& loop, Listener& listener) {
  auto client = co_await connect_to(loop, listener.where());
  auto server = co_await next_stream(loop, listener);
  Pair pair;
  if (client && server) {
    pair.client = *std::move(client);
    pair.server = *std::move(server);
  }
  co_return pair;
}

Task<std::string> read_all(Stream& stream) {
  std::string all;
  std::array<char, 4096> room;
  while (true) {
    const auto n = co_await stream.read(room);
    if (!n) all += "[" + n.error().what + "]";
    if (!n || *n == 0) break;
    all.append(room.data(), *n);
  }
  co_return all;
}

TEST(Stream, CarriesPiecesInOrderAndEndsByHalves) {
  for (const std::string& where :
       {std::string("127.0.0.1:0"), std::string("[::1]:0"),
        "unix:" + (std::filesystem::temp_directory_path() / ("weir-stream-" + std::to_string(::getpid())))
                      .string()}) {
    SCOPED_TRACE(where);
    Loop loop;
    Listener listener = listen_on(loop, where);
    const auto run = [](Loop& on, Listener& at) -> Task<std::string> {
      Pair pair = co_await make_pair_of(on, at);
      if (!pair.client) co_return "no pair";
      const std::string_view head = "head ", none, body = "body";
      if (!co_await pair.client->write(head, none, body)) co_return "not written";
      pair.client->end_write();
      std::string got = co_await read_all(*pair.server);
      const std::string_view answer = " answer";
      if (!co_await pair.server->write(answer)) co_return "not answered";  // the other half is still open
      pair.server.reset();
      got += co_await read_all(*pair.client);
      co_return got;
    };
    EXPECT_EQ(loop.run_task(run(loop, listener)), "head body answer");
  }
}

TEST(Listener, RemovesItsUnixSocket) {
  const auto path = std::filesystem::temp_directory_path() / ("weir-gone-" + std::to_string(::getpid()));
  Loop loop;
  {
    const Listener listener = listen_on(loop, "unix:" + path.string());
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Listener, SaysThatAPortIsInUse) {
  Loop loop;
  const Listener first = listen_on(loop, "127.0.0.1:0");
  const auto second = Listener::listen(loop, ListenPlan{.where = first.where()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::exists);
}

Task<void> write_much(Stream& stream, std::string_view bytes, bool& ended) {
  const Status written = co_await stream.write(bytes);
  EXPECT_TRUE(written);
  stream.end_write();
  ended = true;
}

TEST(Stream, AWriteWaitsForItsReader) {
  Loop loop;
  Listener listener = listen_on(loop, "127.0.0.1:0");
  std::string sent(64 * 1024 * 1024, 'x');
  for (std::size_t i = 0; i < sent.size(); i += 4'099)
    sent[i] = static_cast<char>(i);
  const auto run = [](Loop& on, Listener& at, const std::string& bytes) -> Task<bool> {
    Pair pair = co_await make_pair_of(on, at);
    bool ended = false;
    TaskGroup writer(co_await CurrentScope());
    writer.start(write_much(*pair.client, bytes, ended));
    EXPECT_FALSE(ended);  // the kernel holds a few MiB of it at most, the stream nothing
    const std::string got = co_await read_all(*pair.server);
    co_await writer.ended();
    co_return ended&& got == bytes;
  };
  EXPECT_TRUE(loop.run_task(run(loop, listener, sent)));
}

TEST(Stream, APeerThatTakesNothingIsGivenUp) {
  Loop loop;
  Listener listener = listen_on(loop, "127.0.0.1:0");
  const auto run = [](Loop& on, Listener& at) -> Task<std::string> {
    Pair pair = co_await make_pair_of(on, at);
    pair.client->set_write_stall_ms(20);
    const std::string much(64 * 1024 * 1024, 'x');
    const Status written = co_await pair.client->write(much);
    if (written) co_return "written";
    const Status again = co_await pair.client->write(much);
    co_return written.error().what + ", " + (again ? "written" : again.error().what);
  };
  EXPECT_EQ(loop.run_task(run(loop, listener)), "time is up, cancelled");
}

TEST(Stream, AReadEndsWhenItIsCancelled) {
  Loop loop;
  Listener listener = listen_on(loop, "127.0.0.1:0");
  const auto read = [](Stream& stream) -> Task<Result<std::size_t>> {
    std::array<char, 16> room;
    co_return co_await stream.read(room);
  };
  const auto run = [&read](Loop& on, Listener& at) -> Task<std::string> {
    Pair pair = co_await make_pair_of(on, at);
    const auto late = co_await within(5, read(*pair.server));
    co_return late ? "read" : late.error().what;
  };
  EXPECT_EQ(loop.run_task(run(loop, listener)), "time is up");
}

TEST(Stream, MayGoWhileALoopStillHoldsItsHandlers) {
  Loop loop;
  Listener listener = listen_on(loop, "127.0.0.1:0");
  Pair pair = loop.run_task(make_pair_of(loop, listener));
  struct Never final : Completion {
    void complete(IoResult) override { ADD_FAILURE() << "called behind its stream"; }
  } never;
  auto room = std::make_unique<std::array<char, 16>>();
  ASSERT_FALSE(pair.server->start_read(*room, never));
  pair.server.reset();
  room.reset();
  EXPECT_EQ(loop.run_task(read_all(*pair.client)), "");
}

TEST(ConnectTo, SaysThatNobodyListens) {
  Loop loop;
  const Endpoint nobody = [&] { return listen_on(loop, "127.0.0.1:0").where(); }();
  const auto stream = loop.run_task(connect_to(loop, nobody));
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::unavailable);
  EXPECT_EQ(stream.error().where, nobody.text());
}

Task<void> answer_with(Loop& loop, Listener listener, std::string_view name) {
  while (true) {
    auto stream = co_await next_stream(loop, listener);
    if (!stream) co_return;
    (void)co_await (*stream)->write(name);
  }
}

// One loop a thread, all on one port: every connection is answered by one of them.
TEST(Listener, SeveralLoopsShareAPort) {
  Loop client_loop;
  auto first = std::make_unique<Loop>();
  auto second = std::make_unique<Loop>();
  Listener one = listen_on(*first, "127.0.0.1:0", true);
  Listener two = listen_on(*second, one.where().text(), true);
  const Endpoint where = one.where();
  first->spawn(answer_with(*first, std::move(one), "a"));
  second->spawn(answer_with(*second, std::move(two), "b"));
  std::thread first_thread([&] { first->run(); });
  std::thread second_thread([&] { second->run(); });
  std::set<std::string> answers;
  const auto ask = [](Loop& on, Endpoint at) -> Task<std::string> {
    auto stream = co_await connect_to(on, at);
    if (!stream) co_return stream.error().message();
    co_return co_await read_all(**stream);
  };
  for (int i = 0; i < 200; ++i)
    answers.insert(client_loop.run_task(ask(client_loop, where)));
  first->stop();
  second->stop();
  first_thread.join();
  second_thread.join();
  first.reset();  // ends the tasks, and with them the listeners
  second.reset();
  EXPECT_EQ(answers, (std::set<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace weir::net
