// The file behind the labels of files: changes appended line by line, now and then written anew.
#include <fcntl.h>
#include <unistd.h>

#include "daemon/carried_files.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kLinesSpare = 1024;  // past changes before the file is written anew

std::string folder_of(const std::string& file) {
  return file.substr(0, file.rfind('/'));
}

}  // namespace

// Applies it and appends its line. A line that cannot be written is said once; the label holds in memory.
void CarriedFiles::change(const flow::Change& change) {
  table_.apply(change);
  if (file_.empty() || !problem_.empty()) return;
  const std::string line = canonical(flow::to_json(change)) + "\n";
  if (writing_anew_) {
    meanwhile_ += line;
    return;
  }
  Status written = os::make_dirs(folder_of(file_), 0700);
  if (written && !fd_) {
    fd_ = os::Fd(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd_) written = std::unexpected(os::errno_error("cannot be opened", file_, errno));
  }
  if (written) written = os::write_all(fd_.get(), line);
  if (!written) {
    if (unwritten_.empty())
      log_.warn("the label of a file cannot be written down", {{"why", written.error().message()}});
    unwritten_ = written.error().message();
    fd_ = os::Fd();
    return;
  }
  unwritten_.clear();
  ++lines_;
  if (sync_planned_) return;
  sync_planned_ = true;
  // Called with the lock, which sync() takes: never at once.
  if (later_ == nullptr || !later_([this] { sync(); })) sync_planned_ = false;
}

void CarriedFiles::sync() {
  int fd = -1;
  bool anew = false;
  {
    const std::lock_guard lock(mutex_);
    sync_planned_ = false;
    if (fd_) fd = ::dup(fd_.get());
    anew = lines_ > 2 * (table_.paths().size() + table_.contents()) + kLinesSpare;
  }
  if (fd >= 0) {
    (void)::fdatasync(fd);
    ::close(fd);
  }
  if (anew) write_anew();
}

// Replaces the file by the fewest lines that say the same. The lock is not held while the disk works.
void CarriedFiles::write_anew() {
  std::string text;
  std::size_t lines = 0;
  {
    const std::lock_guard lock(mutex_);
    writing_anew_ = true;
    for (const auto& change : table_.changes()) {
      text += canonical(flow::to_json(change)) + "\n";
      ++lines;
    }
  }
  const Status written = os::write_file_atomic(file_, text, mode_t{0600});
  const std::lock_guard lock(mutex_);
  writing_anew_ = false;
  if (written) {
    fd_ = os::Fd(::open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
    lines_ = lines;
  } else {
    unwritten_ = written.error().message();
    log_.warn("the labels of files cannot be written anew", {{"why", unwritten_}});
  }
  if (!meanwhile_.empty() && fd_) {
    if (const Status appended = os::write_all(fd_.get(), meanwhile_); !appended)
      unwritten_ = appended.error().message();
  }
  meanwhile_.clear();
}

void CarriedFiles::do_later(const std::function<void()>& work) {
  if (later_ == nullptr || !later_(work)) work();
}

}  // namespace weir::daemon
