// Which files hold keys, tokens or passwords, by their names: the path classes that ship (content/paths).
#pragma once

#include <optional>
#include <string>

#include "guard/path_classes.h"

namespace weir::cli {

class SecretPaths {
 public:
  explicit SecretPaths(std::string home);

  // An absolute path. When the classes cannot be read every file is one.
  bool contains(const std::string& path) const;

 private:
  std::string home_;
  std::optional<guard::PathClasses> classes_;
};

}  // namespace weir::cli
