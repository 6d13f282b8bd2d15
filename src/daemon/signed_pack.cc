#include "daemon/signed_pack.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "guard/profile.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::string_view kMagic = "weir-pack/v1";
constexpr std::string_view kNoteFile = "pack.note";
constexpr std::string_view kWaiveFile = "waive.yaml";
constexpr std::size_t kFilesMax = 1000;
constexpr std::size_t kFileBytesMax = 4 * limits::kMiB;
constexpr std::size_t kNoteBytesMax = 256 * limits::kKiB;

bool belongs(std::string_view name) {
  return name.ends_with(".cedar") || name == kWaiveFile;
}

bool valid_file_name(std::string_view name) {
  return belongs(name) && !name.starts_with('.') && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                  c == '-' || c == '_';
         });
}

bool is_digest(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string hex_digest(std::string_view text) {
  const std::string digest = digest_text(sha256(text));
  return digest.substr(digest.find(':') + 1);
}

using Files = std::map<std::string, std::string>;  // name → text

Result<Files> read_files(const std::string& dir) {
  Files files;
  for (const auto& name : os::list_dir(dir)) {
    if (!belongs(name)) continue;
    if (!valid_file_name(name) || files.size() >= kFilesMax)
      return fail("a pack cannot hold this file", dir + "/" + name,
                  "use letters, digits, '.', '-' and '_', and at most 1000 files");
    TRY(files[name], os::read_file(dir + "/" + name, kFileBytesMax));
  }
  return files;
}

Result<ledger::Note> read_note(const std::string& dir) {
  const std::string path = dir + "/" + std::string(kNoteFile);
  TRY(const std::string bytes, os::read_file(path, kNoteBytesMax));
  if (bytes.starts_with(kMagic) && bytes.find("\n\n") == std::string::npos)
    return ledger::Note{bytes, {}};  // written by `weir policy pack`, not signed yet
  auto note = ledger::parse_note(bytes);
  if (!note) return fail(note.error().code, note.error().what, path, note.error().hint);
  return *std::move(note);
}

// Every listed file is there and as listed, and no other.
Status check_files(const PackManifest& manifest, const Files& files, const std::string& dir) {
  for (const auto& listed : manifest.files) {
    const auto it = files.find(listed.name);
    if (it == files.end())
      return fail(ErrorCode::denied, "a file of the pack is missing", dir + "/" + listed.name,
                  "get the pack again");
    if (hex_digest(it->second) != listed.sha256)
      return fail(ErrorCode::denied, "the file is not the one that was signed", dir + "/" + listed.name,
                  "get the pack again, or run `weir policy pack` and `weir policy sign` as its owner");
  }
  for (const auto& [name, text] : files)
    if (std::none_of(manifest.files.begin(), manifest.files.end(),
                     [&](const auto& file) { return file.name == name; }))
      return fail(ErrorCode::denied, "the file is not part of the signed pack", dir + "/" + name,
                  "take it away");
  return {};
}

Status check_pin(const PackManifest& manifest, const std::string& digest, const PackPin& pin,
                 const std::string& dir) {
  if (!pin.digest.empty() && pin.digest != digest)
    return fail(ErrorCode::denied, "the pack is not the pinned version: it is " + digest, dir,
                "the pin says " + pin.digest);
  if (manifest.serial < pin.serial_min)
    return fail(ErrorCode::denied,
                "the pack is version " + std::to_string(manifest.serial) + ", older than is accepted", dir,
                "get version " + std::to_string(pin.serial_min) + " or later");
  return {};
}

}  // namespace

std::string manifest_text(const PackManifest& manifest) {
  std::string text =
      std::string(kMagic) + "\n" + manifest.name + "\n" + std::to_string(manifest.serial) + "\n";
  for (const auto& file : manifest.files)
    text += file.sha256 + " " + file.name + "\n";
  return text;
}

