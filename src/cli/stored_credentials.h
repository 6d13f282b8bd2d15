// The credentials that a person keeps with Weir, for pods of this command line. Apart from pod_credentials.h,
// so that the small program that starts pods is not linked with the store.
#pragma once

#include "cli/pod_credentials.h"

namespace weir::cli {

// Errors: `not_found`, `erased` (revoked or expired). A FindCredential.
Result<NamedCredential> stored_credential(const os::Places& places, const std::string& name);

}  // namespace weir::cli
