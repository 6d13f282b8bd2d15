// The shield seen from outside while the agent runs.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/limits.h"
#include "os/files.h"
#include "pod/mountinfo.h"
#include "pod/shield.h"

namespace weir::pod {
namespace {

// The whole table anew: seeking to the start makes the kernel write it again.
Result<std::string> read_again(int fd) {
  std::string text;
  if (::lseek(fd, 0, SEEK_SET) != 0)
    return std::unexpected(os::errno_error("cannot read", "mountinfo", errno));
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(os::errno_error("cannot read", "mountinfo", errno));
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > limits::kMountinfoBytesMax)
      return fail(ErrorCode::limit, "the table of mounts is too long", "mountinfo");
  }
}

}  // namespace

Result<ShieldWatch> ShieldWatch::open(pid_t pid, const ShieldPlan& plan, const ShieldReport& report) {
  const std::string path = "/proc/" + std::to_string(pid) + "/mountinfo";
  ShieldWatch watch;
  watch.table_ = os::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!watch.table_) return std::unexpected(os::errno_error("the shield cannot be watched", path, errno));
  watch.mount_points_ = report.mount_points;
  watch.watched_ = plan.watched;
  return watch;
}

Result<std::vector<std::string>> ShieldWatch::breaches() const {
  TRY(const std::string text, read_again(table_.get()));
  TRY(const std::vector<Mount> mounts, parse_mountinfo(text));
  std::vector<std::string> found;
  for (const auto& point : mount_points_) {
    const Mount* over = mount_over(mounts, point);
    if (over == nullptr || over->point != point)
      found.push_back("replaced from outside, so no longer protected: " + point);
  }
  for (const auto& watched : watched_) {
    if (watched.resolved.empty() && os::exists(watched.path))
      found.push_back("appeared during the run: " + watched.path);
    else if (!watched.resolved.empty() && os::resolve_path(watched.path) != watched.resolved)
      found.push_back("leads elsewhere since the start: " + watched.path);
  }
  return found;
}

}  // namespace weir::pod
