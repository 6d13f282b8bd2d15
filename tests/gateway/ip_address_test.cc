#include "gateway/ip_address.h"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

TEST(IpAddress, OnlyTheUsualForms) {
  for (const char* good : {"1.2.3.4", "255.255.255.255", "::1", "2001:DB8::1", "::ffff:1.2.3.4"})
    EXPECT_TRUE(IpAddress::parse(good)) << good;
  for (const char* bad : {"", "1.2.3", "01.2.3.4", "0x7f.0.0.1", "127.1", "2130706433", "1.2.3.4.",
                          "1.2.3.4 ", "::1%lo", "[::1]", "1.2.3.256", ":::"})
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST(IpAddress, MappedAddressesAreWhatTheyMap) {
  EXPECT_EQ(IpAddress::parse("::ffff:127.0.0.1"), IpAddress::parse("127.0.0.1"));
  EXPECT_EQ(IpAddress::parse("::ffff:7f00:1")->text(), "127.0.0.1");
}

TEST(IpAddress, TextComesBack) {
  for (const char* text : {"192.0.2.1", "2606:2800:220:1:248:1893:25c8:1946", "::1", "fe80::1"})
    EXPECT_EQ(IpAddress::parse(text)->text(), text);
}

struct Row {
  const char* address;
  Place place;
};

TEST(IpAddress, PlacesFollowTheRegistries) {
  const Row rows[] = {
      {"8.8.8.8", Place::global},
      {"93.184.216.34", Place::global},
      {"2606:4700::1111", Place::global},
      {"127.0.0.1", Place::loopback},
      {"127.255.255.254", Place::loopback},
      {"::1", Place::loopback},
      {"::ffff:127.0.0.1", Place::loopback},
      {"10.1.2.3", Place::private_net},
      {"172.16.0.1", Place::private_net},
      {"172.31.255.255", Place::private_net},
      {"172.32.0.1", Place::global},
      {"192.168.1.1", Place::private_net},
      {"fc00::1", Place::private_net},
      {"fdff::1", Place::private_net},
      {"fec0::1", Place::private_net},
      {"100.64.0.1", Place::shared},
      {"100.127.255.255", Place::shared},
      {"100.128.0.1", Place::global},
      {"169.254.1.1", Place::link_local},
      {"fe80::1", Place::link_local},
      {"169.254.169.254", Place::metadata},
      {"::ffff:169.254.169.254", Place::metadata},
      {"169.254.170.2", Place::metadata},
      {"168.63.129.16", Place::metadata},
      {"100.100.100.200", Place::metadata},
      {"192.0.0.192", Place::metadata},
      {"fd00:ec2::254", Place::metadata},
      {"224.0.0.1", Place::multicast},
      {"255.255.255.255", Place::multicast},
      {"ff02::1", Place::multicast},
      {"0.0.0.0", Place::reserved},
      {"0.1.2.3", Place::reserved},
      {"::", Place::reserved},
      {"::7f00:1", Place::reserved},  // "v4-compatible" 127.0.0.1
      {"192.0.2.1", Place::reserved},
      {"198.18.0.1", Place::reserved},
      {"198.51.100.1", Place::reserved},
      {"203.0.113.1", Place::reserved},
      {"240.0.0.1", Place::reserved},
      {"2001:db8::1", Place::reserved},
      {"2001:20::1", Place::reserved},  // ORCHIDv2
      {"3fff::1", Place::reserved},
      {"100::1", Place::reserved},
      {"4000::1", Place::reserved},
      {"64:ff9b::7f00:1", Place::loopback},     // NAT64 of 127.0.0.1
      {"64:ff9b::a9fe:a9fe", Place::metadata},  // NAT64 of 169.254.169.254
      {"64:ff9b::808:808", Place::global},      // NAT64 of 8.8.8.8
      {"64:ff9b:1::7f00:1", Place::tunnel},
      {"2002:7f00:1::1", Place::tunnel},  // 6to4 of 127.0.0.1
      {"2001:0:7f00:1::1", Place::tunnel},
      {"192.88.99.1", Place::tunnel},
  };
  for (const auto& row : rows)
    EXPECT_EQ(name(place_of(*IpAddress::parse(row.address))), name(row.place)) << row.address;
}

}  // namespace
}  // namespace weir::gateway
