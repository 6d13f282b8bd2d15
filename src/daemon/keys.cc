#include "daemon/keys.h"

#include <sodium.h>

#include "base/bytes.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

std::string key_file(const os::Places& places) {
  return places.keys_dir() + "/hook.key";
}

}  // namespace

std::string HookKey::public_base64() const {
  return to_base64(public_key);
}

Result<HookKey> load_or_create_hook_key(const os::Places& places) {
  CHECK(sodium_init() >= 0);
  TRY_STATUS(os::make_dirs(places.keys_dir()));
  const std::string file = key_file(places);
  HookKey key;
  if (const auto bytes = os::read_file(file, 64)) {
    if (bytes->size() != key.secret.bytes.size())
      return fail(ErrorCode::corrupt, "the hook signing key is damaged", file,
                  "restore it from a backup, or remove it and run `weir init` again for every agent");
    std::copy(bytes->begin(), bytes->end(), key.secret.bytes.begin());
    crypto_sign_ed25519_sk_to_pk(key.public_key.data(), key.secret.bytes.data());
  } else if (bytes.error().code == ErrorCode::not_found) {
    crypto_sign_keypair(key.public_key.data(), key.secret.bytes.data());
    TRY_STATUS(os::write_file_atomic(file, as_text(key.secret.bytes), 0600));
  } else {
    return std::unexpected(bytes.error());
  }
  const std::string text = key.public_base64() + "\n";
  if (os::read_file(places.public_key_file(), 256) != text)
    TRY_STATUS(os::write_file_atomic(places.public_key_file(), text, 0644));
  return key;
}

Result<std::string> hook_public_key(const os::Places& places) {
  TRY(const HookKey key, load_or_create_hook_key(places));
  return key.public_base64();
}

bool PinStore::is_set() const {
  return os::exists(file_);
}

Status PinStore::set(const std::string& pin) {
  if (pin.size() < 4 || pin.size() > 64) return fail("a PIN has 4 to 64 characters");
  char hash[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str(hash, pin.data(), pin.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_MIN * 1024) != 0)
    return fail(ErrorCode::unavailable, "not enough memory to hash the PIN");
  return os::write_file_atomic(file_, hash, 0600);
}

Status PinStore::check(const std::string& pin, std::int64_t now_ns) {
  constexpr int kWrongMax = 5;
  constexpr std::int64_t kLockNs = std::int64_t{60} * 1'000'000'000;
  const auto hash = os::read_file(file_, crypto_pwhash_STRBYTES);
  if (!hash) return fail("no approval PIN is set", {}, "set one in your own terminal with `weir pin`");
  if (now_ns < locked_until_ns_) return fail(ErrorCode::denied, "too many wrong PINs", {}, "wait a minute");
  if (crypto_pwhash_str_verify(std::string(*hash).c_str(), pin.data(), pin.size()) == 0) {
    wrong_ = 0;
    return {};
  }
  if (++wrong_ >= kWrongMax) {
    wrong_ = 0;
    locked_until_ns_ = now_ns + kLockNs;
  }
  return fail(ErrorCode::denied, "the PIN is wrong");
}

}  // namespace weir::daemon
