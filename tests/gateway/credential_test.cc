#include "gateway/credential.h"

#include <gtest/gtest.h>

#include "gateway/credentials.h"

namespace weir::gateway {
namespace {

std::string wrong(const CredentialScope& scope, const char* host, std::uint16_t port, bool secure,
                  const char* method, const char* path) {
  const Host canonical = canonical_host(host).value();
  return std::string(
      scope.wrong_place({.host = canonical, .port = port, .secure = secure, .method = method, .path = path})
          .value_or(""));
}

TEST(Credential, BelongsToItsHostPathAndMethodOverTls) {
  CredentialScope scope = credential().scope;
  scope.methods = {"GET"};
  scope.paths = {"/api/*"};
  EXPECT_EQ(wrong(scope, "a.example", 443, true, "GET", "/api/x"), "");
  EXPECT_EQ(wrong(scope, "b.example", 443, true, "GET", "/api/x"), "another host");
  EXPECT_EQ(wrong(scope, "x.a.example", 443, true, "GET", "/api/x"), "another host");
  EXPECT_EQ(wrong(scope, "a.example", 80, false, "GET", "/api/x"), "another host");
  EXPECT_EQ(wrong(scope, "a.example", 443, false, "GET", "/api/x"), "plain HTTP");
  EXPECT_EQ(wrong(scope, "a.example", 443, true, "POST", "/api/x"), "another method");
  EXPECT_EQ(wrong(scope, "a.example", 443, true, "GET", "/other"), "another path");
  scope.plain = true;
  EXPECT_EQ(wrong(scope, "a.example", 443, false, "GET", "/api/x"), "");
}

TEST(Credential, TheHostsOwnLoopbackNeedsNoTls) {
  const CredentialScope scope = credential("localhost:8701").scope;
  EXPECT_EQ(wrong(scope, "127.0.0.1", 8701, false, "POST", "/v1"), "");
  EXPECT_EQ(wrong(scope, "127.0.0.1", 8702, false, "POST", "/v1"), "another host");
}

TEST(Credential, PlacesHaveOneTextForm) {
  for (const char* text :
       {"usual", "bearer", "basic", "header:x-api-key", "aws-sigv4", "aws-sigv4:eu-west-1/s3"})
    EXPECT_EQ(text_of(parse_credential_place(text).value()), text);
  EXPECT_EQ(text_of(parse_credential_place("header:X-Api-Key").value()), "header:x-api-key");
  for (const char* text : {"", "cookie", "header:", "header:Host", "header:a b", "header:Content-Length",
                           "aws-sigv4:x", "aws-sigv4:a/b/c", "aws-sigv4x"})
    EXPECT_FALSE(parse_credential_place(text)) << text;
}

TEST(Credential, AScopeIsReadAsItWasWritten) {
  CredentialScope scope = credential("*.a.example:8443", "header:x-key").scope;
  scope.hosts.push_back(parse_allow_private("nas.lan:443").value());
  scope.methods = {"GET", "PUT"};
  scope.paths = {"/a/*"};
  scope.plain = true;
  WireWriter out;
  write(out, scope);
  const std::string bytes = out.take();
  WireReader in(bytes);
  const auto again = read_credential_scope(in);
  ASSERT_TRUE(again && in.ok_to_the_end());
  WireWriter second;
  write(second, *again);
  EXPECT_EQ(second.take(), bytes);
  EXPECT_TRUE(again->hosts[1].private_allowed);
}

TEST(Credential, PartsOfAnAwsCredentialHavePlaceholdersOfTheirOwn) {
  const std::string value = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  const std::string placeholder = placeholder_for(parse_credential_place("aws-sigv4").value(), value).value();
  ASSERT_TRUE(aws_keys(placeholder));
  EXPECT_EQ(aws_keys(placeholder)->id.size(), 20U);
  EXPECT_TRUE(aws_keys(placeholder)->id.starts_with("AKIA"));
  EXPECT_NE(aws_keys(placeholder)->secret, aws_keys(value)->secret);
  EXPECT_FALSE(placeholder_for(parse_credential_place("aws-sigv4").value(), "no-colon-in-this-0123456789"));
  EXPECT_FALSE(aws_keys("a:b:c:d"));
}

TEST(Credential, NamesAreFileNames) {
  EXPECT_TRUE(is_credential_name("git-hub.2_x"));
  for (const char* name : {"", ".", "..", "a/b", "a b", "a\n"})
    EXPECT_FALSE(is_credential_name(name)) << name;
}

}  // namespace
}  // namespace weir::gateway
