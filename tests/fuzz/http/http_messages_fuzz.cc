// One direction of a connection: the same messages, data and outcome however the bytes are cut; what is taken
// is what came, byte for byte; what a length or chunks hold, written anew, is read back.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/chunks.h"
#include "http/message_reader.h"

namespace {

using namespace weir::http;
using Kind = Step::Kind;

struct Outcome {
  std::string said;   // heads, data and ends, and the error
  std::string taken;  // what would be forwarded
  bool operator==(const Outcome&) const = default;
};

template <class Reader>
Outcome read(Reader reader, std::string_view bytes, std::size_t piece) {
  Outcome out;
  std::string waiting;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
    waiting += bytes.substr(at, piece);
    while (true) {
      const auto step = reader.next(waiting);
      if (!step) {
        // Data before an error may have been given or not: only that there is one counts.
        return {"error " + step.error().what, {}};
      }
      if (step->kind == Kind::more) break;
      if (step->taken > waiting.size() || step->data.size() > step->taken) std::abort();
      if (step->kind == Kind::head && (step->taken != reader.head().bytes || step->taken == 0)) std::abort();
      if (step->kind == Kind::body && step->taken == 0) std::abort();
      if (step->kind == Kind::head) out.said += "|head " + waiting.substr(0, step->taken);
      if (step->kind == Kind::end) out.said += "|end";
      out.said += step->data;
      out.taken += waiting.substr(0, step->taken);
      waiting.erase(0, step->taken);
    }
  }
  const auto ended = reader.ended(waiting);
  out.said += ended ? "|ok" : "|cut " + ended.error().what;
  if (out.taken + waiting != bytes) std::abort();
  return out;
}

template <class Reader>
void check(const Reader& reader, std::string_view bytes) {
  const Outcome whole = read(reader, bytes, SIZE_MAX);
  for (const std::size_t piece : {1, 2, 7})
    if (read(reader, bytes, piece) != whole) std::abort();
}

void check_chunks(std::string_view data, std::size_t size) {
  std::string bytes;
  for (std::size_t at = 0; at < data.size(); at += size)
    write_chunk(bytes, data.substr(at, size));
  write_last_chunk(bytes);
  ChunkReader reader;
  std::string again;
  const auto taken = reader.take(bytes, &again);
  if (!taken || *taken != bytes.size() || !reader.done() || again != data) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  check(RequestReader(data[0] % 2 == 0 ? limits::kBodyBytesMax : 20), bytes);
  ResponseReader answers;
  for (const char* request :
       {"GET / HTTP/1.1\r\n\r\n", "HEAD / HTTP/1.1\r\n\r\n",
        data[0] % 4 < 2 ? "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n" : "CONNECT a:1 HTTP/1.1\r\n\r\n"})
    if (!answers.asked(**parse_request_head(request))) std::abort();
  check(answers, bytes);
  check_chunks(bytes, std::size_t{data[0]} + 1);
  return 0;
}
