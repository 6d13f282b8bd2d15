// The wire between a child that is about to become the agent and its supervisor: the child sends one report
// or error, then waits for "go". Inside the room only.
#pragma once

#include "os/fd.h"
#include "pod/shield.h"

namespace weir::pod {

class ReportPipe {
 public:
  static Result<ReportPipe> make();

  void close_parent_end() { parent_.reset(); }
  void close_child_end() { child_.reset(); }
  int child_fd() const { return child_.get(); }

  // Child: a message of at most a few hundred KiB; false when the supervisor is gone.
  bool send(const Result<ShieldReport>& report);
  bool wait_for_go();  // false: the supervisor refused or is gone

  // Parent. An end without a message is an Error `internal`.
  Result<ShieldReport> receive();
  bool send_go();
  // Parent: exec failed in the child (errno), or nothing when it became the program.
  int receive_exec_error();
  void send_exec_error(int error_number);

 private:
  os::Fd parent_;
  os::Fd child_;
};

}  // namespace weir::pod
