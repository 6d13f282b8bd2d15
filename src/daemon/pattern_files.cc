#include "daemon/pattern_files.h"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::string_view kSuffix = ".hs";

bool is_own(const std::string& path, os::FileInfo::Kind kind) {
  const auto info = os::file_info(path);
  return info && info->kind == kind && info->uid == ::geteuid() && (info->mode & 022) == 0;
}

// Makes room for one more.
void forget_oldest(const std::string& dir) {
  std::vector<std::pair<std::int64_t, std::string>> files;
  for (const auto& name : os::list_dir(dir))
    if (const auto info = os::file_info(dir + "/" + name); info && name.ends_with(kSuffix))
      files.emplace_back(info->mtime_ns, name);
  std::sort(files.begin(), files.end());
  for (std::size_t i = 0; i + kPatternFilesMax <= files.size(); ++i)
    (void)os::remove_file(dir + "/" + files[i].second);
}

}  // namespace

std::string patterns_dir(const std::string& state) {
  return state + "/patterns";
}

std::string PatternFiles::get(const std::string& name) {
  const std::string path = dir_ + "/" + name + std::string(kSuffix);
  if (!is_own(dir_, os::FileInfo::Kind::dir) || !is_own(path, os::FileInfo::Kind::file)) return {};
  return os::read_file(path, limits::kDatabaseBytesMax).value_or(std::string());
}

void PatternFiles::put(const std::string& name, std::string_view bytes) {
  if (!os::make_dirs(dir_) || !is_own(dir_, os::FileInfo::Kind::dir)) return;
  forget_oldest(dir_);
  (void)os::write_file_atomic(dir_ + "/" + name + std::string(kSuffix), bytes, 0600, os::Durability::none);
}

}  // namespace weir::daemon
