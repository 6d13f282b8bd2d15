// The answer of a server: one head, measured to the byte; what its chunks hold is the same however they are
// cut.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/chunks.h"
#include "http/response_head.h"

namespace {

using namespace weir::http;

std::string data_of(std::string_view bytes, std::size_t piece) {
  ChunkReader reader;
  std::string data;
  for (std::size_t at = 0; at < bytes.size() && !reader.done();) {
    const auto taken = reader.take(bytes.substr(at, piece), &data);
    if (!taken) return "refused";
    if (*taken == 0) std::abort();
    at += *taken;
  }
  return reader.done() ? data : "no end";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const bool for_head : {false, true}) {
    const auto head = parse_response_head(bytes, for_head);
    if (!head || !*head) continue;
    if ((*head)->bytes > size || !bytes.substr(0, (*head)->bytes).ends_with("\r\n\r\n")) std::abort();
    if ((*head)->status < 100 || (*head)->status > 599) std::abort();
    const std::string_view body = bytes.substr((*head)->bytes);
    const std::string whole = data_of(body, SIZE_MAX);
    if (data_of(body, 1) != whole) std::abort();
  }
  return 0;
}
