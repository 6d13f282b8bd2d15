// Limits on connections of HTTP/1, in one place. What a message may hold is in http/http_limits.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::net::limits {

inline constexpr std::size_t kIdleBytes = 256;             // of memory for what comes while nothing is read
inline constexpr std::size_t kInputBytesMax = 72 * 1024;   // unread bytes: a head of 64 KiB and what follows
inline constexpr std::size_t kDrainBytesMax = 256 * 1024;  // of a body that nobody wanted, before closing
inline constexpr std::size_t kConnectionsMax = 16'384;     // of one server
inline constexpr std::size_t kPooledMax = 64;              // idle connections to one origin
inline constexpr std::size_t kOriginsMax = 256;            // with idle connections

inline constexpr std::int64_t kHeadMs = 30'000;      // from the first byte of a head to its last
inline constexpr std::int64_t kIdleMs = 75'000;      // between two requests
inline constexpr std::int64_t kBodyIdleMs = 60'000;  // without a byte of a body that is awaited
inline constexpr std::int64_t kLingerMs = 2'000;     // for the peer to read a last answer
inline constexpr std::int64_t kConnectMs = 10'000;
inline constexpr std::int64_t kPooledIdleMs = 30'000;

}  // namespace weir::net::limits
