// Keys of session trees: one small file each, apart from the segments, so that erasing a session means
// destroying 32 bytes, and so that a copy of the segments alone tells nothing.
//
//   TRY(auto keys, KeyRing::open(dir, KeyRing::Access::write));
//   TRY(auto key, keys->get_or_create("claude-code:4f1…"));   // durable before it returns
//
// The file (docs/formats/bodies.md), named by the first 16 bytes of SHA-256(root) in hex + ".key", mode 0600:
//
//   file   = "weir.key" version:u16=1 state:u8 zero:u8 root_bytes:u32   16   state 1 live, 2 wiped
//            id:16 secret:32                                            48   random; secret is zero when
//            wiped crc:u32                                                     4   CRC-32C of all but these
//            four root                                                            the session tree's name
//
// Keys are not wrapped by another key: whoever may read this directory may read a wrapping key beside it too.
// Copies of the directory made elsewhere outlive an erasure, as do the blocks of a copy-on-write file system.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "os/random.h"

namespace weir::store {

using KeyId = std::array<std::uint8_t, 16>;

// What is derived from a session's secret: HMAC-SHA-256(secret, "weir body <purpose> v1").
struct SessionKey {
  KeyId id{};
  os::SecretKey<32> encryption;  // XChaCha20-Poly1305
  os::SecretKey<32> address;     // HMAC of the plain body
  os::SecretKey<32> salt;        // HMAC of the address
};

// Thread-safe. Holds at most kCachedMax keys in memory; the least recently used goes first.
class KeyRing {
 public:
  enum class Access { read, write };
  static constexpr std::size_t kCachedMax = 256;

  static Result<std::unique_ptr<KeyRing>> open(const std::string& dir, Access access);

  // A new key is flushed to the disk before it is returned. Errors: limit (long name), unavailable (disk
  // full), denied (opened for reading).
  Result<std::shared_ptr<const SessionKey>> get_or_create(const std::string& root);
  // Error `erased`: there is no key, or it was wiped.
  Result<std::shared_ptr<const SessionKey>> get(const std::string& root);

  // Erasing goes in two durable steps, so that a crash between them is seen and finished: wipe() moves the
  // file aside (".wiped") and overwrites the secret, forget() removes it. Both are fine when there is nothing
  // to do; wipe() tells whether there was a key.
  Result<bool> wipe(const std::string& root);
  Status forget(const std::string& root);
  // Roots that were wiped and not yet forgotten; their secrets are overwritten again, in case a crash came
  // before.
  Result<std::vector<std::string>> unfinished();

  std::size_t count() const;  // key files

 private:
  KeyRing(std::string dir, Access access) : dir_(std::move(dir)), access_(access) {}
  struct Cached {
    std::shared_ptr<const SessionKey> key;
    std::uint64_t used = 0;
  };
  std::string path_of(const std::string& root, std::string_view suffix) const;
  std::shared_ptr<const SessionKey> cached(const std::string& root);
  void remember(const std::string& root, std::shared_ptr<const SessionKey> key);

  std::string dir_;
  Access access_;
  std::mutex files_mutex_;  // taken before cache_mutex_; held over the creation and the end of a key
  std::mutex cache_mutex_;
  std::unordered_map<std::string, Cached> cache_;
  std::uint64_t uses_ = 0;
};

}  // namespace weir::store
