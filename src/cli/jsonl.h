// The JSON Lines commands: one row in, one row out, in the same order. A bad row is answered with its error
// and the run goes on.
#pragma once

#include <functional>

#include "cli/cli.h"

namespace weir::cli {

// Reads rows from `file` ("" or "-": standard input), calls `answer` for each, prints what it returns. A
// row's "id" is put first into its answer. Returns 0, or 1 when a row was bad; 2 when there is nothing to
// read (no such file, a directory, not allowed), 3 when reading broke off: what follows a break is not known,
// so it never passes for the end.
int run_jsonl(const std::string& file, Context& context,
              const std::function<Result<Json>(const Json& row)>& answer, const JsonLimits& limits = {});

}  // namespace weir::cli
