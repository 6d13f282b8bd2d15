#include "store/segment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "os/files.h"
#include "store/codec.h"
#include "store/crc32c.h"
#include "store/migrate.h"

namespace weir::store {
namespace {
constexpr std::size_t kWindowBytes = 64 * limits::kKiB;
constexpr std::string_view kSuffix = ".seg";
constexpr std::size_t kNameDigits = 20;  // of 2^64

std::string at(const std::string& file, std::uint64_t offset) {
  return file + ", offset " + std::to_string(offset);
}
}  // namespace

Result<std::unique_ptr<FileSource>> FileSource::open(const std::string& path) {
  os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return std::unexpected(os::errno_error("cannot open a segment", path, errno));
  struct stat info;
  if (::fstat(fd.get(), &info) != 0)
    return std::unexpected(os::errno_error("cannot look at a segment", path, errno));
  if (!S_ISREG(info.st_mode)) return fail("a segment must be a regular file", path);
  return std::unique_ptr<FileSource>(
      new FileSource(std::move(fd), static_cast<std::uint64_t>(info.st_size), path));
}

Status FileSource::read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  while (!out.empty()) {
    const ssize_t n = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(os::errno_error("cannot read a segment", path_, errno));
    if (n == 0) {
      // Cut while it was read. A writer cuts only its reserve, which is zeros; anything else that is missing
      // fails the checks as zeros do.
      std::ranges::fill(out, std::uint8_t{0});
      return {};
    }
    out = out.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<SegmentReader> SegmentReader::open(std::unique_ptr<ByteSource> source, std::string file,
                                          const ReadOptions& options) {
  SegmentReader reader;
  Bytes bytes(std::min<std::uint64_t>(source->size(), kSegmentHeaderBytes));
  TRY_STATUS(source->read(0, bytes));
  auto header = decode_header(bytes);
  if (!header) {
    header.error().where = file;
    return std::unexpected(header.error());
  }
  TRY_STATUS(check_version(segment_formats(), header->version, file));
  reader.header_ = *header;
  reader.next_batch_ = header->first_batch;
  reader.end_ = std::min(source->size(), options.end.value_or(UINT64_MAX));
  reader.source_ = std::move(source);
  reader.file_ = std::move(file);
  reader.options_ = options;
  return reader;
}

// Afterwards the window holds [offset, offset + bytes), which lies in the file.
Status SegmentReader::fill(std::uint64_t offset, std::size_t bytes) const {
  if (offset >= window_at_ && offset + bytes <= window_at_ + window_.size()) return {};
  window_.resize(static_cast<std::size_t>(
      std::min<std::uint64_t>(std::max(bytes, kWindowBytes), source_->size() - offset)));
  window_at_ = offset;
  const Status status = source_->read(offset, window_);
  if (!status) window_.clear();
  return status;
}

// Reads the frame at `offset` of the batch that begins at `batch_begin`, at most keep_max bytes of its
// payload into `frame`; false when it is not whole. The payload is checked piece by piece, however long.
Result<bool> SegmentReader::check_frame(std::uint64_t offset, std::uint64_t batch_begin, StoredFrame& frame,
                                        std::size_t keep_max) const {
  if (end_ < offset + kFrameHeaderBytes) return false;
  TRY_STATUS(fill(offset, kFrameHeaderBytes));
  const ByteView head = ByteView(window_).subspan(offset - window_at_, kFrameHeaderBytes);
  const auto header = decode_frame_header(head);
  if (!header || header->back != offset - batch_begin) return false;
  if (end_ - offset - kFrameHeaderBytes < header->length) return false;
  std::uint32_t crc = frame_crc_start(header_.salt, head);
  frame = {.offset = offset, .header = *header, .payload = {}};
  std::uint64_t from = offset + kFrameHeaderBytes;
  for (std::uint64_t left = header->length; left > 0;) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left, kWindowBytes));
    TRY_STATUS(fill(from, piece));
    const ByteView bytes = ByteView(window_).subspan(from - window_at_, piece);
    crc = crc32c_extend(crc, bytes);
    if (frame.payload.size() < keep_max)
      frame.payload += as_text(bytes.first(std::min(piece, keep_max - frame.payload.size())));
    from += piece;
    left -= piece;
  }
  return crc == header->crc;
}

