#include "gateway/egress_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

using testing::HasSubstr;

EgressPolicy policy_of(std::initializer_list<const char*> allow,
                       std::initializer_list<const char*> also_private = {}) {
  EgressPolicy policy;
  for (const char* text : allow)
    policy.rules.push_back(parse_allow(text).value());
  for (const char* text : also_private)
    policy.rules.push_back(parse_allow_private(text).value());
  return policy;
}

std::string verdict(const EgressPolicy& policy, std::string_view host, std::uint16_t port) {
  const auto found = policy.find(canonical_host(host).value(), port);
  return found.rule != nullptr ? found.rule->text : std::string(name(found.refusal));
}

TEST(EgressPolicy, ARuleNamesHostsAndPorts) {
  const auto policy =
      policy_of({"Example.org.", "*.cdn.example", "git.example.net:22", "192.0.2.7.example:443"});
  EXPECT_EQ(verdict(policy, "example.org", 443), "Example.org.");
  EXPECT_EQ(verdict(policy, "EXAMPLE.ORG", 80), "Example.org.");
  EXPECT_EQ(verdict(policy, "example.org", 8443), "port_not_allowed");
  EXPECT_EQ(verdict(policy, "www.example.org", 443), "host_not_allowed");
  EXPECT_EQ(verdict(policy, "notexample.org", 443), "host_not_allowed");
  EXPECT_EQ(verdict(policy, "a.b.cdn.example", 443), "*.cdn.example");
  EXPECT_EQ(verdict(policy, "cdn.example", 443), "host_not_allowed");
  EXPECT_EQ(verdict(policy, "evilcdn.example", 443), "host_not_allowed");
  EXPECT_EQ(verdict(policy, "cdn.example.evil.com", 443), "host_not_allowed");
  EXPECT_EQ(verdict(policy, "git.example.net", 22), "git.example.net:22");
  EXPECT_EQ(verdict(policy, "git.example.net", 443), "port_not_allowed");
  EXPECT_EQ(verdict(policy, "93.184.216.34", 443), "host_not_allowed");
}

TEST(EgressPolicy, OnlyAnExplicitUnusualPortTakesOtherProtocols) {
  EXPECT_FALSE(parse_allow("example.org")->any_protocol);
  EXPECT_FALSE(parse_allow("example.org:443")->any_protocol);
  EXPECT_FALSE(parse_allow("example.org:80")->any_protocol);
  EXPECT_TRUE(parse_allow("example.org:22")->any_protocol);
}

TEST(EgressPolicy, TheHostsLoopbackIsOneEndpointAtATime) {
  const auto policy = policy_of({"localhost:11434", "127.0.0.1:8080"});
  EXPECT_EQ(verdict(policy, "127.0.0.1", 11434), "localhost:11434");
  EXPECT_EQ(verdict(policy, "::1", 11434), "localhost:11434");
  EXPECT_EQ(verdict(policy, "localhost", 11434), "localhost:11434");
  EXPECT_EQ(verdict(policy, "127.0.0.1", 8080), "127.0.0.1:8080");
  EXPECT_EQ(verdict(policy, "::1", 8080), "port_not_allowed");
  EXPECT_EQ(verdict(policy, "127.0.0.1", 22), "port_not_allowed");
  EXPECT_EQ(verdict(policy, "127.0.0.2", 8080), "host_not_allowed");
  EXPECT_FALSE(policy.has_name("localhost"));  // /etc/hosts of the pod knows it
  EXPECT_FALSE(parse_allow("localhost"));
  EXPECT_FALSE(parse_allow("127.0.0.1"));
  EXPECT_FALSE(parse_allow("[::1]"));
}

TEST(EgressPolicy, WhatCannotBeARule) {
  for (const char* bad : {"",
                          "https://example.org",
                          "example.org/path",
                          "user@example.org",
                          "*",
                          "*.",
                          "*.org",
                          "a.*.org",
                          "*example.org",
                          "*.1.2.3.4",
                          "exämple.org",
                          "0x7f.1",
                          "2130706433:80",
                          "224.0.0.1",
                          "0.0.0.0:80",
                          "169.254.169.254",
                          "169.254.169.254:80",
                          "[fe80::1]:80",
                          "255.255.255.255:9",
                          "198.18.0.1:80",
                          "example.org:0",
                          "example.org:99999",
                          "2001:db8::1",
                          "*.localhost:80",
                          "[2002:7f00:1::]:80"})
    EXPECT_FALSE(parse_allow(bad)) << bad;
  for (const char* bad : {"*.example.org:80", "nas.example", "10.0.0.1", "224.0.0.1:80", "0.0.0.0:80"})
    EXPECT_FALSE(parse_allow_private(bad)) << bad;
  EXPECT_THAT(parse_allow("https://example.org").error().message(), HasSubstr("HOST[:PORT]"));
}

struct AddressRow {
  const char* rule;
  bool by_private_option;
  const char* address;
  bool own;
  const char* wrong;  // "" when it may be dialled
};

