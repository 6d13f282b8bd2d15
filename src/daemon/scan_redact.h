// Cleaned copies of transcripts, for handing them on (`weir scan --redact OUT`).
//
//   TRY(const RedactReport report, redact_files(files, out, *pack->detectors(), [] { return !interrupted;
//   }));
//
// Each file is copied below `out` under its path from the directory that is above all of them; the originals
// are only read. Lines are cleaned by redact_line.h. A line that is longer than may be held is left out,
// named and counted: nobody looked at it. A file is there when it is whole.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "detect/scanner.h"

namespace weir::daemon {

struct RedactReport {
  std::uint64_t files = 0;
  std::uint64_t lines = 0;
  std::uint64_t changed_lines = 0;
  std::uint64_t left_out_lines = 0;
  std::map<std::string, std::uint64_t> places;  // that were replaced, by type
  std::vector<std::string> problems;            // files and lines that were left out, the first hundred
  bool whole = true;                            // false: stopped by `go_on`
};

// On every processor. `out` must be absent or an empty directory, and is made with mode 0700, files with
// 0600. Errors: `exists`, and what the system says of `out`. A file that cannot be read is a problem of the
// report.
Result<RedactReport> redact_files(const std::vector<std::string>& files, const std::string& out,
                                  const detect::Scanner& detectors, const std::function<bool()>& go_on);

}  // namespace weir::daemon
