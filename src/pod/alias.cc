#include "pod/alias.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "pod/beneath.h"
#include "pod/git_config.h"

namespace weir::pod {
namespace {

constexpr std::size_t kFilesMax = 64;
constexpr std::string_view kConfig = ".git/config";
constexpr std::string_view kHooks = ".git/hooks";

// A file's beginning; "" when it is none, or cannot be read: git cannot either.
std::string text_beneath(int root, const std::string& path) {
  const auto fd = open_beneath(root, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  const auto node = fd ? node_of(fd->get()) : Result<Node>(Node{});
  std::string text;
  if (!fd || !node || node->kind != NodeKind::file) return text;
  char buffer[16384];
  while (text.size() < kGitConfigBytesMax) {
    const ssize_t n = ::read(fd->get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

// Collects the aliases of one workspace.
class GitAliases {
 public:
  GitAliases(int host, const std::string& path, std::initializer_list<LinkOf> views)
      : host_(host), inside_(path + "/"), views_(views) {}

  Result<std::vector<Alias>> collect() {
    std::vector<std::string> ahead = {std::string(kConfig), ".git/config.worktree"};
    std::set<std::string> read;
    while (!ahead.empty()) {
      const std::string file = std::move(ahead.back());
      ahead.pop_back();
      if (!read.insert(file).second) continue;
      if (read.size() > kFilesMax)
        return fail(ErrorCode::limit, "git's configuration includes more than 64 files", inside_ + file);
      const GitNames names = git_names(text_beneath(host_, file));
      for (const auto& one : names.includes)
        for (auto& place : add(kConfig, file, one))
          ahead.push_back(std::move(place));
      for (const auto& one : names.hooks)
        (void)add(kHooks, "top", one);
      for (const auto& one : names.programs)
        (void)add(kConfig, "top", one);
    }
    return std::move(out_);
  }

 private:
  // `name` as it is written in a file or for a directory that `from` lies in; returns where that is.
  std::vector<std::string> add(std::string_view at, const std::string& from, const std::string& name) {
    const bool absolute = name.starts_with(inside_);
    std::vector<std::string> places;
    for (const auto& link_of : views_) {
      const auto place =
          link_leads_to(absolute ? "top" : from, absolute ? name.substr(inside_.size()) : name, link_of);
      // Hooks may lie at the top itself; a word of a command that leads there is none of a file.
      if (!place || (place->empty() && at != kHooks) ||
          !known_.insert(std::string(at) + '\0' + *place).second)
        continue;
      out_.push_back({std::string(at), *place});
      places.push_back(*place);
    }
    return places;
  }

  int host_;
  std::string inside_;
  std::vector<LinkOf> views_;
  std::vector<Alias> out_;
  std::set<std::string> known_;
};

}  // namespace

std::vector<Alias> link_aliases(const HeldCatalogue& catalogue, std::initializer_list<LinkOf> views) {
  std::vector<Alias> out;
  for (const auto& at : catalogue.spelled_out())
    for (const auto& link_of : views)
      if (const auto target = link_of(at))
        if (const auto leads_to = link_leads_to(at, *target, link_of)) out.push_back({at, *leads_to});
  return out;
}

Result<std::vector<Alias>> git_aliases(int host, const std::string& path,
                                       std::initializer_list<LinkOf> views) {
  return GitAliases(host, path, views).collect();
}

}  // namespace weir::pod
