// The writing end of the segments: one append is one write and one fdatasync, and happens whole or not at
// all.
//
//   TRY(SegmentWriter writer, SegmentWriter::open({.dir = dir}, on_batch));
//   TRY(SegmentWriter::Written written, writer.append(frames, next_ledger));
//
// Opening repairs what a crash left: a torn tail is cut off (its bytes are kept in DIR/cut/ and reported),
// damage anywhere else is refused. The segment being written is kept some way longer than what it holds, in
// zeros: then an append changes neither the file's length nor its blocks, and its fdatasync writes data
// alone. Rotating and closing cut that reserve off. Not thread-safe; the Store holds its lock around it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "store/segment.h"

namespace weir::store {

// A tail that was cut off on opening: an append that was never acknowledged (but see TornTail::had_commit).
struct CutTail {
  std::string file;
  TornTail tail;
  std::string saved_as;  // where its bytes are kept
};

class SegmentWriter {
 public:
  struct Options {
    std::string dir;
    std::uint64_t segment_bytes = limits::kSegmentBytes;  // a new segment is begun beyond it
    bool accept_damage = false;  // leave a damaged last segment as it is and go on in a new one
  };
  struct Written {
    Position begin;
    Position end;
    std::vector<std::uint64_t> offsets;  // of each frame, in the segment of `begin`
  };
  // Called for every whole batch of the last segment while opening.
  using OnBatch = std::function<Status(const SegmentReader& reader, const Batch& batch)>;

  SegmentWriter(SegmentWriter&&) = default;
  SegmentWriter& operator=(SegmentWriter&&) = default;
  ~SegmentWriter();

  static Result<SegmentWriter> open(const Options& options, const OnBatch& on_batch);

  // Errors: `unavailable` when the disk is full (nothing of this append remains), `internal` when the device
  // fails; after a failure that could not be undone every further append is refused.
  Result<Written> append(const std::vector<const Frame*>& frames, std::uint64_t next_ledger);

  Position end() const { return {header_.number, size_}; }
  const SegmentHeader& header() const { return header_; }
  const std::optional<CutTail>& cut() const { return cut_; }

 private:
  explicit SegmentWriter(Options options) : options_(std::move(options)) {}
  Status begin_segment(SegmentHeader header);
  Status open_segment(std::uint64_t number);
  Status recover(std::uint64_t number, const OnBatch& on_batch);
  Status cut_tail(const std::string& path, const TornTail& tail);
  Status rotate(std::uint64_t next_ledger, bool after_damage);
  Status write_durably(std::string_view bytes);
  void reserve(std::uint64_t from);
  Status cut_reserve();
  Status undo(Error error);

  Options options_;
  SegmentHeader header_;  // of the segment being written
  os::Fd fd_;
  std::uint64_t size_ = 0;      // of what it holds
  std::uint64_t reserved_ = 0;  // length of the file: from size_ on it is zeros
  bool reserving_ = true;       // until the disk says no
  std::uint64_t next_batch_ = 1;
  std::optional<CutTail> cut_;
  std::optional<Error> broken_;
  std::string buffer_;
};

}  // namespace weir::store
