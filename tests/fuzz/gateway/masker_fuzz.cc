// Bytes with a value in them: however they are cut, what comes out is the same, as long, and without the
// value.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/masker.h"

namespace {

using namespace weir::gateway;

std::string in_pieces(const Masker::Texts& texts, std::string_view bytes, std::size_t piece) {
  Masker masker(texts);
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    masker.take(bytes.substr(at, piece), out);
  masker.finish(out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto texts =
      std::make_shared<const std::vector<MaskedText>>(forms_of("abcab/abcabd0123", "XXXXX/XXXXXX0000"));
  const std::string whole = masked(texts, bytes);
  if (whole.size() != size || whole.find("abcab/abcabd0123") != std::string::npos) std::abort();
  for (const std::size_t piece : {1, 2, 5})
    if (in_pieces(texts, bytes, piece) != whole) std::abort();
  return 0;
}
