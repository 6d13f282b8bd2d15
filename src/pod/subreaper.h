// Orphans below this process come to it, whoever started them, and so stay in its tree. Inside the room only.
#pragma once

#include <sys/types.h>

#include <vector>

namespace weir::pod {

// For as long as it lives; then as before.
class Subreaper {
 public:
  Subreaper();
  ~Subreaper();
  Subreaper(const Subreaper&) = delete;
  Subreaper& operator=(const Subreaper&) = delete;

 private:
  int before_ = 0;
};

// The children of this process.
std::vector<pid_t> children_now();

// Takes the exit status of every child that has ended, but for those `apart`.
void reap_others(const std::vector<pid_t>& apart);

}  // namespace weir::pod
