// The certificate authority of one run: made when a pod starts whose connections are opened and looked at,
// trusted by that pod alone, and gone with it. Its private key exists in the supervisor and in the egress
// process, in memory.
//
//   TRY(RunAuthority authority, make_run_authority({"api.example.org"}));
//   pod's bundle: host's bundle + authority.certificate
//
// ECDSA P-256, good for the hosts that it is made for (name constraints) and for a week. The making needs
// libcrypto's certificates, which the small program that starts pods is not linked with: it asks the main
// program for one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/secret_text.h"

namespace weir::gateway {

struct RunAuthority {
  std::string certificate;  // PEM
  os::SecretText key;       // PEM, PKCS #8
};

// `hosts`: canonical names and addresses; a name stands for those below it, too.
Result<RunAuthority> make_run_authority(const std::vector<std::string>& hosts);

inline constexpr std::string_view kRunAuthorityArgument = "--internal-run-authority";
// The same by a process of `program`, whose main() answers kRunAuthorityArgument by run_authority_process().
Result<RunAuthority> request_run_authority(const std::vector<std::string>& hosts,
                                           const std::string& program = "/proc/self/exe");
int run_authority_process();

}  // namespace weir::gateway
