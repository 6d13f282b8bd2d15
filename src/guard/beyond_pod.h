// What a program that begins in a pod does beyond it, by its arguments: a push, a deleted cluster, a dropped
// table, a command on another machine. The pod's walls hold files, processes and destinations; a destination
// that is allowed does what it is asked, and these are what nobody can take back.
//
//   beyond_pod({"git", "push", "--force"}, place, table, agent)   → vcs.push … force
//
// Arguments are the program's own to say, and to exchange while the kernel reads them: this is advice that a
// program which hides from it does not get, while an agent's script, makefile or test does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event/action.h"
#include "guard/shell_actions.h"

namespace weir::guard {

// Actions of the shell reading of this argument list that no wall of a pod holds. `argv[0]` may be a path.
std::vector<event::Action> beyond_pod(const std::vector<std::string>& argv, const ShellPlace& place,
                                      const shell::CommandTable& table, std::string_view agent);
bool is_beyond_pod(std::string_view verb);

// Does this program run commands in the language of a shell? By the name of the file.
bool is_shell(std::string_view program);

}  // namespace weir::guard
