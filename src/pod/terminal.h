// Who owns the terminal while a guarded program runs. Inside the room only.
//
// Interactive (standard input and output are terminals and we are in the foreground): the child gets a
// process group of its own and the terminal's foreground, as a shell would do it, so Ctrl-C, Ctrl-Z and
// window changes reach it and not us. In a pipeline that reads the terminal (`weir run -- CMD | less`) parent
// and child share the group, for else the pipeline's other programs would lose the terminal. Without a
// terminal the child has a group of its own and signals are forwarded.
#pragma once

#include <sys/types.h>
#include <termios.h>

namespace weir::pod {

enum class GroupMode { foreground, shared, own };

class Terminal {
 public:
  Terminal();   // looks at descriptors 0 and 1
  ~Terminal();  // takes the foreground back, restores the modes, drops unread input
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  GroupMode mode() const { return mode_; }
  void give_to(pid_t group);  // only in mode foreground, as are the next two
  void take_back();           // the child's terminal modes are remembered for the next give_to
  bool ours() const;          // the foreground group is our own

 private:
  GroupMode mode_ = GroupMode::own;
  bool given_ = false;
  bool child_modes_known_ = false;
  termios our_modes_{};
  termios child_modes_{};
};

}  // namespace weir::pod
