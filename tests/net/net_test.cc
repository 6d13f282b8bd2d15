#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <thread>

#include "net/hook_wire.h"
#include "net/local_client.h"
#include "net/local_server.h"
#include "os/files.h"
#include "os/process.h"
#include "support/throwaway_dir.h"

namespace weir::net {
namespace {

struct Keys {
  PublicKey public_key;
  SigningKey signing_key;
  Keys() { crypto_sign_keypair(public_key.data(), signing_key.data()); }
};

TEST(HookWire, AnswerOpensOnlyForItsRequestAndKey) {
  const Keys keys;
  HookRequest request{
      .nonce = {1, 2, 3}, .agent = "claude-code", .event = "PreToolUse", .payload = "{\"a\":1}"};
  const std::string body = request_body(request);
  const auto parsed = parse_request(body);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->payload, request.payload);
  EXPECT_EQ(parsed->nonce, request.nonce);
  const std::string answer = answer_body({.exit_code = 2, .out = "", .err = "no"}, body, keys.signing_key);
  ASSERT_TRUE(open_answer(answer, body, keys.public_key));
  EXPECT_EQ(open_answer(answer, body, keys.public_key)->err, "no");
  request.nonce[31] = 9;
  EXPECT_FALSE(open_answer(answer, request_body(request), keys.public_key));
  EXPECT_FALSE(open_answer(answer, body, Keys().public_key));
}

// Every single bit of an answer counts.
TEST(HookWire, AnyFlippedBitOrCutIsRefused) {
  const Keys keys;
  const std::string body = request_body({.agent = "codex", .event = "Stop", .payload = "x"});
  const std::string answer = answer_body({.exit_code = 0, .out = "o", .err = ""}, body, keys.signing_key);
  for (std::size_t bit = 0; bit < answer.size() * 8; ++bit) {
    std::string bad = answer;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(open_answer(bad, body, keys.public_key)) << bit;
  }
  for (std::size_t n = 0; n < answer.size(); ++n)
    EXPECT_FALSE(open_answer(answer.substr(0, n), body, keys.public_key));
  EXPECT_FALSE(open_answer(answer + "x", body, keys.public_key));
  for (std::size_t n = 0; n < body.size(); ++n)
    EXPECT_FALSE(parse_request(body.substr(0, n))) << n;
}

TEST(HookWire, HeaderRefusesOtherVersionsAndTypes) {
  const std::string good = frame(FrameType::hook_request, "abc").substr(0, kFrameHeaderBytes);
  ASSERT_TRUE(parse_frame_header(good));
  EXPECT_EQ(parse_frame_header(good)->length, 3u);
  for (const std::size_t at : {0, 4, 5, 6}) {
    std::string bad = good;
    bad[at] = '\x7f';
    EXPECT_FALSE(parse_frame_header(bad)) << at;
  }
}

class Local : public testing::Test, public LocalServer::Handler {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();
  const std::string path_ = dir_ + "/s";
  void TearDown() override {
    if (io_.joinable()) {
      server_.stop();
      io_.join();
    }
  }
  void on_message(Message message) override {
    if (message.bytes == "who") message.bytes = std::to_string(message.peer.pid);
    server_.send(message.connection, "echo " + message.bytes + "\n", AfterSend::keep);
  }
  void start(ListenOptions options) {
    options.path = path_;
    ASSERT_TRUE(server_.listen(options));
    io_ = std::thread([this] { server_.run(); });
  }

  LocalServer server_{*this};
  std::thread io_;
};

TEST_F(Local, AnswersManyLinesAndKnowsThePeer) {
  start({});
  auto client = LocalClient::connect(path_, 1000);
  ASSERT_TRUE(client);
  ASSERT_TRUE(client->send_bytes("a\nb\nwho\n", 1000));
  EXPECT_EQ(client->receive_line(1000), "echo a");
  EXPECT_EQ(client->receive_line(1000), "echo b");
  EXPECT_EQ(client->receive_line(1000), "echo " + std::to_string(::getpid()));
}

TEST_F(Local, DropsAPeerThatSendsTooMuch) {
  start({.message_bytes_max = 100});
  auto client = LocalClient::connect(path_, 1000);
  ASSERT_TRUE(client);
  (void)client->send_bytes(std::string(100'000, 'x'), 1000);
  EXPECT_FALSE(client->receive_line(2000));
}

TEST_F(Local, DropsAnIdlePeerAndOneOverTheLimit) {
  start({.connections_max = 1, .idle_timeout_ms = 100});
  auto first = LocalClient::connect(path_, 1000);
  ASSERT_TRUE(first);
  ASSERT_TRUE(first->send_line("a", 1000));
  ASSERT_TRUE(first->receive_line(1000));
  auto second = LocalClient::connect(path_, 1000);
  if (second) {
    EXPECT_FALSE(second->receive_line(1000));
  }
  EXPECT_FALSE(first->receive_line(4000));  // closed by the server, not by our deadline
}

TEST_F(Local, SilentPeersMakeRoomForOthers) {
  start({.connections_max = 4});
  std::vector<Result<LocalClient>> silent;
  for (int i = 0; i < 40; ++i)
    silent.push_back(LocalClient::connect(path_, 1000));
  auto client = LocalClient::connect(path_, 1000);
  ASSERT_TRUE(client);
  ASSERT_TRUE(client->send_line("a", 1000));
  EXPECT_EQ(client->receive_line(1000), "echo a");
}

TEST_F(Local, UnfinishedMessagesOfAllTogetherHaveALimit) {
  start({.framing = Framing::frames, .message_bytes_max = 64 * limits::kMiB});
  std::vector<LocalClient> hoarders;
  std::size_t dropped = 0;
  for (int i = 0; i < 5; ++i) {
    auto client = LocalClient::connect(path_, 1000);
    ASSERT_TRUE(client);
    const std::string half =
        frame(FrameType::hook_request, std::string(60 * limits::kMiB, 'x')).substr(0, 40 * limits::kMiB);
    if (!client->send_bytes(half, 5000)) ++dropped;
    hoarders.push_back(*std::move(client));
  }
  for (auto& one : hoarders)
    if (!one.receive_line(50) && !one.send_bytes("x", 100)) ++dropped;
  EXPECT_GE(dropped, 1u);
}

TEST_F(Local, ReplacesAStaleSocketButNotALiveOne) {
  start({});
  LocalServer other(*this);
  const auto taken = other.listen({.path = path_});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::exists);
  // A dead socket file: bound once, its owner gone.
  const std::string stale = dir_ + "/stale";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  stale.copy(address.sun_path, sizeof address.sun_path - 1);
  {
    const os::Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(other.listen({.path = stale}));
  // Somebody's file is never removed.
  ASSERT_TRUE(os::write_file_atomic(dir_ + "/file", "x"));
  EXPECT_FALSE(other.listen({.path = dir_ + "/file"}));
  EXPECT_EQ(os::read_file(dir_ + "/file", 10), "x");
}

TEST_F(Local, SocketModeIsPrivate) {
  start({});
  EXPECT_EQ(os::file_info(path_)->mode, 0600u);
}

}  // namespace
}  // namespace weir::net
