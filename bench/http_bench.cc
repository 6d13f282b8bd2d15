// What reading HTTP, server-sent events and WebSocket costs, beside a plain copy of the same bytes in the
// same run (`Copy/...`): the distance to memory speed is the codec's own.
//
//   ./http_bench                  bytes_per_second and items_per_second (heads, events, frames)
//
// `Head` is a request as an agent sends it, 13 fields; `Requests` a connection of such requests with their
// rules checked; `Chunks` a body in chunks of 4 KiB; `Sse` a stream of a model's text deltas; `WebSocket`
// masked frames of a client, `WebSocketServer` the same without masks, `WebSocketDeflate` the same
// compressed.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "http/chunks.h"
#include "http/message_reader.h"
#include "http/sse.h"
#include "http/websocket_reader.h"

namespace {

using namespace weir::http;

constexpr int kRepeats = 2'000;

const std::string kHead =
    "POST /v1/messages?beta=true HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 0\r\n"
    "Accept: application/json\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nConnection: keep-alive\r\n"
    "Content-Type: application/json\r\nUser-Agent: an-agent/2.1.330 (external, cli)\r\n"
    "X-Stainless-Arch: x64\r\nX-Stainless-Lang: js\r\nX-Stainless-Os: Linux\r\n"
    "X-Session-Id: 5b3c9c1e-8a53-4f43-9a5e-4d1b8f8f3b1c\r\nanthropic-version: 2023-06-01\r\n"
    "X-Api-Key: placeholder-placeholder-placeholder-placeholder\r\n\r\n";

const std::string kEvent =
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
    "\"text_delta\",\"text\":\"a few words of an answer\"}}\n\n";

std::string repeated(const std::string& text, int times = kRepeats) {
  std::string all;
  for (int i = 0; i < times; ++i)
    all += text;
  return all;
}

std::string chunked(std::size_t chunk) {
  std::string out;
  for (int i = 0; i < kRepeats; ++i)
    write_chunk(out, std::string(chunk, 'x'));
  write_last_chunk(out);
  return out;
}

std::string frames(bool masked, bool compressed) {
  MessageDeflater deflater(15, false);
  std::string out;
  for (int i = 0; i < kRepeats; ++i) {
    const std::string text =
        "{\"type\":\"response.output_text.delta\",\"sequence_number\":" + std::to_string(i) +
        ",\"item_id\":\"msg_0123456789abcdef\",\"output_index\":0,\"delta\":\"a few words\"}";
    const std::string payload = compressed ? deflater.message(text) : text;
    if (!write_frame(out, {.payload = payload,
                           .compressed = compressed,
                           .key = masked ? std::optional(MaskKey{1, 2, 3, 4}) : std::nullopt}))
      std::abort();
  }
  return out;
}

void count(benchmark::State& state, std::size_t bytes, int items) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * static_cast<std::int64_t>(state.iterations()));
  state.SetItemsProcessed(static_cast<std::int64_t>(items) * static_cast<std::int64_t>(state.iterations()));
}

void copy(benchmark::State& state, const std::string& bytes, int items) {
  std::string to(bytes.size(), '\0');
  for (auto _ : state) {
    std::memcpy(to.data(), bytes.data(), bytes.size());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  count(state, bytes.size(), items);
}

void head(benchmark::State& state) {
  for (auto _ : state) {
    auto parsed = parse_request_head(kHead);
    if (!parsed || !*parsed) state.SkipWithError("not a head");
    benchmark::DoNotOptimize(parsed);
  }
  count(state, kHead.size(), 1);
}

void requests(benchmark::State& state, const std::string& bytes) {
  for (auto _ : state) {
    RequestReader reader;
    std::string_view waiting = bytes;
    int ended = 0;
    while (true) {
      const auto step = reader.next(waiting);
      if (!step || step->kind == Step::Kind::more) break;
      ended += step->kind == Step::Kind::end ? 1 : 0;
      waiting.remove_prefix(step->taken);
    }
    if (ended != kRepeats) state.SkipWithError("not all requests");
  }
  count(state, bytes.size(), kRepeats);
}

void chunks(benchmark::State& state, const std::string& bytes) {
  for (auto _ : state) {
    ChunkReader reader;
    std::string_view waiting = bytes;
    std::size_t data = 0;
    while (!reader.done()) {
      const auto piece = reader.next(waiting);
      if (!piece) break;
      data += piece->data.size();
      waiting.remove_prefix(piece->taken);
    }
    if (!reader.done()) state.SkipWithError("not all chunks");
    benchmark::DoNotOptimize(data);
  }
  count(state, bytes.size(), kRepeats);
}

void sse(benchmark::State& state, const std::string& bytes) {
  for (auto _ : state) {
    SseSplitter splitter;
    std::string_view waiting = bytes;
    int events = 0;
    while (true) {
      const auto event = splitter.next(waiting);
      if (!event || !*event) break;
      events += (*event)->dispatched ? 1 : 0;
      waiting.remove_prefix((*event)->bytes.size());
    }
    if (events != kRepeats) state.SkipWithError("not all events");
  }
  count(state, bytes.size(), kRepeats);
}

void websocket(benchmark::State& state, const std::string& bytes, WebSocketSide from, bool compressed) {
  for (auto _ : state) {
    WebSocketReader::Setup setup{.from = from, .deflate = {}, .limits = {}};
    if (compressed) setup.deflate.emplace();
    WebSocketReader reader(setup);
    std::string_view waiting = bytes;
    int messages = 0;
    while (!waiting.empty()) {
      const auto step = reader.next(waiting);
      if (!step || step->taken == 0) break;
      messages += step->event ? 1 : 0;
      waiting.remove_prefix(step->taken);
    }
    if (messages != kRepeats) state.SkipWithError("not all messages");
  }
  count(state, bytes.size(), kRepeats);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string pipeline = repeated(kHead);
  const std::string body = chunked(4096);
  const std::string stream = repeated(kEvent);
  const std::string masked = frames(true, false);
  const std::string plain = frames(false, false);
  const std::string small = frames(false, true);
  benchmark::RegisterBenchmark("Head", head);
  benchmark::RegisterBenchmark("Copy/Head", copy, kHead, 1);
  benchmark::RegisterBenchmark("Requests", requests, pipeline);
  benchmark::RegisterBenchmark("Copy/Requests", copy, pipeline, kRepeats);
  benchmark::RegisterBenchmark("Chunks", chunks, body);
  benchmark::RegisterBenchmark("Copy/Chunks", copy, body, kRepeats);
  benchmark::RegisterBenchmark("Sse", sse, stream);
  benchmark::RegisterBenchmark("Copy/Sse", copy, stream, kRepeats);
  benchmark::RegisterBenchmark("WebSocket", websocket, masked, WebSocketSide::client, false);
  benchmark::RegisterBenchmark("WebSocketServer", websocket, plain, WebSocketSide::server, false);
  benchmark::RegisterBenchmark("Copy/WebSocket", copy, masked, kRepeats);
  benchmark::RegisterBenchmark("WebSocketDeflate", websocket, small, WebSocketSide::server, true);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
