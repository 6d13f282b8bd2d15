// Proof files, and entry bundles: what parses must be written back as it came; verifying never crashes.
#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/merkle.h"
#include "ledger/proof.h"
#include "ledger/tiles.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::ledger;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto proof = parse_proof(text)) {
    CHECK(format_proof(*proof) == text);
    static const VerifierKey key("weir.local/fuzz", PublicKey{});
    CHECK(!verify_proof(*proof, "entry", key));
    if (const auto note = parse_note(proof->checkpoint)) {
      if (const auto checkpoint = parse_checkpoint_text(note->text))
        (void)verify_inclusion(proof->index, checkpoint->size, leaf_hash({}), proof->path, checkpoint->root);
    }
  }
  if (size > 0) {
    const unsigned width = data[0] + 1u;
    if (const auto entries = decode_bundle(text.substr(1), width, true)) {
      std::string again;
      for (const std::string_view one : *entries)
        append_to_bundle(again, one);
      CHECK(again == text.substr(1));
    }
  }
  return 0;
}
