// Applying a plan: the record first, then the files, each only if it still is what was planned for.
#include <unistd.h>

#include <algorithm>

#include "os/files.h"
#include "setup/diff.h"
#include "setup/install.h"

namespace weir::setup {
namespace {

std::string parent(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

// Puts back what a failed plan changed already; best effort, because the first error is what is reported.
void undo(const std::vector<FileChange>& done) {
  for (auto it = done.rbegin(); it != done.rend(); ++it) {
    SettingsFile now = it->file;
    now.bytes = it->bytes;
    (void)replace_settings_file(now, it->file.bytes, it->file.mode);
  }
}

void replace_record(const Plan& plan, std::vector<InstallRecord>& records) {
  std::erase_if(records, [&](const InstallRecord& record) {
    return record.agent == plan.agent && record.scope == plan.scope && record.directory == plan.directory;
  });
  if (plan.record) records.push_back(*plan.record);
}

// Directories go when they are empty. One that another installation still uses is from now on that one's to
// remove.
void remove_dirs(const Plan& plan, std::vector<InstallRecord>& records) {
  std::vector<std::string> kept;
  for (auto it = plan.dirs_gone.rbegin(); it != plan.dirs_gone.rend(); ++it)
    if (::rmdir(it->c_str()) != 0 && os::exists(*it)) kept.insert(kept.begin(), *it);
  for (auto& record : records) {
    if (record.scope != plan.scope || record.directory != plan.directory) continue;
    kept.insert(kept.end(), record.dirs.begin(), record.dirs.end());
    record.dirs = std::move(kept);
    return;
  }
}

}  // namespace

Status apply(const Plan& plan, const os::Places& places, std::vector<InstallRecord> records) {
  const auto old_records = records;
  replace_record(plan, records);
  // A record of an installation that never came about is harmless; an installation without a record is not.
  if (plan.record && records != old_records) TRY_STATUS(write_records(places, records));
  std::vector<FileChange> done;
  for (const auto& change : plan.changes) {
    Status status = change.bytes
                        ? os::make_dirs(parent(change.file.target), plan.scope == Scope::system ? 0755 : 0700)
                        : Status();
    if (status) status = replace_settings_file(change.file, change.bytes, change.mode);
    if (status) {
      done.push_back(change);
      continue;
    }
    undo(done);
    if (plan.record) (void)write_records(places, old_records);
    return status;
  }
  remove_dirs(plan, records);
  return plan.record || records == old_records ? Status() : write_records(places, records);
}

std::string plan_diff(const Plan& plan) {
  std::string text;
  for (const auto& change : plan.changes)
    text += unified_diff(change.file.path, change.file.bytes, change.bytes);
  return text;
}

}  // namespace weir::setup
