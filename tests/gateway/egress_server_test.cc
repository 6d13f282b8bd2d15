// The egress proxy against real sockets: programs dial as in a pod, servers stand at public addresses, and
// every attack is tried from the client's side. What reached a server is judged by the server.
#include "gateway/egress_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/dns_bytes.h"
#include "gateway/gateway_limits.h"
#include "gateway/hello_bytes.h"
#include "os/files.h"

namespace weir::gateway {
namespace {

using std::string_literals::operator""s;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(EgressServer, ANameIsReachedByItsSyntheticAddress) {
  SmallServer server(kServer, 80, http);
  start({"a.example"});
  const std::string address = look_up("A.example");
  EXPECT_EQ(address, "198.18.0.1");
  const os::Fd client = dial(address, 80);
  send_text(client, kGet);
  EXPECT_THAT(read_text(client), AllOf(StartsWith("HTTP/1.1 200"), EndsWith(kGet)));
  const auto& done = record();
  ASSERT_EQ(done.reached.size(), 1U);
  EXPECT_EQ(done.reached[0].host, "a.example");
  EXPECT_THAT(done.reached[0].addresses, testing::ElementsAre(kServer));
  EXPECT_EQ(done.sent, kGet.size());
}

TEST_F(EgressServer, TheNameServerAnswersOnlyAllowedNamesAndAsksNobody) {
  start({"a.example", "*.b.example", "localhost:11434"});
  EXPECT_EQ(look_up("a.example"), "198.18.0.1");
  EXPECT_EQ(look_up("x.b.example"), "198.18.0.2");
  EXPECT_EQ(look_up("a.example"), "198.18.0.1");
  EXPECT_EQ(look_up("a.example", 28), "none");  // AAAA
  EXPECT_EQ(look_up("a.example", 65), "none");  // HTTPS, where ECH keys are
  EXPECT_EQ(look_up("a.example", 16), "none");  // TXT
  EXPECT_EQ(look_up("b.example"), "code 3");
  EXPECT_EQ(look_up("c2VjcmV0.evil.com"), "code 3");
  EXPECT_EQ(look_up("c2VjcmV0.a.example"), "code 3");
  EXPECT_EQ(look_up("localhost"), "code 3");
  EXPECT_EQ(look_up("1.0.18.198.in-addr.arpa", 12), "code 3");
  EXPECT_EQ(look_up("evil.com", 1, "8.8.8.8"), "code 3");
  EXPECT_EQ(look_up("a.example", 1, "9.9.9.9"), "198.18.0.1");
  EXPECT_TRUE(asked().empty());
  EXPECT_THAT(refusals(), testing::Contains("c2vjcmv0.evil.com:0 host_not_allowed"));
}

TEST_F(EgressServer, TheNameServerAnswersByTcp) {
  start({"a.example"});
  const os::Fd client = dial("8.8.4.4", 53);
  const std::string query = dns_query("a.example", 1);
  const std::string framed = number_bytes(query.size(), 2) + query;
  send_text(client, framed.substr(0, 5));
  send_text(client, framed.substr(5) + framed);
  const std::string address = "\xc6\x12\0\x01"s;
  const std::string answers = read_text(client, address + number_bytes(query.size() + 16, 2));
  EXPECT_THAT(answers, StartsWith(number_bytes(query.size() + 16, 2)));
}

TEST_F(EgressServer, TlsGoesWhereTheServerNameSays) {
  SmallServer server(kServer, 443, [](const os::Fd& connection) {
    send_text(connection, read_text(connection, "a.example").contains("a.example") ? server_hello() : "");
    echo(connection);
  });
  start({"a.example"});
  const os::Fd client = dial(look_up("a.example"), 443);
  send_text(client, hello_for("a.example") + "early");
  EXPECT_EQ(read_text(client, "early"), server_hello() + "early");
}

TEST_F(EgressServer, WhatIsNotAllowedReachesNobody) {
  std::atomic<std::size_t> arrived = 0;
  const auto count = [&](const os::Fd& connection) { arrived += read_text(connection).size(); };
  auto tls = std::make_unique<SmallServer>(kServer, 443, count);
  auto plain = std::make_unique<SmallServer>(kServer, 80, count);
  SmallServer loopback("127.0.0.1", 8081, http);
  start({"a.example", "b.example:8443"});
  const std::string a = look_up("a.example");
  const std::string b = look_up("b.example");
  const auto outcome = [](const std::string& address, std::uint16_t port, const std::string& bytes) {
    const os::Fd client = dial(address, port);
    if (!client) return "(refused)"s;
    send_text(client, bytes);
    return read_text(client);
  };
  const std::string alert_name = "\x15\x03\x03\0\x02\x02\x70"s;
  const std::string alert_denied = "\x15\x03\x03\0\x02\x02\x31"s;
  // Fronting, hidden and absent names.
  EXPECT_EQ(outcome(a, 443, hello_for("evil.com")), alert_name);
  EXPECT_EQ(outcome(a, 443, hello_record(hello_message(""))), alert_denied);
  EXPECT_EQ(outcome(a, 443,
                    hello_record(hello_message(server_name_extension("a.example") + extension(0xfe0d, "x")))),
            alert_denied);
  EXPECT_THAT(outcome(a, 80, "GET / HTTP/1.1\r\nHost: evil.com\r\n\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(outcome(a, 80, "CONNECT evil.com:443 HTTP/1.1\r\nHost: a.example\r\n\r\n"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(outcome(a, 80, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(outcome(a, 443, "SSH-2.0-x\r\n"), StartsWith("HTTP/1.1 400"));
  // Addresses that were never given out, another port of a name, raw addresses of allowed servers.
  EXPECT_THAT(outcome("198.18.0.200", 443, hello_for("a.example")), nothing());
  EXPECT_THAT(outcome(b, 443, hello_for("b.example")), nothing());
  EXPECT_THAT(outcome("127.0.0.1", 443, hello_for("a.example")), nothing());
  EXPECT_THAT(outcome("169.254.169.254", 80, kGet), nothing());
  EXPECT_THAT(outcome("fd00:ec2::254", 80, kGet), nothing());
  EXPECT_EQ(loopback.connections(), 0);
  EXPECT_EQ(record().sent, 0U);
  tls.reset();
  plain.reset();
  EXPECT_EQ(arrived, 0U);  // connections perhaps, but not a byte
}

TEST_F(EgressServer, NamesThatLeadInsideAreNotDialled) {
  SmallServer loopback("127.0.0.1", 80, http);
  SmallServer loopback6("::1", 80, http);
  SmallServer private_server("10.0.0.1", 80, http);
  SmallServer server(kServer, 80, http);
  const std::pair<const char*, std::vector<std::string>> inside[] = {
      {"local.example", {"127.0.0.1"}},         {"local6.example", {"::1"}},
      {"meta.example", {"169.254.169.254"}},    {"private.example", {"10.0.0.1"}},
      {"mapped.example", {"::ffff:127.0.0.1"}}, {"nat64.example", {"64:ff9b::7f00:1"}},
      {"sixtofour.example", {"2002:7f00:1::"}}, {"any.example", {"0.0.0.0", "::"}},
      {"shared.example", {"100.64.0.1"}}};
  start({"local.example", "local6.example", "meta.example", "private.example", "mapped.example",
         "nat64.example", "sixtofour.example", "any.example", "shared.example", "mixed.example"});
  for (const auto& [name, addresses] : inside) {
    leads_to(name, addresses);
    EXPECT_THAT(talk(name, 80, get(name)), nothing()) << name;
  }
  leads_to("mixed.example", {"10.0.0.1", kServer});
  EXPECT_THAT(talk("mixed.example", 80, get("mixed.example")), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(loopback.connections() + loopback6.connections() + private_server.connections(), 0);
  EXPECT_EQ(refusals().size(), 10U);
}

// The name is public when it is looked up first and private later: what was checked is what is dialled, each
// time.
TEST_F(EgressServer, RebindingANameChangesNothing) {
  SmallServer loopback("127.0.0.1", 80, http);
  SmallServer server(kServer, 80, http);
  start({"a.example"});
  EXPECT_THAT(talk("a.example", 80, kGet), StartsWith("HTTP/1.1 200"));
  leads_to("a.example", {"127.0.0.1"});
  EXPECT_THAT(talk("a.example", 80, kGet), nothing());
  EXPECT_EQ(loopback.connections(), 0);
  EXPECT_THAT(refusals(), testing::ElementsAre("a.example:80 address_not_allowed"));
}

TEST_F(EgressServer, OneEndpointOfTheHostsLoopbackAndNoOther) {
  SmallServer model("127.0.0.1", 11434, http);
  SmallServer other("127.0.0.1", 11435, http);
  start({"localhost:11434", "a.example:11435"});
  const auto outcome = [](const char* address, std::uint16_t port) {
    const os::Fd client = dial(address, port);
    if (!client) return "(refused)"s;
    send_text(client, kGet);
    return read_text(client);
  };
  EXPECT_THAT(outcome("127.0.0.1", 11434), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(outcome("::1", 11434), StartsWith("HTTP/1.1 200"));  // "localhost" is both
  EXPECT_EQ(outcome("127.0.0.2", 11434), "(refused)");
  EXPECT_EQ(outcome("10.0.0.1", 11434), "(refused)");
  EXPECT_THAT(outcome("127.0.0.1", 11435), nothing());
  EXPECT_EQ(outcome("127.0.0.1", 22), "(refused)");
  EXPECT_EQ(other.connections(), 0);
}

TEST_F(EgressServer, PrivatePlacesOnlyWhenTheyAreNamed) {
  SmallServer nas("10.0.0.7", 443, echo);
  SmallServer by_address("10.0.0.8", 9000, echo);
  start({"10.0.0.8:9000"}, {}, {"nas.example:443"});
  leads_to("nas.example", {"10.0.0.7"});
  const os::Fd client = dial("10.0.0.8", 9000);
  send_text(client, "hello");
  EXPECT_EQ(read_text(client, "hello"), "hello");
  const os::Fd named = dial(look_up("nas.example"), 443);
  send_text(named, hello_for("nas.example"));
  EXPECT_EQ(read_text(named, hello_for("nas.example")), hello_for("nas.example"));
  EXPECT_EQ(dial("10.0.0.9", 9000) ? "accepted" : "", "accepted"s);  // by the proxy, which then resets it
}

TEST_F(EgressServer, ConnectAndPlainRequestsOfAProxy) {
  SmallServer tls(kServer, 443, echo);
  SmallServer plain(kServer, 80, http);
  start({"a.example"});
  const auto proxy = [](const std::string& bytes) {
    const os::Fd client = dial("127.0.0.1", 3128);
    send_text(client, bytes);
    ::shutdown(client.get(), SHUT_WR);
    return read_text(client);
  };
  const std::string established = "HTTP/1.1 200 Connection established\r\n\r\n";
  const std::string hello = hello_for("a.example");
  EXPECT_EQ(proxy("CONNECT a.example:443 HTTP/1.1\r\n\r\n" + hello), established + hello);
  EXPECT_THAT(proxy("GET http://A.example/x HTTP/1.1\r\nProxy-Authorization: secret\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("GET /x HTTP/1.1\r\nHost: a.example\r\n"),
                    Not(HasSubstr("secret"))));
  // Refused, each in words.
  EXPECT_THAT(proxy("CONNECT evil.com:443 HTTP/1.1\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 403"), HasSubstr("--allow")));
  EXPECT_THAT(proxy("CONNECT a.example:22 HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(proxy("CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(proxy("CONNECT 2130706433:443 HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(proxy("GET http://evil.com/ HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(proxy("GET http://a.example/ HTTP/1.1\r\nHost: evil.com\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(proxy("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(proxy("\x16\x03\x01 garbage"), StartsWith("HTTP/1.1 400"));
  // Inside a tunnel the same is asked as outside.
  const std::string alert_name = "\x15\x03\x03\0\x02\x02\x70"s;
  EXPECT_EQ(proxy("CONNECT a.example:443 HTTP/1.1\r\n\r\n" + hello_for("evil.com")),
            established + alert_name);
  EXPECT_THAT(
      proxy("CONNECT a.example:80 HTTP/1.1\r\n\r\nCONNECT evil.com:443 HTTP/1.1\r\nHost: a.example\r\n\r\n"),
      HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(proxy("CONNECT a.example:80 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: evil.com\r\n\r\n"),
              HasSubstr("HTTP/1.1 403"));
}

TEST_F(EgressServer, NoSecondRequestBehindAPlainOne) {
  SmallServer plain(kServer, 80, http);
  start({"a.example"});
  const os::Fd client = dial("127.0.0.1", 3128);
  send_text(client,
            "GET http://a.example/ HTTP/1.1\r\n\r\nGET http://a.example/ HTTP/1.1\r\nHost: evil.com\r\n\r\n");
  EXPECT_THAT(read_text(client), Not(HasSubstr("evil.com\r\n\r\n")));
  EXPECT_THAT(refusals(), testing::Contains("a.example:80 protocol"));
}

TEST_F(EgressServer, Socks) {
  SmallServer tls(kServer, 443, echo);
  start({"a.example"});
  const auto socks = [](const std::string& host, const std::string& bytes) {
    const os::Fd client = dial("127.0.0.1", 1080);
    send_text(client,
              "\x05\x01\0\x05\x01\0\x03"s + static_cast<char>(host.size()) + host + "\x01\xbb"s + bytes);
    ::shutdown(client.get(), SHUT_WR);
    return read_text(client);
  };
  const std::string method = "\x05\0"s;
  const auto reply = [](char code) { return "\x05"s + code + "\0\x01\0\0\0\0\0\0"s; };
  const std::string hello = hello_for("a.example");
  EXPECT_EQ(socks("a.example", hello), method + reply(0) + hello);
  EXPECT_EQ(socks("evil.com", hello), method + reply(2));
  EXPECT_EQ(socks("evil.com\0.a.example"s, hello), method + reply(2));
  EXPECT_EQ(socks("127.0.0.1", hello), method + reply(2));
  EXPECT_EQ(socks("a.example", hello_for("evil.com")), method + reply(0) + "\x15\x03\x03\0\x02\x02\x70"s);
  EXPECT_EQ(asked().size(), 1U);
}

TEST_F(EgressServer, WhatCannotBeReachedIsSaid) {
  start({"a.example", "none.example"});
  const auto proxy = [](const std::string& name) {
    const os::Fd client = dial("127.0.0.1", 3128);
    send_text(client, "CONNECT " + name + ":443 HTTP/1.1\r\n\r\n");
    return read_text(client);
  };
  EXPECT_THAT(proxy("none.example"), StartsWith("HTTP/1.1 502"));
  EXPECT_THAT(proxy("a.example"), StartsWith("HTTP/1.1 504"));  // nobody listens
  EXPECT_THAT(talk("a.example", 80, kGet), nothing());
  EXPECT_EQ(record().failed.size(), 3U);
  EXPECT_TRUE(record().refused.empty());
}

TEST_F(EgressServer, ASessionHasAByteBudget) {
  std::mutex mutex;
  std::string got;
  SmallServer server(kServer, 9000, [&](const os::Fd& connection) {
    const std::string all = read_text(connection);
    const std::lock_guard lock(mutex);
    got += all;
  });
  start({"a.example:9000"}, {.sent_bytes = 1000});
  const os::Fd client = dial(look_up("a.example"), 9000);
  send_text(client, std::string(5000, 'x'));
  EXPECT_THAT(read_text(client), nothing());
  const os::Fd again = dial(look_up("a.example"), 9000);
  send_text(again, "more");
  EXPECT_THAT(read_text(again), nothing());
  EXPECT_EQ(record().sent, 1000U);
  EXPECT_EQ(record().refused.at(0).reason, "too_much");
}

TEST_F(EgressServer, ADestinationHasAByteBudgetForWhatIsReceivedToo) {
  SmallServer big(kServer, 9000,
                  [](const os::Fd& connection) { send_text(connection, std::string(5000, 'x')); });
  SmallServer small(kOther, 9000,
                    [](const os::Fd& connection) { send_text(connection, std::string(400, 'y')); });
  leads_to("b.example", {kOther});
  start({"a.example:9000", "b.example:9000"}, {.received_each_bytes = 1000});
  const os::Fd client = dial(look_up("a.example"), 9000);
  EXPECT_LE(read_text(client).size(), 1000U + 7U);
  const os::Fd other = dial(look_up("b.example"), 9000);
  EXPECT_EQ(read_text(other), std::string(400, 'y'));
  EXPECT_EQ(record().received, 1400U);
}

TEST_F(EgressServer, EitherSideMayEndFirst) {
  SmallServer server(kServer, 9000, [](const os::Fd& connection) {
    send_text(connection, "greeting ");
    send_text(connection, "you sent " + read_text(connection));
  });
  start({"a.example:9000"});
  const os::Fd client = dial(look_up("a.example"), 9000);
  EXPECT_EQ(read_text(client, "greeting "),
            "greeting ");  // a server may speak first where any protocol is allowed
  send_text(client, "all of it");
  ::shutdown(client.get(), SHUT_WR);
  EXPECT_EQ(read_text(client), "you sent all of it");
}

TEST_F(EgressServer, ManyBytesBothWaysComeWhole) {
  SmallServer server(kServer, 9000, echo);
  start({"a.example:9000"});
  const os::Fd client = dial(look_up("a.example"), 9000);
  std::string all(8 << 20, ' ');
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<char>('a' + i % 23 + i / 65536 % 3);
  std::thread writer([&] {
    send_text(client, all);
    ::shutdown(client.get(), SHUT_WR);
  });
  const std::string back = read_text(client);
  writer.join();
  EXPECT_TRUE(back == all) << back.size();
}

TEST_F(EgressServer, AThousandConnectionsAtOnceAndTheNextIsServed) {
  SmallServer server(kServer, 9000, echo);
  start({"a.example:9000"});
  const std::string address = look_up("a.example");
  std::vector<os::Fd> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.push_back(dial("127.0.0.1", 3128));
    ASSERT_TRUE(idle.back()) << i;
    send_text(idle.back(), "GET http://slow");  // and never the rest
  }
  const os::Fd client = dial(address, 9000);
  send_text(client, "still there");
  EXPECT_EQ(read_text(client, "still there"), "still there");
}

TEST_F(EgressServer, GarbageEndsOneConnectionAndNothingElse) {
  SmallServer server(kServer, 80, http);
  start({"a.example", "b.example:9000"});
  std::uint32_t state = 12345;
  for (int i = 0; i < 200; ++i) {
    std::string garbage;
    for (int n = 0; n < i; ++n)
      garbage += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    for (const std::uint16_t port : {53, 1080, 3128, 80, 9000}) {
      const os::Fd client =
          dial("198.18.0.1", port) ? dial(port == 80 ? look_up("a.example") : "127.0.0.1", port) : os::Fd();
      if (client) send_text(client, garbage);
    }
    (void)garbage;
  }
  EXPECT_THAT(talk("a.example", 80, kGet), StartsWith("HTTP/1.1 200"));
}

// The pod ends while its last bytes are on their way.
TEST_F(EgressServer, WhatWasSentBeforeTheEndGoesOut) {
  std::mutex mutex;
  std::string got;
  auto server = std::make_unique<SmallServer>(kServer, 9000, [&](const os::Fd& connection) {
    const std::string all = read_text(connection);
    const std::lock_guard lock(mutex);
    got = all;
  });
  start({"a.example:9000"});
  {
    const os::Fd client = dial(look_up("a.example"), 9000);
    send_text(client, std::string(100'000, 'z'));
  }
  stop();
  server.reset();
  EXPECT_EQ(got.size(), 100'000U);
}

TEST(SystemResolver, KnowsTheHostsFile) {
  const auto addresses = resolve_by_system("localhost");
  ASSERT_TRUE(addresses) << addresses.error().message();
  for (const auto& address : *addresses)
    EXPECT_EQ(place_of(address), Place::loopback);
  EXPECT_FALSE(addresses->empty());
  EXPECT_FALSE(resolve_by_system("no-such-name.invalid"));
}

}  // namespace
}  // namespace weir::gateway
