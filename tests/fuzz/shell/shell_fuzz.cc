// Parses and analyses any bytes: no crash, spans inside the text, limits held.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/limits.h"
#include "content.h"
#include "shell/inspect_json.h"

namespace {

const weir::shell::CommandTable& table() {
  static const weir::shell::CommandTable shipped = [] {
    weir::shell::CommandTable out;
    for (const weir::ContentFile& file : weir::content_files())
      if (file.name.starts_with("commands/") && file.name.ends_with(".yaml") &&
          !out.add(file.bytes, file.name))
        std::abort();
    return out;
  }();
  return shipped;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const weir::shell::Environment here{
      .cwd = "/workspace", .home = "/home/dev", .workspace = "/workspace", .variables = {}, .depth = 0};
  const weir::shell::Analysis analysis = weir::shell::analyze(text, here, table());
  for (const auto& effect : analysis.effects)
    if (effect.span.begin > effect.span.end || effect.span.end > size || effect.verb.empty()) std::abort();
  for (const auto& opaque : analysis.opaque)
    if (opaque.span.end > size) std::abort();
  if (analysis.effects.size() > weir::limits::kShellEffectsMax + 2) std::abort();
  weir::compact(weir::shell::inspect_json(analysis));
  return 0;
}
