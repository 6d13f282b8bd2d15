// The file operations a log makes, each a single step of the system, so that tests can fail, count and lose
// each of them: whether a crash is survived is decided by their order.
//
// Paths are whole paths. Nothing is durable before flush() of the file and, for names, flush_dir() of its
// directory.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace weir::ledger {

class Disk {
 public:
  virtual ~Disk() = default;

  // The whole of a regular file. Errors: not_found, denied, limit (longer than bytes_max), corrupt (not a
  // regular file).
  virtual Result<std::string> read(const std::string& path, std::size_t bytes_max) = 0;
  virtual bool exists(const std::string& path) = 0;
  // Names in a directory; empty when absent.
  virtual std::vector<std::string> list(const std::string& dir) = 0;
  // Regular files below `dir`, relative to it, sorted.
  virtual std::vector<std::string> files_below(const std::string& dir) = 0;

  virtual Status make_dir(const std::string& path) = 0;  // an existing one is fine
  // Creates or replaces the contents, without making them durable.
  virtual Status write(const std::string& path, std::string_view bytes) = 0;
  // Makes the contents of these files durable, all or an error.
  virtual Status flush(const std::vector<std::string>& paths) = 0;
  virtual Status flush_dir(const std::string& path) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;      // absent is fine
  virtual Status remove_dir(const std::string& path) = 0;  // an empty one; absent is fine
  // Held until the Fd goes. Error `unavailable` when another holds it.
  virtual Result<os::Fd> lock(const std::string& path) = 0;
};

// The disk of this machine. Files are 0644, directories 0755: a ledger is public, its key is elsewhere.
std::unique_ptr<Disk> real_disk();

// A file that is complete under its name or absent: written beside as "<path>.tmp".
struct WholeFile {
  std::string path;
  std::string bytes;
};

// Writes whole files below `base` durably; remembers which directories are known to be durable themselves.
class DurableWriter {
 public:
  DurableWriter(Disk& disk, std::string base) : disk_(&disk), base_(std::move(base)) {}
  // After it every file is durable under its name; a crash in the middle leaves each old, new or absent,
  // never torn. Missing directories are created. Renames only begin when all contents are durable.
  Status write(const std::vector<WholeFile>& files);
  Status make_base();  // creates the base directory if it is missing

 private:
  Status settle(const std::string& dir, std::set<std::string>& to_flush);

  Disk* disk_;
  std::string base_;
  // Directories whose name this process made durable. One found existing is not trusted to be: the process
  // that created it may have died before flushing the parent. Emptied when it grows large.
  std::set<std::string> settled_;
};

inline constexpr std::string_view kTemporarySuffix = ".tmp";

}  // namespace weir::ledger
