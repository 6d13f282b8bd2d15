// The daemon's own secrets: the key that signs hook answers, and the approval PIN.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "net/hook_wire.h"
#include "os/random.h"
#include "os/xdg.h"

namespace weir::daemon {

struct HookKey {
  os::SecretKey<64> secret;  // Ed25519, libsodium's 64-byte form
  net::PublicKey public_key{};
  std::string public_base64() const;
};

// Reads keys_dir/hook.key or makes it (0600); writes the public half to public_key_file. The key never
// changes by itself: hook settings name its public half.
Result<HookKey> load_or_create_hook_key(const os::Places& places);

// The public half as `weir init` writes it into hook settings; creates the key when there is none.
Result<std::string> hook_public_key(const os::Places& places);

// The approval PIN: 4 to 64 characters, kept as an Argon2id hash. Wrong answers slow down: after five in a
// row nothing is accepted for a minute.
class PinStore {
 public:
  explicit PinStore(std::string file) : file_(std::move(file)) {}
  bool is_set() const;
  Status set(const std::string& pin);
  // Errors: denied (wrong, or locked for a while), invalid (no PIN set).
  Status check(const std::string& pin, std::int64_t now_ns);

 private:
  std::string file_;
  int wrong_ = 0;
  std::int64_t locked_until_ns_ = 0;
};

}  // namespace weir::daemon
