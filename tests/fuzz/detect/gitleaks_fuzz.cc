// gitleaks TOML from anyone: read or refused; what is read compiles or is named, and looks at its own text.
#include <cstddef>
#include <cstdint>

#include "detect/secrets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kSizeMax = 16 * 1024;
  if (size > kSizeMax) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto rules = weir::detect::parse_gitleaks(text, "fuzz");
  constexpr std::size_t kRulesMax = 4;  // compiling is what costs
  if (!rules || rules->rules.size() > kRulesMax) return 0;
  const auto detector = weir::detect::SecretDetector::compile(*std::move(rules));
  if (!detector) return 0;
  weir::detect::SecretWorkspace workspace;
  (void)detector->scan(text, workspace, "a/b.env");
  return 0;
}
