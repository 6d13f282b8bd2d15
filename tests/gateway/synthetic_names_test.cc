#include "gateway/synthetic_names.h"

#include <gtest/gtest.h>

#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

TEST(SyntheticNames, OneAddressForOneName) {
  SyntheticNames names;
  const auto a = names.address_of("a.example");
  const auto b = names.address_of("b.example");
  ASSERT_TRUE(a && b);
  EXPECT_NE(*a, *b);
  EXPECT_EQ(names.address_of("a.example"), a);
  EXPECT_EQ(names.name_of(*a), "a.example");
  EXPECT_EQ(names.name_of(*b), "b.example");
  EXPECT_EQ(place_of(*a), Place::reserved);
}

TEST(SyntheticNames, NoOtherAddressHasAName) {
  SyntheticNames names;
  EXPECT_TRUE(names.address_of("a.example"));
  for (const char* other :
       {"198.18.0.0", "198.18.0.2", "198.19.255.255", "0.0.0.0", "255.255.255.255", "::1", "::c612:1"})
    EXPECT_FALSE(names.name_of(*IpAddress::parse(other))) << other;
  EXPECT_TRUE(names.name_of(*IpAddress::parse("::ffff:198.18.0.1")));
}

TEST(SyntheticNames, AreBoundedAndStayInTheirNetwork) {
  SyntheticNames names;
  for (std::size_t i = 0; i < limits::kSyntheticNamesMax; ++i) {
    const auto address = names.address_of(std::to_string(i) + ".example");
    ASSERT_TRUE(address);
    ASSERT_TRUE(address->text().starts_with("198.18.") || address->text().starts_with("198.19."));
  }
  EXPECT_FALSE(names.address_of("one.more.example"));
  EXPECT_TRUE(names.address_of("0.example"));
}

}  // namespace
}  // namespace weir::gateway
