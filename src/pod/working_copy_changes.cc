// What became of a working copy, written as overlayfs would have (overlayfs.rst with `userxattr`): what is
// new or changed moves into the upper layer, what is gone becomes a whiteout, a directory in the place of
// another thing is opaque. The tree is a hostile program's: reached by descriptors, names are any bytes.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <unordered_set>

#include "base/bytes.h"
#include "changes/beneath.h"
#include "os/files.h"
#include "pod/working_copy.h"

namespace weir::pod {
namespace {

constexpr std::size_t kShownMax = 200;  // bytes of a foreign path in an error
constexpr std::string_view kMarks = "user.overlay.";
constexpr mode_t kOwnerAll = 0700;

std::unexpected<Error> cannot(const char* what, const std::string& path) {
  const int why = errno;
  return std::unexpected(os::errno_error(what, printable(path, kShownMax), why));
}

// The extended attributes of a file or directory, which need the owner's permission to write.
class Marks {
 public:
  Marks(int dir, const std::string& name, const changes::Node& node)
      : node_(node), fd_(::openat(dir, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)) {
    path_ = "/proc/self/fd/" + std::to_string(fd_.get());
  }
  ~Marks() {
    if (opened_) ::chmod(path_.c_str(), node_.mode);
  }
  Marks(const Marks&) = delete;
  Marks& operator=(const Marks&) = delete;

  // A program could set those by which overlayfs speaks; nothing but ourselves may.
  bool clear() {
    char names[1 << 16];
    const ssize_t n = ::listxattr(path_.c_str(), names, sizeof names);
    if (n <= 0) return n == 0 || errno == ENOTSUP;
    for (const auto one : split({names, static_cast<std::size_t>(n)}, '\0')) {
      if (!one.starts_with(kMarks)) continue;
      open_up();
      if (::removexattr(path_.c_str(), std::string(one).c_str()) != 0) return false;
    }
    return true;
  }
  bool set(const char* mark, std::string_view value) {
    open_up();
    return ::setxattr(path_.c_str(), mark, value.data(), value.size(), 0) == 0;
  }

 private:
  void open_up() {
    if (opened_ || (node_.mode & kOwnerAll) == kOwnerAll) return;
    opened_ = ::chmod(path_.c_str(), node_.mode | kOwnerAll) == 0;
  }

