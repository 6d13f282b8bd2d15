// What a direct workspace may not be changed in, and what became of it: for PodOptions and PodResult
// (pod/direct.h, docs/pod.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "changes/held.h"

namespace weir::pod {

struct DirectRules {
  const changes::HeldCatalogue* catalogue = nullptr;  // outlives the launch; a direct pod needs it
  // Relative to the workspace: at and below these held files may be changed. "" is everything.
  std::vector<std::string> changeable;
};

// A file of the workspace that something would run or obey, and that a program in the pod wanted to change.
struct Held {
  std::string path;  // relative to the workspace
  changes::HeldReason reason;
};

inline constexpr std::size_t kDirectRefusedMax = 256;  // paths that are kept by name

struct DirectReport {
  std::uint64_t changes = 0;  // calls that changed the workspace; writing to an open file is none
  std::uint64_t refused = 0;  // calls
  std::vector<Held> paths;    // of those refused, each once; at most kDirectRefusedMax
};

}  // namespace weir::pod
