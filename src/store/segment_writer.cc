#include "store/segment_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "os/files.h"
#include "os/random.h"
#include "store/codec.h"
#include "store/migrate.h"

namespace weir::store {
namespace {

// A buffer that one large batch made grow is given back.
constexpr std::size_t kBufferKeptBytes = 1 * limits::kMiB;
// Some fifty decisions; one append in fifty pays for the zeros.
constexpr std::uint64_t kReserveBytes = 256 * limits::kKiB;

std::uint64_t random_u64() {
  return get<std::uint64_t>(os::random_bytes<8>(), 0);
}

Error write_error(const std::string& path, int error_number) {
  // EFBIG is a file-size limit: to the writer the same as a full disk.
  if (error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG)
    return {ErrorCode::unavailable, "no space left for the store", path,
            "free disk space; nothing of this append was kept"};
  return os::errno_error("cannot write a segment", path, error_number);
}

}  // namespace

SegmentWriter::~SegmentWriter() {
  if (fd_ && !broken_) (void)cut_reserve().has_value();  // a reader knows the reserve for what it is
}

Result<SegmentWriter> SegmentWriter::open(const Options& options, const OnBatch& on_batch) {
  SegmentWriter writer(options);
  TRY_STATUS(os::make_dirs(options.dir));
  for (const std::string& name : os::list_dir(options.dir))
    if (name.find(".seg.tmp.") != std::string::npos)
      TRY_STATUS(os::remove_file(options.dir + "/" + name));  // of a crash while a segment was begun
  const auto numbers = list_segments(options.dir);
  if (numbers.empty()) {
    SegmentHeader first{.version = current_version(), .store = random_u64()};
    TRY_STATUS(writer.begin_segment(first));
    return writer;
  }
  TRY_STATUS(writer.recover(numbers.back(), on_batch));
  return writer;
}

// Creates the segment that `header` describes, with a fresh salt, and makes it the one being written.
Status SegmentWriter::begin_segment(SegmentHeader header) {
  header.salt = static_cast<std::uint32_t>(random_u64());
  const std::string path = segment_path(options_.dir, header.number);
  if (os::exists(path)) return fail(ErrorCode::exists, "the next segment exists already", path);
  auto created = os::write_file_atomic(path, encode_header(header), 0600);
  if (!created) {
    ::unlink(path.c_str());  // a flush of the directory may have failed after the rename
    if (created.error().code == ErrorCode::internal) created.error().code = ErrorCode::unavailable;
    return created;
  }
  if (const Status opened = open_segment(header.number); !opened) {
    ::unlink(path.c_str());
    return opened;
  }
  header_ = header;
  size_ = reserved_ = kSegmentHeaderBytes;
  next_batch_ = header.first_batch;
  return {};
}

Status SegmentWriter::open_segment(std::uint64_t number) {
  const std::string path = segment_path(options_.dir, number);
  os::Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return std::unexpected(os::errno_error("cannot open a segment", path, errno));
  fd_ = std::move(fd);
  return {};
}

Status SegmentWriter::recover(std::uint64_t number, const OnBatch& on_batch) {
  const std::string path = segment_path(options_.dir, number);
  TRY(auto source, FileSource::open(path));
  const std::uint64_t file_bytes = source->size();
  const ReadMode mode = options_.accept_damage ? ReadMode::scan : ReadMode::strict;
  TRY(SegmentReader reader, SegmentReader::open(std::move(source), path, {.mode = mode}));
  header_ = reader.header();
  next_batch_ = header_.first_batch;
  std::uint64_t next_ledger = header_.next_ledger;
  while (true) {
    auto batch = reader.next();
    if (!batch) {
      if (batch.error().code == ErrorCode::corrupt)
        batch.error().hint =
            "see `weir store check`; `weir store mend` goes on in a new segment and keeps this";
      return std::unexpected(batch.error());
    }
    if (!*batch) break;
    TRY_STATUS(on_batch(reader, **batch));
    next_batch_ = (*batch)->number + 1;
    for (const StoredFrame& frame : (*batch)->frames)
      if (frame.is(FrameType::ledger) && frame.payload.size() >= 8)
        next_ledger = get<std::uint64_t>(as_bytes(frame.payload), 0) + 1;
  }
  TRY_STATUS(open_segment(number));
  reserved_ = file_bytes;
  size_ = reader.damages().empty() ? reader.offset() : file_bytes;
  if (reader.torn()) TRY_STATUS(cut_tail(path, *reader.torn()));
  TRY_STATUS(cut_reserve());
  // Bytes of two formats never share a segment.
  const bool old_format = header_.version != current_version();
  if (old_format || !reader.damages().empty()) return rotate(next_ledger, !reader.damages().empty());
  return {};
}

// The bytes may matter to somebody who looks into a crash, so they are moved aside rather than dropped.
Status SegmentWriter::cut_tail(const std::string& path, const TornTail& tail) {
  const std::string dir = options_.dir + "/cut";
  TRY_STATUS(os::make_dirs(dir));
  std::string bytes(tail.end - tail.begin, '\0');
  TRY(const auto source, FileSource::open(path));
  TRY_STATUS(source->read(tail.begin, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  const std::string saved = dir + "/" + path.substr(path.rfind('/') + 1) + "-" + std::to_string(tail.begin);
  // A full disk must not keep the store from opening: then the tail is cut without a copy.
  const bool kept = os::write_file_atomic(saved, bytes, 0600, os::Durability::none).has_value();
  if (::ftruncate(fd_.get(), static_cast<off_t>(tail.begin)) != 0 || ::fdatasync(fd_.get()) != 0)
    return std::unexpected(os::errno_error("cannot cut a torn tail off", path, errno));
  size_ = reserved_ = tail.begin;
  cut_ = CutTail{path, tail, kept ? saved : std::string()};
  return {};
}

Status SegmentWriter::rotate(std::uint64_t next_ledger, bool after_damage) {
  TRY_STATUS(cut_reserve());  // the next segment names this one's length
  SegmentHeader next = header_;
  next.version = current_version();
  next.after_damage = after_damage;
  next.number = header_.number + 1;
  next.first_batch = next_batch_;
  next.next_ledger = next_ledger;
  next.previous_bytes = size_;
  return begin_segment(next);
}

Result<SegmentWriter::Written> SegmentWriter::append(const std::vector<const Frame*>& frames,
                                                     std::uint64_t next_ledger) {
  if (broken_) return std::unexpected(*broken_);
  if (frames.size() > limits::kStoreBatchFramesMax)
    return fail(ErrorCode::limit, "too many records in one append",
                segment_path(options_.dir, header_.number));
  std::uint64_t bytes = kCommitFrameBytes;
  for (const Frame* frame : frames)
    bytes += kFrameHeaderBytes + frame->payload.size();
  if (bytes > limits::kStoreBatchBytesMax)
    return fail(ErrorCode::limit, "too many bytes in one append", segment_path(options_.dir, header_.number));
  if (size_ > kSegmentHeaderBytes && size_ + bytes > options_.segment_bytes)
    TRY_STATUS(rotate(next_ledger, false));

  buffer_.clear();
  buffer_.reserve(bytes);
  Written written{.begin = end()};
  for (const Frame* frame : frames) {
    written.offsets.push_back(size_ + buffer_.size());
    append_frame(buffer_, *frame, header_.salt);
  }
  append_commit(buffer_, next_batch_, static_cast<std::uint32_t>(frames.size()), header_.salt);
  const Status status = write_durably(buffer_);
  const std::uint64_t wrote = buffer_.size();
  if (buffer_.capacity() > kBufferKeptBytes) std::string().swap(buffer_);
  TRY_STATUS(status);
  size_ += wrote;
  ++next_batch_;
  written.end = end();
  return written;
}

Status SegmentWriter::write_durably(std::string_view bytes) {
  const std::string path = segment_path(options_.dir, header_.number);
  const std::uint64_t end = size_ + bytes.size();
  auto offset = static_cast<off_t>(size_);
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return undo(write_error(path, n == 0 ? ENOSPC : errno));
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += n;
  }
  if (end > reserved_) reserve(end);
  if (::fdatasync(fd_.get()) != 0) return undo(write_error(path, errno));
  return {};
}

// Fills the file with zeros from `from` to its next reserve. A disk without room for that may have room for
// the records, so a failure only ends the reserving.
void SegmentWriter::reserve(std::uint64_t from) {
  reserved_ = from;
  const std::uint64_t to = std::min(from + kReserveBytes, std::max(from, options_.segment_bytes));
  if (!reserving_ || to == from) return;
  const std::string zeros(to - from, '\0');
  const ssize_t n = ::pwrite(fd_.get(), zeros.data(), zeros.size(), static_cast<off_t>(from));
  if (n == static_cast<ssize_t>(zeros.size())) {
    reserved_ = to;
    return;
  }
  reserving_ = false;
  if (n > 0) reserved_ = from + static_cast<std::uint64_t>(n);
}

Status SegmentWriter::cut_reserve() {
  if (reserved_ <= size_) return {};
  if (::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0)
    return std::unexpected(os::errno_error("cannot cut the reserve off a segment",
                                           segment_path(options_.dir, header_.number), errno));
  reserved_ = size_;
  return {};
}

// Cuts a failed append off again. When even that fails, what lies on the disk is unknown: no further append
// is taken until the store is opened anew and looks.
Status SegmentWriter::undo(Error error) {
  reserved_ = size_;
  reserving_ = false;
  if (::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0 || ::fdatasync(fd_.get()) != 0)
    broken_ = Error{ErrorCode::internal, "an append failed and could not be undone: " + error.what,
                    error.where, "mend the disk, then start weir again"};
  return std::unexpected(std::move(error));
}

}  // namespace weir::store
