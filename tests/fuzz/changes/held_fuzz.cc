// The catalogue of held files: any text is a catalogue or an Error, and what was read answers for any path
// without crashing. The first line of the input is the path, the rest the catalogue.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "changes/held.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = text.find('\n');
  if (end == std::string_view::npos || end > 4096) return 0;
  const auto catalogue = changes::HeldCatalogue::parse(text.substr(end + 1), "fuzz.yaml");
  if (!catalogue) return 0;
  changes::Change change;
  change.path = std::string(text.substr(0, end));
  for (const auto kind :
       {changes::NodeKind::file, changes::NodeKind::symlink, changes::NodeKind::directory}) {
    change.pod.node.kind = kind;
    for (const bool there : {false, true}) {
      const auto reasons = catalogue->reasons({.change = change,
                                               .path = change.path,
                                               .link_outside = there,
                                               .git_replaced = there,
                                               .git_carries = !there,
                                               .on_host = [&](const std::string&) { return there; },
                                               .in_pod = [&](const std::string&) { return there; }});
      CHECK(reasons.size() <= catalogue->size());
    }
  }
  const changes::LinkOf link_of = [&](const std::string& path) -> std::optional<std::string> {
    return path.size() % 3 == 0 ? std::optional<std::string>(path + "/x") : std::nullopt;
  };
  (void)changes::link_leads_to("a/b", change.path, link_of);
  (void)catalogue->spelled_out();
  return 0;
}