Result<PackManifest> parse_manifest(std::string_view text) {
  if (text.size() > kNoteBytesMax) return fail(ErrorCode::limit, "the manifest is too long", "pack.note");
  if (!text.ends_with('\n')) return fail("the manifest does not end with a newline", "pack.note");
  auto lines = split(text.substr(0, text.size() - 1), '\n');
  if (lines.size() < 3 || lines[0] != kMagic)
    return fail("this is no manifest of a policy pack", "pack.note:1",
                "its first line is " + std::string(kMagic));
  PackManifest manifest;
  manifest.name = lines[1];
  if (!ledger::valid_key_name(manifest.name))
    return fail("the pack has no usable name", "pack.note:2", "use e.g. example.com/agents");
  const auto [end, error] =
      std::from_chars(lines[2].data(), lines[2].data() + lines[2].size(), manifest.serial);
  if (error != std::errc() || end != lines[2].data() + lines[2].size() || manifest.serial < 0 ||
      std::to_string(manifest.serial) != lines[2])
    return fail("the serial is not a number", "pack.note:3");
  for (std::size_t i = 3; i < lines.size(); ++i) {
    const std::string where = "pack.note:" + std::to_string(i + 1);
    if (manifest.files.size() >= kFilesMax) return fail(ErrorCode::limit, "too many files", where);
    if (lines[i].size() < 66 || lines[i][64] != ' ' || !is_digest(lines[i].substr(0, 64)) ||
        !valid_file_name(lines[i].substr(65)))
      return fail("not a line `sha256 name`", where);
    PackManifest::File file{std::string(lines[i].substr(0, 64)), std::string(lines[i].substr(65))};
    if (!manifest.files.empty() && manifest.files.back().name >= file.name)
      return fail("the files are not sorted by name, or one is listed twice", where);
    manifest.files.push_back(std::move(file));
  }
  return manifest;
}

Status write_manifest(const std::string& dir, const std::string& name, std::int64_t serial) {
  TRY(const Files files, read_files(dir));
  if (files.empty())
    return fail(ErrorCode::not_found, "no *.cedar file in the directory", dir, "put the policies there");
  PackManifest manifest{name, serial, {}};
  for (const auto& [file, text] : files)
    manifest.files.push_back({hex_digest(text), file});
  const std::string text = manifest_text(manifest);
  TRY_STATUS(parse_manifest(text));  // a name or serial that cannot be read back is refused here
  return os::write_file_atomic(dir + "/" + std::string(kNoteFile), text, 0644);
}

Status sign_pack(const std::string& dir, const ledger::Signer& signer) {
  TRY(ledger::Note note, read_note(dir));
  TRY(const PackManifest manifest, parse_manifest(note.text));
  TRY(const Files files, read_files(dir));
  TRY_STATUS(check_files(manifest, files, dir));
  signer.sign(note);
  return os::write_file_atomic(dir + "/" + std::string(kNoteFile), ledger::format_note(note), 0644);
}

Result<SignedPack> open_pack(const std::string& dir, const PackPin& pin) {
  TRY(const ledger::VerifierKey key, ledger::VerifierKey::parse(pin.vkey));
  TRY(const ledger::Note note, read_note(dir));
  if (const Status status = ledger::verify_note(note, {&key, 1}); !status)
    return fail(ErrorCode::denied, "the pack is not signed by " + key.name(), dir + "/pack.note",
                status.error().what);
  SignedPack pack;
  TRY(pack.manifest, parse_manifest(note.text));
  pack.digest = digest_text(sha256(note.text));
  TRY_STATUS(check_pin(pack.manifest, pack.digest, pin, dir));
  TRY(Files files, read_files(dir));
  TRY_STATUS(check_files(pack.manifest, files, dir));
  pack.layer.layer = guard::Layer::organisation;
  for (auto& [name, text] : files) {
    auto& list = name == kWaiveFile ? pack.layer.waivers : pack.layer.policies;
    list.push_back({pack.manifest.name + "/" + name, std::move(text)});
  }
  return pack;
}

Result<std::optional<SignedPack>> open_organisation(const std::string& pin_file) {
  if (!os::exists(pin_file)) return std::nullopt;
  TRY(const std::string text, os::read_file(pin_file, kNoteBytesMax));
  TRY(const Json yaml, parse_yaml(text, pin_file));
  const std::string dir(yaml["pack"].text_or(""));
  PackPin pin{std::string(yaml["vkey"].text_or("")), std::string(yaml["digest"].text_or("")), 0};
  if (yaml["serial_min"].is_int()) pin.serial_min = yaml["serial_min"].as_int();
  if (!dir.starts_with('/') || pin.vkey.empty())
    return fail("the pin needs `pack` (an absolute directory) and `vkey`", pin_file,
                "docs/formats/pack.md shows one");
  TRY(SignedPack pack, open_pack(dir, pin));
  pack.profile = yaml["profile"].text_or(guard::kStandardProfile);
  TRY_STATUS(guard::check_profile_name(pack.profile, pin_file));
  return pack;
}

}  // namespace weir::daemon
