#include "detect/verify.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "detect/entropy.h"
#include "detect/placeholder.h"

namespace weir::detect {
namespace {

TEST(Verify, Crc32IsTheStandardOne) {
  // ISO-HDLC check value of "123456789" is cbf43926.
  std::uint64_t value = 0;
  for (const char c : crc32_base62("123456789"))
    value = value * 62 + static_cast<std::uint64_t>(c <= '9'   ? c - '0'
                                                    : c <= 'Z' ? c - 'A' + 10
                                                               : c - 'a' + 36);
  EXPECT_EQ(value, 0xcbf43926u);
}

TEST(Verify, JwtNeedsAHeaderWithAnAlgorithm) {
  const auto token = [](std::string_view header) { return to_base64(as_bytes(header)) + ".e30.sig"; };
  EXPECT_EQ(verify("jwt", token("{\"alg\":\"HS256\"}"), "").check, Check::passed);
  EXPECT_EQ(verify("jwt", token("{\"typ\":\"JWT\"}"), "").check, Check::none);
  EXPECT_EQ(verify("jwt", "eyJub3QganNvbg.e30.s", "").check, Check::none);
}

TEST(Verify, AwsKeysNameTheirAccount) {
  // Published by the researchers who decoded the format.
  EXPECT_EQ(verify("aws", "ASIAQNZGKIQY56JQ7WML", "").note, "it belongs to AWS account 029608264753");
}

TEST(Verify, LuhnAndBasicAndPem) {
  EXPECT_TRUE(luhn("4111 1111 1111 1111"));
  EXPECT_FALSE(luhn("4111111111111112"));
  EXPECT_EQ(verify("basic", to_base64(as_bytes("user:pa55")), "").check, Check::passed);
  EXPECT_EQ(verify("basic", to_base64(as_bytes("nothing here")), "").check, Check::none);
  const std::string der = to_base64(as_bytes(std::string("\x30\x10") + std::string(60, 'k')));
  const std::string pem = "-----BEGIN K-----\n" + der + "\n-----END K-----";
  EXPECT_EQ(verify("pem", pem, pem).check, Check::passed);
}

TEST(Placeholder, TellsTemplatesFillingsAndSequences) {
  for (const char* text :
       {"${TOKEN}", "$TOKEN", "{{ token }}", "<token>", "%TOKEN%", "$(get token)", "process.env.T"})
    EXPECT_TRUE(is_template(text)) << text;
  EXPECT_FALSE(is_template("pa$word"));
  EXPECT_TRUE(is_filled("sk_xxxxxxxx"));
  EXPECT_FALSE(is_filled("aXbXcXdX"));
  EXPECT_TRUE(is_sequential("zzabcdefzz", 6));
  EXPECT_TRUE(is_sequential("987654", 6));
  EXPECT_FALSE(is_sequential("aBcDeF", 6));
  EXPECT_TRUE(is_identifier_like("2cc52102-820f-4946-abfd-e13e05409c81"));
  EXPECT_TRUE(is_identifier_like("24b08f8ba4a26fc224519dff0ccd1864e980b55c"));
  EXPECT_TRUE(is_wordy("my-secret-name"));
  EXPECT_FALSE(is_wordy("q7Rt2xW9zK4mB1vN"));
}

TEST(Entropy, IsShannons) {
  EXPECT_DOUBLE_EQ(shannon_entropy(""), 0);
  EXPECT_DOUBLE_EQ(shannon_entropy("aaaa"), 0);
  EXPECT_DOUBLE_EQ(shannon_entropy("abcdefghijklmnop"), 4);
}

}  // namespace
}  // namespace weir::detect
