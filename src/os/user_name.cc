#include <pwd.h>
#include <unistd.h>

#include "os/process.h"

namespace weir::os {

std::string user_name() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? std::string(entry->pw_name) : "uid:" + std::to_string(::geteuid());
}

}  // namespace weir::os
