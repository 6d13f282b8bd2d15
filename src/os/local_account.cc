#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "os/process.h"

namespace weir::os {

LocalAccount local_account() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> accounts(std::fopen("/etc/passwd", "re"),
                                                                 std::fclose);
  if (!accounts) return {};
  while (const passwd* entry = ::fgetpwent(accounts.get()))
    if (entry->pw_uid == ::geteuid()) return {entry->pw_name, entry->pw_dir};
  return {};
}

}  // namespace weir::os
