#include "net/deadline.h"

#include <algorithm>
#include <bit>

#include "net/loop.h"

namespace weir::net {

void DeadlineLink::unlink() {
  before->behind = behind;
  behind->before = before;
  before = behind = this;
}

void DeadlineLink::put_before(DeadlineLink& next) {
  unlink();
  before = next.before;
  behind = &next;
  before->behind = this;
  next.before = this;
}

void Deadline::arm(std::int64_t ms) {
  disarm();
  if (ms > 0) loop_.add_deadline(*this, ms);
}

void DeadlineWheel::add(Deadline& one, std::int64_t at_ms) {
  one.at_ms_ = std::max(at_ms, seen_ms_ + 1);
  const std::size_t slot = static_cast<std::size_t>(one.at_ms_) % kSlots;
  one.put_before(slots_[slot]);
  filled_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void DeadlineWheel::collect(std::size_t slot, std::int64_t now_ms, DeadlineLink& due) {
  DeadlineLink& head = slots_[slot];
  for (DeadlineLink* one = head.behind; one != &head;) {
    DeadlineLink* const behind = one->behind;
    if (static_cast<Deadline*>(one)->at_ms_ <= now_ms) one->put_before(due);
    one = behind;
  }
}

void DeadlineWheel::advance(std::int64_t now_ms) {
  if (now_ms <= seen_ms_) return;
  DeadlineLink due;
  const auto turns = std::min<std::int64_t>(now_ms - seen_ms_, kSlots);
  for (std::int64_t i = 1; i <= turns; ++i) {
    const std::size_t slot = static_cast<std::size_t>(seen_ms_ + i) % kSlots;
    if (filled_[slot / 64] >> (slot % 64) & 1) collect(slot, now_ms, due);
  }
  seen_ms_ = now_ms;
  while (!due.alone()) {
    auto& one = static_cast<Deadline&>(*due.behind);
    one.disarm();
    const auto passed = one.passed_;  // it may destroy its owner
    passed();
  }
}

std::optional<std::int64_t> DeadlineWheel::next_ms() {
  for (std::size_t i = 1; i <= kSlots;) {
    const std::size_t slot = (static_cast<std::size_t>(seen_ms_) + i) % kSlots;
    const std::uint64_t rest = filled_[slot / 64] >> (slot % 64);
    if (rest == 0) {
      i += 64 - slot % 64;
      continue;
    }
    const auto skipped = static_cast<std::size_t>(std::countr_zero(rest));
    i += skipped;
    const std::size_t found = slot + skipped;
    if (!slots_[found].alone()) return seen_ms_ + static_cast<std::int64_t>(i);
    filled_[found / 64] &= ~(std::uint64_t{1} << (found % 64));  // disarmed since
  }
  return std::nullopt;
}

}  // namespace weir::net
