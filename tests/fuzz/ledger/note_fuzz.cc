// Notes, checkpoints, verifier keys and tile paths: what parses must be written back as it came.
#include <cstdint>
#include <string_view>

#include "ledger/checkpoint.h"
#include "ledger/tiles.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::ledger;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto note = parse_note(text)) {
    CHECK(format_note(*note) == text);
    if (const auto checkpoint = parse_checkpoint_text(note->text))
      CHECK(checkpoint_text(*checkpoint) == note->text);
  }
  if (const auto checkpoint = parse_checkpoint_text(text)) CHECK(checkpoint_text(*checkpoint) == text);
  if (const auto key = VerifierKey::parse(text)) CHECK(key->text() == text);
  if (const auto id = parse_tile_path(text)) CHECK(tile_path(*id) == text);
  return 0;
}
