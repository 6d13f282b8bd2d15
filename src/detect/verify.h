// Structure and check digits: does a token that looks right hold together?
//
// Issuers build checks into their formats so that scanners can be sure without asking them. A rule names its
// check in the tag "verify:NAME":
//
//   github, npm   the last six characters are the CRC-32 of the others in base 62
//                 (github.blog, "Behind GitHub's new authentication token formats", 2021)
//   jwt           the header is base64url of a JSON object with "alg" (RFC 7519, section 5)
//   aws           characters 5.. hold the account number in base 32
//   pem           the body is base64 of a DER sequence, or the key is encrypted (RFC 7468)
//   basic         base64 of "user:password" (RFC 7617)
//   luhn          ISO/IEC 7812-1 check digit
//   userinfo      a password in a URL that is a password and no word for one
//   assigned      a value that only its name makes a secret: must look random
//
// `failed` lowers a finding's severity and does not drop it: a mistyped or invented token is still no text to
// publish. `none` drops it.
#pragma once

#include <string>
#include <string_view>

namespace weir::detect {

enum class Check {
  unchecked,  // the format has no check, or the name is not known
  passed,
  failed,  // the shape is right, the check digits are not
  none,    // it cannot be a secret of this kind
};

struct Checked {
  Check check = Check::unchecked;
  std::string note;  // "belongs to AWS account 123456789012"; may be empty
};

// `match` is the whole match around `secret`.
Checked verify(std::string_view name, std::string_view secret, std::string_view match);

// CRC-32 (ISO-HDLC) in base 62, digits first, then upper, then lower case, six characters.
std::string crc32_base62(std::string_view text);
bool luhn(std::string_view digits);

}  // namespace weir::detect
