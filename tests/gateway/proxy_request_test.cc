#include "gateway/proxy_request.h"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

TEST(ProxyRequest, Tunnels) {
  const auto request = read_proxy_request("CONNECT A.example:8443 HTTP/1.1\r\nHost: anything\r\n\r\nbytes");
  ASSERT_TRUE(request && *request);
  EXPECT_TRUE((*request)->tunnel);
  EXPECT_EQ((*request)->host.text, "a.example");
  EXPECT_EQ((*request)->port, 8443);
  for (const char* bad :
       {"CONNECT a.example HTTP/1.1\r\n\r\n", "CONNECT /x HTTP/1.1\r\n\r\n", "CONNECT a:0 HTTP/1.1\r\n\r\n",
        "CONNECT http://a.example:443 HTTP/1.1\r\n\r\n", "CONNECT 0x7f.1:443 HTTP/1.1\r\n\r\n",
        "CONNECT a.example:443 HTTP/1.1\r\nContent-Length: 1\r\n\r\n"})
    EXPECT_FALSE(read_proxy_request(bad)) << bad;
}

TEST(ProxyRequest, PlainRequestsAreSentAsToTheServer) {
  const auto request = read_proxy_request(
      "POST http://A.example:8080/p?q HTTP/1.1\r\nHost: a.example:8080\r\nProxy-Authorization: Basic x\r\n"
      "Proxy-Connection: keep-alive\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nAccept: */*\r\n"
      "Content-Length: 3\r\n\r\nabc");
  ASSERT_TRUE(request && *request);
  EXPECT_EQ((*request)->head,
            "POST /p?q HTTP/1.1\r\nHost: a.example:8080\r\nAccept: */*\r\nContent-Length: 3\r\n"
            "Connection: close\r\n\r\n");
  EXPECT_EQ((*request)->framing.length, 3U);
  EXPECT_EQ((*read_proxy_request("GET http://a.example HTTP/1.1\r\n\r\n"))->head.substr(0, 16),
            "GET / HTTP/1.1\r\n");
  EXPECT_EQ((*read_proxy_request("GET http://a.example?x HTTP/1.1\r\n\r\n"))->head.substr(0, 18),
            "GET /?x HTTP/1.1\r\n");
}

TEST(ProxyRequest, RefusesWhatNamesTwoHostsOrHidesTheEnd) {
  for (const char* bad :
       {"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "GET https://a.example/ HTTP/1.1\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\nHost: a.example:81\r\n\r\n",
        "GET http://u:p@a.example/ HTTP/1.1\r\n\r\n", "GET http://a.example/#x HTTP/1.1\r\n\r\n",
        "GET http:///x HTTP/1.1\r\n\r\n",
        "POST http://a.example/ HTTP/1.1\r\nConnection: Content-Length\r\nContent-Length: 9\r\n\r\n",
        "POST http://a.example/ HTTP/1.1\r\nConnection: x, Transfer-Encoding\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"})
    EXPECT_FALSE(read_proxy_request(bad)) << bad;
}

}  // namespace
}  // namespace weir::gateway
