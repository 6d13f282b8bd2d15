#include "cedar/policy.h"

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

}  // namespace weir::cedar
