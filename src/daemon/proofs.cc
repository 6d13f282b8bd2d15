#include "daemon/proofs.h"

#include "base/bytes.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kIndexBytesMax = 64 * limits::kMiB;

// The certificate of a directory, when it is one for this pack and nothing in it was touched.
Result<prove::CertificateIndex> read_proof(const std::string& dir, std::string_view pack) {
  TRY(const std::string text, os::read_file(dir + "/certificate.json", kIndexBytesMax));
  TRY(auto index, prove::read_certificate(text, prove::files_of(dir)));
  const auto about = index.inputs.find(std::string(kPackInput));
  if (about == index.inputs.end() || about->second != pack)
    return fail("the certificate is about another pack", dir);
  return index;
}

}  // namespace

std::string proofs_dir(const std::string& state) {
  return state + "/proofs";
}

std::string proof_dir(const std::string& proofs, std::string_view pack, std::string_view kind) {
  const auto colon = pack.find(':');
  const std::string_view hex = colon == std::string_view::npos ? pack : pack.substr(colon + 1);
  return proofs + "/" + std::string(hex) + "/" + std::string(kind);
}

Status keep_proof(const std::string& proofs, std::string_view pack, std::string_view kind,
                  const prove::Certificate& certificate) {
  const std::string dir = proof_dir(proofs, pack, kind);
  if (!os::exists(dir) && os::list_dir(proofs).size() >= kProofPacksMax)
    return fail(ErrorCode::limit, "certificates of too many packs are kept", proofs,
                "delete the directories of packs that are no longer of interest");
  return prove::write_certificate(certificate, dir);
}

Json proof_facts(const std::string& proofs, std::string_view pack) {
  Json out = Json::object();
  if (proofs.empty()) return out;
  for (const auto kind : {kLoadProof, kPropertiesProof}) {
    const std::string dir = proof_dir(proofs, pack, kind);
    if (!os::exists(dir + "/certificate.json")) continue;
    const auto index = read_proof(dir, pack);
    if (index)
      out.set(kind, Json::object({{"certificate", index->digest},
                                  {"obligations", static_cast<std::uint64_t>(index->obligations.size())},
                                  {"solver", index->solver}}));
    else
      out.set(kind, Json::object({{"unusable", printable(index.error().what, 200)}}));
  }
  return out;
}

}  // namespace weir::daemon
