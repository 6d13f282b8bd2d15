// What a file holds, read once in a stream: as a digest, and as a copy. Inside the room only.
//
// The digest (docs/formats/pod.md) passes over blocks of zeros, so a sparse file of 10 GB costs what it has
// on disk, and one that is written out equals its sparse twin. Memory: one block, whatever the size.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::changes {

// 64 hex digits over the first `size` bytes of an open regular file. Error `unavailable` when it shrinks
// meanwhile.
Result<std::string> content_digest(int fd, std::uint64_t size);

// The same of bytes in memory.
std::string content_digest(std::string_view bytes);

// Copies them into an empty file, zeros as holes, and says what was copied. Error `unavailable` also when the
// device is full.
Result<std::string> copy_content(int from, int to, std::uint64_t size);

}  // namespace weir::changes
