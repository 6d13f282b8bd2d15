#include "pod/direct_call.h"

#include <linux/openat2.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <span>

namespace weir::pod {
namespace {

using What = FileCall::What;
constexpr int kNone = -1;

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452  // Linux 6.6; libc's headers may be older
#endif

// Which argument is what; kNone where the call has none.
struct Shape {
  int number;
  What what;
  int dir = kNone;
  int path = 0;
  int other_dir = kNone;
  int other = kNone;
  int flags = kNone;
  int value = kNone;
  std::uint64_t fixed_flags = 0;
};

constexpr Shape kShapes[] = {
    {SYS_openat, What::open, 0, 1, kNone, kNone, 2, 3},
    {SYS_openat2, What::open, 0, 1},
    {SYS_mkdirat, What::make_directory, 0, 1, kNone, kNone, kNone, 2},
    {SYS_mknodat, What::make_file, 0, 1, kNone, kNone, kNone, 2},
    {SYS_unlinkat, What::remove, 0, 1, kNone, kNone, 2},
    {SYS_renameat2, What::rename, 0, 1, 2, 3, 4},
    {SYS_renameat, What::rename, 0, 1, 2, 3},
    {SYS_linkat, What::hard_link, 0, 1, 2, 3, 4},
    {SYS_symlinkat, What::soft_link, 1, 2, kNone, 0},
    {SYS_truncate, What::truncate, kNone, 0, kNone, kNone, kNone, 1},
    {SYS_fchmodat, What::mode, 0, 1, kNone, kNone, kNone, 2},
    {SYS_fchmodat2, What::mode, 0, 1, kNone, kNone, 3, 2},
    {SYS_fchownat, What::owner, 0, 1, kNone, kNone, 4, 2},
    {SYS_fchmod, What::mode, 0, kNone, kNone, kNone, kNone, 1},
    {SYS_fchown, What::owner, 0, kNone, kNone, kNone, kNone, 1},
    {SYS_utimensat, What::times, 0, 1, kNone, kNone, 3, 2},
    {SYS_faccessat, What::access, 0, 1, kNone, kNone, kNone, 2},
    {SYS_faccessat2, What::access, 0, 1, kNone, kNone, 3, 2},
    {SYS_setxattr, What::attributes},
    {SYS_lsetxattr, What::attributes, kNone, 0, kNone, kNone, kNone, kNone, AT_SYMLINK_NOFOLLOW},
    {SYS_removexattr, What::attributes},
    {SYS_lremovexattr, What::attributes, kNone, 0, kNone, kNone, kNone, kNone, AT_SYMLINK_NOFOLLOW},
#ifdef SYS_open  // architectures that have the calls of old
    {SYS_open, What::open, kNone, 0, kNone, kNone, 1, 2},
    {SYS_creat, What::open, kNone, 0, kNone, kNone, kNone, 1, O_CREAT | O_WRONLY | O_TRUNC},
    {SYS_mkdir, What::make_directory, kNone, 0, kNone, kNone, kNone, 1},
    {SYS_mknod, What::make_file, kNone, 0, kNone, kNone, kNone, 1},
    {SYS_unlink, What::remove},
    {SYS_rmdir, What::remove, kNone, 0, kNone, kNone, kNone, kNone, AT_REMOVEDIR},
    {SYS_rename, What::rename, kNone, 0, kNone, 1},
    {SYS_link, What::hard_link, kNone, 0, kNone, 1},
    {SYS_symlink, What::soft_link, kNone, 1, kNone, 0},
    {SYS_chmod, What::mode, kNone, 0, kNone, kNone, kNone, 1},
    {SYS_chown, What::owner, kNone, 0, kNone, kNone, kNone, 1},
    {SYS_lchown, What::owner, kNone, 0, kNone, kNone, kNone, 1, AT_SYMLINK_NOFOLLOW},
    {SYS_utime, What::times, kNone, 0, kNone, kNone, kNone, 1},
    {SYS_utimes, What::times, kNone, 0, kNone, kNone, kNone, 1},
    {SYS_futimesat, What::times, 0, 1, kNone, kNone, kNone, 2},
    {SYS_access, What::access, kNone, 0, kNone, kNone, kNone, 1},
#endif
};

bool read_how(const Memory& memory, const Notification& notification, FileCall& call) {
  open_how how{};
  if (notification.arguments[3] < sizeof how ||
      !memory.read(notification.arguments[2], std::span(reinterpret_cast<char*>(&how), sizeof how)))
    return false;
  call.flags = how.flags;
  call.value = how.mode;
  call.unusual = how.resolve != 0 || notification.arguments[3] != sizeof how;
  return true;
}

}  // namespace

std::optional<FileCall> file_call(const Notification& notification, const Memory& memory) {
  const auto* const shape = std::ranges::find(kShapes, notification.number, &Shape::number);
  if (shape == std::end(kShapes)) return std::nullopt;
  const auto argument = [&](int at) {
    return at == kNone ? std::uint64_t{0} : notification.arguments[static_cast<std::size_t>(at)];
  };
  FileCall call;
  call.what = shape->what;
  call.number = shape->number;
  call.path = argument(shape->path);
  call.other = argument(shape->other);
  if (shape->dir != kNone) call.dir = static_cast<int>(argument(shape->dir));
  if (shape->other_dir != kNone) call.other_dir = static_cast<int>(argument(shape->other_dir));
  // The kernel reads flags and modes as 32 bits.
  call.flags = (argument(shape->flags) & 0xffffffff) | shape->fixed_flags;
  call.value = argument(shape->value);
  if (shape->what == What::owner) call.value2 = argument(shape->value + 1);
  if (shape->number == SYS_openat2 && !read_how(memory, notification, call)) return std::nullopt;
  return call;
}

}  // namespace weir::pod
