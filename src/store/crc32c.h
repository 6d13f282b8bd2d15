// CRC-32C (Castagnoli, RFC 3720 appendix B.4; the same polynomial as iSCSI, ext4 and Btrfs). It finds torn
// writes and rotten bits; it is no protection against a forger, that is the ledger's work.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace weir::store {

// The checksum of `bytes` after those that gave `crc`: extend(extend(0, a), b) == extend(0, ab).
std::uint32_t crc32c_extend(std::uint32_t crc, ByteView bytes);
inline std::uint32_t crc32c(ByteView bytes) {
  return crc32c_extend(0, bytes);
}

// The portable form, which processors without the instruction use; public for the tests.
std::uint32_t crc32c_extend_portable(std::uint32_t crc, ByteView bytes);

}  // namespace weir::store
