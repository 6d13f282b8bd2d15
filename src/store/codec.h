// Little-endian integers and zstd for the byte formats of this room.
#pragma once

#include <concepts>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace weir::store {

template <std::unsigned_integral T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out += static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i)));
}

// The caller has checked that `bytes` reaches to at + sizeof(T).
template <std::unsigned_integral T>
T get(ByteView bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value | static_cast<T>(static_cast<T>(bytes[at + i]) << (8 * i)));
  return value;
}

// One zstd frame (RFC 8878) at the library's default level; "" when that would not be shorter than the input.
std::string compress(std::string_view plain);
// Exactly `plain_bytes` bytes, or error `corrupt`.
Result<std::string> decompress(std::string_view compressed, std::size_t plain_bytes);

}  // namespace weir::store
