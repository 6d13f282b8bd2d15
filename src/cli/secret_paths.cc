#include "cli/secret_paths.h"

#include <utility>
#include <vector>

#include "content.h"
#include "guard/carried_out.h"

namespace weir::cli {

SecretPaths::SecretPaths(std::string home) : home_(std::move(home)) {
  std::vector<guard::NamedText> texts;
  for (const auto& file : content_files())
    if (file.name.starts_with("paths/")) texts.push_back({std::string(file.name), std::string(file.bytes)});
  if (auto classes = guard::PathClasses::parse(texts)) classes_ = *std::move(classes);
}

bool SecretPaths::contains(const std::string& path) const {
  return !classes_ || guard::is_secret_class(classes_->of(path, home_));
}

}  // namespace weir::cli
