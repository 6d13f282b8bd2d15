#include "store/frame.h"

#include "store/codec.h"
#include "store/crc32c.h"
#include "store/position.h"

#include <charconv>

namespace weir::store {
namespace {

constexpr std::string_view kMagic = "weir.seg";
constexpr std::uint32_t kMark = 0xF7AE5717;  // stored 17 57 AE F7: 0xAE without a lead byte is not UTF-8
constexpr std::size_t kCopyBytes = kSegmentHeaderBytes / 2;
constexpr std::uint32_t kHeaderFlagAfterDamage = 1;

std::string encode_copy(const SegmentHeader& header) {
  std::string out(kMagic);
  put(out, header.version);
  put(out, static_cast<std::uint16_t>(kCopyBytes));
  put(out, header.after_damage ? kHeaderFlagAfterDamage : std::uint32_t{0});
  put(out, header.number);
  put(out, header.first_batch);
  put(out, header.next_ledger);
  put(out, header.previous_bytes);
  put(out, header.store);
  put(out, header.salt);
  put(out, crc32c(as_bytes(out)));
  return out;
}

std::optional<SegmentHeader> decode_copy(ByteView bytes) {
  if (as_text(bytes.first(kMagic.size())) != kMagic) return std::nullopt;
  if (get<std::uint32_t>(bytes, 60) != crc32c(bytes.first(60))) return std::nullopt;
  SegmentHeader header;
  header.version = get<std::uint16_t>(bytes, 8);
  header.after_damage = (get<std::uint32_t>(bytes, 12) & kHeaderFlagAfterDamage) != 0;
  header.number = get<std::uint64_t>(bytes, 16);
  header.first_batch = get<std::uint64_t>(bytes, 24);
  header.next_ledger = get<std::uint64_t>(bytes, 32);
  header.previous_bytes = get<std::uint64_t>(bytes, 40);
  header.store = get<std::uint64_t>(bytes, 48);
  header.salt = get<std::uint32_t>(bytes, 56);
  return header;
}

std::uint32_t seed(std::uint32_t salt) {
  std::string bytes;
  put(bytes, salt);
  return crc32c(as_bytes(bytes));
}

}  // namespace

std::string to_text(const Position& position) {
  return std::to_string(position.segment) + ":" + std::to_string(position.offset);
}

std::optional<Position> position_from(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Position position;
  const auto read = [](std::string_view digits, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size();
  };
  if (!read(text.substr(0, colon), position.segment) || !read(text.substr(colon + 1), position.offset))
    return std::nullopt;
  return position;
}

std::string encode_header(const SegmentHeader& header) {
  const std::string copy = encode_copy(header);
  CHECK(copy.size() == kCopyBytes);
  return copy + copy;
}

Result<SegmentHeader> decode_header(ByteView bytes) {
  if (bytes.size() >= kSegmentHeaderBytes) {
    if (const auto header = decode_copy(bytes.first(kCopyBytes))) return *header;
    if (const auto header = decode_copy(bytes.subspan(kCopyBytes, kCopyBytes))) return *header;
  }
  return fail(ErrorCode::corrupt, "not a segment, or both copies of its header are damaged");
}

Frame make_frame(FrameType type, std::string payload) {
  Frame frame{.type = type, .plain_bytes = static_cast<std::uint32_t>(payload.size()), .payload = {}};
  std::string packed = compress(payload);
  frame.zstd = !packed.empty();
  frame.payload = frame.zstd ? std::move(packed) : std::move(payload);
  return frame;
}

Result<std::string> plain_payload(const Frame& frame, std::size_t bytes_max) {
  if (frame.plain_bytes > bytes_max)
    return fail(ErrorCode::limit, "a payload is longer than " + std::to_string(bytes_max) + " bytes");
  if (frame.zstd) return decompress(frame.payload, frame.plain_bytes);
  if (frame.payload.size() != frame.plain_bytes)
    return fail(ErrorCode::corrupt, "a payload has not its stated length");
  return frame.payload;
}

void append_frame(std::string& batch, const Frame& frame, std::uint32_t salt) {
  CHECK(frame.payload.size() <= payload_bytes_max(static_cast<std::uint8_t>(frame.type)));
  const std::size_t start = batch.size();
  put(batch, kMark);
  put(batch, static_cast<std::uint8_t>(frame.type));
  put(batch, frame.zstd ? kFlagZstd : std::uint8_t{0});
  put(batch, std::uint16_t{0});
  put(batch, static_cast<std::uint32_t>(frame.payload.size()));
  put(batch, frame.plain_bytes);
  put(batch, static_cast<std::uint32_t>(start));
  const std::uint32_t crc = frame_crc_start(salt, as_bytes(batch).subspan(start));
  put(batch, crc32c_extend(crc, as_bytes(frame.payload)));
  batch += frame.payload;
}

void append_commit(std::string& batch, std::uint64_t number, std::uint32_t frames, std::uint32_t salt) {
  std::string payload;
  put(payload, number);
  put(payload, frames);
  put(payload, static_cast<std::uint32_t>(batch.size()));
  append_frame(
      batch, Frame{.type = FrameType::commit, .plain_bytes = kCommitPayloadBytes, .payload = payload}, salt);
}

std::size_t payload_bytes_max(std::uint8_t type) {
  constexpr std::size_t kHeadBytes = 16 + 3 * limits::kStoreNameBytesMax;
  switch (static_cast<FrameType>(type)) {
    case FrameType::record:
      return limits::kStoreEnvelopeBytesMax + kHeadBytes;
    case FrameType::ledger:
      return limits::kLedgerEntryBytesMax + sizeof(std::uint64_t);
    case FrameType::body:
      return limits::kStoreBodyBytesMax + limits::kKiB;
    case FrameType::commit:
      return kCommitPayloadBytes;
  }
  return limits::kStoreBatchBytesMax;  // of a later version: passed over without being kept
}

std::optional<FrameHeader> decode_frame_header(ByteView bytes) {
  if (bytes.size() < kFrameHeaderBytes) return std::nullopt;
  if (get<std::uint32_t>(bytes, 0) != kMark || get<std::uint16_t>(bytes, 6) != 0) return std::nullopt;
  const FrameHeader header{.type = bytes[4],
                           .flags = bytes[5],
                           .length = get<std::uint32_t>(bytes, 8),
                           .plain_bytes = get<std::uint32_t>(bytes, 12),
                           .back = get<std::uint32_t>(bytes, 16),
                           .crc = get<std::uint32_t>(bytes, 20)};
  if (header.length > payload_bytes_max(header.type)) return std::nullopt;
  return header;
}

std::uint32_t frame_crc_start(std::uint32_t salt, ByteView header_bytes) {
  return crc32c_extend(seed(salt), header_bytes.first(20));
}

std::optional<Commit> decode_commit_frame(ByteView bytes, std::uint32_t salt) {
  if (bytes.size() < kCommitFrameBytes) return std::nullopt;
  const auto header = decode_frame_header(bytes);
  if (!header || header->type != static_cast<std::uint8_t>(FrameType::commit)) return std::nullopt;
  if (header->length != kCommitPayloadBytes || header->flags != 0) return std::nullopt;
  const ByteView payload = bytes.subspan(kFrameHeaderBytes, kCommitPayloadBytes);
  if (crc32c_extend(frame_crc_start(salt, bytes), payload) != header->crc) return std::nullopt;
  const Commit commit{get<std::uint64_t>(payload, 0), get<std::uint32_t>(payload, 8),
                      get<std::uint32_t>(payload, 12)};
  if (commit.bytes != header->back) return std::nullopt;
  return commit;
}

std::string_view frame_mark() {
  return "\x17\x57\xAE\xF7";
}

}  // namespace weir::store
