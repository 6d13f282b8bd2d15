// A credential as the egress proxy uses it: the value, the placeholder that stands for it in the pod, and the
// requests that it belongs to. Whatever else carries the placeholder carries nothing.
//
//   Credential one{.name = "github", .placeholder = "ghp_…", .scope = {...}, .value = SecretText(...)};
//   if (one.scope.wrong_place(request)) …        // why it does not belong there
//
// The text forms of the parts are those of `weir credential add` (docs/credentials.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/wire.h"
#include "gateway/egress_policy.h"
#include "os/secret_text.h"

namespace weir::gateway {

// Where in a request it stands.
struct CredentialPlace {
  enum class Kind {
    usual,   // any of the others but aws_sigv4, and the header fields that services commonly use
    bearer,  // Authorization: Bearer VALUE, or token VALUE
    basic,   // Authorization: Basic, the user's name or the password
    header,  // the whole value of one field
    aws_sigv4
  };
  Kind kind = Kind::usual;
  std::string field;            // header: lower case
  std::string region, service;  // aws_sigv4; empty: as the program says
  bool operator==(const CredentialPlace&) const = default;
};
// "usual", "bearer", "basic", "header:X-Api-Key", "aws-sigv4[:REGION/SERVICE]".
Result<CredentialPlace> parse_credential_place(std::string_view text);
std::string text_of(const CredentialPlace& place);

struct CredentialRequest {
  const Host& host;
  std::uint16_t port = 0;
  bool secure = false;  // over TLS whose certificate was verified
  std::string_view method;
  std::string_view path;
};

struct CredentialScope {
  std::vector<EgressRule> hosts;     // names, suffixes, addresses, loopback endpoints; their ports
  std::vector<std::string> methods;  // empty: all
  std::vector<std::string> paths;    // patterns; empty: all
  bool plain = false;                // also without TLS; to the host's loopback always
  CredentialPlace place;

  // None: it belongs there. Else the part that is wrong: "host", "path", "method", "plain HTTP".
  std::optional<std::string_view> wrong_place(const CredentialRequest& request) const;
  bool means(const Host& host, std::uint16_t port) const;
};

struct Credential {
  std::string name;
  CredentialScope scope;
  std::int64_t expires_ms = 0;  // since 1970; 0: never
  std::string placeholder;
  os::SecretText value;
};

// An AWS credential's value and placeholder are "ID:SECRET" or "ID:SECRET:SESSION_TOKEN".
struct AwsKeys {
  std::string_view id, secret, token;
};
std::optional<AwsKeys> aws_keys(std::string_view value);

// What stands for it in the pod (placeholder.h), each part of an AWS credential for itself.
Result<std::string> placeholder_for(const CredentialPlace& place, std::string_view value);

// Between processes of one run, and inside of what is stored encrypted.
void write(WireWriter& out, const CredentialScope& scope);
Result<CredentialScope> read_credential_scope(WireReader& in);

bool is_credential_name(std::string_view name);  // letters, digits, ".", "_", "-"; at most 64

}  // namespace weir::gateway
