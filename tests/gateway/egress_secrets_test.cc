#include "gateway/egress_secrets.h"

#include <gtest/gtest.h>

#include "gateway/credentials.h"

namespace weir::gateway {
namespace {

TEST(EgressSecrets, AreReadAsTheyWereWritten) {
  EgressSecrets secrets;
  secrets.authority = {.certificate = "certificate", .key = os::SecretText("key")};
  secrets.trusted = "trusted";
  secrets.credentials = only(credential("*.a.example", "header:x-key"));
  secrets.credentials[0].expires_ms = 1'800'000'000'000;
  const auto again = decode_egress_secrets(encode(secrets));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->authority.key.view(), "key");
  EXPECT_EQ(again->trusted, "trusted");
  ASSERT_EQ(again->credentials.size(), 1U);
  EXPECT_EQ(again->credentials[0].value.view(), kReal);
  EXPECT_EQ(again->credentials[0].expires_ms, 1'800'000'000'000);
  EXPECT_EQ(again->credentials[0].scope.place.field, "x-key");
}

TEST(EgressSecrets, WhatIsCutOrNotWholeIsAnError) {
  EgressSecrets secrets;
  secrets.credentials = only(credential());
  const std::string bytes = encode(secrets);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_egress_secrets(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(decode_egress_secrets(bytes + "x"));
  secrets.credentials[0].placeholder.pop_back();  // a value that is masked has to stay as long
  EXPECT_FALSE(decode_egress_secrets(encode(secrets)));
}

}  // namespace
}  // namespace weir::gateway
