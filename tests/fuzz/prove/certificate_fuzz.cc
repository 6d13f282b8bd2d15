// certificate.json from anyone: any bytes are an index or an Error, and an index names only files beside it,
// whose bytes have the digests that it gives.
#include "prove/certificate.h"

#include <cstdint>

#include "base/hash.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  constexpr std::string_view kScript = "(check-sat)\n";
  const auto read = [&](const std::string& file) -> Result<std::string> {
    CHECK(!file.empty() && file.front() != '.' && file.find('/') == std::string::npos);
    return std::string(kScript);
  };
  const auto index = prove::read_certificate({reinterpret_cast<const char*>(data), size}, read);
  if (!index) return 0;
  CHECK(index->obligations.size() <= size && index->digest.starts_with("sha256:"));
  for (const auto& obligation : index->obligations)
    CHECK(obligation.digest == digest_text(sha256(kScript)));
  return 0;
}
