// The policies of a workspace, which a repository brings along: any bytes make a layer or an Error. A layer
// that is taken leaves every policy above it in force. The first byte chooses: 'w' reads a waive.yaml of the
// user, anything else the policies of a project.
#include <cstdint>
#include <memory>
#include <string>

#include "content.h"
#include "guard/pack.h"

namespace {

using namespace weir;

std::shared_ptr<const guard::Pack> shipped_pack() {
  guard::PackSources sources;
  for (const auto& file : content_files()) {
    guard::NamedText text{std::string(file.name), std::string(file.bytes)};
    if (file.name.starts_with("policies/") && file.name.ends_with(".cedar")) sources.policies.push_back(text);
    if (file.name == "policies/weir.cedarschema") sources.schema = text;
    if (file.name.starts_with("paths/")) sources.paths.push_back(text);
    if (file.name.starts_with("commands/")) sources.commands.push_back(text);
    if (file.name.starts_with("facts/")) sources.facts.push_back(text);
  }
  auto pack = guard::Pack::load(sources);
  CHECK(pack);
  return *pack;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto above = shipped_pack();
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  guard::LayerSource layer;
  if (data[0] == 'w') {
    layer.waivers.push_back({"waive.yaml", text});
  } else {
    layer.layer = guard::Layer::project;
    layer.policies.push_back({"project.cedar", text});
  }
  const auto pack = guard::Pack::with_layer(*above, layer);
  if (!pack) {
    CHECK(!pack.error().what.empty());
    return 0;
  }
  CHECK((*pack)->policy_count() + (*pack)->waivers().size() >= above->policy_count());
  CHECK(data[0] == 'w' || (*pack)->waivers().empty());
  return 0;
}
