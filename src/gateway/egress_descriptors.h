// What the egress process finds when it begins, and how both sides use the memory files among it. Inside the
// room only.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::gateway {

// Where the process finds its descriptors. For a supervised pod the link stands before the sockets.
// kSecretsFd and kRevocationsFd are /dev/null where there are none.
enum : int {
  kPolicyFd = 3,
  kRecordFd = 4,
  kStopFd = 5,
  kSecretsFd = 6,
  kRevocationsFd = 7,
  kFirstSocketFd = 8
};

// In place of what was there.
Status write_whole(int fd, std::string_view text);
Result<std::string> read_whole(int fd, std::size_t bytes_max);

}  // namespace weir::gateway
