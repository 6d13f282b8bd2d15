#include "pod/working_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "changes/beneath.h"
#include "changes/remove_tree.h"
#include "os/files.h"
#include "pod/pod_limits.h"

namespace weir::pod {
namespace {

constexpr const char* kDirectories[] = {"workspace", "home", "tmp", "scratch"};

// Waits until the clock of the file system has gone on since everything was made, and returns the time before
// that: its ticks are some milliseconds.
Result<std::int64_t> next_tick(int dir) {
  constexpr int kTries = 500;
  constexpr const char* kName = "clock";
  const os::Fd file(::openat(dir, kName, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file)
    return std::unexpected(os::errno_error("cannot make a file beside the working copy", kName, errno));
  ::unlinkat(dir, kName, 0);
  TRY(const changes::Node first, changes::node_of(file.get()));
  for (int i = 0; i < kTries; ++i) {
    ::usleep(500);
    if (::fchmod(file.get(), (i % 2) == 0 ? 0400 : 0600) != 0) break;
    TRY(const changes::Node now, changes::node_of(file.get()));
    if (now.ctime_ns > first.ctime_ns) return first.ctime_ns;
  }
  return fail(ErrorCode::unavailable, "the clock of the file system stands still", kName);
}

}  // namespace

Result<std::unique_ptr<WorkingCopy>> WorkingCopy::make(const PodMount& overlay) {
  TRY(const os::Fd upper, changes::open_root(overlay.upper));
  TRY(const auto already, changes::names_in(upper.get(), 1));
  if (!already.empty())
    return fail("a copied workspace cannot begin with the changes of another pod", overlay.source,
                "leave --from out, or commit that pod first");
  std::unique_ptr<WorkingCopy> copy(new WorkingCopy(overlay.work, overlay.upper));
  if (const Status filled = copy->fill(overlay.source); !filled) {
    Error error = filled.error();
    error.what = "the workspace cannot be copied: " + error.what;
    if (error.code == ErrorCode::denied)
      error.hint =
          "a workspace cannot have another file system mounted inside of it; work in a directory below";
    else if (error.hint.empty())
      error.hint = "free some space, or work in a smaller directory";
    return std::unexpected(std::move(error));
  }
  return copy;
}

Status WorkingCopy::fill(const std::string& from) {
  TRY(const os::Fd work, changes::open_root(work_));
  for (const char* name : kDirectories)
    if (::mkdirat(work.get(), name, 0700) != 0)
      return std::unexpected(os::errno_error("cannot make a directory", work_ + "/" + name, errno));
  TRY(const os::Fd source, changes::open_root(from));
  TRY(const os::Fd target, changes::open_dir_beneath(work.get(), "workspace"));
  TRY_STATUS(changes::copy_tree(source.get(), target.get(), {.record = &record_}));
  disk_bytes_ = disk_usage({workspace()}).value_or(0);
  TRY(made_ns_, next_tick(work.get()));
  return {};
}

WorkingCopy::~WorkingCopy() {
  const os::Fd work(::open(work_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!work) return;
  for (const char* name : kDirectories)
    (void)changes::remove_tree(work.get(), name);
}

Status WorkingCopy::take_changes() {
  TRY(const os::Fd work, changes::open_root(work_));
  // The program may have closed it to its owner.
  if (::fchmodat(work.get(), "workspace", 0700, AT_SYMLINK_NOFOLLOW) != 0 && errno != EOPNOTSUPP)
    return std::unexpected(os::errno_error("cannot open the working copy", workspace(), errno));
  TRY(const os::Fd copy, changes::open_dir_beneath(work.get(), "workspace"));
  TRY(const os::Fd upper, changes::open_root(upper_));
  return take_copy_changes(copy.get(), upper.get(), record_, made_ns_);
}

}  // namespace weir::pod
