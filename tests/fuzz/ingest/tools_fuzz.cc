// Patches and the commands they hide in. Invariants: an accepted patch names files and no empty path; an
// embedded patch that is certain also parses or makes its call opaque.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ingest/patch.h"
#include "ingest/tools.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto files = ingest::parse_patch(text)) {
    if (files->empty()) std::abort();
    for (const auto& file : *files)
      if (file.path.empty() || (!file.move_to.empty() && file.op != ingest::PatchOp::update)) std::abort();
  }
  ingest::EmbeddedPatch embedded;
  const auto found = ingest::find_embedded_patch(text, embedded);
  const auto use = ingest::tool_use("codex", "Bash", Json::object({{"command", text}}));
  if (use.command != text) std::abort();
  if (found == ingest::Embedding::unclear && use.opaque.empty()) std::abort();
  if (found == ingest::Embedding::patch && use.paths.empty() == use.opaque.empty()) std::abort();
  return 0;
}
