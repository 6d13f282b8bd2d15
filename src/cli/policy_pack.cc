// `weir policy pack|sign|verify`: signed packs of an organisation (docs/formats/pack.md).
#include <charconv>
#include <ostream>

#include "cli/commands.h"
#include "daemon/pack_loader.h"
#include "daemon/signed_pack.h"
#include "ledger/key.h"
#include "os/process.h"

namespace weir::cli {
namespace {

Result<std::int64_t> serial_of(const std::string& text) {
  std::int64_t serial = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), serial);
  if (error != std::errc() || end != text.data() + text.size() || serial < 0)
    return fail("not a serial number: " + text, "--serial", "use 0, 1, 2 … and raise it with every version");
  return serial;
}

// A pack that would not load must not be handed out.
Status check_loads(const std::string& dir) {
  daemon::PackOptions options;
  TRY(auto sources, daemon::read_pack(options));
  guard::LayerSource layer{guard::Layer::organisation, {}, {}};
  TRY(auto files, daemon::read_layer_files(dir));
  layer.policies = std::move(files.policies);
  layer.waivers = std::move(files.waivers);
  sources.layers.push_back(std::move(layer));
  TRY([[maybe_unused]] const auto pack, guard::Pack::load(sources));
  return {};
}

Status make_pack(const Args& args) {
  const std::string& dir = args.positionals()[0];
  TRY(const std::int64_t serial, serial_of(args.value_or("--serial", "1")));
  TRY_STATUS(check_loads(dir));
  return daemon::write_manifest(dir, args.value_or("--name", "pack"), serial);
}

int run_pack(const Args& args, Context& context) {
  if (const Status status = make_pack(args); !status) return report(status.error(), context);
  if (!context.quiet)
    context.out << "wrote " << args.positionals()[0] << "/pack.note; sign it with `weir policy sign`\n";
  return exit_code::kFine;
}

Result<ledger::VerifierKey> sign(const Args& args) {
  const std::string key = args.value_or("--key", "");
  if (key.empty()) return fail("--key is missing", "policy sign", "give the file of the signing key");
  TRY(const ledger::Signer signer, ledger::load_or_create_key(key, os::host_name()));
  TRY_STATUS(daemon::sign_pack(args.positionals()[0], signer));
  return signer.verifier();
}

int run_sign(const Args& args, Context& context) {
  const auto key = sign(args);
  if (!key) return report(key.error(), context);
  context.out << key->text() << "\n";
  return exit_code::kFine;
}

int run_verify(const Args& args, Context& context) {
  const auto pack = daemon::open_pack(
      args.positionals()[0],
      {.vkey = args.value_or("--vkey", ""), .digest = args.value_or("--digest", ""), .serial_min = 0});
  if (!pack) return report(pack.error(), context);
  if (context.json)
    context.out << compact(Json::object({{"name", pack->manifest.name},
                                         {"serial", pack->manifest.serial},
                                         {"digest", pack->digest},
                                         {"files", static_cast<std::uint64_t>(pack->manifest.files.size())}}))
                << "\n";
  else
    context.out << pack->manifest.name << " " << pack->manifest.serial << " " << pack->digest << "\n";
  return exit_code::kFine;
}

}  // namespace

CommandSpec policy_pack_command() {
  return {.name = "policy pack",
          .summary = "List a directory's policies in a manifest, ready to be signed",
          .description = "The policies must load as an organisation's layer.",
          .options = {{"--name", "NAME", "the pack's name, e.g. example.com/agents"},
                      {"--serial", "N", "its version, growing; default 1"}},
          .positionals = {{"DIR", "*.cedar files and, if any, waive.yaml", true}},
          .examples = {{"weir policy pack --name example.com/agents --serial 7 team", "version 7"}},
          .run = run_pack};
}

CommandSpec policy_sign_command() {
  return {.name = "policy sign",
          .summary = "Sign a policy pack and print the key that verifies it",
          .options = {{"--key", "FILE", "the signing key; made when there is none"}},
          .positionals = {{"DIR", "a pack", true}},
          .examples = {{"weir policy sign --key ~/keys/policies.key team", "sign it"}},
          .run = run_sign};
}

CommandSpec policy_verify_command() {
  return {.name = "policy verify",
          .summary = "Check a policy pack: signature, files, pinned version",
          .options = {{"--vkey", "KEY", "the key that must have signed it"},
                      {"--digest", "DIGEST", "the version that it must be"}},
          .positionals = {{"DIR", "a pack", true}},
          .examples = {{"weir policy verify --vkey 'example.com+…' /srv/weir/team",
                        "prints name, serial, digest"}},
          .run = run_verify};
}

}  // namespace weir::cli
