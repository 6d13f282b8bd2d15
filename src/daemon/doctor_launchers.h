// The rows of `weir doctor` about who can make a pod here, and what else of the kernel a pod could use.
#pragma once

#include <string>
#include <vector>

#include "daemon/doctor.h"

namespace weir::daemon {

// "launcher own", "launcher bwrap", "launcher runsc", "launcher landlock": there or not, version, used when.
// `own_works`: a pod of Weir's own was made just now.
std::vector<Check> launcher_rows(bool own_works);

// "bpf lsm": can be had or not; Weir uses none. `lsm`: text of /sys/kernel/security/lsm, "" when it cannot be
// read; `may_load`: bpf(2) is not refused to us.
Check bpf_lsm_row(const std::string& lsm, bool may_load);
Check bpf_lsm_row();

}  // namespace weir::daemon