// The batch that begins at `begin`; none when it is not whole, and then `bad` is where it stops being so.
Result<std::optional<Batch>> SegmentReader::whole_batch(std::uint64_t begin, std::uint64_t& bad) const {
  Batch batch{.begin = begin};
  bad = begin;
  while (batch.frames.size() <= limits::kStoreBatchFramesMax) {
    StoredFrame frame;
    std::size_t keep_max = StoredFrame::kKeptBytes;
    if (end_ >= bad + kFrameHeaderBytes) {
      TRY_STATUS(fill(bad, kFrameHeaderBytes));
      const std::uint8_t type = window_[bad - window_at_ + 4];
      if (type == static_cast<std::uint8_t>(FrameType::record) ||
          type == static_cast<std::uint8_t>(FrameType::ledger))
        keep_max = payload_bytes_max(type);
    }
    TRY(const bool whole, check_frame(bad, begin, frame, keep_max));
    if (!whole) return std::nullopt;
    const std::uint64_t end = bad + kFrameHeaderBytes + frame.header.length;
    if (frame.is(FrameType::commit)) {
      const ByteView payload = as_bytes(frame.payload);
      if (payload.size() != kCommitPayloadBytes) return std::nullopt;
      batch.number = get<std::uint64_t>(payload, 0);
      const bool fits = get<std::uint32_t>(payload, 8) == batch.frames.size() &&
                        get<std::uint32_t>(payload, 12) == bad - begin &&
                        (!next_batch_ || batch.number == *next_batch_);
      if (!fits) return std::nullopt;
      batch.end = end;
      return batch;
    }
    batch.frames.push_back(std::move(frame));
    bad = end;
  }
  return std::nullopt;
}

// The first good commit frame at or after `from`.
Result<std::optional<SegmentReader::FoundCommit>> SegmentReader::find_commit(std::uint64_t from) const {
  while (from + kCommitFrameBytes <= end_) {
    TRY_STATUS(fill(from, kCommitFrameBytes));
    const std::string_view text =
        as_text(ByteView(window_).subspan(from - window_at_)).substr(0, end_ - from);
    const auto mark = text.find(frame_mark());
    if (mark == std::string_view::npos) {
      from += text.size() - (frame_mark().size() - 1);  // the mark may lie across the end of the window
      continue;
    }
    from += mark;
    if (from + kCommitFrameBytes > end_) break;
    TRY_STATUS(fill(from, kCommitFrameBytes));
    const ByteView bytes = ByteView(window_).subspan(from - window_at_, kCommitFrameBytes);
    if (const auto commit = decode_commit_frame(bytes, header_.salt)) return FoundCommit{from, *commit};
    ++from;
  }
  return std::nullopt;
}

// Where the zeros begin that the file ends in; at least `from`.
Result<std::uint64_t> SegmentReader::zeros_at(std::uint64_t from) const {
  std::uint64_t behind = from;
  for (std::uint64_t at = from; at < end_;) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(end_ - at, kWindowBytes));
    TRY_STATUS(fill(at, piece));
    const ByteView bytes = ByteView(window_).subspan(at - window_at_, piece);
    const auto last = std::find_if(bytes.rbegin(), bytes.rend(), [](std::uint8_t byte) { return byte != 0; });
    if (last != bytes.rend()) behind = at + static_cast<std::uint64_t>(bytes.rend() - last);
    at += piece;
  }
  return behind;
}

// The batch at `begin` is not whole from `bad` on. Decides between the end or a torn tail (false) and
// damage (true: noted, offset_ is where to go on).
Result<bool> SegmentReader::resume_after(std::uint64_t begin, std::uint64_t bad) {
  std::uint64_t zeros = end_;
  if (!options_.sealed) {
    TRY(zeros, zeros_at(begin));
    if (zeros == begin) return false;  // the reserve of the segment being written
  }
  TRY(auto found, find_commit(bad));
  const auto belongs = [&] { return found->offset - found->commit.bytes == begin; };
  const bool own_commit = found && belongs();
  std::optional<FoundCommit> later = found;
  if (own_commit) {
    TRY(later, find_commit(found->offset + 1));
  }
  if (!later && !options_.sealed) {
    torn_ = TornTail{.begin = begin, .end = zeros, .had_commit = own_commit};
    return false;
  }
  // A later batch is given whole; a commit of anything else is only where reading goes on.
  const bool later_batch = found && !own_commit && found->offset >= found->commit.bytes &&
                           found->offset - found->commit.bytes > begin;
  std::uint64_t resume = end_;
  if (found) resume = later_batch ? found->offset - found->commit.bytes : found->offset + kCommitFrameBytes;
  damages_.push_back({file_, begin, resume, "the batch is damaged at offset " + std::to_string(bad)});
  offset_ = resume;
  next_batch_.reset();
  return true;
}

