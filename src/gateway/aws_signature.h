// AWS Signature Version 4: a request that a program in the pod signed with a placeholder is signed anew with
// the real key ("Create a signed AWS API request" in the IAM User Guide; the canonical form is that of
// botocore and the published test vectors).
//
//   if (const auto said = read_aws_authorization(value)) …               // whose key, which region, which
//   fields TRY(const std::string line, sign_aws(request, *said, keys));         // the new value of
//   Authorization
//
// Signed is what the program had signed: the same fields, date, region and service.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "gateway/credential.h"

namespace weir::gateway {

// The value of an Authorization field that begins with AWS4-HMAC-SHA256. Views into it.
struct AwsAuthorization {
  std::string_view id;
  std::string_view date, region, service;       // of the credential's scope
  std::vector<std::string_view> signed_fields;  // lower case, in order
};
std::optional<AwsAuthorization> read_aws_authorization(std::string_view value);

struct AwsRequest {
  std::string_view method;
  std::string_view target;                                  // "/path?query" as it is sent
  std::vector<std::pair<std::string, std::string>> fields;  // lower-case names; values as they are sent
  std::string_view body_sha256;                             // hex, or a word such as UNSIGNED-PAYLOAD
};

// Errors: `invalid`: a signed field that the request has not, no X-Amz-Date.
Result<std::string> sign_aws(const AwsRequest& request, const AwsAuthorization& said, const AwsKeys& keys);

// May this x-amz-content-sha256 be passed on? Not those whose chunks carry signatures of their own.
bool is_plain_aws_payload(std::string_view value);

}  // namespace weir::gateway
