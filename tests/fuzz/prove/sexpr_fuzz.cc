// What a solver answers and what a certificate holds: any bytes are read or refused, and what was read is
// written back to the same.
#include <cstdlib>

#include "prove/certificate.h"
#include "prove/sexpr.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto all = weir::prove::parse_sexprs(text))
    for (const auto& expression : *all) {
      const std::string written = to_text(expression);
      const auto again = weir::prove::parse_sexpr(written);
      if (!again || to_text(*again) != written) std::abort();
    }
  (void)weir::prove::to_arrays(text);
  return 0;
}
