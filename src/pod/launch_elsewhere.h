// A pod by another launcher than Weir's own (launcher.h): which one, what it cannot do, and the plan as it is
// for that one. Inside the room only.
#pragma once

#include "pod/pod_spec.h"
#include "pod/working_copy.h"

namespace weir::pod {

// Why this launcher cannot be had for this plan: Error `unavailable` (the host has it not) or `invalid` (the
// plan wants what it cannot do: --allow, --publish, --supervise, an agent's door).
Status can_launch(Launcher launcher, const PodPlan& plan);

// The one to take in place of `own`, which failed with `why`: the plan's choice, else the best that can be
// had and reaches the level that was asked for or accepted. Error `unavailable`, in one line: what is missing
// on this host and what it can have.
Result<Launcher> other_launcher(const PodPlan& plan, const Error& why);

// The plan for `landlock`: what it shows lies where it lies on the host, home and TMPDIR are directories of
// the copy, and the program works in the copy.
PodPlan landlock_plan(const PodPlan& plan, const WorkingCopy& copy);

// The plan with the copy in the place of the overlay: for launchers that can mount.
PodPlan copied_plan(Launcher launcher, const PodPlan& plan, const WorkingCopy& copy);
// Could the overlay alone not be mounted? Then all else of a pod can be had with a copy.
bool is_overlay_missing(const Error& error);

// The mount that is the workspace. Error `invalid` when there is not exactly one overlay.
Result<PodMount> workspace_of(const PodPlan& plan);

}  // namespace weir::pod
