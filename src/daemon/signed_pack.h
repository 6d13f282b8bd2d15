// Signed policy packs: a directory of policies whose files are listed, with their digests, in a signed note.
// Byte-exact format: docs/formats/pack.md.
//
//   TRY_STATUS(write_manifest("team", {.name = "example.com/agents", .serial = 7}));   // team/pack.note,
//   unsigned TRY_STATUS(sign_pack("team", signer)); TRY(SignedPack pack, open_pack("team", {.vkey =
//   "example.com+…", .digest = "sha256:…"}));
//
// Whoever reads a pack pins the key that signs it, and by the digest of its manifest the very version; an
// organisation's pin lies in organisation.yaml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "guard/layers.h"
#include "ledger/note.h"

namespace weir::daemon {

struct PackManifest {
  struct File {
    std::string sha256;  // 64 hex digits
    std::string name;    // without directories
    bool operator==(const File&) const = default;
  };
  std::string name;         // "example.com/agents"
  std::int64_t serial = 0;  // grows with every version
  std::vector<File> files;  // sorted by name
  bool operator==(const PackManifest&) const = default;
};

// The text that is signed, and back. Errors: `invalid` says which line; `limit`.
std::string manifest_text(const PackManifest& manifest);
Result<PackManifest> parse_manifest(std::string_view text);

// What a reader insists on.
struct PackPin {
  std::string vkey;             // of the signer
  std::string digest;           // "sha256:…" of the manifest text; "": any that the key signed
  std::int64_t serial_min = 0;  // older versions are refused
};

struct SignedPack {
  PackManifest manifest;
  std::string digest;  // of the manifest text
  guard::LayerSource layer;
  std::string profile;  // of a pin: the least strict profile that users may choose; else ""
};

// Lists the *.cedar files and waive.yaml of `dir` in dir/pack.note, without signatures.
Status write_manifest(const std::string& dir, const std::string& name, std::int64_t serial);
// Adds a signature to dir/pack.note. Error when the files are no longer those it lists.
Status sign_pack(const std::string& dir, const ledger::Signer& signer);
// Reads and checks everything. Errors: not_found; denied for signatures, digests, serials and files that are
// not as listed, or not listed.
Result<SignedPack> open_pack(const std::string& dir, const PackPin& pin);

// organisation.yaml: {pack: DIR, vkey: …, digest?: …, serial_min?: N, profile?: NAME}. None when there is no
// such file.
Result<std::optional<SignedPack>> open_organisation(const std::string& pin_file);

}  // namespace weir::daemon
