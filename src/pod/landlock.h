// The Landlock scope of the shield (landlock(7), Linux 6.12 and later, ABI 6): processes inside cannot signal
// processes outside and cannot connect to abstract unix sockets made outside. File rules are the full pod's.
#pragma once

#include "base/result.h"

namespace weir::pod {

inline constexpr int kLandlockAbiScopes = 6;

int landlock_abi();  // 0 when the kernel has none or it is switched off

// Puts this process and all that it starts into the scope. Needs no_new_privs. Error `unavailable` below ABI
// 6 or when the kernel refuses.
Status enter_landlock_scope();

}  // namespace weir::pod
