// Limits of the room `a2a`, in one place: what is beyond them is refused, never passed on unread.
#pragma once

#include <cstddef>

#include "base/limits.h"

namespace weir::a2a::limits {

inline constexpr std::size_t kBodyBytesMax = 64 * weir::limits::kMiB;  // of a request, answer or event
inline constexpr std::size_t kTargetBytesMax = 16 * weir::limits::kKiB;
inline constexpr std::size_t kIdBytesMax = 512;  // ids of messages, tasks, contexts, tenants, settings
inline constexpr std::size_t kNameBytesMax = 1024;
inline constexpr std::size_t kUrlBytesMax = 8 * weir::limits::kKiB;
inline constexpr std::size_t kSecretBytesMax = 16 * weir::limits::kKiB;  // tokens and credentials
inline constexpr std::size_t kPartsMax = 4096;                           // of one message or artifact
inline constexpr std::size_t kReferencesMax = 256;                       // tasks that a message refers to
inline constexpr std::size_t kExtensionsMax = 64;
inline constexpr std::size_t kModesMax = 256;       // media types that a client takes
inline constexpr std::size_t kHistoryMax = 10'000;  // messages of one task
inline constexpr std::size_t kArtifactsMax = 4096;  // of one task
inline constexpr std::size_t kTasksMax = 1000;      // of one list
inline constexpr std::size_t kPushMax = 1000;       // webhooks of one list
inline constexpr std::size_t kSignaturesMax = 16;   // of one card

}  // namespace weir::a2a::limits
