// Randomness from the kernel, and keys that are wiped when they go.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace weir::os {

void fill_random(std::span<std::uint8_t> bytes);

template <std::size_t N>
std::array<std::uint8_t, N> random_bytes() {
  std::array<std::uint8_t, N> bytes;
  fill_random(bytes);
  return bytes;
}

// A fresh UUIDv7 of now.
std::string new_uuid();

// Overwrites memory in a way the compiler keeps.
void wipe(std::span<std::uint8_t> bytes);

// A key of N bytes: copied only on purpose, wiped on destruction.
template <std::size_t N>
struct SecretKey {
  std::array<std::uint8_t, N> bytes{};
  SecretKey() = default;
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey() { wipe(bytes); }
};

}  // namespace weir::os
