#include "cedar/policy.h"

#include <algorithm>

namespace weir::cedar {

std::string_view name(Effect effect) {
  return effect == Effect::permit ? "permit" : "forbid";
}

std::string_view name(Variable variable) {
  static constexpr std::string_view kNames[] = {"principal", "action", "resource", "context"};
  return kNames[static_cast<std::size_t>(variable)];
}

const std::string* Policy::annotation(std::string_view name) const {
  for (const auto& [key, value] : annotations)
    if (key == name) return &value;
  return nullptr;
}

bool Policy::is_bare(std::string_view name) const {
  return std::find(bare_annotations.begin(), bare_annotations.end(), name) != bare_annotations.end();
}

}  // namespace weir::cedar