Result<std::optional<Batch>> SegmentReader::next() {
  while (!done_ && offset_ < end_) {
    std::uint64_t bad = offset_;
    TRY(auto batch, whole_batch(offset_, bad));
    if (batch) {
      offset_ = batch->end;
      next_batch_ = batch->number + 1;
      return batch;
    }
    if (damages_.size() >= limits::kStoreDamagesMax)
      return fail(ErrorCode::limit, "too many damaged places in one segment", at(file_, offset_),
                  "restore the segment from a copy");
    TRY(const bool damaged, resume_after(offset_, bad));
    if (!damaged) break;
    if (options_.mode == ReadMode::strict) {
      done_ = true;
      return fail(ErrorCode::corrupt, "stored bytes disagree with their checksum", at(file_, bad),
                  "`weir store check` names every damaged place; restore the file from a copy");
    }
  }
  done_ = true;
  return std::nullopt;
}

Status SegmentReader::seek(std::uint64_t offset) {
  if (offset > end_) return fail("the segment is shorter than that", at(file_, offset));
  done_ = false;
  if (offset <= kSegmentHeaderBytes) {
    offset_ = kSegmentHeaderBytes;
    next_batch_ = header_.first_batch;
    return {};
  }
  offset_ = offset;
  next_batch_.reset();
  if (offset == end_ || offset + kFrameHeaderBytes > end_) return {};
  TRY_STATUS(fill(offset, kFrameHeaderBytes));
  const auto header = decode_frame_header(ByteView(window_).subspan(offset - window_at_, kFrameHeaderBytes));
  // Damage at a batch's begin is next()'s to report.
  if (!header) return {};
  if (header->back > offset - kSegmentHeaderBytes) return fail("no frame begins there", at(file_, offset));
  offset_ = offset - header->back;
  return {};
}

Result<StoredFrame> SegmentReader::read_frame(std::uint64_t offset) const {
  if (offset < kSegmentHeaderBytes || end_ < offset + kFrameHeaderBytes)
    return fail(ErrorCode::not_found, "no frame there", at(file_, offset));
  TRY_STATUS(fill(offset, kFrameHeaderBytes));
  const auto header = decode_frame_header(ByteView(window_).subspan(offset - window_at_, kFrameHeaderBytes));
  StoredFrame frame;
  bool whole = false;
  if (header && header->back <= offset) {
    TRY(whole, check_frame(offset, offset - header->back, frame, header->length));
  }
  if (!whole)
    return fail(ErrorCode::corrupt, "stored bytes disagree with their checksum", at(file_, offset),
                "`weir store check` names every damaged place");
  return frame;
}

Result<Record> SegmentReader::record(const StoredFrame& frame) const {
  const auto located = [&](Error error) {
    if (error.where.empty()) error.where = at(file_, frame.offset);
    return std::unexpected(std::move(error));
  };
  const Frame stored{FrameType::record, (frame.header.flags & kFlagZstd) != 0, frame.header.plain_bytes,
                     frame.payload};
  auto plain = plain_payload(stored, payload_bytes_max(frame.header.type));
  if (!plain) return located(plain.error());
  auto payload = upgrade_payload(segment_formats(), header_.version, FrameType::record, std::move(*plain));
  if (!payload) return located(payload.error());
  auto record = decode_record(as_bytes(*payload));
  if (!record) return located(record.error());
  record->at = {header_.number, frame.offset};
  return record;
}

std::string segment_name(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(kNameDigits - digits.size(), '0') + digits + std::string(kSuffix);
}

std::string segment_path(const std::string& dir, std::uint64_t number) {
  return dir + "/" + segment_name(number);
}

std::vector<std::uint64_t> list_segments(const std::string& dir) {
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : os::list_dir(dir)) {
    if (name.size() != kNameDigits + kSuffix.size() || !name.ends_with(kSuffix)) continue;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + kNameDigits, number);
    if (error == std::errc{} && end == name.data() + kNameDigits && number > 0) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace weir::store
