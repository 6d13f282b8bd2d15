#include "changes/alias.h"

#include <set>

#include "changes/beneath.h"
#include "changes/git_config.h"

namespace weir::changes {
namespace {

constexpr std::size_t kFilesMax = 64;
constexpr std::string_view kConfig = ".git/config";
constexpr std::string_view kHooks = ".git/hooks";

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
      const auto text = read_beneath(host_, file, kGitConfigBytesMax);
      if (!text && text.error().code == ErrorCode::limit) return std::unexpected(text.error());
      if (!text) continue;  // git reads it no more than we
      const GitNames names = git_names(*text);
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

}  // namespace weir::changes
