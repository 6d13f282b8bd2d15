// What stands between fork and exec whatever is put around the program: finding it, descriptors, signals,
// exec itself. Inside the room only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::pod {

// As execvp would, but by the PATH of `env`, and from `cwd`. Errors: `not_found`; `denied` when a file of
// that name is there and not executable; `invalid` for a directory.
Result<std::string> find_program(const std::string& name, const std::map<std::string, std::string>& env,
                                 const std::string& cwd);

// All of that name in the order of PATH, at least one: Landlock may refuse the first, which looks executable
// to access(). Errors as above.
Result<std::vector<std::string>> find_programs(const std::string& name,
                                               const std::map<std::string, std::string>& env,
                                               const std::string& cwd);

// A directory as standard input would be a way around every mount: openat() on it sees the files as they are
// outside. Error `invalid`.
Status check_standard_descriptors();

// exec resets handlers by itself. What a supervisor ignores or blocks for its own sake is undone here; what
// its caller ignored (nohup) stays ignored.
void reset_signals();

// Closes everything but 0, 1, 2 and `keep`.
void close_descriptors(int keep);

// Becomes the program; a script without "#!" is run by the shell, as execvp would. Returns only when it could
// not: the errno.
int execute(const std::string& program, std::vector<std::string> argv,
            const std::map<std::string, std::string>& env);
// The first of them that may be executed: EACCES goes on to the next, as with execvp.
int execute(const std::vector<std::string>& programs, const std::vector<std::string>& argv,
            const std::map<std::string, std::string>& env);

}  // namespace weir::pod
