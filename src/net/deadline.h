// Deadlines of a loop. Most never pass: arming one and disarming it cost a few instructions, and rarely a
// system call.
//
//   Deadline idle(loop, [this] { stream_->cancel(); });
//   idle.arm(60'000);   …   idle.disarm();
//
// A Deadline belongs to one loop's thread and calls from its loop, to a millisecond, never early.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

namespace weir::net {

class Loop;

struct DeadlineLink {
  DeadlineLink* before = this;
  DeadlineLink* behind = this;
  void unlink();
  void put_before(DeadlineLink& next);
  bool alone() const { return behind == this; }
};

class Deadline : private DeadlineLink {
 public:
  // `passed` may arm it again, and may destroy it.
  Deadline(Loop& loop, std::function<void()> passed) : loop_(loop), passed_(std::move(passed)) {}
  ~Deadline() { disarm(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // From now; instead of what it was armed with. Not above zero: never.
  void arm(std::int64_t ms);
  void disarm() { unlink(); }
  bool armed() const { return !alone(); }

 private:
  friend class DeadlineWheel;
  Loop& loop_;
  std::function<void()> passed_;
  std::int64_t at_ms_ = 0;
};

// A hashed wheel (Varghese and Lauck 1987): one slot a millisecond, deadlines further away than a turn are
// passed over until it is their turn.
class DeadlineWheel {
 public:
  explicit DeadlineWheel(std::int64_t now_ms) : seen_ms_(now_ms) {}

  void add(Deadline& one, std::int64_t at_ms);
  // Calls what is due.
  void advance(std::int64_t now_ms);
  // When to look again at the latest; none: nothing is armed.
  std::optional<std::int64_t> next_ms();

 private:
  static constexpr std::size_t kSlots = 4096;
  void collect(std::size_t slot, std::int64_t now_ms, DeadlineLink& due);

  std::int64_t seen_ms_;  // all before and at it were called
  std::array<DeadlineLink, kSlots> slots_;
  std::array<std::uint64_t, kSlots / 64> filled_{};  // slots that may hold something
};

}  // namespace weir::net
