// Paths and patterns of them: no path with a dot segment, once decoded, is called plain; a path matches
// itself.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/request_scope.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::gateway;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto cut = bytes.find('\n');
  const std::string_view path = bytes.substr(0, cut);
  const std::string_view pattern =
      cut == std::string_view::npos ? std::string_view("*") : bytes.substr(cut + 1);
  if (!path.contains('*') && !path_matches(path, path)) std::abort();
  if (!path_matches("*", path)) std::abort();
  (void)path_matches(pattern.substr(0, 200), path.substr(0, 2000));
  if (!ambiguous_path(path) && (path.contains("/../") || path.contains("%2e%2e") || path.contains('\\'))) {
    // "%2e%2e" inside of a longer name is none.
    if (path.contains("/../") || path.contains('\\')) std::abort();
  }
  if (path_shape(path).contains('?')) std::abort();
  return 0;
}
