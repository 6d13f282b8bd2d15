#include "store/check.h"

#include "os/files.h"
#include "store/codec.h"

namespace weir::store {
namespace {

class Checker {
 public:
  Checker(CheckReport& report, const std::vector<Damage>& passed_over)
      : report_(report), passed_over_(passed_over) {}

  void batch(const SegmentReader& reader, const Batch& batch) {
    // Behind damage something may rightly be missing: the damage is listed itself.
    const std::size_t damages = passed_over_.size() + reader.damages().size();
    if (damages != damages_seen_) {
      next_batch_.reset();
      next_ledger_.reset();
      damages_seen_ = damages;
    }
    if (next_batch_ && batch.number != *next_batch_)
      wrong(reader, batch.begin, batch.end, "a batch is missing before this one");
    next_batch_ = batch.number + 1;
    ++report_.batches;
    for (const StoredFrame& frame : batch.frames)
      check(reader, frame);
  }

 private:
  void wrong(const SegmentReader& reader, std::uint64_t begin, std::uint64_t end, std::string what) {
    if (report_.damages.size() < limits::kStoreDamagesMax)
      report_.damages.push_back({reader.file(), begin, end, std::move(what)});
  }

  void check(const SegmentReader& reader, const StoredFrame& frame) {
    const std::uint64_t end = frame.offset + kFrameHeaderBytes + frame.header.length;
    if (frame.is(FrameType::record)) {
      const auto record = reader.record(frame);
      if (!record) return wrong(reader, frame.offset, end, record.error().what);
      const auto envelope = record->json();
      if (!envelope) return wrong(reader, frame.offset, end, "an envelope is " + envelope.error().what);
      ++report_.records[std::string(name(record->kind))];
    } else if (frame.is(FrameType::body)) {
      const auto head = decode_body_head(as_bytes(frame.payload));
      if (!head) return wrong(reader, frame.offset, end, head.error().what);
      ++report_.bodies;
      report_.body_bytes += frame.header.length;
    } else if (frame.is(FrameType::ledger)) {
      ledger(reader, frame, end);
    }
  }

  void ledger(const SegmentReader& reader, const StoredFrame& frame, std::uint64_t end) {
    if (frame.payload.size() < sizeof(std::uint64_t))
      return wrong(reader, frame.offset, end, "a ledger entry has no index");
    const auto index = get<std::uint64_t>(as_bytes(frame.payload), 0);
    if (next_ledger_ && index != *next_ledger_)
      wrong(reader, frame.offset, end,
            "ledger entry " + std::to_string(index) + " stands where " + std::to_string(*next_ledger_) +
                " should");
    next_ledger_ = index + 1;
    if (!report_.first_ledger) report_.first_ledger = index;
    report_.last_ledger = index;
    ++report_.ledger_entries;
  }

  CheckReport& report_;
  const std::vector<Damage>& passed_over_;
  std::size_t damages_seen_ = 0;
  std::optional<std::uint64_t> next_batch_;
  std::optional<std::uint64_t> next_ledger_;
};

}  // namespace

Result<CheckReport> check_store(const Store& store) {
  CheckReport report;
  const std::string dir = store.options().segments_dir();
  for (const std::uint64_t number : list_segments(dir)) {
    ++report.segments;
    if (const auto info = os::file_info(segment_path(dir, number))) report.bytes += info->size;
  }
  std::vector<Damage> passed_over;
  Checker checker(report, passed_over);
  TRY_STATUS(store.for_each_batch(
      {},
      [&](const SegmentReader& reader, const Batch& batch) -> Result<bool> {
        checker.batch(reader, batch);
        return true;
      },
      &passed_over));
  report.damages.insert(report.damages.end(), passed_over.begin(), passed_over.end());
  report.keys = store.keys_count();
  return report;
}

}  // namespace weir::store
