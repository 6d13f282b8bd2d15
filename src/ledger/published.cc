#include "ledger/published.h"

#include "base/limits.h"
#include "ledger/log.h"

namespace weir::ledger {
namespace {

constexpr std::size_t kVkeyBytesMax = 4096;

Result<std::optional<VerifierKey>> read_vkey(Disk& disk, const std::string& path) {
  auto text = disk.read(path, kVkeyBytesMax);
  if (!text && text.error().code == ErrorCode::not_found) return std::nullopt;
  if (!text) return std::unexpected(std::move(text.error()));
  // Exactly one line: nothing in the file is left unchecked.
  if (!text->ends_with('\n'))
    return fail(ErrorCode::corrupt, "the public key does not end with a newline", path,
                "restore it, or give the key with --vkey");
  auto key = VerifierKey::parse(std::string_view(*text).substr(0, text->size() - 1));
  if (!key)
    return fail(ErrorCode::corrupt, key.error().what, path, "restore it, or give the key with --vkey");
  return *std::move(key);
}

}  // namespace

Result<Published> read_published(Disk& disk, const std::string& dir, const std::optional<VerifierKey>& key) {
  const std::string path = dir + "/" + std::string(kCheckpointFile);
  const std::string vkey_path = dir + "/" + std::string(kVkeyFile);
  auto bytes = disk.read(path, limits::kLedgerNoteBytesMax);
  if (!bytes && bytes.error().code == ErrorCode::not_found)
    return fail(ErrorCode::not_found, "there is no ledger with a checkpoint", dir,
                "name the directory of a ledger; a new one has its first checkpoint within a second");
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  TRY(const auto beside, read_vkey(disk, vkey_path));
  if (!key && !beside)
    return fail(ErrorCode::not_found, "there is no public key beside the checkpoint", vkey_path,
                "give the key with --vkey");
  if (key && beside && *key != *beside)
    return fail(ErrorCode::corrupt, "the ledger names another key than the one given", vkey_path,
                "this is not the ledger of that key, or it was replaced");
  const VerifierKey& used = key ? *key : *beside;
  auto checkpoint = open_checkpoint(*bytes, used);
  if (!checkpoint)
    return fail(ErrorCode::corrupt, "the checkpoint is not valid: " + checkpoint.error().what, path,
                "it was altered or signed by another key");
  return Published{*std::move(checkpoint), *std::move(bytes), used, key.has_value()};
}

}  // namespace weir::ledger
