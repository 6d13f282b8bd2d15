// Limits on everything that comes as HTTP, server-sent events or WebSocket, in one place. What exceeds one is
// ErrorCode::limit. A caller may ask for less where a constructor takes limits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::http::limits {

inline constexpr std::size_t kHeadBytesMax = 64 * 1024;  // of a request or an answer
inline constexpr std::size_t kFieldsMax = 256;
inline constexpr std::size_t kChunkLineBytesMax = 256;  // the size of a chunk and its extensions
inline constexpr std::size_t kTrailerBytesMax = 8 * 1024;
inline constexpr std::uint64_t kBodyBytesMax = INT64_MAX;  // of one message: what a length may say
inline constexpr std::size_t kPipelineMax = 64;            // requests that wait for their answers
inline constexpr std::size_t kInformationalMax = 16;       // 1xx answers before one

inline constexpr std::size_t kSseEventBytesMax = 16 * 1024 * 1024;  // one event of a stream

inline constexpr std::uint64_t kExpandedBytesMax = 64 * 1024 * 1024;  // what compressed bytes may hold
inline constexpr std::uint64_t kExpansionRatioMax = 200;              // and for each of them, beyond:
inline constexpr std::uint64_t kExpansionFreeBytes = 1024 * 1024;

inline constexpr std::uint64_t kWebSocketFrameBytesMax = 64 * 1024 * 1024;  // the payload of one
inline constexpr std::uint64_t kWebSocketMessageBytesMax = 64 * 1024 * 1024;
inline constexpr std::size_t kWebSocketFragmentsMax = 16'384;       // frames of one message
inline constexpr std::size_t kWebSocketKeptBytesMax = 1024 * 1024;  // of memory between two messages

}  // namespace weir::http::limits
