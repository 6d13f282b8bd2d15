// The answer of a company's proxy: measured to the byte, the same however it arrives in pieces.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/upstream_proxy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::gateway;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto reply = parse_connect_reply(bytes);
  if (!reply || !*reply) return 0;
  const std::size_t head = (*reply)->bytes;
  if (head > size || (*reply)->status < 0 || (*reply)->status > 999) std::abort();
  const auto alone = parse_connect_reply(bytes.substr(0, head));
  if (!alone || !*alone || (*alone)->bytes != head || (*alone)->status != (*reply)->status) std::abort();
  const auto shorter = parse_connect_reply(bytes.substr(0, head - 1));
  if (!shorter || *shorter) std::abort();
  return 0;
}
