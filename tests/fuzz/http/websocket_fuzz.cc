// One direction of a WebSocket: the same events however the bytes are cut, their frames all bytes that came;
// a message written in fragments, masked or compressed, is read back; compressed ones are what zlib itself
// makes.
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "http/websocket_reader.h"

namespace {

using namespace weir::http;
using Opcode = WebSocketOpcode;

struct Outcome {
  std::string events;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

Outcome read(const WebSocketReader::Setup& setup, std::string_view bytes, std::size_t piece) {
  WebSocketReader reader(setup);
  Outcome out;
  std::string waiting;
  std::size_t framed = 0;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
    waiting += bytes.substr(at, piece);
    while (true) {
      const auto step = reader.next(waiting);
      if (!step) {
        // Of a message that is both too long and no text, either may be found first.
        out.error = reader.close_code() == 1002 ? step.error().what : "what it holds";
        return out;
      }
      if (step->taken > waiting.size()) std::abort();
      if (step->event) {
        const auto& event = *step->event;
        if (event.opcode == Opcode::text && !weir::valid_utf8(event.payload)) std::abort();
        out.events += std::to_string(static_cast<int>(event.opcode)) + std::string(event.payload) + "|" +
                      std::string(event.frames) + "|";
        framed += event.frames.size();
      }
      waiting.erase(0, step->taken);
      if (step->taken == 0) break;
    }
  }
  // Between messages every byte that was taken stood in the frames of some event.
  if (!reader.inside_message() && framed + waiting.size() != bytes.size()) std::abort();
  return out;
}

std::string inflated_by_zlib(std::string payload, int bits) {
  payload.append("\x00\x00\xff\xff", 4);
  z_stream stream{};
  if (inflateInit2(&stream, -bits) != Z_OK) std::abort();
  std::string out(payload.size() * 1100 + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(payload.data());
  stream.avail_in = static_cast<uInt>(payload.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (inflate(&stream, Z_SYNC_FLUSH) != Z_OK || stream.avail_in != 0) std::abort();
  out.resize(out.size() - stream.avail_out);
  inflateEnd(&stream);
  return out;
}

// `how`: one bit each for mask, compression and takeover, the others for the size of fragments.
void check_written(std::string_view message, std::uint8_t how) {
  const bool masked = (how & 1) != 0;
  const bool compressed = (how & 2) != 0;
  const bool forgets = (how & 4) != 0;
  const int bits = 9 + how % 7;
  WebSocketReader::Setup setup{.from = masked ? WebSocketSide::client : WebSocketSide::server,
                               .deflate = DeflateParameters{forgets, forgets, bits, bits}};
  setup.limits.ratio_max = UINT32_MAX;
  MessageDeflater deflater(bits, forgets);
  WebSocketReader reader(setup);
  for (int round = 0; round < 2; ++round) {
    const std::string payload = compressed ? deflater.message(message) : std::string(message);
    if (compressed && round == 0 && inflated_by_zlib(payload, bits) != message) std::abort();
    std::string bytes;
    const std::size_t size = how / 8 + 1;
    std::size_t at = 0;
    do {
      const auto key =
          masked ? std::optional(MaskKey{how, 7, 99, static_cast<std::uint8_t>(at)}) : std::nullopt;
      const std::string_view part = std::string_view(payload).substr(at, size);
      const bool first = at == 0;
      at += size;
      if (!write_frame(bytes, {.opcode = first ? Opcode::binary : Opcode::continuation,
                               .payload = part,
                               .fin = at >= payload.size(),
                               .compressed = first && compressed,
                               .key = key}))
        std::abort();
    } while (at < payload.size());
    std::string_view waiting = bytes;
    while (!waiting.empty()) {
      const auto step = reader.next(waiting);
      if (!step || step->taken == 0) std::abort();
      waiting.remove_prefix(step->taken);
      if (step->event.has_value() != waiting.empty()) std::abort();
      if (step->event && (step->event->payload != message || step->event->frames != bytes)) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  WebSocketReader::Setup setup{.from = (data[0] & 1) != 0 ? WebSocketSide::client : WebSocketSide::server};
  if ((data[0] & 2) != 0) setup.deflate = DeflateParameters{(data[0] & 4) != 0, (data[0] & 4) != 0, 15, 15};
  // So that no expansion ends earlier in one cutting than in another.
  setup.limits = {.frame_bytes_max = 1 << 16, .message_bytes_max = 1 << 17};
  const Outcome whole = read(setup, bytes, SIZE_MAX);
  for (const std::size_t piece : {1, 2, 13})
    if (read(setup, bytes, piece) != whole) std::abort();
  if (bytes.size() < 100 || data[0] >= 0x80) check_written(bytes, data[0]);
  return 0;
}
