// Why a pod cannot have namespaces on this machine, as far as it tells, and what would change that.
#pragma once

#include <string>

#include "base/result.h"

namespace weir::pod {

// True when a process of this user can make the namespaces of a pod and mount in them: tried in a child.
bool namespaces_work();

// The reason in some words: a switch that is off here ("user.max_user_namespaces is 0"), else `why`.
std::string namespaces_trouble(const Error& why);
// What to set, for a person, on this host or at the container that it is.
std::string namespaces_remedy();

// The same from what was read, for tests. Text of the three files, "" where there is none.
struct NamespaceSwitches {
  std::string max_user_namespaces;        // /proc/sys/user/max_user_namespaces
  std::string unprivileged_userns_clone;  // /proc/sys/kernel/..., Debian's
  std::string apparmor_restricts;         // /proc/sys/kernel/apparmor_restrict_unprivileged_userns
  bool in_container = false;              // a container runtime says so
};
NamespaceSwitches namespace_switches();
std::string trouble_of(const NamespaceSwitches& switches);  // "" when none of them explains it
std::string remedy_of(const NamespaceSwitches& switches);

}  // namespace weir::pod
