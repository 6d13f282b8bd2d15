// Frames and request bodies from any process that reaches the event socket: what parses is written back as it
// came.
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "net/hook_wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::net;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto header = parse_frame_header(bytes.substr(0, kFrameHeaderBytes)))
    CHECK(header->type == FrameType::hook_request || header->type == FrameType::hook_answer);
  if (const auto request = parse_request(bytes)) CHECK(request_body(*request) == bytes);
  // Nothing but the daemon's own signature opens an answer.
  CHECK(!open_answer(bytes, "request", PublicKey{1}));
  return 0;
}
