// The egress proxy behind a company's proxy: what that one is asked, and what is checked all the same.
#include "gateway/egress_fixture.h"
#include "gateway/hello_bytes.h"

namespace weir::gateway {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using EgressUpstream = EgressServer;

// A company's proxy: notes what it is asked for, and dials what it knows by its own account.
class CompanyProxy {
 public:
  CompanyProxy(const std::string& address, std::string reply = "HTTP/1.1 200 Connection established\r\n\r\n")
      : reply_(std::move(reply)), server_(address, 3128, [this](const os::Fd& client) { serve(client); }) {}
  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void serve(const os::Fd& client) {
    std::string head;
    for (char c = 0; !head.ends_with("\r\n\r\n") && ::recv(client.get(), &c, 1, 0) == 1;)
      head += c;
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(head);
    }
    // In two pieces, so that nobody relies on one.
    send_text(client, reply_.substr(0, 5));
    ::usleep(20'000);
    send_text(client, reply_.substr(5));
    if (!reply_.starts_with("HTTP/1.1 200")) return;
    head.contains(":80 ") ? http(client) : echo(client);
  }
  std::string reply_;
  std::mutex mutex_;
  std::vector<std::string> asked_;
  SmallServer server_;
};

Upstream company(const std::string& proxy, const std::string& no_proxy = {}) {
  return upstream_from_environment({{"ALL_PROXY", proxy}, {"NO_PROXY", no_proxy}});
}

TEST_F(EgressUpstream, BehindACompanysProxyThatOneIsAskedForTheName) {
  CompanyProxy proxy("10.0.0.9");
  leads_to("proxy.corp", {"10.0.0.9"});
  start({"c.example"}, {}, {}, company("http://ann:secret@proxy.corp:3128"));
  const os::Fd client = dial(look_up("c.example"), 443);
  send_text(client, hello_for("c.example") + "early");
  EXPECT_THAT(read_text(client, "early"), EndsWith("early"));
  EXPECT_THAT(talk("c.example", 80, get("c.example")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(proxy.asked(), testing::ElementsAre("CONNECT c.example:443 HTTP/1.1\r\nHost: c.example:443\r\n"
                                                  "Proxy-Authorization: Basic YW5uOnNlY3JldA==\r\n\r\n",
                                                  StartsWith("CONNECT c.example:80 HTTP/1.1\r\n")));
  EXPECT_EQ(asked().count("c.example"), 0U);  // it is the proxy that looks it up
  const auto& done = record();
  ASSERT_FALSE(done.reached.empty());
  EXPECT_THAT(done.reached[0].addresses, testing::ElementsAre("proxy proxy.corp:3128"));
}

TEST_F(EgressUpstream, BehindACompanysProxyNamesAndHostsAreCheckedAllTheSame) {
  CompanyProxy proxy("10.0.0.9");
  start({"c.example"}, {.sent_bytes = 2000}, {}, company("10.0.0.9:3128"));
  EXPECT_EQ(talk("c.example", 443, hello_for("evil.com")), "\x15\x03\x03\0\x02\x02\x70"s);
  EXPECT_THAT(talk("c.example", 80, get("evil.com")), StartsWith("HTTP/1.1 403"));
  EXPECT_EQ(look_up("proxy.corp"), "code 3");
  // The proxy itself is no destination.
  const os::Fd itself = dial("127.0.0.1", 3128);
  send_text(itself, "CONNECT 10.0.0.9:3128 HTTP/1.1\r\nHost: 10.0.0.9:3128\r\n\r\n");
  EXPECT_THAT(read_text(itself), StartsWith("HTTP/1.1 403"));
  const os::Fd much = dial(look_up("c.example"), 443);
  send_text(much, hello_for("c.example") + std::string(4000, 'x'));
  (void)read_text(much);
  for (const auto& one : proxy.asked())
    EXPECT_THAT(one, StartsWith("CONNECT c.example:"));
  EXPECT_THAT(refusals(), testing::IsSupersetOf({"c.example:443 other_name", "c.example:80 other_name",
                                                 "c.example:443 too_much"}));
}

TEST_F(EgressUpstream, WhatNoProxyNamesIsDialledDirectlyAndChecked) {
  CompanyProxy proxy("10.0.0.9");
  SmallServer server(kServer, 80, http);
  SmallServer inside("10.0.0.1", 80, http);
  leads_to("b.example", {"10.0.0.1"});
  start({"a.example", "b.example"}, {}, {}, company("10.0.0.9:3128", "example"));
  EXPECT_THAT(talk("a.example", 80, kGet), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(talk("b.example", 80, get("b.example")), nothing());
  EXPECT_TRUE(proxy.asked().empty());
  EXPECT_EQ(inside.connections(), 0);
}

TEST_F(EgressUpstream, ACompanysProxyThatRefusesIsTold) {
  CompanyProxy proxy("10.0.0.9", "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
  start({"c.example"}, {}, {}, company("http://ann:secret@10.0.0.9:3128"));
  const os::Fd client = dial("127.0.0.1", 3128);
  send_text(client, "CONNECT c.example:443 HTTP/1.1\r\nHost: c.example:443\r\n\r\n");
  EXPECT_THAT(read_text(client), AllOf(StartsWith("HTTP/1.1 502"), Not(HasSubstr("secret"))));
  const auto lines = failure_lines(record(), 5);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], AllOf(HasSubstr("wants other credentials (407)"), Not(HasSubstr("YW5u"))));
}

}  // namespace
}  // namespace weir::gateway
