#include "cli/stored_credentials.h"

#include "gateway/credential_store.h"
#include "os/clock.h"

namespace weir::cli {

Result<NamedCredential> stored_credential(const os::Places& places, const std::string& name) {
  TRY(gateway::StoredCredential stored, gateway::CredentialStore(places.state + "/credentials").get(name));
  if (stored.revoked_ms != 0) return fail(ErrorCode::erased, "the credential was revoked", name);
  if (stored.expires_ms != 0 && stored.expires_ms <= os::wall_ns() / 1'000'000)
    return fail(ErrorCode::erased, "the credential has expired", name, "remove it and add it again");
  NamedCredential out;
  out.credential.name = stored.name;
  out.credential.scope = std::move(stored.scope);
  out.credential.expires_ms = stored.expires_ms;
  out.credential.value = std::move(stored.value);
  out.variables = std::move(stored.variables);
  out.file = std::move(stored.file);
  out.text = std::move(stored.text);
  return out;
}

}  // namespace weir::cli
