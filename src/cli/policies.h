// The policies that a command works with: the pack in force, or only a directory given by --policy DIR.
#pragma once

#include <memory>

#include "cli/cli.h"
#include "guard/pack.h"

namespace weir::cli {

// The policies in force, those of --policy, or those in force with another --profile. With `detectors`
// content is looked at too, which takes tenths of a second to prepare. Without `flow` nobody watches where
// data comes from.
Result<std::shared_ptr<const guard::Pack>> load_policies(const Args& args, const Context& context,
                                                         bool detectors = false, bool flow = true);

// --profile NAME, for commands that use load_policies().
Option profile_option();

}  // namespace weir::cli
