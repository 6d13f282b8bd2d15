#include "ledger/key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/hash.h"
#include "os/files.h"

namespace weir::ledger {
namespace {

constexpr std::string_view kPrefix = "PRIVATE+KEY+";
constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::uint8_t kEd25519 = 0x01;

void wipe(std::string& text) {
  os::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

// A string that is wiped when it goes. It is never grown, so no copy is left behind.
struct SecretText {
  std::string text;
  SecretText() { text.reserve(kKeyBytesMax); }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText() { wipe(text); }
};

Error unusable(const std::string& path, std::string what) {
  return {ErrorCode::invalid, std::move(what), path,
          "restore the key from a backup; a new key means a new ledger in another directory"};
}

Status read_secret(const std::string& path, SecretText& secret) {
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return std::unexpected(os::errno_error("cannot open the signing key", path, errno));
  struct stat info;
  if (::fstat(fd.get(), &info) != 0)
    return std::unexpected(os::errno_error("cannot inspect the signing key", path, errno));
  if (!S_ISREG(info.st_mode)) return fail(ErrorCode::denied, "the signing key is not a regular file", path);
  if ((info.st_mode & 077) != 0)
    return fail(ErrorCode::denied, "others can read or write the signing key", path,
                "chmod 600 it, and think of it as known to them");
  secret.text.resize(kKeyBytesMax);
  std::size_t length = 0;
  while (length < kKeyBytesMax) {
    const ssize_t n = ::read(fd.get(), secret.text.data() + length, kKeyBytesMax - length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(os::errno_error("cannot read the signing key", path, errno));
    if (n == 0) break;
    length += static_cast<std::size_t>(n);
  }
  secret.text.resize(length);
  return {};
}

// The parts of the line; the caller wipes what it decodes.
Result<Signer> parse_key(std::string_view line, const std::string& path) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (!line.starts_with(kPrefix)) return std::unexpected(unusable(path, "this is not a signing key"));
  line.remove_prefix(kPrefix.size());
  const auto first = line.find('+');
  const auto second = first == std::string_view::npos ? first : line.find('+', first + 1);
  if (second == std::string_view::npos) return std::unexpected(unusable(path, "the signing key is cut off"));
  const std::string name(line.substr(0, first));
  if (!valid_key_name(name)) return std::unexpected(unusable(path, "the signing key has no valid name"));
  auto raw = from_base64(line.substr(second + 1));
  if (!raw || raw->size() != 33 || raw->front() != kEd25519) {
    if (raw) os::wipe(*raw);
    return std::unexpected(unusable(path, "the signing key is not an Ed25519 key"));
  }
  Signer signer(name, std::span<const std::uint8_t, 32>(raw->data() + 1, 32));
  os::wipe(*raw);
  const std::string vkey = signer.verifier().text();
  if (vkey.substr(name.size() + 1, 8) != line.substr(first + 1, second - first - 1))
    return std::unexpected(unusable(path, "the signing key's id does not belong to it"));
  return signer;
}

// Writes the line under a temporary name and links it, so that an existing key is never replaced and no
// reader sees half of one.
Status create_key(const std::string& path, const std::string& host) {
  os::SecretKey<32> seed;
  os::fill_random(seed.bytes);
  const PublicKey key = public_key_of(seed.bytes);
  const VerifierKey verifier(default_origin(host, key), key);
  std::array<std::uint8_t, 33> raw;
  raw[0] = kEd25519;
  std::copy(seed.bytes.begin(), seed.bytes.end(), raw.begin() + 1);
  std::string encoded = to_base64(raw);
  SecretText line;
  line.text += kPrefix;
  line.text += verifier.text().substr(0, verifier.name().size() + 9);  // "name+id"
  line.text += "+" + encoded + "\n";
  os::wipe(raw);
  wipe(encoded);

  const std::string temporary = path + ".new." + std::to_string(::getpid());
  (void)::unlink(temporary.c_str());
  os::Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(os::errno_error("cannot create the signing key", temporary, errno));
  Status status = os::write_all(fd.get(), line.text);
  if (status && ::fsync(fd.get()) != 0)
    status = std::unexpected(os::errno_error("cannot flush the signing key", temporary, errno));
  if (status && ::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST)
    status = std::unexpected(os::errno_error("cannot create the signing key", path, errno));
  ::unlink(temporary.c_str());
  if (!status) return status;
  const auto slash = path.rfind('/');
  return os::sync_dir(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

}  // namespace

std::string default_origin(std::string_view host, const PublicKey& key) {
  const Digest digest =
      sha256({as_bytes("weir ledger origin\n"), as_bytes(host), as_bytes("\n"), ByteView(key)});
  return "weir.local/" + to_hex(ByteView(digest).first(8));
}

Result<Signer> load_key(const std::string& path) {
  SecretText secret;
  TRY_STATUS(read_secret(path, secret));
  return parse_key(secret.text, path);
}

Result<Signer> load_or_create_key(const std::string& path, const std::string& host) {
  auto loaded = load_key(path);
  if (loaded || loaded.error().code != ErrorCode::not_found) return loaded;
  if (const auto slash = path.rfind('/'); slash != std::string::npos && slash > 0)
    TRY_STATUS(os::make_dirs(path.substr(0, slash), 0700));
  TRY_STATUS(create_key(path, host));
  return load_key(path);
}

}  // namespace weir::ledger
