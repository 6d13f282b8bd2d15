// Other names that files of a workspace go by, and by which they are looked up in the catalogue of held files
// (held.h). Inside the room only.
//
//   link       "CLAUDE.md" -> "docs/agents.md": docs/agents.md counts as CLAUDE.md
//   git        core.hooksPath = tools/hooks: tools/hooks/pre-commit counts as .git/hooks/pre-commit, and what
//              git's configuration includes or starts as .git/config
//
// Read is the configuration of the repository whose top the workspace is (.git/config, .git/config.worktree),
// as the host has it: changes to it are held themselves. Not read are a user's own configuration, that of
// repositories above and below, and a `.git` that leads elsewhere.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "base/result.h"
#include "changes/held.h"

namespace weir::changes {

struct Alias {
  std::string at;        // the name that says what would run it
  std::string leads_to;  // the file or directory, relative to the workspace
};

// Where the catalogue spells out a name of a link. `views`: as the host has it and as the pod has it; either
// may be what stands there after a commit of some paths.
std::vector<Alias> link_aliases(const HeldCatalogue& catalogue, std::initializer_list<LinkOf> views);

// What git's configuration names. `host` is the workspace opened, `path` its absolute path. Error `limit`
// when files include more than 64 others.
Result<std::vector<Alias>> git_aliases(int host, const std::string& path,
                                       std::initializer_list<LinkOf> views);

}  // namespace weir::changes
