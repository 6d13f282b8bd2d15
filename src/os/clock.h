// The clocks of this machine. Only rim rooms read them; the pure core gets times as values.
#pragma once

#include <cstdint>
#include <string>

namespace weir::os {

std::int64_t wall_ns();       // since 1970, UTC; may jump
std::int64_t monotonic_ns();  // CLOCK_BOOTTIME: since boot, counts sleep, never goes back
std::string boot_id();        // the kernel's random id of this boot; "" when not readable

}  // namespace weir::os
