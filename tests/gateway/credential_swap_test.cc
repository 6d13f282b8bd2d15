#include "gateway/credential_swap.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "gateway/credentials.h"

namespace weir::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Outcome {
  Swapped swapped;
  std::string text;
};

Outcome swap(CredentialSet& set, const std::string& head_text, const char* host = "a.example",
             std::int64_t now_ms = 1000) {
  const auto parsed = http::parse_request_head(head_text);
  EXPECT_TRUE(parsed && *parsed);
  RewrittenHead head = copy_of(**parsed);
  const Host canonical = canonical_host(host).value();
  const std::string method = head.method;
  Swapped swapped = swap_credentials(
      head, {.host = canonical, .port = 443, .secure = true, .method = method, .path = "/x"}, set, now_ms);
  return {std::move(swapped), head.text()};
}

Outcome swap_one(const std::string& fields, const std::string& place = "usual",
                 const char* host = "a.example", const std::string& target = "/x") {
  CredentialSet set(only(credential("a.example", place)));
  return swap(set, "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n\r\n", host);
}

std::string refusal(const Outcome& outcome) {
  return outcome.swapped.refused ? std::string(name(*outcome.swapped.refused)) : "";
}

TEST(CredentialSwap, PutsTheValueWhereThePlaceholderBelongs) {
  EXPECT_THAT(swap_one("Authorization: Bearer " + kPlaceholder).text, HasSubstr("Bearer " + kReal + "\r\n"));
  EXPECT_THAT(swap_one("authorization: token " + kPlaceholder).text, HasSubstr("token " + kReal + "\r\n"));
  EXPECT_THAT(swap_one("X-API-Key: " + kPlaceholder).text, HasSubstr("X-API-Key: " + kReal + "\r\n"));
  EXPECT_THAT(swap_one("X-Mine: " + kPlaceholder, "header:x-mine").text, HasSubstr("X-Mine: " + kReal));
  const std::string basic = to_base64(as_bytes("u:" + kPlaceholder));
  EXPECT_THAT(swap_one("Authorization: Basic " + basic).text,
              HasSubstr("Basic " + to_base64(as_bytes("u:" + kReal)) + "\r\n"));
  EXPECT_EQ(swap_one("Authorization: Bearer " + kPlaceholder).swapped.used.size(), 1U);
  EXPECT_EQ(swap_one("Authorization: Bearer something-else").swapped.used.size(), 0U);
}

TEST(CredentialSwap, AnywhereElseTheRequestIsRefused) {
  for (const std::string& fields :
       {"X-Other: " + kPlaceholder, "Cookie: a=" + kPlaceholder, "Authorization: Bearer x" + kPlaceholder,
        "Authorization: Digest " + kPlaceholder, "X-Api-Key: " + kPlaceholder + " ,b",
        "X-B64: " + to_base64(as_bytes("ab" + kPlaceholder)),
        "Referer: https://b.example/?t=" + kPlaceholder}) {
    const Outcome outcome = swap_one(fields);
    EXPECT_EQ(refusal(outcome), "misused_credential") << fields;
    EXPECT_THAT(outcome.text, Not(HasSubstr(kReal)));
    EXPECT_THAT(outcome.swapped.says, Not(HasSubstr(kReal)));
  }
  EXPECT_EQ(refusal(swap_one("X: y", "usual", "a.example", "/x?t=" + kPlaceholder)), "misused_credential");
  EXPECT_EQ(refusal(swap_one("X-Api-Key: " + kPlaceholder, "bearer")), "misused_credential");
  EXPECT_EQ(refusal(swap_one("Authorization: Bearer " + kPlaceholder, "usual", "b.example")),
            "misused_credential");
}

TEST(CredentialSwap, WhatHasEndedIsNotUsed) {
  Credential one = credential();
  one.expires_ms = 5000;
  CredentialSet set(only(std::move(one)));
  const std::string head = "GET /x HTTP/1.1\r\nHost: a.example\r\nX-Api-Key: " + kPlaceholder + "\r\n\r\n";
  EXPECT_EQ(refusal(swap(set, head, "a.example", 4999)), "");
  EXPECT_EQ(refusal(swap(set, head, "a.example", 5000)), "ended_credential");
}

TEST(CredentialSwap, WhatIsRevokedIsNotUsedFromThenOn) {
  os::Fd list(::memfd_create("revoked", MFD_CLOEXEC));
  ASSERT_EQ(::write(list.get(), "token\n", 6), 6);  // of a run before
  CredentialSet set(only(credential()), os::Fd(::dup(list.get())));
  const std::string head = "GET /x HTTP/1.1\r\nHost: a.example\r\nX-Api-Key: " + kPlaceholder + "\r\n\r\n";
  EXPECT_EQ(refusal(swap(set, head)), "");
  ASSERT_EQ(::write(list.get(), "other\ntok", 9), 9);
  EXPECT_EQ(refusal(swap(set, head)), "");
  ASSERT_EQ(::write(list.get(), "en\n", 3), 3);
  EXPECT_EQ(refusal(swap(set, head)), "ended_credential");
}

TEST(CredentialSwap, AnAwsRequestIsSignedAnew) {
  Credential one = credential("a.example", "aws-sigv4:us-east-1/service");
  one.placeholder = "AKIAPPPPPPPPPPPPPPPP:pppppppppppppppppppppppppppppppppppppppp";
  one.value = os::SecretText("AKIARRRRRRRRRRRRRRRR:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  CredentialSet set(only(std::move(one)));
  const auto request = [&](const std::string& region) {
    return "GET / HTTP/1.1\r\nHost: a.example\r\nX-Amz-Date: 20150830T123600Z\r\nX-Amz-Security-Token: "
           "old\r\n"
           "Authorization: AWS4-HMAC-SHA256 Credential=AKIAPPPPPPPPPPPPPPPP/20150830/" +
           region + "/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=00\r\n\r\n";
  };
  const std::string text = request("us-east-1");
  RewrittenHead head = copy_of(**http::parse_request_head(text));
  const Host host = canonical_host("a.example").value();
  const CredentialRequest where{.host = host, .port = 443, .secure = true, .method = "GET", .path = "/"};
  const Swapped swapped = swap_credentials(head, where, set, 0);
  ASSERT_NE(swapped.sign_with, nullptr);
  ASSERT_TRUE(sign_request(head, *swapped.sign_with, std::string(64, '0')));
  EXPECT_THAT(head.text(), HasSubstr("Credential=AKIARRRRRRRRRRRRRRRR/20150830/us-east-1/service"));
  EXPECT_THAT(head.text(), Not(HasSubstr("Signature=00\r")));
  EXPECT_THAT(head.text(), Not(HasSubstr("Security-Token")));  // the real key has none
  const std::string elsewhere = request("eu-west-1");
  RewrittenHead other = copy_of(**http::parse_request_head(elsewhere));
  const Swapped again = swap_credentials(other, where, set, 0);
  ASSERT_NE(again.sign_with, nullptr);
  EXPECT_FALSE(sign_request(other, *again.sign_with, std::string(64, '0')));
}

}  // namespace
}  // namespace weir::gateway
