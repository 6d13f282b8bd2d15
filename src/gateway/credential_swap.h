// Placeholders in the head of a request become the credentials that they stand for, where these belong;
// anywhere else the request is refused.
//
//   Swapped done = swap_credentials(head, request, set, now_ms);
//   if (done.refused) … done.says …
//   else send serialise(done.head)
//
// A placeholder belongs: to the hosts, methods and paths of its credential; over TLS, or to the host's
// loopback; as the whole of a header field's value, behind the word of a scheme, or as one half of Basic. It
// does not belong into a URL.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/aws_signature.h"
#include "gateway/credential_set.h"
#include "http/request_head.h"

namespace weir::gateway {

// A head that is being rewritten: what it was parsed from may be changed or go.
struct RewrittenHead {
  std::string method;
  std::string target;
  int minor = 1;
  std::vector<std::pair<std::string, std::string>> fields;  // names as sent

  std::string text() const;
  void drop(std::string_view lower_name);
};
RewrittenHead copy_of(const http::RequestHead& head);

struct Swapped {
  std::optional<Refusal> refused;
  std::string says;  // why, for the person; never a value
  std::vector<const Credential*> used;
  const Credential* sign_with = nullptr;  // AWS: sign_request() comes next, with the hash of the body
};

Swapped swap_credentials(RewrittenHead& head, const CredentialRequest& request, CredentialSet& set,
                         std::int64_t now_ms);

// The hash that the request's signature has to be made with, when it is not that of the body: "" then.
std::string given_body_hash(const RewrittenHead& head);
Status sign_request(RewrittenHead& head, const Credential& credential, std::string_view body_sha256);

}  // namespace weir::gateway
