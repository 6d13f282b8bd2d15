#include "net/http_loopback.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(HttpRequestText, BodiesByLengthAndByChunks) {
  const auto by_length =
      parse_http_request("POST /v1/messages?beta=1 HTTP/1.1\r\nContent-length: 4\r\n\r\nbodyrest");
  ASSERT_TRUE(by_length && *by_length);
  EXPECT_EQ((*by_length)->request.method, "POST");
  EXPECT_EQ((*by_length)->request.path, "/v1/messages");
  EXPECT_EQ((*by_length)->request.body, "body");
  const auto by_chunks = parse_http_request(
      "POST /x HTTP/1.1\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3;why=not\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n");
  ASSERT_TRUE(by_chunks && *by_chunks);
  EXPECT_EQ((*by_chunks)->request.body, "abc0123456789");
}

// Every prefix of a good request is "more is needed": never an error, never a shorter request.
TEST(HttpRequestText, APrefixNeedsMore) {
  for (const std::string whole :
       {"POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody",
        "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"})
    for (std::size_t n = 0; n < whole.size(); ++n) {
      const auto parsed = parse_http_request(std::string_view(whole).substr(0, n));
      ASSERT_TRUE(parsed) << n << parsed.error().message();
      EXPECT_FALSE(*parsed) << n;
    }
}

TEST(HttpRequestText, RefusesWhatItCannotPlace) {
  for (const std::string bad :
       {"hello\r\n\r\n", "GET / SPDY/3\r\n\r\n", "GET http://x/ HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nnocolon\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\nx",
        "POST / HTTP/1.1\r\nContent-Length: 0x4\r\n\r\nbody",
        "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Encoding: zstd\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"})
    EXPECT_FALSE(parse_http_request(bad)) << bad;
}

TEST(HttpRequestText, LimitsAreErrorsOfTheirOwn) {
  const auto long_head = parse_http_request("GET / HTTP/1.1\r\nX: " + std::string(kHttpHeadBytesMax, 'x'));
  ASSERT_FALSE(long_head);
  EXPECT_EQ(long_head.error().code, ErrorCode::limit);
  for (const std::string length : {"Content-Length: 99999999999", "Transfer-Encoding: chunked"}) {
    const auto body = parse_http_request("POST / HTTP/1.1\r\n" + length + "\r\n\r\nfffffffff\r\n");
    ASSERT_FALSE(body) << length;
    EXPECT_EQ(body.error().code, ErrorCode::limit) << length;
  }
}

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  bool connected() const { return connected_; }
  void say(std::string_view text) {
    ASSERT_EQ(::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  std::string all() {  // until the server closes
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = ::recv(fd_.get(), buffer, sizeof buffer, 0)) > 0;)
      text.append(buffer, static_cast<std::size_t>(n));
    return text;
  }

 private:
  os::Fd fd_;
  bool connected_ = false;
};

HttpResponse echo(const HttpRequest& request) {
  return {.status = 200,
          .content_type = "text/plain",
          .body = request.method + " " + request.path + " " + request.body};
}

TEST(HttpLoopback, AnswersAndClosesWhileAnotherSaysNothing) {
  const auto server = HttpLoopback::listen(echo);
  ASSERT_TRUE(server) << server.error().message();
  const Client silent((*server)->port());
  Client client((*server)->port());
  client.say("POST /a?b HTTP/1.1\r\nContent-Le");
  ::usleep(20'000);
  client.say("ngth: 2\r\n\r\nhi");
  const std::string answer = client.all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nPOST /a hi"));
}

TEST(HttpLoopback, HeadHasNoBodyAndNonsenseIsAnsweredOnce) {
  const auto server = HttpLoopback::listen(echo);
  ASSERT_TRUE(server);
  Client head((*server)->port());
  head.say("HEAD / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(head.all(), EndsWith("\r\n\r\n"));
  Client nonsense((*server)->port());
  nonsense.say("\x16\x03\x01 tls\r\n\r\n");
  EXPECT_THAT(nonsense.all(), StartsWith("HTTP/1.1 400 "));
}

TEST(HttpLoopback, ALargeAnswerArrivesWhole) {
  const std::string large(8'000'000, 'x');
  const auto server =
      HttpLoopback::listen([&](const HttpRequest&) { return HttpResponse{200, "text/plain", large}; });
  ASSERT_TRUE(server);
  Client client((*server)->port());
  client.say("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.all(), EndsWith(large));
}

TEST(HttpLoopback, NobodyListensAfterStop) {
  const auto server = HttpLoopback::listen(echo);
  ASSERT_TRUE(server);
  const std::uint16_t port = (*server)->port();
  (*server)->stop();
  (*server)->stop();
  Client late(port);
  EXPECT_EQ(late.connected() ? late.all() : "", "");
}

}  // namespace
}  // namespace weir::net
