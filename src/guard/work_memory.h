// Memory that judging a call needs and that holds nothing from call to call. It weighs more than all that is
// remembered of a session, so one is kept for each thread and lent to the guard whose turn it is:
//
//   guard.work_in(memory_of_this_thread);      // before prepare(), decide(), note()
#pragma once

#include "cedar/authorizer.h"
#include "detect/scanner.h"
#include "sigma/watch.h"

namespace weir::guard {

struct WorkMemory {
  cedar::Workspace policies;
  detect::ScanWorkspace texts;
  sigma::Watch::Scratch records;
};

}  // namespace weir::guard
