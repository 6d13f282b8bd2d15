// Merkle tree hashing and proofs of RFC 6962 section 2.1 (verification as in RFC 9162 section 2.1.3 and
// 2.1.4, which spells it out), SHA-256. Pure functions; stored hashes come in through a reader.
//
//   const HashReader stored = [&](unsigned height, std::uint64_t index) -> Result<Digest> { … };
//   TRY(Digest root, tree_root(size, stored));
//   TRY(std::vector<Digest> path, inclusion_proof(7, size, stored));
//   TRY_STATUS(verify_inclusion(7, size, leaf_hash(entry), path, root));
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/hash.h"
#include "base/result.h"

namespace weir::ledger {

Digest empty_root();                                        // the root of a tree without leaves: SHA-256("")
Digest leaf_hash(ByteView entry);                           // SHA-256(0x00 || entry)
Digest node_hash(const Digest& left, const Digest& right);  // SHA-256(0x01 || left || right)

// The root of the complete subtree over leaves [index << height, (index + 1) << height).
using HashReader = std::function<Result<Digest>(unsigned height, std::uint64_t index)>;

// The root over leaves [0, size).
Result<Digest> tree_root(std::uint64_t size, const HashReader& stored);

// PATH(index, D[size]), from the leaf's sibling up to the root's child. Error `invalid` unless index < size.
Result<std::vector<Digest>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                            const HashReader& stored);

// PROOF(old_size, D[new_size]). Empty for equal sizes and for old_size 0, from which everything follows.
// Error `invalid` unless old_size <= new_size.
Result<std::vector<Digest>> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                              const HashReader& stored);

// Does `proof` lead from the leaf to the root? Error `corrupt` says what does not fit.
Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf,
                        std::span<const Digest> proof, const Digest& root);

// Is the tree of new_size an extension of the tree of old_size? Error `corrupt` says what does not fit.
Status verify_consistency(std::uint64_t old_size, std::uint64_t new_size, std::span<const Digest> proof,
                          const Digest& old_root, const Digest& new_root);

// The root over exactly these hashes as leaves of a (sub)tree; empty_root() for none.
Digest root_over(std::span<const Digest> hashes);

}  // namespace weir::ledger
