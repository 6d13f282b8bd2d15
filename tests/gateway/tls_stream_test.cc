// Both of the proxy's sides against each other: what it shows to the pod is what a client that trusts the
// run's authority accepts, and nothing else is.
#include "gateway/tls_stream.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "os/fd.h"

namespace weir::gateway {
namespace {

using testing::HasSubstr;

struct Pair {
  os::Fd a, b;
  Pair() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    a = os::Fd(ends[0]);
    b = os::Fd(ends[1]);
  }
};

// Lets both work until neither has anything to do.
void exchange(TlsStream& one, TlsStream& other, std::string& one_got, std::string& other_got) {
  for (int round = 0; round < 20; ++round) {
    (void)one.read(one_got, 65536);
    (void)one.flush();
    (void)other.read(other_got, 65536);
    (void)other.flush();
  }
}

Host host(const char* text) {
  return canonical_host(text).value();
}

// What a client gets that is told `said` by its own user and `shown` by the certificate; or why it refused.
std::string talk(const char* shown, const char* said, const std::vector<std::string>& constraints,
                 bool trusted = true) {
  const RunAuthority authority = make_run_authority(constraints).value();
  const RunAuthority other = make_run_authority({}).value();
  TlsContexts contexts =
      TlsContexts::create(authority, trusted ? authority.certificate : other.certificate).value();
  const Pair pair;
  TlsStream server = contexts.answer(pair.a.get(), host(shown), {}).value();
  TlsStream client = contexts.ask(pair.b.get(), host(said)).value();
  std::string got, ignored;
  exchange(client, server, ignored, got);
  const std::string text = "GET / HTTP/1.1\r\n\r\n";
  if (client.write(text) != text.size()) return client.problem();
  (void)client.flush();
  exchange(client, server, ignored, got);
  return got == text ? "talked" : "nothing";
}

TEST(TlsStream, TalksWhenNameAndAuthorityAreRight) {
  EXPECT_EQ(talk("a.example", "a.example", {"a.example"}), "talked");
  EXPECT_EQ(talk("x.a.example", "x.a.example", {"a.example"}), "talked");
  EXPECT_EQ(talk("127.0.0.1", "127.0.0.1", {"127.0.0.1", "::1"}), "talked");
}

TEST(TlsStream, RefusesAnotherNameAnotherAuthorityAndAHostThatTheAuthorityIsNotFor) {
  EXPECT_THAT(talk("b.example", "a.example", {"a.example", "b.example"}), HasSubstr("hostname mismatch"));
  EXPECT_THAT(talk("a.example", "a.example", {"a.example"}, false), HasSubstr("unable to get local issuer"));
  EXPECT_THAT(talk("b.example", "b.example", {"a.example"}), HasSubstr("permitted subtree violation"));
}

TEST(TlsStream, ACutConnectionIsNoEnd) {
  const RunAuthority authority = make_run_authority({"a.example"}).value();
  TlsContexts contexts = TlsContexts::create(authority, authority.certificate).value();
  for (const bool properly : {true, false}) {
    Pair pair;
    TlsStream server = contexts.answer(pair.a.get(), host("a.example"), {}).value();
    TlsStream client = contexts.ask(pair.b.get(), host("a.example")).value();
    std::string got, ignored;
    exchange(client, server, ignored, got);
    if (properly) server.end();
    (void)server.flush();
    ::shutdown(pair.a.get(), SHUT_WR);
    const auto end = client.read(got, 100);
    EXPECT_EQ(end, properly ? TlsStream::Got::ended : TlsStream::Got::broken);
  }
}

TEST(TlsStream, WithoutTlsBytesAreAsTheyAre) {
  Pair pair;
  TlsStream one(pair.a.get(), std::string("before "));
  TlsStream two(pair.b.get(), std::string());
  EXPECT_EQ(two.write("hello"), 5U);
  two.end();
  EXPECT_TRUE(two.flush());
  EXPECT_TRUE(two.ended());
  std::string got;
  while (one.read(got, 3) == TlsStream::Got::bytes) {
  }
  EXPECT_EQ(got, "before hello");
}

TEST(TlsStream, WithoutCertificatesNothingIsAsked) {
  EXPECT_FALSE(TlsContexts::create(make_run_authority({}).value(), "none"));
  EXPECT_FALSE(TlsContexts::create(RunAuthority(), "none"));
}

}  // namespace
}  // namespace weir::gateway
