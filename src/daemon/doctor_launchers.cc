#include "daemon/doctor_launchers.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/bytes.h"
#include "os/files.h"
#include "os/process.h"
#include "pod/launchers_here.h"

namespace weir::daemon {
namespace {

// Asks for nothing that would come about: the kernel looks at privileges before it looks at arguments.
bool may_use_bpf() {
  bpf_attr nothing{};
  nothing.prog_type = BPF_PROG_TYPE_LSM;
  return ::syscall(SYS_bpf, BPF_PROG_LOAD, &nothing, sizeof nothing) >= 0 ||
         (errno != EPERM && errno != ENOSYS);
}

}  // namespace

std::vector<Check> launcher_rows(bool own_works) {
  std::vector<Check> rows;
  for (const auto& one : pod::launchers_here(own_works)) {
    // Only the first is missed where it is not there.
    const bool missed = one.launcher == pod::Launcher::own && !one.available;
    rows.push_back({"launcher " + std::string(name(one.launcher)), missed ? Health::warn : Health::ok,
                    (one.available ? "available" : "not available") +
                        (one.detail.empty() ? "" : ": " + one.detail) + "; used " + one.used,
                    missed ? one.remedy : ""});
  }
  return rows;
}

Check bpf_lsm_row(const std::string& lsm, bool may_load) {
  const auto names = split(lsm, ',');
  const bool listed = std::any_of(names.begin(), names.end(), [](auto name) { return trim(name) == "bpf"; });
  const std::string kernel = lsm.empty() ? "cannot be told (no securityfs)" : listed ? "yes" : "no";
  return {"bpf lsm", Health::ok,
          "requested no, kernel has " + kernel + ", programs may be loaded " + (may_load ? "yes" : "no") +
              ": not used, no wall of a pod rests on it",
          ""};
}

Check bpf_lsm_row() {
  constexpr std::size_t kBytesMax = 4096;
  return bpf_lsm_row(os::read_file("/sys/kernel/security/lsm", kBytesMax).value_or(""), may_use_bpf());
}

}  // namespace weir::daemon
