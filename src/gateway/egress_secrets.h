// What the egress process is given apart from its policy, in a memory file of its own that is sealed: the
// run's authority, the certificates to verify servers with, and the credentials. Never in arguments or
// environment.
//
//   EgressSecrets secrets{.authority = …, .trusted = bundle, .credentials = …};
//   std::string bytes = encode(secrets);      // wipe it once it is written
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/credential.h"
#include "gateway/run_authority.h"

namespace weir::gateway {

struct EgressSecrets {
  RunAuthority authority;
  std::string trusted;  // PEM, one certificate after the other
  std::vector<Credential> credentials;
  std::string revocations;  // path of the list of revocations; "" for none. Opened by who starts the process
};

std::string encode(const EgressSecrets& secrets);
// Errors: `corrupt`, `limit`.
Result<EgressSecrets> decode_egress_secrets(std::string_view bytes);

}  // namespace weir::gateway
