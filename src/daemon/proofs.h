// Certificates of what was proved of a pack, where an activation finds them:
//
//   <state>/proofs/<hex of the pack's digest>/load/          what had to be proved before it came into force
//                                            /properties/    what `weir policy prove --keep` proved of it
//
//   TRY_STATUS(keep_proof(dir, pack.policy_digest(), kLoadProof, certificate));
//   facts.set("proofs", proof_facts(dir, pack.policy_digest()));    // for the ledger
//   weir policy recheck <state>/proofs/<hex>/load                   // what anybody may do with it
//
// A certificate is taken only for the very pack that it names and only while each of its files is the one
// that was certified; the ledger says so when it is not. Which solver to believe is the reader's affair: the
// entry holds the digest, `recheck` asks a second one.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "prove/certificate.h"

namespace weir::daemon {

inline constexpr std::string_view kLoadProof = "load";
inline constexpr std::string_view kPropertiesProof = "properties";
inline constexpr std::string_view kPackInput = "pack";  // names the pack among a certificate's inputs

std::string proofs_dir(const std::string& state);
// Of one certificate. `pack` is a digest, "sha256:…".
std::string proof_dir(const std::string& proofs, std::string_view pack, std::string_view kind);

// Errors: `limit` when certificates of kProofPacksMax packs are kept already (any may be deleted); those of
// writing.
Status keep_proof(const std::string& proofs, std::string_view pack, std::string_view kind,
                  const prove::Certificate& certificate);
inline constexpr std::size_t kProofPacksMax = 1000;

// {"load": {"certificate": "sha256:…", "obligations": 3, "solver": "cvc5 1.0.3"}, "properties": {…}}; a kind
// without a certificate is absent, one that cannot be used is {"unusable": why}. `proofs` "" has none.
Json proof_facts(const std::string& proofs, std::string_view pack);

}  // namespace weir::daemon
