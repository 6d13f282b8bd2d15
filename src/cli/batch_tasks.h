// The tasks of `weir pod batch`: one a line.
//
//   make lint                                                   run by sh -c
//   {"id":"unit","command":["npm","test"],"profile":"node","limits":"time=10m"}
//   # a remark
//
// With a command behind `--` each line is an item, and takes the place of every {} in it.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/pod_prepare.h"

namespace weir::cli {

struct BatchRow {
  std::string id;       // unique; the number of the line where none was given
  std::string command;  // for people
  std::vector<std::string> argv;
  PodWish wish;
};

inline constexpr std::size_t kBatchLineBytesMax = 64 << 10;
inline constexpr std::size_t kBatchIdBytesMax = 100;

// `each`: the command behind `--`; empty: none. Errors, with the line: `invalid` (no such row, an id twice or
// too long, nothing to do), `limit` (too many tasks, a line too long).
Result<std::vector<BatchRow>> read_batch_rows(std::istream& in, const std::vector<std::string>& each);

}  // namespace weir::cli
