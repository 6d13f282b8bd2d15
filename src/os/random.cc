#include "os/random.h"

#include <sodium.h>

#include "base/result.h"
#include "base/uuid.h"
#include "os/clock.h"

namespace weir::os {

void fill_random(std::span<std::uint8_t> bytes) {
  CHECK(sodium_init() >= 0);
  randombytes_buf(bytes.data(), bytes.size());
}

std::string new_uuid() {
  return uuid_v7(static_cast<std::uint64_t>(wall_ns() / 1'000'000), random_bytes<10>());
}

void wipe(std::span<std::uint8_t> bytes) {
  sodium_memzero(bytes.data(), bytes.size());
}

}  // namespace weir::os
