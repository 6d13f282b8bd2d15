#include "guard/rules.h"

namespace weir::guard {
namespace {

// Weir guards Linux machines: of rules about programs and files these apply.
constexpr const char* kProduct = "linux";

}  // namespace

Result<std::shared_ptr<const sigma::RuleBook>> rules_of(const std::vector<NamedText>& files) {
  if (files.empty()) return std::shared_ptr<const sigma::RuleBook>();
  sigma::RuleSet set;
  for (const auto& file : files)
    sigma::read_rules(set, file.text, file.name, {});
  sigma::link(set);
  return sigma::RuleBook::make(std::move(set), kProduct);
}

}  // namespace weir::guard
