// The credentials of a pod as a command line asks for them (docs/credentials.md): the values for the egress
// process, the placeholders for the pod, and the certificates by which the pod's programs trust the process
// that swaps them.
//
//   TRY(PodCredentials credentials, pod_credentials(args, env, stored));
//   … ready_pod(profile, request, std::move(credentials), …)      // cli/pod_start.h does the rest
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "gateway/egress_secrets.h"
#include "pod/pod_spec.h"

namespace weir::cli {

struct PodCredentials {
  std::vector<gateway::Credential> list;
  std::map<std::string, std::string> env;  // variable → placeholder
  std::vector<pod::PodFile> files;         // that hold placeholders
};

// A credential that the person keeps with Weir, with what the pod gets in its place.
struct NamedCredential {
  gateway::Credential credential;  // its placeholder is made by who asks
  std::vector<std::string> variables;
  std::string file, text;  // a file of the pod's own and its content, in which "{}" is the placeholder; or ""
};
using FindCredential =
    std::function<Result<NamedCredential>(const os::Places& places, const std::string& name)>;

// --credential. `find`: for names; none: there is no store here. Errors: `not_found`, `invalid`.
Result<PodCredentials> pod_credentials(const Args& args, const std::map<std::string, std::string>& env,
                                       const os::Places& places, const FindCredential& find);
// "VARIABLE@HOST[:PORT][/PATH]": the value of a variable of the caller, as any header may carry it.
Result<NamedCredential> credential_of_variable(std::string_view text,
                                               const std::map<std::string, std::string>& env);
// Makes the placeholder and adds both.
Status add_credential(NamedCredential named, const std::string& home, PodCredentials& credentials);

bool needs_authority(const gateway::EgressPolicy& policy, const PodCredentials& credentials);
// Makes the run's authority, reads the host's certificates, and puts the placeholders into the pod.
Result<gateway::EgressSecrets> run_secrets(const gateway::EgressPolicy& policy, PodCredentials credentials,
                                           const os::Places& places, pod::PodSpec& spec);
// The host's certificates and the authority's, where programs look for them. `directory`: of the pod, in the
// store.
Status show_authority(const gateway::EgressSecrets& secrets, const std::string& directory,
                      pod::PodSpec& spec);

// Where `weir credential revoke` notes names for runs that are under way.
std::string revocations_path(const os::Places& places);

}  // namespace weir::cli
