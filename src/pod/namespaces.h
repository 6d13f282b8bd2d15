// User and mount namespaces without root, and giving up every privilege in them (user_namespaces(7),
// capabilities(7)).
#pragma once

#include "base/result.h"

namespace weir::pod {

// New user and mount namespaces for this (single-threaded) process. The caller's uid and gid map to
// themselves, so files look the same; other owners appear as nobody. Called a second time, the mounts of the
// first are locked: the kernel lets nobody in the new, less privileged namespace or below it undo one of them
// (mount_namespaces(7), "Restrictions on mount namespaces"). Error `unavailable` with the reason where user
// namespaces are missing or forbidden.
Status enter_user_and_mount_namespace();

// Mounts made here stay here, and none from outside arrive.
Status make_mounts_private();

// Gives up all capabilities for good: effective, permitted, inheritable, ambient, bounding, and uid 0's habit
// of getting them back at exec (SECBIT_NOROOT, locked).
Status drop_capabilities();

// The same for a process that may have none to begin with, and then cannot touch its bounding set: with
// no_new_privs nothing is gained from that.
Status give_up_capabilities();

// no_new_privs: set-user-ID programs and file capabilities give nothing any more.
Status set_no_new_privileges();

}  // namespace weir::pod
