#include "changes/remove_tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.h"
#include "changes/beneath.h"
#include "os/files.h"

namespace weir::changes {
namespace {

constexpr std::size_t kBatch = 4096;  // names read at once
constexpr mode_t kOwnerAll = 0700;
constexpr std::size_t kNameShownMax = 200;  // bytes of a foreign name in an error

std::unexpected<Error> cannot(const char* what, const std::string& name) {
  const int why = errno;
  return std::unexpected(os::errno_error(what, printable(name, kNameShownMax), why));
}

// A directory made readable, writable and searchable for us. The descriptor of an O_PATH open names the
// inode itself, so that no link can take the place of what is changed.
Result<os::Fd> open_for_emptying(int parent, const std::string& name, std::uint64_t device) {
  const os::Fd path(::openat(parent, name.c_str(), O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
  if (!path) return cannot("cannot open", name);
  TRY(const Node node, node_of(path.get()));
  if (device != 0 && node.device != device)
    return fail(ErrorCode::denied, "something is still mounted here", printable(name, kNameShownMax),
                "unmount it first");
  if ((node.mode & kOwnerAll) != kOwnerAll) {
    const std::string self = "/proc/self/fd/" + std::to_string(path.get());
    if (::chmod(self.c_str(), kOwnerAll) != 0) return cannot("cannot make a directory writable", name);
  }
  os::Fd dir(::openat(path.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir) return cannot("cannot open", name);
  return dir;
}

class Emptier {
 public:
  Emptier(int top, std::uint64_t device) : top_(top), device_(device) {}

  // Empties `dir`; directories in it go up into the top. False when it was empty already.
  Result<bool> empty(int dir) {
    TRY(const auto names, names_in(dir, kBatch));
    for (const auto& one : names)
      TRY_STATUS(remove(dir, one));
    return !names.empty();
  }

 private:
  Status remove(int dir, const std::string& name) {
    TRY(const Node node, node_at(dir, name));
    if (node.kind == NodeKind::none) return {};
    if (node.kind != NodeKind::directory) {
      if (::unlinkat(dir, name.c_str(), 0) != 0 && errno != ENOENT) return cannot("cannot remove", name);
      return {};
    }
    if (::unlinkat(dir, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
    TRY(const os::Fd child, open_for_emptying(dir, name, device_));
    if (dir != top_) return lift(dir, name);
    while (true) {
      TRY(const bool more, empty(child.get()));
      if (!more) break;
    }
    if (::unlinkat(top_, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
      return cannot("cannot remove", name);
    return {};
  }

  Status lift(int dir, const std::string& name) {
    while (true) {
      const std::string up = "lifted-" + std::to_string(lifted_++);
      if (::renameat2(dir, name.c_str(), top_, up.c_str(), RENAME_NOREPLACE) == 0) return {};
      if (errno != EEXIST) return cannot("cannot move up", name);
    }
  }

  int top_;
  std::uint64_t device_;
  std::uint64_t lifted_ = 0;
};

}  // namespace

Status remove_tree(int parent, const std::string& name) {
  TRY(const Node node, node_at(parent, name));
  if (node.kind == NodeKind::none) return {};
  if (node.kind != NodeKind::directory)
    return fail("not a directory", printable(name, kNameShownMax), "only directories are removed here");
  TRY(const os::Fd top, open_for_emptying(parent, name, 0));
  TRY(const Node inside, node_of(top.get()));
  Emptier emptier(top.get(), inside.device);
  while (true) {
    TRY(const bool more, emptier.empty(top.get()));
    if (!more) break;
  }
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    return cannot("cannot remove", name);
  return {};
}

}  // namespace weir::changes
