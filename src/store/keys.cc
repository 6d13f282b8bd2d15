#include "store/keys.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/limits.h"
#include "os/files.h"
#include "store/codec.h"
#include "store/crc32c.h"

namespace weir::store {
namespace {

constexpr std::string_view kMagic = "weir.key";
constexpr std::string_view kSuffix = ".key";
constexpr std::string_view kWipedSuffix = ".wiped";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint8_t kLive = 1;
constexpr std::uint8_t kWiped = 2;
constexpr std::size_t kIdAt = 16;
constexpr std::size_t kSecretAt = 32;
constexpr std::size_t kCrcAt = 64;
constexpr std::size_t kHeadBytes = 68;

struct KeyFile {
  std::uint8_t state = kLive;
  KeyId id{};
  os::SecretKey<32> secret;
  std::string root;
};

std::uint32_t checksum(std::string_view file) {
  return crc32c_extend(crc32c(as_bytes(file.substr(0, kCrcAt))), as_bytes(file.substr(kHeadBytes)));
}

std::string encode(const KeyFile& file) {
  std::string out(kMagic);
  put(out, kVersion);
  put(out, file.state);
  put(out, std::uint8_t{0});
  put(out, static_cast<std::uint32_t>(file.root.size()));
  out += as_text(file.id);
  out += as_text(file.secret.bytes);
  put(out, std::uint32_t{0});
  out += file.root;
  std::string crc;
  put(crc, checksum(out));
  return out.replace(kCrcAt, crc.size(), crc);
}

Result<KeyFile> decode(std::string_view text, const std::string& path) {
  const ByteView bytes = as_bytes(text);
  const auto damaged = [&] {
    return fail(ErrorCode::corrupt, "the key file is damaged", path,
                "restore it from a copy; without it the bodies of this session stay unreadable");
  };
  if (bytes.size() < kHeadBytes || !text.starts_with(kMagic)) return damaged();
  if (get<std::uint16_t>(bytes, 8) > kVersion)
    return fail(ErrorCode::unavailable, "the key file was written by a newer weir", path,
                "install that weir");
  if (get<std::uint32_t>(bytes, kCrcAt) != checksum(text)) return damaged();
  if (get<std::uint32_t>(bytes, 12) != bytes.size() - kHeadBytes) return damaged();
  KeyFile file;
  file.state = bytes[10];
  std::copy_n(bytes.begin() + kIdAt, file.id.size(), file.id.begin());
  std::copy_n(bytes.begin() + kSecretAt, file.secret.bytes.size(), file.secret.bytes.begin());
  file.root = text.substr(kHeadBytes);
  return file;
}

Result<KeyFile> read_key(const std::string& path) {
  TRY(std::string text, os::read_file(path, kHeadBytes + limits::kStoreNameBytesMax));
  auto file = decode(text, path);
  os::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return file;
}

std::shared_ptr<const SessionKey> derive(const KeyFile& file) {
  auto key = std::make_shared<SessionKey>();
  key->id = file.id;
  key->encryption.bytes = hmac_sha256(file.secret.bytes, as_bytes("weir body encryption v1"));
  key->address.bytes = hmac_sha256(file.secret.bytes, as_bytes("weir body address v1"));
  key->salt.bytes = hmac_sha256(file.secret.bytes, as_bytes("weir body salt v1"));
  return key;
}

// In place, over the same blocks; state, secret and checksum lie in one sector.
Status overwrite(const std::string& path, const std::string& root) {
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return std::unexpected(os::errno_error("cannot open a key file", path, errno));
  const std::string bytes = encode(KeyFile{.state = kWiped, .id = {}, .secret = {}, .root = root});
  if (::pwrite(fd.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()) ||
      ::fsync(fd.get()) != 0)
    return std::unexpected(os::errno_error("cannot overwrite a key file", path, errno));
  return {};
}

Error gone(const std::string& root) {
  return {ErrorCode::erased, "the content of this session was erased: its key no longer exists", root,
          "the record, its commitment and its ledger proof stay valid"};
}

}  // namespace

Result<std::unique_ptr<KeyRing>> KeyRing::open(const std::string& dir, Access access) {
  if (access == Access::write) {
    TRY_STATUS(os::make_dirs(dir));
    for (const std::string& name : os::list_dir(dir))
      if (name.find(".key.tmp.") != std::string::npos) TRY_STATUS(os::remove_file(dir + "/" + name));
  }
  return std::unique_ptr<KeyRing>(new KeyRing(dir, access));
}

std::string KeyRing::path_of(const std::string& root, std::string_view suffix) const {
  return dir_ + "/" + to_hex(ByteView(sha256(root)).first(16)) + std::string(suffix);
}

std::shared_ptr<const SessionKey> KeyRing::cached(const std::string& root) {
  const std::lock_guard lock(cache_mutex_);
  const auto found = cache_.find(root);
  if (found == cache_.end()) return nullptr;
  found->second.used = ++uses_;
  return found->second.key;
}

void KeyRing::remember(const std::string& root, std::shared_ptr<const SessionKey> key) {
  const std::lock_guard lock(cache_mutex_);
  if (cache_.size() >= kCachedMax)
    cache_.erase(std::min_element(cache_.begin(), cache_.end(), [](const auto& a, const auto& b) {
      return a.second.used < b.second.used;
    }));
  cache_[root] = {std::move(key), ++uses_};
}

Result<std::shared_ptr<const SessionKey>> KeyRing::get(const std::string& root) {
  if (auto key = cached(root)) return key;
  const std::lock_guard lock(files_mutex_);
  auto file = read_key(path_of(root, kSuffix));
  if (!file && file.error().code == ErrorCode::not_found) return std::unexpected(gone(root));
  if (!file) return std::unexpected(file.error());
  if (file->state != kLive || file->root != root) return std::unexpected(gone(root));
  auto key = derive(*file);
  remember(root, key);
  return key;
}

Result<std::shared_ptr<const SessionKey>> KeyRing::get_or_create(const std::string& root) {
  if (auto key = cached(root)) return key;
  if (root.empty() || root.size() > limits::kStoreNameBytesMax)
    return fail(ErrorCode::limit, "a session name must have 1 to 1024 bytes", printable(root, 64));
  if (access_ == Access::read) return fail(ErrorCode::denied, "the store is open for reading only", dir_);
  const std::lock_guard lock(files_mutex_);
  if (auto key = cached(root)) return key;
  const std::string path = path_of(root, kSuffix);
  auto file = read_key(path);
  if (!file && file.error().code != ErrorCode::not_found) return std::unexpected(file.error());
  if (file && (file->state != kLive || file->root != root))
    return fail(ErrorCode::corrupt, "the key file is not of this session", path, "move it away");
  if (!file) {
    KeyFile fresh{.id = os::random_bytes<16>(), .secret = {}, .root = root};
    os::fill_random(fresh.secret.bytes);
    std::string bytes = encode(fresh);
    const Status written = os::write_file_atomic(path, bytes, 0600, os::Durability::fsync);
    os::wipe({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    TRY_STATUS(written);
    file = std::move(fresh);
  }
  auto key = derive(*file);
  remember(root, key);
  return key;
}

Result<bool> KeyRing::wipe(const std::string& root) {
  if (access_ == Access::read) return fail(ErrorCode::denied, "the store is open for reading only", dir_);
  const std::lock_guard lock(files_mutex_);
  {
    const std::lock_guard cache_lock(cache_mutex_);
    cache_.erase(root);
  }
  const std::string path = path_of(root, kSuffix);
  const std::string aside = path_of(root, kWipedSuffix);
  // One left by a crash is overwritten before the rename would free its blocks.
  const bool left = os::exists(aside);
  if (left) TRY_STATUS(overwrite(aside, root));
  if (::rename(path.c_str(), aside.c_str()) != 0) {
    if (errno == ENOENT) return left;
    return std::unexpected(os::errno_error("cannot move a key file aside", path, errno));
  }
  TRY_STATUS(os::sync_dir(dir_));
  TRY_STATUS(overwrite(aside, root));
  return true;
}

Status KeyRing::forget(const std::string& root) {
  if (access_ == Access::read) return fail(ErrorCode::denied, "the store is open for reading only", dir_);
  const std::lock_guard lock(files_mutex_);
  TRY_STATUS(os::remove_file(path_of(root, kWipedSuffix)));
  return os::sync_dir(dir_);
}

Result<std::vector<std::string>> KeyRing::unfinished() {
  const std::lock_guard lock(files_mutex_);
  std::vector<std::string> roots;
  for (const std::string& name : os::list_dir(dir_)) {
    if (!name.ends_with(kWipedSuffix)) continue;
    const std::string path = dir_ + "/" + name;
    TRY(const KeyFile file, read_key(path));
    TRY_STATUS(overwrite(path, file.root));
    roots.push_back(file.root);
  }
  return roots;
}

std::size_t KeyRing::count() const {
  std::size_t count = 0;
  for (const std::string& name : os::list_dir(dir_))
    count += name.ends_with(kSuffix) ? 1 : 0;
  return count;
}

}  // namespace weir::store
