#include "os/clock.h"

#include <ctime>

#include "base/bytes.h"
#include "os/files.h"

namespace weir::os {
namespace {

std::int64_t read_clock(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

}  // namespace

std::int64_t wall_ns() {
  return read_clock(CLOCK_REALTIME);
}
std::int64_t monotonic_ns() {
  return read_clock(CLOCK_BOOTTIME);
}

std::string boot_id() {
  const auto text = read_file("/proc/sys/kernel/random/boot_id", 64);
  return text ? std::string(trim(*text)) : std::string();
}

}  // namespace weir::os
