#include "gateway/aws_signature.h"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

constexpr AwsKeys kKeys{
    .id = "AKIDEXAMPLE", .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", .token = {}};
constexpr const char* kEmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string authorization(std::string_view service, std::string_view fields, std::string_view signature) {
  return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/" + std::string(service) +
         "/aws4_request, SignedHeaders=" + std::string(fields) + ", Signature=" + std::string(signature);
}

// "get-vanilla" of the published test vectors.
TEST(AwsSignature, IsThatOfThePublishedVector) {
  const std::string expected = authorization(
      "service", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  const std::string before = authorization("service", "host;x-amz-date", "0");
  const auto said = read_aws_authorization(before);
  ASSERT_TRUE(said);
  const AwsRequest request{.method = "GET",
                           .target = "/",
                           .fields = {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}},
                           .body_sha256 = kEmptyHash};
  EXPECT_EQ(sign_aws(request, *said, kKeys).value(), expected);
}

// Made with botocore 1.x at a fixed time: an encoded path, a query that is not sorted, a body.
TEST(AwsSignature, IsThatOfBotocore) {
  const std::string fields = "content-type;host;x-amz-date";
  const std::string before = authorization("service", fields, "0");
  const auto said = read_aws_authorization(before);
  ASSERT_TRUE(said);
  const AwsRequest request{.method = "POST",
                           .target = "/a%20b/c?Param2=value2&Param1=value%201",
                           .fields = {{"host", "example.amazonaws.com"},
                                      {"content-type", "application/json"},
                                      {"x-amz-date", "20150830T123600Z"}},
                           .body_sha256 = "5041bf1f713df204784353e82f6a4a535931cb64f1f4b4a5aeaffcb720918b22"};
  EXPECT_EQ(
      sign_aws(request, *said, kKeys).value(),
      authorization("service", fields, "716405d7ae0f7ac0c70b4dde74543198271181853f62a137972355d6118ed6c1"));
}

// S3 does not encode its path again; a session token is signed like any field.
TEST(AwsSignature, IsThatOfBotocoreForS3) {
  const std::string fields = "host;x-amz-content-sha256;x-amz-date;x-amz-security-token";
  const std::string before = authorization("s3", fields, "0");
  const auto said = read_aws_authorization(before);
  ASSERT_TRUE(said);
  const std::string hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  const AwsRequest request{.method = "PUT",
                           .target = "/a%20b/c%2Bd?x-id=PutObject",
                           .fields = {{"host", "bucket.s3.amazonaws.com"},
                                      {"x-amz-date", "20150830T123600Z"},
                                      {"x-amz-security-token", "SESSIONTOKENEXAMPLE"},
                                      {"x-amz-content-sha256", hash}},
                           .body_sha256 = hash};
  EXPECT_EQ(sign_aws(request, *said, kKeys).value(),
            authorization("s3", fields, "010c71adddeeec839353f7dbd1275dbce089e004218014adfdd00e7adfa97c02"));
}

TEST(AwsSignature, ASignedFieldOrDateThatIsMissingIsAnError) {
  const std::string before = authorization("service", "host;x-amz-date", "0");
  const auto said = read_aws_authorization(before);
  ASSERT_TRUE(said);
  EXPECT_FALSE(sign_aws(
      {.method = "GET", .target = "/", .fields = {{"host", "a"}}, .body_sha256 = kEmptyHash}, *said, kKeys));
  EXPECT_FALSE(sign_aws({.method = "GET",
                         .target = "/",
                         .fields = {{"host", "a"}, {"x-amz-date", "20150831T000000Z"}},
                         .body_sha256 = kEmptyHash},
                        *said, kKeys));
}

TEST(AwsSignature, WhatIsNoAuthorizationIsNone) {
  for (const char* value : {"", "Bearer x", "AWS4-HMAC-SHA256",
                            "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host",
                            "AWS4-HMAC-SHA256 Credential=a/b/c/aws4_request, SignedHeaders=host, Signature=0",
                            "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=, Signature=0",
                            "AWS4-HMAC-SHA256 nothing"})
    EXPECT_FALSE(read_aws_authorization(value)) << value;
  EXPECT_TRUE(is_plain_aws_payload(kEmptyHash));
  EXPECT_TRUE(is_plain_aws_payload("UNSIGNED-PAYLOAD"));
  EXPECT_FALSE(is_plain_aws_payload("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"));
  EXPECT_FALSE(is_plain_aws_payload("00"));
}

}  // namespace
}  // namespace weir::gateway
