// Who makes the place in which a pod's program runs. Whoever it is, Weir tries the walls from inside before
// the program starts, and the level is what held (docs/pod.md, "Launchers").
//
//   own        namespaces made by Weir itself, the workspace an overlay: everything that a pod has
//   bwrap      namespaces and mounts made by bubblewrap, for a host that allows user namespaces to it alone;
//              the workspace is a copy
//   runsc      gVisor: a kernel of its own; the workspace is a copy
//   landlock   no namespaces at all: the host's root directory behind Landlock and the filter, no sockets;
//              the workspace is a copy, home and TMPDIR are directories made for the pod
//
// `any` takes own; where this host lets Weir make no namespaces, bwrap if it can; else landlock, when a level
// that low was asked for or accepted.
#pragma once

#include <string_view>

#include "base/result.h"

namespace weir::pod {

enum class Launcher { any, own, bwrap, runsc, landlock };
std::string_view name(Launcher launcher);               // "auto", "own", ...
Result<Launcher> launcher_from(std::string_view text);  // Error `invalid`

}  // namespace weir::pod
