// Reading one segment, batch by batch, from a file that may be cut short, damaged or still growing.
//
//   TRY(SegmentReader reader, SegmentReader::open(source, "00000001.seg"));
//   while (true) {
//     TRY(auto batch, reader.next());     // error `corrupt`, with file and offset, at damage
//     if (!batch) break;                  // end; reader.torn() says whether a torn tail follows
//     for (const StoredFrame& frame : batch->frames) …
//   }
//
// A batch is given only when every frame of it and its commit are right. In scan mode damage is noted in
// damages() and reading goes on with the next whole batch.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "store/frame.h"
#include "store/record.h"

namespace weir::store {

// Random access to bytes that do not move.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;
  // Fills `out` from `offset`; the caller asks only for bytes below size().
  virtual Status read(std::uint64_t offset, std::span<std::uint8_t> out) const = 0;
};

// A file as it is now: bytes that are appended later are not seen, ones that are cut later read as zeros.
class FileSource : public ByteSource {
 public:
  static Result<std::unique_ptr<FileSource>> open(const std::string& path);
  std::uint64_t size() const override { return size_; }
  Status read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  FileSource(os::Fd fd, std::uint64_t size, std::string path)
      : fd_(std::move(fd)), size_(size), path_(std::move(path)) {}
  os::Fd fd_;
  std::uint64_t size_;
  std::string path_;
};

struct StoredFrame {
  std::uint64_t offset = 0;  // in the segment
  FrameHeader header;
  std::string payload;  // as stored; of bodies and unknown types only the first kKeptBytes
  static constexpr std::size_t kKeptBytes = 128;

  bool is(FrameType type) const { return header.type == static_cast<std::uint8_t>(type); }
};

struct Batch {
  std::uint64_t number = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::vector<StoredFrame> frames;  // without the commit
};

// Bytes [begin, end) of a file that disagree with their checks.
struct Damage {
  std::string file;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string what;
};

// What a crash in the middle of an append left behind the last whole batch, up to its last byte that is not
// zero.
struct TornTail {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool had_commit = false;  // the commit is there but not all before it: a write with holes, or rot in the
                            // very last batch, which bytes alone cannot tell apart
};

enum class ReadMode { strict, scan };

struct ReadOptions {
  ReadMode mode = ReadMode::strict;
  bool sealed = false;               // a later segment exists: a torn tail is damage too
  std::optional<std::uint64_t> end;  // read no further than this offset
};

class SegmentReader {
 public:
  // `file` names the source in errors. Errors: corrupt header, version too new.
  static Result<SegmentReader> open(std::unique_ptr<ByteSource> source, std::string file,
                                    const ReadOptions& options = {});

  const SegmentHeader& header() const { return header_; }
  const std::string& file() const { return file_; }
  // Goes to the batch that begins at or holds `offset`. Error `invalid` when no frame begins there.
  Status seek(std::uint64_t offset);
  Result<std::optional<Batch>> next();
  // End of the last whole batch that next() gave.
  std::uint64_t offset() const { return offset_; }
  const std::optional<TornTail>& torn() const { return torn_; }
  const std::vector<Damage>& damages() const { return damages_; }

  bool holds(std::uint64_t offset) const { return offset < end_; }
  // One frame with its whole payload, checked.
  Result<StoredFrame> read_frame(std::uint64_t offset) const;
  // A record frame as a record, upgraded to today's version.
  Result<Record> record(const StoredFrame& frame) const;

 private:
  SegmentReader() = default;
  struct FoundCommit {
    std::uint64_t offset = 0;
    Commit commit;
  };
  Status fill(std::uint64_t offset, std::size_t bytes) const;
  Result<bool> check_frame(std::uint64_t offset, std::uint64_t batch_begin, StoredFrame& frame,
                           std::size_t keep_max) const;
  Result<std::optional<Batch>> whole_batch(std::uint64_t begin, std::uint64_t& bad) const;
  Result<std::optional<FoundCommit>> find_commit(std::uint64_t from) const;
  Result<std::uint64_t> zeros_at(std::uint64_t from) const;
  Result<bool> resume_after(std::uint64_t begin, std::uint64_t bad);

  std::unique_ptr<ByteSource> source_;
  std::string file_;
  ReadOptions options_;
  SegmentHeader header_;
  std::uint64_t end_ = 0;
  std::uint64_t offset_ = kSegmentHeaderBytes;
  std::optional<std::uint64_t> next_batch_;
  std::optional<TornTail> torn_;
  std::vector<Damage> damages_;
  bool done_ = false;
  // A window of the file, so that small frames do not each cost a system call.
  mutable Bytes window_;
  mutable std::uint64_t window_at_ = 0;
};

// "00000000000000000007.seg": sorts as numbers do.
std::string segment_name(std::uint64_t number);
std::string segment_path(const std::string& dir, std::uint64_t number);
// Numbers of the segments in a directory, ascending.
std::vector<std::uint64_t> list_segments(const std::string& dir);

}  // namespace weir::store
