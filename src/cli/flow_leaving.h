// Where what a call says goes, what of it is confidential or another's, and which files it carries on: rows
// that text and picture of `weir flow` show below a call's values.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace weir::cli {

struct LeavingRow {
  enum class Tone { good, watch, bad };
  std::string what;  // "goes to", "carries", "runs"
  std::string text;  // printable
  Tone tone = Tone::watch;
};

// `more`: of a guard::FlowCall. None when nothing leaves.
std::vector<LeavingRow> leaving_rows(const Json& more);

}  // namespace weir::cli
