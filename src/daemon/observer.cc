#include "daemon/observer.h"

#include "base/bytes.h"
#include "base/hash.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kDigestBytesMax = 16 * limits::kMiB;  // larger scripts are not digested: unknown
constexpr std::size_t kGitFileBytesMax = 4096;              // HEAD, and the .git of a worktree

std::string kind_name(os::FileInfo::Kind kind) {
  switch (kind) {
    case os::FileInfo::Kind::file:
      return "file";
    case os::FileInfo::Kind::dir:
      return "dir";
    case os::FileInfo::Kind::link:
      return "link";
    case os::FileInfo::Kind::socket:
      return "socket";
    case os::FileInfo::Kind::other:
      return "other";
  }
  return "other";
}

Json path_answer(const std::string& path, const os::FileView& view) {
  Json answer = Json::object({{"resolved", view.resolve(path)}});
  const auto slash = path.rfind('/');
  const std::string dir = slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
  const std::string parent = view.resolve(dir);
  answer.set("parent", (parent == "/" ? "" : parent) + "/" + path.substr(slash + 1));
  const auto info = view.info(path);
  answer.set("exists", info.has_value());
  if (info) {
    answer.set("kind", kind_name(info->kind));
    answer.set("inode", std::to_string(info->inode));
    answer.set("device", std::to_string(info->device));
  }
  return answer;
}

Json script_answer(const std::string& path, const os::FileView& view) {
  const auto text = view.read_regular(path, kDigestBytesMax);
  if (!text) return {};
  Json answer = Json::object({{"digest", digest_text(sha256(*text))}});
  if (text->size() <= guard::kScriptBytesMax && valid_utf8(*text)) answer.set("text", *text);
  return answer;
}

// The nearest directory with a .git above and including `dir`.
std::string repository_of(std::string dir, const os::FileView& view) {
  while (dir.size() > 1) {
    if (view.exists(dir + "/.git")) return dir;
    const auto slash = dir.rfind('/');
    dir = slash == 0 || slash == std::string::npos ? "/" : dir.substr(0, slash);
  }
  return {};
}

Json workspace_answer(const std::string& dir, const os::FileView& view) {
  const std::string resolved = view.resolve(dir);
  const std::string repository = repository_of(resolved, view);
  return Json::object({{"root", repository.empty() ? resolved : repository}});
}

Json git_head_answer(const std::string& dir, const os::FileView& view) {
  const std::string repository = repository_of(view.resolve(dir), view);
  if (repository.empty()) return Json::object({{"branch", ""}});
  std::string git_dir = repository + "/.git";
  // A worktree's .git is a file: "gitdir: /path".
  if (const auto link = view.read_regular(git_dir, kGitFileBytesMax); link && link->starts_with("gitdir: ")) {
    const std::string target(trim(std::string_view(*link).substr(8)));
    git_dir = target.starts_with('/') ? target : repository + "/" + target;
  }
  const auto head = view.read_regular(git_dir + "/HEAD", kGitFileBytesMax);
  if (!head) return {};
  constexpr std::string_view kBranch = "ref: refs/heads/";
  const std::string_view text = trim(*head);
  return Json::object(
      {{"branch", text.starts_with(kBranch) ? text.substr(kBranch.size()) : std::string_view()}});
}

}  // namespace

void answer_questions(const std::vector<guard::Question>& questions, const os::FileView& view,
                      guard::Answers& answers) {
  for (const auto& question : questions) {
    Json answer;
    switch (question.kind) {
      case guard::Question::Kind::path:
        answer = path_answer(question.subject, view);
        break;
      case guard::Question::Kind::script:
        answer = script_answer(question.subject, view);
        break;
      case guard::Question::Kind::workspace:
        answer = workspace_answer(question.subject, view);
        break;
      case guard::Question::Kind::git_head:
        answer = git_head_answer(question.subject, view);
        break;
    }
    answers[question.key()] = std::move(answer);
  }
}

}  // namespace weir::daemon
