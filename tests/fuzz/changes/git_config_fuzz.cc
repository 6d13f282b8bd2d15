// git's configuration: any text gives names, within their limits, none of them longer than the text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "changes/git_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto names = weir::changes::git_names(text);
  for (const auto* list : {&names.includes, &names.hooks, &names.programs}) {
    if (list->size() > weir::changes::kGitNamesMax) std::abort();
    for (const auto& one : *list)
      if (one.size() > size) std::abort();
  }
  return 0;
}
