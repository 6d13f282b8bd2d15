// A request: one head, measured to the byte; chunks end at the same byte however they are cut.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/chunks.h"
#include "http/request_head.h"

namespace {

using namespace weir::http;

// The bytes of the body, or -1 when it is refused, or -2 when it does not end.
std::int64_t chunked_length(std::string_view bytes, std::size_t piece) {
  ChunkReader reader;
  std::size_t at = 0;
  while (at < bytes.size() && !reader.done()) {
    const auto taken = reader.take(bytes.substr(at, piece));
    if (!taken) return -1;
    if (*taken == 0 || *taken > piece) std::abort();
    at += *taken;
  }
  return reader.done() ? static_cast<std::int64_t>(at) : -2;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto head = parse_request_head(bytes);
  if (head && *head) {
    if ((*head)->bytes > size || !bytes.substr(0, (*head)->bytes).ends_with("\r\n\r\n")) std::abort();
    const std::string_view body = bytes.substr((*head)->bytes);
    const auto whole = chunked_length(body, SIZE_MAX);
    const auto cut = chunked_length(body, 1);
    if (cut != whole) std::abort();
  }
  return 0;
}
