#include "ledger/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "os/files.h"

namespace weir::ledger {
namespace {

constexpr std::size_t kFilesMax = 64'000'000;  // of one ledger that files_below lists

std::unexpected<Error> from_errno(const char* what, const std::string& path) {
  return std::unexpected(os::errno_error(what, path, errno));
}

class RealDisk : public Disk {
 public:
  Result<std::string> read(const std::string& path, std::size_t bytes_max) override {
    // A ledger may be a copy from a stranger: a pipe or device in it must not hang or flood the reader.
    if (const auto info = os::file_info(path); info && info->kind != os::FileInfo::Kind::file)
      return fail(ErrorCode::corrupt, "not a regular file", path);
    return os::read_file(path, bytes_max);
  }
  bool exists(const std::string& path) override { return os::exists(path); }
  std::vector<std::string> list(const std::string& dir) override { return os::list_dir(dir); }
  std::vector<std::string> files_below(const std::string& dir) override {
    auto files = os::find_files(dir, "", kFilesMax);
    for (std::string& file : files)
      file.erase(0, dir.size() + 1);
    return files;
  }

  Status make_dir(const std::string& path) override {
    if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return {};
    return from_errno("cannot create directory", path);
  }
  Status write(const std::string& path, std::string_view bytes) override {
    const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!fd) return from_errno("cannot create", path);
    Status status = os::write_all(fd.get(), bytes);
    if (!status) status.error().where = path;
    return status;
  }
  Status flush(const std::vector<std::string>& paths) override;
  Status flush_dir(const std::string& path) override { return os::sync_dir(path); }
  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return from_errno("cannot replace", to);
    return {};
  }
  Status remove(const std::string& path) override { return os::remove_file(path); }
  Status remove_dir(const std::string& path) override {
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
    return from_errno("cannot remove directory", path);
  }
  Result<os::Fd> lock(const std::string& path) override { return os::lock_file(path); }
};

// Each fsync ends in a flush of the device's cache, some milliseconds on a busy disk. So writing begins for
// all files at once, and a large group gets one syncfs instead, which does the same for the whole file
// system.
Status flush_group(std::span<const std::string> paths) {
  constexpr std::size_t kLarge = 16;
  constexpr unsigned kWait = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  std::vector<os::Fd> files;
  for (const std::string& path : paths) {
    files.emplace_back(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!files.back()) return from_errno("cannot open", path);
    (void)::sync_file_range(files.back().get(), 0, 0, SYNC_FILE_RANGE_WRITE);
  }
  const bool large = paths.size() >= kLarge;
  if (large && ::syncfs(files.front().get()) != 0) return from_errno("cannot flush", paths.front());
  for (std::size_t i = 0; i < files.size(); ++i) {
    // After syncfs only a file's own write errors are left to ask for, which needs no flush of the device. A
    // file system that cannot be asked gets the fsync.
    if (large && ::sync_file_range(files[i].get(), 0, 0, kWait) == 0) continue;
    if (::fsync(files[i].get()) != 0) return from_errno("cannot flush", paths[i]);
  }
  return {};
}

Status RealDisk::flush(const std::vector<std::string>& paths) {
  constexpr std::size_t kOpenMax = 256;  // well below the usual limit of 1024 descriptors
  for (std::size_t at = 0; at < paths.size(); at += kOpenMax)
    TRY_STATUS(flush_group(std::span(paths).subspan(at, std::min(kOpenMax, paths.size() - at))));
  return {};
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

std::unique_ptr<Disk> real_disk() {
  return std::make_unique<RealDisk>();
}

Status DurableWriter::settle(const std::string& dir, std::set<std::string>& to_flush) {
  if (settled_.contains(dir)) return {};
  const bool below_base = dir.size() > base_.size();
  if (!below_base && disk_->exists(dir)) return {};
  const std::string parent = parent_of(dir);
  if (parent != dir) TRY_STATUS(settle(parent, to_flush));
  if (!disk_->exists(dir)) TRY_STATUS(disk_->make_dir(dir));
  to_flush.insert(parent);
  return {};
}

Status DurableWriter::make_base() {
  std::set<std::string> to_flush;
  TRY_STATUS(settle(base_, to_flush));
  for (const std::string& dir : to_flush)
    TRY_STATUS(disk_->flush_dir(dir));
  return {};
}

Status DurableWriter::write(const std::vector<WholeFile>& files) {
  constexpr std::size_t kSettledMax = 4096;
  if (settled_.size() > kSettledMax) settled_.clear();
  const std::string suffix(kTemporarySuffix);
  std::vector<std::string> temporaries;
  std::set<std::string> dirs;
  std::set<std::string> to_flush;
  for (const WholeFile& file : files) {
    dirs.insert(parent_of(file.path));
    TRY_STATUS(settle(parent_of(file.path), to_flush));
    temporaries.push_back(file.path + suffix);
    TRY_STATUS(disk_->write(temporaries.back(), file.bytes));
  }
  TRY_STATUS(disk_->flush(temporaries));
  for (const WholeFile& file : files)
    TRY_STATUS(disk_->rename(file.path + suffix, file.path));
  to_flush.insert(dirs.begin(), dirs.end());
  for (const std::string& dir : to_flush)
    TRY_STATUS(disk_->flush_dir(dir));
  settled_.insert(dirs.begin(), dirs.end());
  return {};
}

}  // namespace weir::ledger
