// A segment from anywhere: header, frames, batches, records, bodies, in both modes of reading. What strict
// reading gives must be what reading past damage gives first, and every batch given must be whole.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "store/migrate.h"
#include "store/seal.h"
#include "store/segment.h"

using namespace weir;
using namespace weir::store;

namespace {

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(ByteView bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Status read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) std::abort();
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
    return {};
  }

 private:
  ByteView bytes_;
};

std::vector<std::uint64_t> read_all(ByteView bytes, const ReadOptions& options) {
  std::vector<std::uint64_t> begins;
  auto reader = SegmentReader::open(std::make_unique<MemorySource>(bytes), "fuzz", options);
  if (!reader) return begins;
  while (true) {
    const auto batch = reader->next();
    if (!batch || !*batch) break;
    if ((*batch)->begin < kSegmentHeaderBytes || (*batch)->end > bytes.size()) std::abort();
    if (!begins.empty() && (*batch)->begin <= begins.back()) std::abort();
    begins.push_back((*batch)->begin);
    for (const StoredFrame& frame : (*batch)->frames) {
      if (frame.is(FrameType::record)) (void)reader->record(frame);
      const auto again = reader->read_frame(frame.offset);
      if (!again || again->header.crc != frame.header.crc) std::abort();
      if (frame.is(FrameType::body)) (void)open_body(SessionKey{}, as_bytes(again->payload));
    }
    // Any frame of it leads back to the batch.
    for (const StoredFrame& frame : (*batch)->frames) {
      auto other = SegmentReader::open(std::make_unique<MemorySource>(bytes), "fuzz", options);
      if (!other->seek(frame.offset) || other->offset() != (*batch)->begin) std::abort();
      if (begins.size() > 4) break;
    }
  }
  return begins;
}

// libFuzzer cannot find checksums by itself: the second copy of the input has them put right, frame after
// frame.
Bytes with_right_checksums(ByteView input) {
  SegmentHeader header{.store = 1, .salt = 7};
  const std::string head = encode_header(header);
  Bytes bytes(as_bytes(head).begin(), as_bytes(head).end());
  std::string batch;
  std::uint64_t number = 1;
  std::uint32_t frames = 0;
  for (std::size_t at = 0; at + 2 <= input.size();) {
    const std::uint8_t control = input[at];
    const std::size_t length = std::min<std::size_t>(input[at + 1], input.size() - at - 2);
    at += 2;
    const std::string payload(as_text(input.subspan(at, length)));
    at += length;
    if ((control & 3) == 0) {
      append_commit(batch, number + (control >> 7), frames, header.salt);
      bytes.insert(bytes.end(), batch.begin(), batch.end());
      batch.clear();
      frames = 0;
      ++number;
      continue;
    }
    append_frame(batch,
                 Frame{.type = static_cast<FrameType>(control & 3),
                       .zstd = (control & 4) != 0,
                       .plain_bytes = static_cast<std::uint32_t>(length + (control >> 4)),
                       .payload = payload},
                 header.salt);
    ++frames;
  }
  bytes.insert(bytes.end(), batch.begin(), batch.end());
  return bytes;
}

void read_both_ways(ByteView bytes) {
  for (const bool sealed : {false, true}) {
    const auto strict = read_all(bytes, {.mode = ReadMode::strict, .sealed = sealed, .end = {}});
    const auto scan = read_all(bytes, {.mode = ReadMode::scan, .sealed = sealed, .end = {}});
    if (scan.size() < strict.size() || !std::equal(strict.begin(), strict.end(), scan.begin())) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView input(data, size);
  read_both_ways(input);
  read_both_ways(with_right_checksums(input));
  (void)decode_record(input);
  (void)decode_body_head(input);
  return 0;
}