TEST(EgressPolicy, AddressesOfNamesArePublicUnlessThePersonSaysOtherwise) {
  const AddressRow rows[] = {
      {"example.org", false, "93.184.216.34", false, ""},
      {"example.org", false, "93.184.216.34", true, "this machine's own address"},
      {"example.org", false, "127.0.0.1", true, "loopback"},
      {"example.org", false, "::1", true, "loopback"},
      {"example.org", false, "10.0.0.1", false, "private"},
      {"example.org", false, "169.254.169.254", false, "metadata service"},
      {"example.org", false, "::ffff:169.254.169.254", false, "metadata service"},
      {"example.org", false, "100.64.0.1", false, "carrier-grade NAT"},
      {"example.org", false, "64:ff9b::7f00:1", false, "loopback"},
      {"example.org", false, "2002:7f00:1::", false, "tunnel"},
      {"example.org", false, "224.0.0.1", false, "multicast"},
      {"nas.example:443", true, "10.0.0.1", false, ""},
      {"nas.example:443", true, "100.64.0.1", false, ""},
      {"nas.example:443", true, "fd00::1", false, ""},
      {"nas.example:443", true, "93.184.216.34", true, ""},
      {"nas.example:443", true, "127.0.0.1", true, "loopback"},
      {"nas.example:443", true, "169.254.169.254", false, "metadata service"},
      {"nas.example:443", true, "fe80::1", false, "link-local"},
      {"10.0.0.1:443", false, "10.0.0.1", false, ""},
      {"10.0.0.1:443", false, "10.0.0.2", false, "another address"},
      {"169.254.169.254:80", true, "169.254.169.254", false, ""},
      {"localhost:80", false, "127.0.0.1", true, ""},
      {"localhost:80", false, "10.0.0.1", false, "private"},
  };
  for (const auto& row : rows) {
    const auto rule = row.by_private_option ? parse_allow_private(row.rule) : parse_allow(row.rule);
    ASSERT_TRUE(rule) << row.rule << rule.error().message();
    const auto wrong = wrong_place(*rule, *IpAddress::parse(row.address), row.own);
    // The own address of a loopback is a loopback first.
    EXPECT_EQ(wrong.value_or(""), row.wrong) << row.rule << " → " << row.address;
  }
}

TEST(EgressPolicy, ComesBackFromJson) {
  auto policy = policy_of({"example.org", "*.example.net:8443", "localhost:11434", "10.0.0.1:443"},
                          {"nas.example:443"});
  policy.limits = {.sent_bytes = 1, .sent_each_bytes = 2, .received_bytes = 3, .received_each_bytes = 4};
  const auto again = egress_policy_from_json(to_json(policy));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(canonical(to_json(*again)), canonical(to_json(policy)));
  EXPECT_EQ(again->limits, policy.limits);
  EXPECT_TRUE(again->rules.back().private_allowed);
  EXPECT_FALSE(egress_policy_from_json(Json::object({{"allow", Json::array({"*"})}})));
}

TEST(EgressPolicy, ListensOnlyWhereSomethingIsAllowed) {
  const auto plan = plan_listeners(policy_of({"example.org:443", "localhost:11434", "127.0.0.1:443"}));
  ASSERT_TRUE(plan);
  std::vector<std::string> transparent;
  for (const auto& one : *plan)
    if (one.kind == ListenerPlan::Kind::transparent)
      transparent.push_back(one.address + " " + std::to_string(one.port));
  EXPECT_THAT(transparent, testing::ElementsAre("0.0.0.0 443", ":: 443", "127.0.0.1 11434", "::1 11434"));
  EXPECT_FALSE(plan_listeners(policy_of({"example.org:53"})));
  EXPECT_FALSE(plan_listeners(policy_of({"localhost:3128"})));
  EgressPolicy many;
  for (int port = 2000; port < 2065; ++port)
    many.rules.push_back(parse_allow("example.org:" + std::to_string(port)).value());
  EXPECT_FALSE(plan_listeners(many));
}

TEST(EgressPolicy, AnInspectedHostIsOneAtThePortOfTls) {
  const InspectRule all = parse_inspect("a.example").value();
  EXPECT_EQ(all.where.text, "a.example:443");
  EXPECT_TRUE(all.methods.empty() && all.path.empty());
  const InspectRule some = parse_inspect("*.a.example:8443 GET,HEAD /repos/*").value();
  EXPECT_THAT(some.methods, testing::ElementsAre("GET", "HEAD"));
  EXPECT_EQ(some.path, "/repos/*");
  EXPECT_TRUE(covers(some.where, canonical_host("x.a.example").value(), 8443));
  EXPECT_FALSE(covers(some.where, canonical_host("x.a.example").value(), 443));
  EXPECT_TRUE(parse_inspect("a.example * /x").value().methods.empty());
  for (const char* text : {"", "a.example GET", "a.example get /x", "a.example GET x", "a.example  /x",
                           "https://a.example", "a.example GET /x more"})
    EXPECT_FALSE(parse_inspect(text)) << text;
  EgressPolicy policy = policy_of({"a.example:443"});
  policy.inspected = {all, some};
  const auto again = egress_policy_from_json(to_json(policy));
  ASSERT_TRUE(again);
  EXPECT_EQ(canonical(to_json(*again)), canonical(to_json(policy)));
}

}  // namespace
}  // namespace weir::gateway
