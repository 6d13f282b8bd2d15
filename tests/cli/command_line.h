// A command line as a person types it, run in this process, and what came of it.
//
//   const Ran ran = run_weir({"policy", "verify", "--json", pack});
//   EXPECT_EQ(ran.code, exit_code::kFine) << ran.err;
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "cli/cli.h"

namespace weir::cli {

struct Ran {
  int code = -1;
  std::string out, err;
};

// With these commands alone; `input` is what its standard input gives.
inline Ran run_commands(const std::vector<CommandSpec>& commands, const std::vector<std::string>& argv,
                        const std::string& input = "") {
  std::istringstream in(input);
  std::ostringstream out, err;
  const int code = run_command_line(commands, argv, in, out, err);
  return {code, out.str(), err.str()};
}

inline Ran run_weir(const std::vector<std::string>& argv, const std::string& input = "") {
  return run_commands(all_commands(), argv, input);
}

}  // namespace weir::cli
