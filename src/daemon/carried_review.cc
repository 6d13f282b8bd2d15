// What a person does with the labels of files: looks at them, and takes off those that need not be.
#include "base/bytes.h"
#include "base/limits.h"
#include "daemon/carried_files.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kListBytesMax = 512 * limits::kKiB;  // of paths in one answer

Json row_of(const std::string& path, const flow::CarriedTable::Entry& entry) {
  Json row = Json::object({{"path", to_valid_utf8(path)}});
  if (!entry.session.empty()) row.set("session", to_valid_utf8(entry.session));
  if (entry.seq > 0) row.set("seq", entry.seq);
  if (entry.below) row.set("below", true);
  if (entry.instructions) row.set("instructions", true);
  return row;
}

bool lies_below(std::string_view path, std::string_view directory) {
  return directory == "/" ||
         (path.starts_with(directory) && path.size() > directory.size() && path[directory.size()] == '/');
}

}  // namespace

Json CarriedFiles::list() const {
  const std::lock_guard lock(mutex_);
  Json files = Json::array();
  std::size_t bytes = 0, more = 0;
  for (const auto& [path, entry] : table_.paths()) {
    bytes += path.size();
    if (bytes <= kListBytesMax)
      files.push(row_of(path, entry));
    else
      ++more;
  }
  return Json::object({{"files", std::move(files)}, {"more", static_cast<std::uint64_t>(more)}});
}

Status CarriedFiles::may_vouch(const std::string& named) const {
  if (!named.starts_with('/') || named.size() > flow::kCarriedPathBytesMax)
    return fail("a path must be absolute and at most 4096 bytes", "path");
  const std::string path = os::resolve_path(named);
  {
    const std::lock_guard lock(mutex_);
    if (!problem_.empty())
      return fail(ErrorCode::corrupt, "the labels of files cannot be read, so none can be taken off", file_,
                  "remove the file and start the daemon again");
    const bool known = table_.paths().contains(path);
    if (table_.at(path) != nullptr && !known)
      return fail(ErrorCode::exists, "a directory above it carries the label as a whole", path,
                  "`weir flow files` shows it: look through it and vouch for that");
    if (known || table_.below(path) != nullptr) return {};
  }
  const std::string digest = digest_of(path);
  const std::lock_guard lock(mutex_);
  if (digest.empty() || !table_.knows_content(digest))
    return fail(ErrorCode::not_found, "this file carries no label", path,
                "`weir flow files` lists those that do");
  return {};
}

Result<std::size_t> CarriedFiles::vouch(const std::string& named) {
  TRY_STATUS(may_vouch(named));
  const std::string path = os::resolve_path(named);
  {
    const std::lock_guard lock(mutex_);
    const auto* entry = table_.at(path);
    std::vector<std::string> below;
    for (const auto& [other, unused] : table_.paths())
      if (lies_below(other, path)) below.push_back(other);
    for (const auto& other : below)
      vouch_for(other, table_.paths().find(other)->second.digest);
    if (!below.empty() && entry == nullptr) return below.size();
    if (entry != nullptr && entry->below) {
      vouch_for(path, {});
      return below.size() + 1;
    }
  }
  // The file alone: what it holds now is vouched for too, copies of it elsewhere included.
  const std::string digest = digest_of(path);
  const std::lock_guard lock(mutex_);
  vouch_for(path, digest);
  return 1;
}

}  // namespace weir::daemon
