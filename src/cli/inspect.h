// What `weir inspect` answers to one row.
#pragma once

#include <memory>

#include "base/json.h"
#include "guard/pack.h"

namespace weir::cli {

// {id, command, cwd?, workspace?, env?} → {verdict, policies, findings, actions}. Nothing is run and the disk
// is not looked at. Error `invalid` when there is no command.
Result<Json> inspect_row(const Json& row, const std::shared_ptr<const guard::Pack>& pack);

}  // namespace weir::cli
