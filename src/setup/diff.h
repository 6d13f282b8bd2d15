// A unified diff (POSIX diff -u) of two texts, for --dry-run.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::setup {

// "" when equal. A missing side is /dev/null. Lines are printed as they are, control characters escaped.
std::string unified_diff(const std::string& path, const std::optional<std::string>& before,
                         const std::optional<std::string>& after);

}  // namespace weir::setup
