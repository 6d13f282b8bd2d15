// What git says of a pod's commits, and what the pod wrote as references: values or an Error, never a name of
// an object that git could take for an option.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "changes/git_history.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto changes = weir::changes::parse_raw_diff(text))
    for (const auto& one : *changes)
      if (one.path.find('\0') != std::string::npos) std::abort();
  for (const std::string_view path : {"refs/heads/main", "logs/HEAD"})
    if (const auto tips = weir::changes::tips_in(path, text))
      for (const auto& one : *tips)
        if (one.find_first_not_of("0123456789abcdef") != std::string::npos) std::abort();
  return 0;
}
