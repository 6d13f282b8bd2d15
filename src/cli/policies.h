// The policies that a command works with: the pack in force, or only a directory given by --policy DIR.
#pragma once

#include <memory>

#include "cli/cli.h"
#include "guard/pack.h"

namespace weir::cli {

Result<std::shared_ptr<const guard::Pack>> load_policies(const Args& args, const Context& context);

}  // namespace weir::cli
