// What diff, discard and commit remember of single paths: one small file of JSON Lines each, beside the pod
// (docs/formats/pod.md). Inside the room only.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/files.h"

namespace weir::changes {

struct PathRecord {
  std::string host;  // state_text() of either side
  std::string pod;
  std::string temporary;  // commit: the name beside it that may be left over
  bool held = false;      // commit: named with --held
  bool forced = false;    // commit: named with --force
};
using PathRecords = std::map<std::string, PathRecord>;  // by path relative to the workspace

// Empty when there is no such file. Error `corrupt` when it is none of ours.
Result<PathRecords> read_path_records(const std::string& file, std::string_view kind);
// Replaces the file whole.
Status write_path_records(const std::string& file, std::string_view kind, const PathRecords& records,
                          os::Durability durability);

}  // namespace weir::changes
