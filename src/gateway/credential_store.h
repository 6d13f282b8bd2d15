// Credentials that a person keeps with Weir: encrypted files, one each, in a directory of Weir's state.
//
//   CredentialStore store(places.state + "/credentials");
//   TRY_STATUS(store.add(credential));          // Error `exists`
//   TRY(StoredCredential one, store.get("github"));
//   TRY_STATUS(store.revoke("github"));         // not used from now on, and its value is gone
//
// NAME.credential (mode 0600) = nonce:24 and XChaCha20-Poly1305 of the credential (base/wire.h), with the
// name as additional data, by a key of its own in keys/ (store/keys.h): to revoke or remove it is to destroy
// 32 bytes. Like those keys it keeps others out, not this user's own programs: whoever reads the files can
// read the keys. "revoked" has a line for each name that was revoked or removed; runs under way watch it
// (credential_set.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/credential.h"

namespace weir::gateway {

struct StoredCredential {
  std::string name;
  CredentialScope scope;
  std::vector<std::string> variables;  // of the pod; of AWS: ID, secret, session token
  std::string file, text;              // a file of the pod, and its content with "{}"; or ""
  std::int64_t added_ms = 0;           // since 1970
  std::int64_t expires_ms = 0;         // 0: never
  std::int64_t revoked_ms = 0;         // 0: not
  os::SecretText value;                // empty when it was revoked, and in list()
};

class CredentialStore {
 public:
  explicit CredentialStore(std::string directory) : directory_(std::move(directory)) {}

  // Errors: `invalid` (a name that is none, a value that can have no placeholder), `exists`.
  Status add(const StoredCredential& credential);
  // Errors: `not_found`, `corrupt`.
  Result<StoredCredential> get(const std::string& name) const;
  Result<std::vector<StoredCredential>> list() const;  // by name, without values
  // Both also tell runs under way. `revoke` of a name that is not kept here is for a run that has it from a
  // variable.
  Status revoke(const std::string& name, std::int64_t now_ms);
  Status remove(const std::string& name);

 private:
  std::string path_of(const std::string& name) const;
  Status write(const StoredCredential& credential);
  Status note_revoked(const std::string& name) const;
  Status destroy_key(const std::string& name);

  std::string directory_;
};

}  // namespace weir::gateway
