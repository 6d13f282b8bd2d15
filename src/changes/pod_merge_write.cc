// A merge as the upper layer of an overlay (pod_merge.h).
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <set>

#include "base/bytes.h"
#include "changes/copy_tree.h"
#include "changes/pod_merge.h"
#include "os/files.h"

namespace weir::changes {
namespace {

constexpr std::size_t kShownMax = 200;
constexpr std::uint32_t kModeBits = 07777;
constexpr std::uint32_t kPermissions = 0777;

std::unexpected<Error> cannot(const std::string& path) {
  const int why = errno;
  return std::unexpected(os::errno_error("cannot merge", printable(path, kShownMax), why));
}

class Writer {
 public:
  Writer(const std::vector<MergeMember>& members, int to) : members_(members), to_(to) {}

  Status run(const Merge& merge) {
    for (const auto& choice : merge.choices)
      TRY_STATUS(one(choice));
    // Last, and the deepest first: some take no more.
    for (auto made = modes_.rbegin(); made != modes_.rend(); ++made) {
      TRY(const os::Fd dir, open_dir_beneath(to_, made->first));
      if (::fchmod(dir.get(), made->second) != 0) return cannot(made->first);
    }
    return {};
  }

 private:
  Status one(const MergeChoice& choice) {
    const Change& change = choice.change;
    // Below what is gone, or is no directory any more, nothing can stand, and all of the host's is gone.
    if (is_covered(change.path)) return {};
    const int host = members_[choice.from].open.host.get();
    TRY_STATUS(directories_above(change.path, host));
    TRY(const os::Fd dir, open_dir_beneath(to_, parent_of(change.path)));
    const std::string leaf = leaf_of(change.path);
    if (change.kind != ChangeKind::deleted && change.pod.node.kind == NodeKind::directory)
      return directory(dir.get(), change.path, choice.mode);
    covered_.insert(change.path);
    if (change.kind == ChangeKind::deleted)
      return ::mknodat(dir.get(), leaf.c_str(), S_IFCHR, 0) == 0 ? Status() : cannot(change.path);
    if (choice.text) return text(dir.get(), change.path, *choice.text, choice.mode);
    return copy_entry(members_[choice.from].open.upper.get(), change.path, dir.get(),
                      {.mode = choice.mode, .began_with_host = change.began_with_host});
  }

  bool is_covered(const std::string& path) const {
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1))
      if (covered_.contains(path.substr(0, at))) return true;
    return false;
  }

  // Made as the host has them: what only leads to a change is none itself.
  Status directories_above(const std::string& path, int host) {
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
      const std::string above = path.substr(0, at);
      if (modes_.contains(above)) continue;
      TRY(const os::Fd dir, open_dir_beneath(to_, parent_of(above)));
      TRY(const Node node, node_beneath(host, above));
      TRY_STATUS(directory(dir.get(), above, node.kind == NodeKind::directory ? node.mode : kPermissions));
    }
    return {};
  }

  Status directory(int dir, const std::string& path, std::uint32_t mode) {
    if (::mkdirat(dir, leaf_of(path).c_str(), 0700) != 0 && errno != EEXIST) return cannot(path);
    modes_[path] = mode & kModeBits;
    return {};
  }

  static Status text(int dir, const std::string& path, const std::string& bytes, std::uint32_t mode) {
    const os::Fd file(
        ::openat(dir, leaf_of(path).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return cannot(path);
    TRY_STATUS(os::write_all(file.get(), bytes));
    return ::fchmod(file.get(), mode & kModeBits) == 0 ? Status() : cannot(path);
  }

  const std::vector<MergeMember>& members_;
  int to_;
  std::set<std::string> covered_;
  std::map<std::string, std::uint32_t> modes_;  // of directories, sorted by path
};

}  // namespace

Status write_merge(const Merge& merge, const std::vector<MergeMember>& members, int upper_root) {
  return Writer(members, upper_root).run(merge);
}

}  // namespace weir::changes
