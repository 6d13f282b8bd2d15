#include "store/walk.h"

#include <algorithm>

namespace weir::store {
namespace {

// What one segment says about the next.
struct Trail {
  SegmentHeader header;
  std::uint64_t bytes = 0;
};

class Walk {
 public:
  Walk(const WalkOptions& options, const OnBatch& on_batch) : options_(options), on_batch_(on_batch) {}

  Result<Position> run() {
    std::vector<std::uint64_t> numbers = list_segments(options_.dir);
    std::erase_if(numbers, [&](std::uint64_t number) {
      return number < options_.from.segment || (options_.end && number > options_.end->segment);
    });
    place_ = options_.from;
    for (std::size_t i = 0; i < numbers.size() && !stopped_; ++i) {
      if (i > 0 && numbers[i] != numbers[i - 1] + 1)
        TRY_STATUS(damaged({segment_path(options_.dir, numbers[i - 1] + 1), 0, 0, "a segment is missing"}));
      TRY_STATUS(segment(numbers[i], i + 1 < numbers.size()));
    }
    return place_;
  }

 private:
  Status damaged(Damage damage) {
    if (options_.mode == ReadMode::strict)
      return fail(ErrorCode::corrupt, damage.what, damage.file + ", offset " + std::to_string(damage.begin),
                  "restore the file from a copy; `weir store check` names every damaged place");
    if (options_.damages != nullptr) options_.damages->push_back(std::move(damage));
    return {};
  }

  Status segment(std::uint64_t number, bool later_exists) {
    const std::string path = segment_path(options_.dir, number);
    ReadOptions read{.mode = options_.mode, .sealed = later_exists, .end = {}};
    if (options_.end && number == options_.end->segment) read.end = options_.end->offset;
    TRY(auto source, FileSource::open(path));
    const std::uint64_t bytes = source->size();
    auto reader = SegmentReader::open(std::move(source), path, read);
    if (!reader) {
      if (options_.mode == ReadMode::strict || reader.error().code != ErrorCode::corrupt)
        return std::unexpected(reader.error());
      trail_.reset();
      return damaged({path, 0, bytes, reader.error().what});
    }
    TRY_STATUS(check_trail(*reader, number));
    if (number == options_.from.segment) TRY_STATUS(reader->seek(options_.from.offset));
    const Status read_all = batches(*reader, number);
    if (options_.damages != nullptr)
      options_.damages->insert(options_.damages->end(), reader->damages().begin(), reader->damages().end());
    trail_ = Trail{reader->header(), bytes};
    return read_all;
  }

  // A segment must be the one its name says and continue the one before.
  Status check_trail(const SegmentReader& reader, std::uint64_t number) {
    const SegmentHeader& header = reader.header();
    if (header.number != number)
      TRY_STATUS(damaged({reader.file(), 0, kSegmentHeaderBytes, "the segment has another number inside"}));
    if (!trail_) return {};
    if (header.store != trail_->header.store)
      return damaged({reader.file(), 0, kSegmentHeaderBytes, "the segment belongs to another store"});
    if (!header.after_damage && header.previous_bytes != trail_->bytes)
      return damaged({segment_path(options_.dir, number - 1), trail_->bytes, header.previous_bytes,
                      "the segment has not the length it had when it was sealed"});
    return {};
  }

  Status batches(SegmentReader& reader, std::uint64_t number) {
    if (number > place_.segment) place_ = {number, kSegmentHeaderBytes};
    while (!stopped_) {
      TRY(const auto batch, reader.next());
      if (!batch) return {};
      TRY(const bool go_on, on_batch_(reader, *batch));
      stopped_ = !go_on;
      place_ = {number, batch->end};
    }
    return {};
  }

  const WalkOptions& options_;
  const OnBatch& on_batch_;
  Position place_;
  std::optional<Trail> trail_;
  bool stopped_ = false;
};

}  // namespace

Result<Position> walk(const WalkOptions& options, const OnBatch& on_batch) {
  return Walk(options, on_batch).run();
}

}  // namespace weir::store
