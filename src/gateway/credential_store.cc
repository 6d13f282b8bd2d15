#include "gateway/credential_store.h"

#include <fcntl.h>
#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/bytes.h"
#include "base/wire.h"
#include "gateway/gateway_limits.h"
#include "os/fd.h"
#include "os/files.h"
#include "os/random.h"
#include "store/keys.h"

namespace weir::gateway {
namespace {

constexpr std::string_view kSuffix = ".credential";
constexpr std::size_t kFileBytesMax = 1 << 20;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

std::string root_of(const std::string& name) {
  return "credential:" + name;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string encoded(const StoredCredential& one) {
  WireWriter out;
  out.text(one.name).number(one.variables.size());
  for (const auto& variable : one.variables)
    out.text(variable);
  out.text(one.file).text(one.text).number(static_cast<std::uint64_t>(one.added_ms));
  out.number(static_cast<std::uint64_t>(one.expires_ms)).number(static_cast<std::uint64_t>(one.revoked_ms));
  out.text(one.value.view());
  write(out, one.scope);
  return out.take();
}

Result<StoredCredential> decoded(std::string_view bytes) {
  WireReader in(bytes);
  StoredCredential one;
  one.name = in.text();
  for (std::size_t left = in.items(limits::kCredentialListMax); left > 0; --left)
    one.variables.push_back(in.text());
  one.file = in.text();
  one.text = in.text();
  one.added_ms = static_cast<std::int64_t>(in.number());
  one.expires_ms = static_cast<std::int64_t>(in.number());
  one.revoked_ms = static_cast<std::int64_t>(in.number());
  std::string value = in.text();
  one.value = os::SecretText(value);
  os::wipe(value);
  TRY(one.scope, read_credential_scope(in));
  if (!in.ok_to_the_end()) return fail(ErrorCode::corrupt, "not a credential");
  return one;
}

Status check_name(const std::string& name) {
  if (is_credential_name(name)) return {};
  return fail("a credential's name is made of letters, digits and ._-", printable(name, 100),
              "at most 64 of them");
}

}  // namespace

std::string CredentialStore::path_of(const std::string& name) const {
  return directory_ + "/" + name + std::string(kSuffix);
}

Status CredentialStore::add(const StoredCredential& credential) {
  TRY_STATUS(check_name(credential.name));
  if (const auto placeholder = placeholder_for(credential.scope.place, credential.value.view()); !placeholder)
    return std::unexpected(placeholder.error());
  if (os::exists(path_of(credential.name)))
    return fail(ErrorCode::exists, "there is a credential of this name", credential.name,
                "weir credential remove " + credential.name);
  return write(credential);
}

Status CredentialStore::write(const StoredCredential& credential) {
  TRY_STATUS(os::make_dirs(directory_ + "/keys", 0700));
  TRY(const auto keys, store::KeyRing::open(directory_ + "/keys", store::KeyRing::Access::write));
  TRY(const auto key, keys->get_or_create(root_of(credential.name)));
  std::string plain = encoded(credential);
  const auto nonce = os::random_bytes<kNonceBytes>();
  std::string file(as_text(ByteView(nonce.data(), nonce.size())));
  file.resize(kNonceBytes + plain.size() + kTagBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      reinterpret_cast<unsigned char*>(file.data()) + kNonceBytes, nullptr, bytes_of(plain), plain.size(),
      bytes_of(credential.name), credential.name.size(), nullptr, nonce.data(), key->encryption.bytes.data());
  os::wipe(plain);
  return os::write_file_atomic(path_of(credential.name), file, 0600);
}

Result<StoredCredential> CredentialStore::get(const std::string& name) const {
  TRY_STATUS(check_name(name));
  const auto file = os::read_file(path_of(name), kFileBytesMax);
  if (!file && file.error().code == ErrorCode::not_found)
    return fail(ErrorCode::not_found, "there is no credential of this name", name,
                "`weir credential list` shows them");
  if (!file) return std::unexpected(file.error());
  TRY(const auto keys, store::KeyRing::open(directory_ + "/keys", store::KeyRing::Access::read));
  TRY(const auto key, keys->get(root_of(name)));
  if (file->size() < kNonceBytes + kTagBytes)
    return fail(ErrorCode::corrupt, "a stored credential is damaged", name);
  std::string plain(file->size() - kNonceBytes - kTagBytes, '\0');
  const bool opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
                          reinterpret_cast<unsigned char*>(plain.data()), nullptr, nullptr,
                          bytes_of(*file) + kNonceBytes, file->size() - kNonceBytes, bytes_of(name),
                          name.size(), bytes_of(*file), key->encryption.bytes.data()) == 0;
  if (!opened)
    return fail(ErrorCode::corrupt, "a stored credential is damaged", name, "remove it and add it again");
  auto one = decoded(plain);
  os::wipe(plain);
  return one;
}

Result<std::vector<StoredCredential>> CredentialStore::list() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error))
    if (std::string name = entry.path().filename().string(); name.ends_with(kSuffix))
      names.push_back(name.substr(0, name.size() - kSuffix.size()));
  std::ranges::sort(names);
  std::vector<StoredCredential> out;
  for (const auto& name : names) {
    TRY(StoredCredential one, get(name));
    one.value = os::SecretText();
    out.push_back(std::move(one));
  }
  return out;
}

// Whole lines only: two writers at once, or one that is killed, leave no half name that means another.
Status CredentialStore::note_revoked(const std::string& name) const {
  TRY_STATUS(os::make_dirs(directory_, 0700));
  const std::string path = directory_ + "/revoked";
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd)
    return std::unexpected(os::errno_error("the list of revoked credentials cannot be written", path, errno));
  return os::write_all(fd.get(), name + "\n");
}

Status CredentialStore::destroy_key(const std::string& name) {
  TRY(const auto keys, store::KeyRing::open(directory_ + "/keys", store::KeyRing::Access::write));
  TRY(const bool wiped, keys->wipe(root_of(name)));
  (void)wiped;
  return keys->forget(root_of(name));
}

Status CredentialStore::revoke(const std::string& name, std::int64_t now_ms) {
  TRY_STATUS(check_name(name));
  TRY_STATUS(note_revoked(name));
  if (!os::exists(path_of(name))) return {};
  TRY(StoredCredential one, get(name));
  if (one.revoked_ms != 0) return {};
  one.value = os::SecretText();
  one.revoked_ms = now_ms;
  TRY_STATUS(destroy_key(name));
  return write(one);
}

Status CredentialStore::remove(const std::string& name) {
  TRY_STATUS(check_name(name));
  if (!os::exists(path_of(name)))
    return fail(ErrorCode::not_found, "there is no credential of this name", name,
                "`weir credential list` shows them");
  TRY_STATUS(note_revoked(name));
  TRY_STATUS(destroy_key(name));
  return os::remove_file(path_of(name));
}

}  // namespace weir::gateway
