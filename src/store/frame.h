// The byte grammar of a segment, format version 1, and functions that write and read single frames. Pure.
//
//   segment   = header frame*                         integers are little-endian, offsets from the file start
//   header    = copy copy                             128 bytes: one rotten copy does not lose the segment
//   copy      = "weir.seg"                            8   magic
//               version:u16 size:u16=64 flags:u32     8   flags bit 0: the previous segment ends in damage
//                                                         that was accepted by an operator
//               number:u64                            8   of this segment, from 1, without holes
//               first_batch:u64                       8   number of the first batch, from 1, without holes
//               next_ledger:u64                       8   index of the next ledger entry; 2^64-1: none yet
//               previous_bytes:u64                    8   length of the previous segment; 0 in the first
//               store:u64                             8   random, the same in all segments of a store
//               salt:u32                              4   random, seeds the checksums of this segment
//               crc:u32                               4   CRC-32C of the 60 bytes before
//   batch     = frame* commit                         what one append wrote: valid as a whole or not at all
//   frame     = mark:u32=0xF7AE5717                   4   starts with bytes that no UTF-8 text contains
//               type:u8 flags:u8 zero:u16             4   flags bit 0: payload is one zstd frame (RFC 8878)
//               length:u32                            4   of the payload as stored
//               plain:u32                             4   of the payload before compression
//               back:u32                              4   bytes from the start of the batch to this frame
//               crc:u32                               4   CRC-32C of salt, the 20 bytes before, and payload
//               payload                          length
//   commit    = a frame of type 4, payload:
//               batch:u64 frames:u32 bytes:u32       16   number; frames and bytes before the commit frame
//
//   type 1 record: store/record.h · 2 ledger entry: index:u64 entry · 3 body: store/seal.h · 4 commit
//   Other types belong to later versions; a reader of version 1 passes over them.
//
// A power cut leaves a prefix of the last batch, or a batch with holes: its commit is missing or its
// checksums disagree, and no later batch exists, since a batch is begun only after the one before was
// flushed. Anything else that disagrees is damage. The salt keeps bytes of another segment, or bytes that
// somebody smuggled into a payload, from passing for a frame. docs/formats/segment.md says the same with a
// worked example.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace weir::store {

inline constexpr std::size_t kSegmentHeaderBytes = 128;
inline constexpr std::size_t kFrameHeaderBytes = 24;
inline constexpr std::size_t kCommitPayloadBytes = 16;
inline constexpr std::size_t kCommitFrameBytes = kFrameHeaderBytes + kCommitPayloadBytes;
inline constexpr std::uint64_t kNoLedgerEntry = UINT64_MAX;

struct SegmentHeader {
  std::uint16_t version = 1;
  bool after_damage = false;
  std::uint64_t number = 1;
  std::uint64_t first_batch = 1;
  std::uint64_t next_ledger = kNoLedgerEntry;
  std::uint64_t previous_bytes = 0;
  std::uint64_t store = 0;
  std::uint32_t salt = 0;
  bool operator==(const SegmentHeader&) const = default;
};

std::string encode_header(const SegmentHeader& header);
// From the first kSegmentHeaderBytes of a file; one good copy is enough. Error `corrupt`: neither copy is
// good.
Result<SegmentHeader> decode_header(ByteView bytes);

enum class FrameType : std::uint8_t { record = 1, ledger = 2, body = 3, commit = 4 };

// A frame ready to be written into any segment; `back` and checksum come when its place is known.
struct Frame {
  FrameType type = FrameType::record;
  bool zstd = false;
  std::uint32_t plain_bytes = 0;
  std::string payload;  // as stored
  bool operator==(const Frame&) const = default;
};

// Compresses when that makes the payload smaller.
Frame make_frame(FrameType type, std::string payload);
// The payload before compression. Errors: corrupt, limit (longer than bytes_max).
Result<std::string> plain_payload(const Frame& frame, std::size_t bytes_max);

void append_frame(std::string& batch, const Frame& frame, std::uint32_t salt);
// Ends `batch`, which holds `frames` frames.
void append_commit(std::string& batch, std::uint64_t number, std::uint32_t frames, std::uint32_t salt);

struct FrameHeader {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t length = 0;
  std::uint32_t plain_bytes = 0;
  std::uint32_t back = 0;
  std::uint32_t crc = 0;
};
inline constexpr std::uint8_t kFlagZstd = 1;

// None when these are not the 24 bytes of a frame header, by mark, zero bytes or limits.
std::optional<FrameHeader> decode_frame_header(ByteView bytes);
// The largest payload a frame of this type may have.
std::size_t payload_bytes_max(std::uint8_t type);
// Checksum of a frame whose payload comes in pieces: start with the header, extend with crc32c_extend().
std::uint32_t frame_crc_start(std::uint32_t salt, ByteView header_bytes);

struct Commit {
  std::uint64_t batch = 0;
  std::uint32_t frames = 0;
  std::uint32_t bytes = 0;
};
// From kCommitFrameBytes bytes; none unless mark, type and checksum are right.
std::optional<Commit> decode_commit_frame(ByteView bytes, std::uint32_t salt);

// The four bytes every frame begins with.
std::string_view frame_mark();

}  // namespace weir::store
