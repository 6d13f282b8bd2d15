#include "gateway/egress_descriptors.h"

#include <unistd.h>

#include <cerrno>

#include "os/files.h"

namespace weir::gateway {

Status write_whole(int fd, std::string_view text) {
  if (::ftruncate(fd, 0) != 0 || ::lseek(fd, 0, SEEK_SET) != 0)
    return std::unexpected(os::errno_error("a memory file cannot be written", "egress", errno));
  return os::write_all(fd, text);
}

Result<std::string> read_whole(int fd, std::size_t bytes_max) {
  std::string text;
  char buffer[16384];
  for (off_t at = 0; text.size() <= bytes_max; at = static_cast<off_t>(text.size())) {
    const ssize_t n = ::pread(fd, buffer, sizeof buffer, at);
    if (n < 0) return std::unexpected(os::errno_error("a memory file cannot be read", "egress", errno));
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return fail(ErrorCode::limit, "more than the egress process may write");
}

}  // namespace weir::gateway
