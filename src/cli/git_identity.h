// Who commits: the person's name and address, for a pod in which nothing else of a home is.
#pragma once

#include <string>

namespace weir::cli {

// A .gitconfig with user.name and user.email of the person's own (`git config --global`), and nothing else of
// it: the rest may name programs and hold credentials. "" when git or both are missing. Never fails: without
// it git asks for them.
std::string git_identity();

}  // namespace weir::cli
