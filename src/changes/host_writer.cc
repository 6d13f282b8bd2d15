#include "changes/host_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.h"
#include "changes/content_digest.h"
#include "changes/side.h"
#include "os/files.h"

namespace weir::changes {
namespace {

constexpr std::size_t kSingleFlushesMax = 8;  // more files are flushed with their file system at once

std::unexpected<Error> cannot(const char* what, const std::string& path) {
  const int why = errno;
  return std::unexpected(os::errno_error(what, printable(path, 400), why));
}

std::unexpected<Error> host_changed(const std::string& path) {
  return fail(ErrorCode::exists, "the host changed it just now", printable(path, 400),
              "run `weir diff` again");
}

// Under our temporary name lies what the host made meanwhile, and its place is taken.
std::unexpected<Error> not_put_back(const std::string& path, const std::string& temporary) {
  const std::string at = printable(joined(parent_of(path), temporary), 400);
  return fail(ErrorCode::exists,
              "the host changed it just now; the host's could not be put back and lies at " + at, at,
              "move it back by hand");
}

// Is this what was compared? A directory's times move with what is done in it, and a rename moves any ctime.
bool is_same(const Node& now, const Node& planned) {
  if (now.kind != planned.kind) return false;
  if (now.kind == NodeKind::none) return true;
  if (now.inode != planned.inode || now.device != planned.device) return false;
  return now.kind == NodeKind::directory || (now.size == planned.size && now.mtime_ns == planned.mtime_ns);
}

Status unlink_one(int dir, const std::string& name, NodeKind kind) {
  if (::unlinkat(dir, name.c_str(), kind == NodeKind::directory ? AT_REMOVEDIR : 0) == 0) return {};
  return cannot("cannot remove", name);
}

// File systems that cannot exchange or refuse to replace answer EINVAL: there a plain rename replaces files
// as atomically, but what came out cannot be looked at.
bool has_no_flags(int error_number) {
  return error_number == EINVAL || error_number == ENOSYS;
}

}  // namespace

Result<os::Fd> HostWriter::parent_for(const std::string& path) {
  TRY(os::Fd at, open_dir_beneath(host_, ""));
  std::string so_far;
  const std::string above = parent_of(path);
  for (const auto part : split(above, '/')) {
    if (part.empty()) break;  // in the root itself
    const std::string name(part);
    so_far = joined(so_far, name);
    auto next = open_dir_beneath(at.get(), name);
    if (!next && next.error().code == ErrorCode::not_found) {
      TRY(const Node pod, node_beneath(upper_, so_far));
      if (pod.kind != NodeKind::directory)
        return fail(ErrorCode::not_found, "the directory above is gone on both sides",
                    printable(so_far, 400));
      if (::mkdirat(at.get(), name.c_str(), 0700) != 0 && errno != EEXIST)
        return cannot("cannot make the directory", so_far);
      next = open_dir_beneath(at.get(), name);
      if (next && ::fchmod(next->get(), committed_mode({}, pod)) != 0)
        return cannot("cannot set the permissions of", so_far);
    }
    if (!next) {
      Error error = next.error();
      error.where = printable(so_far, 400);
      return std::unexpected(error);
    }
    at = *std::move(next);
  }
  return at;
}

Result<os::Fd> HostWriter::stage_file(const Change& change, int parent, const std::string& temporary) {
  TRY(const os::Fd source, open_beneath(upper_, change.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  TRY(const Node node, node_of(source.get()));
  if (node.kind != NodeKind::file || node.size != change.pod.node.size)
    return fail(ErrorCode::unavailable, "the pod's file changed meanwhile", printable(change.path, 400),
                "run `weir diff` again");
  os::Fd file(::openat(parent, temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return cannot("cannot create a file beside", change.path);
  auto copied = copy_content(source.get(), file.get(), node.size);
  if (copied && *copied != change.pod.content)
    copied = fail(ErrorCode::unavailable, "the pod's file changed meanwhile", {}, "run `weir diff` again");
  if (copied) {
    // The owner stays where we may: a commit by root must not take files from their user.
    if (change.host.node.kind == NodeKind::file &&
        ::fchown(file.get(), change.host.node.uid, change.host.node.gid) != 0 && errno != EPERM)
      copied = cannot("cannot keep the owner", change.path);
    else if (::fchmod(file.get(), change.mode) != 0)
      copied = cannot("cannot set the permissions", change.path);
  }
  if (copied) return file;
  ::unlinkat(parent, temporary.c_str(), 0);
  Error error = copied.error();
  if (error.where.empty()) error.where = printable(change.path, 400);
  return std::unexpected(error);
}

Result<Staged> HostWriter::stage(const Change& change, const std::string& temporary) {
  Staged staged{.change = &change, .parent = {}, .file = {}, .temporary = temporary};
  TRY(staged.parent, parent_for(change.path));
  const int parent = staged.parent.get();
  switch (change.pod.node.kind) {
    case NodeKind::file: {
      TRY(staged.file, stage_file(change, parent, temporary));
      break;
    }
    case NodeKind::symlink:
      if (::symlinkat(change.pod.target.c_str(), parent, temporary.c_str()) != 0)
        return cannot("cannot create a link beside", change.path);
      break;
    case NodeKind::directory:
      // Only its owner may enter until the permissions stand.
      if (::mkdirat(parent, temporary.c_str(), 0700) != 0)
        return cannot("cannot make a directory beside", change.path);
      if (::fchmodat(parent, temporary.c_str(), change.mode, 0) != 0)
        return cannot("cannot set the permissions", change.path);
      break;
    default:
      return fail(ErrorCode::internal, "nothing to be put there", printable(change.path, 400));
  }
  TRY(staged.made, node_at(parent, temporary));
  return staged;
}

Status HostWriter::flush(const std::vector<Staged>& staged) {
  if (staged.size() > kSingleFlushesMax) return flush_directories();
  for (const auto& one : staged)
    if (one.file && ::fsync(one.file.get()) != 0) return cannot("cannot flush", one.change->path);
  return {};
}

Status HostWriter::flush_directories() {
  if (::syncfs(host_) != 0) return cannot("cannot flush", "the workspace");
  return {};
}

Status HostWriter::put(const Staged& staged) {
  const int parent = staged.parent.get();
  const std::string& path = staged.change->path;
  const std::string name = leaf_of(path);
  const Node& planned = staged.change->host.node;
  const auto rename = [&](unsigned flags) {
    return ::renameat2(parent, staged.temporary.c_str(), parent, name.c_str(), flags) == 0;
  };
  TRY(const Node now, node_at(parent, name));
  if (!is_same(now, planned)) return host_changed(path);
  if (now.kind == NodeKind::none) {
    if (rename(RENAME_NOREPLACE) || (has_no_flags(errno) && rename(0))) return {};
    if (errno == EEXIST) return host_changed(path);
    return cannot("cannot name", path);
  }
  if (now.kind == NodeKind::directory) {
    TRY(const os::Fd old, open_dir_beneath(parent, name));
    TRY(const auto inside, names_in(old.get(), 1));
    if (!inside.empty())
      return fail(ErrorCode::exists, "the host's directory is not empty", printable(path, 400),
                  "what is in it is held, in conflict or new: `weir diff` shows it");
  }
  if (!rename(RENAME_EXCHANGE)) {
    if (has_no_flags(errno) && rename(0)) return {};
    return cannot("cannot replace", path);
  }
  const auto out = node_at(parent, staged.temporary);
  const bool ours = out && is_same(*out, planned);
  if (ours && unlink_one(parent, staged.temporary, planned.kind)) return {};
  // What came out is not what was reviewed (or a directory was filled meanwhile): back with it.
  if (!rename(RENAME_EXCHANGE)) return not_put_back(path, staged.temporary);
  return host_changed(path);
}

void HostWriter::drop(const Staged& staged) {
  const auto now = node_at(staged.parent.get(), staged.temporary);
  if (now && now->inode == staged.made.inode && now->device == staged.made.device)
    (void)unlink_one(staged.parent.get(), staged.temporary, staged.change->pod.node.kind);
}

Status HostWriter::remove(const Change& change, const std::string& temporary) {
  const auto parent = open_dir_beneath(host_, parent_of(change.path));
  if (!parent && parent.error().code == ErrorCode::not_found) return {};
  if (!parent) return std::unexpected(parent.error());
  const std::string name = leaf_of(change.path);
  TRY(const Node now, node_at(parent->get(), name));
  if (now.kind == NodeKind::none) return {};
  if (!is_same(now, change.host.node)) return host_changed(change.path);
  if (now.kind == NodeKind::directory) {
    if (::unlinkat(parent->get(), name.c_str(), AT_REMOVEDIR) == 0) return {};
    if (errno == ENOTEMPTY || errno == EEXIST)
      return fail(ErrorCode::exists, "the host's directory is not empty", printable(change.path, 400),
                  "what is in it is held, in conflict or new: `weir diff` shows it");
    return cannot("cannot remove", change.path);
  }
  if (::renameat2(parent->get(), name.c_str(), parent->get(), temporary.c_str(), RENAME_NOREPLACE) != 0) {
    if (has_no_flags(errno)) return unlink_one(parent->get(), name, now.kind);
    return cannot("cannot move aside", change.path);
  }
  const auto out = node_at(parent->get(), temporary);
  if (out && is_same(*out, change.host.node)) return unlink_one(parent->get(), temporary, now.kind);
  if (::renameat2(parent->get(), temporary.c_str(), parent->get(), name.c_str(), RENAME_NOREPLACE) != 0)
    return not_put_back(change.path, temporary);
  return host_changed(change.path);
}

Status HostWriter::set_mode(const Change& change) {
  TRY(const os::Fd fd, open_beneath(host_, change.path, O_PATH | O_NOFOLLOW));
  TRY(const Node now, node_of(fd.get()));
  if (!is_same(now, change.host.node)) return host_changed(change.path);
  const std::string self = "/proc/self/fd/" + std::to_string(fd.get());
  if (::chmod(self.c_str(), change.mode) != 0) return cannot("cannot set the permissions", change.path);
  return {};
}

// Before the swap the place holds what the host had, and the temporary is ours, whole or half. Afterwards the
// temporary is what came out: what was compared, or something newer of the host's.
Status HostWriter::clear(const std::string& path, const std::string& temporary, const std::string& host,
                         const std::string& pod) {
  const auto parent = open_dir_beneath(host_, parent_of(path));
  if (!parent) return {};
  TRY(const Node left, node_at(parent->get(), temporary));
  if (left.kind == NodeKind::none) return {};
  if (left.kind != NodeKind::directory) {  // of those only empty ones go
    TRY(const bool before, holds(parent->get(), leaf_of(path), host));
    TRY(const bool came_out, holds(parent->get(), temporary, host));
    TRY(const bool written, holds(parent->get(), temporary, pod));
    if (!before && !came_out && !written) return not_put_back(path, temporary);
  }
  if (auto removed = unlink_one(parent->get(), temporary, left.kind); !removed)
    return fail(ErrorCode::exists, "an interrupted commit left something that is not empty",
                printable(joined(parent_of(path), temporary), 400), "look at it, then remove it by hand");
  return {};
}

}  // namespace weir::changes
