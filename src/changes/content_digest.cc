#include "changes/content_digest.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>

#include "base/hash.h"
#include "os/files.h"

namespace weir::changes {
namespace {

constexpr std::uint64_t kBlock = std::uint64_t{1} << 20;
constexpr std::string_view kStart = "weir pod content 1\n";

using Number = std::array<std::uint8_t, 8>;

Number big_endian(std::uint64_t value) {
  Number bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(value >> (8 * (bytes.size() - 1 - i)));
  return bytes;
}

bool all_zeros(ByteView block) {
  return std::all_of(block.begin(), block.end(), [](std::uint8_t byte) { return byte == 0; });
}

// Where data begin at or after `offset`; `size` when there are none. File systems without SEEK_DATA say
// EINVAL: all of the file is data then.
std::uint64_t next_data(int fd, std::uint64_t offset, std::uint64_t size) {
  const off_t at = ::lseek(fd, static_cast<off_t>(offset), SEEK_DATA);
  if (at >= 0) return std::min(static_cast<std::uint64_t>(at), size);
  return errno == ENXIO ? size : offset;
}

Status read_block(int fd, std::uint64_t offset, Bytes& block) {
  std::size_t done = 0;
  while (done < block.size()) {
    const ssize_t n =
        ::pread(fd, block.data() + done, block.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(os::errno_error("cannot read", {}, errno));
    if (n == 0) return fail(ErrorCode::unavailable, "the file shrank while it was read", {}, "try again");
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Digest begin(std::uint64_t size) {
  const Number number = big_endian(size);
  return sha256({as_bytes(kStart), ByteView(number)});
}

Digest with_block(const Digest& digest, std::uint64_t offset, ByteView block) {
  const Number number = big_endian(offset / kBlock);
  return sha256({ByteView(digest), ByteView(number), block});
}

using OnBlock = std::function<Status(std::uint64_t offset, ByteView block)>;

// Calls on_block for each block that is not all zeros, and returns the digest.
Result<std::string> walk(int fd, std::uint64_t size, const OnBlock& on_block) {
  Digest digest = begin(size);
  Bytes block;
  for (std::uint64_t offset = next_data(fd, 0, size); offset < size; offset = next_data(fd, offset, size)) {
    offset -= offset % kBlock;
    block.resize(std::min(kBlock, size - offset));
    TRY_STATUS(read_block(fd, offset, block));
    if (!all_zeros(block)) {
      digest = with_block(digest, offset, block);
      TRY_STATUS(on_block(offset, block));
    }
    offset += block.size();
  }
  return to_hex(digest);
}

Status write_block(int fd, std::uint64_t offset, ByteView block) {
  while (!block.empty()) {
    const ssize_t n = ::pwrite(fd, block.data(), block.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(os::errno_error("cannot write", {}, errno));
    block = block.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

}  // namespace

Result<std::string> content_digest(int fd, std::uint64_t size) {
  return walk(fd, size, [](std::uint64_t, ByteView) { return Status(); });
}

std::string content_digest(std::string_view bytes) {
  Digest digest = begin(bytes.size());
  for (std::uint64_t offset = 0; offset < bytes.size(); offset += kBlock) {
    const ByteView block = as_bytes(bytes.substr(offset, kBlock));
    if (!all_zeros(block)) digest = with_block(digest, offset, block);
  }
  return to_hex(digest);
}

Result<std::string> copy_content(int from, int to, std::uint64_t size) {
  TRY(auto digest, walk(from, size, [to](std::uint64_t offset, ByteView block) {
        return write_block(to, offset, block);
      }));
  if (::ftruncate(to, static_cast<off_t>(size)) != 0)
    return std::unexpected(os::errno_error("cannot set the size", {}, errno));
  return digest;
}

}  // namespace weir::changes