  changes::Node node_;
  os::Fd fd_;
  std::string path_;
  bool opened_ = false;
};

// Numbers of inodes are given anew; where the file system tells no time of birth nothing is said of a file.
bool was_born_before(int dir, const std::string& name, std::int64_t time_ns) {
  struct statx facts;
  if (::statx(dir, name.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BTIME, &facts) != 0) return false;
  return (facts.stx_mask & STATX_BTIME) != 0 &&
         facts.stx_btime.tv_sec * std::int64_t{1'000'000'000} + facts.stx_btime.tv_nsec <= time_ns;
}

class Taker {
 public:
  Taker(int copy, int upper, const changes::CopyRecord& record, std::int64_t made_ns,
        const changes::ChangeLimits& limits)
      : copy_(copy), upper_(upper), record_(record), made_ns_(made_ns), limits_(limits) {
    for (const auto& [directory, entries] : record.directories)
      for (const auto& [name, entry] : entries)
        if (entry.kind == changes::NodeKind::file) began_with_.insert(entry.inode);
  }

  Status run() {
    places_ = {""};
    while (!places_.empty()) {
      const std::string path = std::move(places_.back());
      places_.pop_back();
      TRY_STATUS(directory(path));
    }
    // Last, and the deepest first: some take no more.
    for (auto one = made_.rbegin(); one != made_.rend(); ++one)
      TRY_STATUS(close(*one));
    return {};
  }

 private:
  using Entries = std::map<std::string, changes::CopyRecord::Entry>;

  // What it began with; none when the directory of this path is another one.
  const Entries* known_entries(const std::string& path) const {
    const auto found = record_.directories.find(path);
    return others_.contains(path) || found == record_.directories.end() ? nullptr : &found->second;
  }

  Status directory(const std::string& path) {
    TRY(const os::Fd dir, changes::open_dir_beneath(copy_, path));
    TRY(const auto names, changes::names_in(dir.get(), limits_.entries_max + 1));
    entries_ += names.size();
    if (entries_ > limits_.entries_max)
      return fail(ErrorCode::limit,
                  "the working copy has more than " + std::to_string(limits_.entries_max) + " entries",
                  printable(path, kShownMax));
    const Entries* known = known_entries(path);
    std::set<std::string> there;
    for (const auto& name : names) {
      TRY(const bool is_there, entry(dir.get(), path, name, known));
      if (is_there) there.insert(name);
    }
    if (known == nullptr) return {};
    for (const auto& [name, entry] : *known)
      if (!there.contains(name)) TRY_STATUS(delete_in_upper(path, name));
    return {};
  }

  // False when nothing is left of it.
  Result<bool> entry(int dir, const std::string& above, const std::string& name, const Entries* known) {
    const std::string path = changes::joined(above, name);
    TRY(const changes::Node node, changes::node_at(dir, name));
    const auto had = known != nullptr ? known->find(name) : Entries::const_iterator();
    const bool had_one = known != nullptr && had != known->end();
    const bool same = had_one && had->second.inode == node.inode && had->second.kind == node.kind;
    if (node.kind == changes::NodeKind::none) return false;
    if (node.kind == changes::NodeKind::whiteout) {  // the program's own word for "deleted" is not taken
      if (::unlinkat(dir, name.c_str(), 0) != 0) return cannot("cannot remove", path);
      return false;
    }
    const bool untouched = same && node.ctime_ns <= made_ns_;
    if (node.kind == changes::NodeKind::directory && path.size() <= limits_.path_bytes_max) {
      TRY_STATUS(take_directory(dir, name, path, node, !same, had_one));
      if (same && !untouched) TRY_STATUS(in_upper(path));
    } else if (!untouched) {
      TRY_STATUS(move(dir, name, above, node));
    }
    return true;
  }

  // To be looked into; one that is not what stood there before is a directory of the upper layer.
  Status take_directory(int dir, const std::string& name, const std::string& path, const changes::Node& node,
                        bool other, bool instead) {
    if ((node.mode & kOwnerAll) != kOwnerAll && ::fchmodat(dir, name.c_str(), node.mode | kOwnerAll, 0) != 0)
      return cannot("cannot open a directory of the working copy", path);
    modes_[path] = node.mode;
    places_.push_back(path);
    if (!other) return {};
    others_.insert(path);
    TRY(const os::Fd made, in_upper(path));
    if (instead && ::fsetxattr(made.get(), "user.overlay.opaque", "y", 1, 0) != 0)
      return cannot("cannot mark a directory of the pod", path);
    return {};
  }

  Status move(int dir, const std::string& name, const std::string& above, const changes::Node& node) {
    const std::string path = changes::joined(above, name);
    if (node.kind == changes::NodeKind::file) {
      Marks marks(dir, name, node);
      if (!marks.clear()) return cannot("cannot clear the marks of", path);
      // As overlayfs marks a copy of a file of the host's. Where the file system takes none, a file that the
      // host removes meanwhile is new and not in conflict.
      if (began_with_.contains(node.inode) && was_born_before(dir, name, made_ns_))
        (void)marks.set("user.overlay.origin", "");
    }
    TRY(const os::Fd to, in_upper(above));
    if (::renameat2(dir, name.c_str(), to.get(), name.c_str(), RENAME_NOREPLACE) != 0)
      return cannot("cannot take over a change of", path);
    return {};
  }

  Status delete_in_upper(const std::string& above, const std::string& name) {
    TRY(const os::Fd dir, in_upper(above));
    if (::mknodat(dir.get(), name.c_str(), S_IFCHR, 0) == 0) return {};
    // Where no device can be made: the other form, an empty file with a mark.
    const os::Fd file(
        ::openat(dir.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file || ::fsetxattr(file.get(), "user.overlay.whiteout", "y", 1, 0) != 0)
      return cannot("cannot write down that it was deleted", changes::joined(above, name));
    return {};
  }

  // The directory of the upper layer, made where it is missing.
  Result<os::Fd> in_upper(const std::string& path) {
    if (path.empty() || made_.contains(path)) return changes::open_dir_beneath(upper_, path);
    const std::string above = changes::parent_of(path);
    std::vector<std::string> missing = {path};
    for (std::string one = above; !one.empty() && !made_.contains(one); one = changes::parent_of(one))
      missing.push_back(one);
    for (auto one = missing.rbegin(); one != missing.rend(); ++one) {
      TRY(const os::Fd dir, changes::open_dir_beneath(upper_, changes::parent_of(*one)));
      if (::mkdirat(dir.get(), changes::leaf_of(*one).c_str(), kOwnerAll) != 0)
        return cannot("cannot make a directory of the upper layer", *one);
      made_.insert(*one);
    }
    return changes::open_dir_beneath(upper_, path);
  }

  Status close(const std::string& path) {
    TRY(const os::Fd dir, changes::open_dir_beneath(upper_, path));
    const auto mode = modes_.find(path);
    if (mode != modes_.end() && ::fchmod(dir.get(), mode->second) != 0)
      return cannot("cannot set the permissions of", path);
    return {};
  }

  int copy_;
  int upper_;
  const changes::CopyRecord& record_;
  std::int64_t made_ns_;
  const changes::ChangeLimits& limits_;
  std::size_t entries_ = 0;
  std::unordered_set<std::uint64_t> began_with_;  // inodes of the copy's files
  std::vector<std::string> places_;
  std::set<std::string> made_;  // directories of the upper layer
  std::set<std::string> others_;
  std::map<std::string, std::uint32_t> modes_;  // of the copy's directories
};

}  // namespace

Status take_copy_changes(int copy, int upper, const changes::CopyRecord& record, std::int64_t made_ns,
                         const changes::ChangeLimits& limits) {
  return Taker(copy, upper, record, made_ns, limits).run();
}

}  // namespace weir::pod
