// Which files git's configuration names: included configuration, the directory of hooks, programs that git
// starts. They may stand under any name, so no catalogue of names knows them. Values only; inside the room
// only.
//
//   const auto names = git_names("[core]\n\thooksPath = tools/hooks\n");   // names.hooks == {"tools/hooks"}
//
// Syntax: git-config(1), "Syntax". What git would refuse is read as far as it goes: a name too many is
// harmless here. Conditions of includeIf are taken as met. A command gives each of its words, so that
// "sh ./x.sh --all" gives "./x.sh" too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::changes {

inline constexpr std::size_t kGitConfigBytesMax = std::size_t{1}
                                                  << 20;  // of one file; what is beyond is not read
inline constexpr std::size_t kGitNamesMax = 2000;         // of one file, of each kind

struct GitNames {
  std::vector<std::string> includes;  // relative to the file's directory
  std::vector<std::string> hooks;     // directories, relative to the top of the working tree
  std::vector<std::string> programs;  // words of commands, relative to the same; most are no files
};

GitNames git_names(std::string_view config);

}  // namespace weir::changes
