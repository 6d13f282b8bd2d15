// Limits of the room `llm`, in one place: what is beyond them is refused, never let through unread.
#pragma once

#include <cstddef>

#include "base/limits.h"

namespace weir::llm::limits {

inline constexpr std::size_t kHeldCallBytesMax = 8 * weir::limits::kMiB;  // events of one held call
inline constexpr std::size_t kQueueBytesMax = 64 * weir::limits::kMiB;    // all that waits in one stream
inline constexpr std::size_t kCallsMax = 1024;                            // tool calls of one answer
inline constexpr std::size_t kItemsMax = 65'536;                          // blocks or items of one answer
inline constexpr std::size_t kRequestToolsMax = 4096;                     // tools offered by one request
inline constexpr std::size_t kRequestMessagesMax = 1'000'000;             // messages of one request
inline constexpr std::size_t kLanesMax = 32;            // lanes of one WebSocket (OpenAI's own limit)
inline constexpr std::size_t kInFlightMax = 16;         // responses at work in one WebSocket (the same)
inline constexpr std::size_t kLaneResponsesMax = 4096;  // responses remembered in one WebSocket
inline constexpr std::size_t kIdBytesMax = 512;         // ids of calls, responses and lanes

}  // namespace weir::llm::limits
