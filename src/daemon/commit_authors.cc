#include "daemon/commit_authors.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "daemon/action_places.h"
#include "flow/carried_table.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::daemon {
namespace {

using event::Action;
using flow::CarriedFile;

constexpr std::size_t kOutputBytesMax = 16 * limits::kMiB;
constexpr std::size_t kAuthorsMax = 10'000;  // of one answer
constexpr int kDirsUpMax = 64;
constexpr char kRecordEnd = '\x1e';
constexpr char kPieceEnd = '\x1f';

// Nothing of the user's or the machine's settings, and no transport: what a hostile repository may ask for
// comes down to reading its objects.
std::map<std::string, std::string> environment() {
  return {{"PATH", os::env_or("PATH", "/usr/local/bin:/usr/bin:/bin")},
          {"HOME", "/nonexistent"},
          {"LC_ALL", "C"},
          {"GIT_CONFIG_NOSYSTEM", "1"},
          {"GIT_CONFIG_GLOBAL", "/dev/null"},
          {"GIT_ATTR_NOSYSTEM", "1"},
          {"GIT_ALLOW_PROTOCOL", "none"},
          {"GIT_NO_LAZY_FETCH", "1"},
          {"GIT_NO_REPLACE_OBJECTS", "1"},
          {"GIT_OPTIONAL_LOCKS", "0"},
          {"GIT_TERMINAL_PROMPT", "0"}};
}

// Command-line settings go before those of the repository.
Result<os::ChildResult> ask_git(const std::string& dir, std::vector<std::string> words) {
  std::vector<std::string> argv = {"git", "--no-pager", "--literal-pathspecs", "-C", dir};
  for (const char* setting :
       {"safe.bareRepository=explicit", "core.fsmonitor=false", "core.hooksPath=/dev/null",
        "core.attributesFile=/dev/null", "log.showSignature=false", "log.mailmap=false", "log.follow=false",
        "gpg.program=/nonexistent", "diff.external=", "core.alternateRefsCommand=false"}) {
    argv.emplace_back("-c");
    argv.emplace_back(setting);
  }
  argv.insert(argv.end(), std::make_move_iterator(words.begin()), std::make_move_iterator(words.end()));
  return os::run_child({.argv = std::move(argv),
                        .env = environment(),
                        .cwd = {},
                        .input = {},
                        .output_bytes_max = kOutputBytesMax,
                        .timeout_ms = CommitAuthors::kTimeoutMs,
                        .only_standard = true,
                        .whole_group = true,
                        .output_ends_it = true});
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

// Without git: is there a repository at or above `dir`?
bool in_repository(std::string dir, const os::FileView& view) {
  for (int i = 0; i < kDirsUpMax; ++i) {
    if (view.exists(dir + (dir == "/" ? ".git" : "/.git"))) return true;
    if (dir == "/") return false;
    dir = parent_of(dir);
  }
  return true;  // so deep that git shall say
}

// Authors of all records; of one whose address is missing nobody can say who it is.
std::string read_authors(std::string_view text, std::set<std::string>& authors) {
  while (!text.empty()) {
    const auto end = text.find(kRecordEnd);
    std::string_view record = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    record = trim(record);
    if (record.empty()) continue;
    bool first = true;
    while (true) {
      const auto piece_end = record.find(kPieceEnd);
      const std::string_view piece = trim(record.substr(0, piece_end));
      if (first && piece.empty()) return "a commit names no author";
      if (!piece.empty()) authors.insert(to_lower_ascii(piece));
      if (authors.size() > kAuthorsMax) return "there are too many authors";
      first = false;
      if (piece_end == std::string_view::npos) break;
      record.remove_prefix(piece_end + 1);
    }
  }
  return {};
}

// Operations of git that print nothing out of the history. What is not known prints.
bool prints_history(const Action& action) {
  static constexpr std::array<std::string_view, 26> kQuiet = {
      "add",   "am",      "bisect", "branch", "checkout",  "clean",  "clone", "commit",  "config",
      "fetch", "gc",      "init",   "merge",  "mv",        "pull",   "push",  "rebase",  "remote",
      "reset", "restore", "rm",     "status", "submodule", "switch", "tag",   "worktree"};
  if (action.verb != "shell.exec" || action.resource != "git") return false;
  const std::string_view operation = action.attrs["operation"].text_or("");
  return std::find(kQuiet.begin(), kQuiet.end(), operation) == kQuiet.end();
}

struct Question {
  std::string path;
  bool directory = false;
  CarriedFile::Use use = CarriedFile::Use::reads;
  bool operator==(const Question&) const = default;
};

// What the call reads of files here, and of the history of where it works.
std::vector<Question> questions_of(const CommitAuthors::Call& call) {
  std::vector<Question> out;
  const auto add = [&](Question question) {
    if (std::find(out.begin(), out.end(), question) == out.end()) out.push_back(std::move(question));
  };
  const std::string cwd(call.event.body["cwd"].text_or(""));
  for (const auto& action : call.actions) {
    if (prints_history(action) && cwd.starts_with('/')) add({call.view.resolve(cwd), true});
    if (action.verb != "file.read") continue;
    const std::string path = place_of(action);
    if (path.empty()) continue;
    const bool wide = reaches_many(action);
    std::string place = before_pattern(action);
    if (wide && !call.view.exists(place)) place = parent_of(place);  // "/p/(found)"
    add({call.view.resolve(place), wide});
  }
  if (call.untrusted || !cwd.starts_with('/')) return out;
  for (const auto& path : flow::instruction_places(cwd, call.home))
    if (call.view.exists(path)) add({call.view.resolve(path), false, CarriedFile::Use::loads});
  return out;
}

}  // namespace

bool CommitAuthors::kept(const std::string& key, const std::string& head, Answer& answer) const {
  const std::lock_guard lock(mutex_);
  const auto it = answers_.find(key);
  if (it == answers_.end() || it->second.head != head) return false;
  answer = it->second;
  return true;
}

void CommitAuthors::keep(const std::string& key, const Answer& answer) {
  const std::lock_guard lock(mutex_);
  if (answers_.insert_or_assign(key, answer).second) order_.push_back(key);
  if (order_.size() <= kKeptMax) return;
  answers_.erase(order_.front());
  order_.pop_front();
}

// Nobody, without doubt, where there is no repository, no commit yet, or none that touched the file.
CommitAuthors::Answer CommitAuthors::authors_of(const std::string& path, bool directory,
                                                const os::FileView& view) {
  const auto info = view.info(path);
  const bool is_dir = info && info->kind == os::FileInfo::Kind::dir;
  const std::string dir = is_dir ? path : parent_of(path);
  if (!in_repository(dir, view)) return {};
  if (!view.is_own()) return {.head = {}, .authors = {}, .doubt = "the repository is one that a pod shows"};
  Answer answer;
  const auto where = ask_git(dir, {"rev-parse", "--is-shallow-repository", "--verify", "--quiet", "HEAD"});
  if (!where || where->timed_out) return {.head = {}, .authors = {}, .doubt = "git does not answer"};
  std::string_view said = trim(where->out);
  const bool shallow = !said.starts_with("false");
  const auto line = said.find('\n');
  if (where->exit.code != 0 || line == std::string_view::npos)
    return where->err.empty() ? Answer{}
                              : Answer{.head = {}, .authors = {}, .doubt = "git cannot read the repository"};
  answer.head = said.substr(line + 1);
  const std::string key = path + (directory ? "/" : "");
  if (Answer before; kept(key, answer.head, before)) return before;
  if (shallow) {
    answer.doubt = "the repository holds only a part of its history";
  } else {
    std::vector<std::string> words = {
        "log",
        "--no-ext-diff",
        "--no-textconv",
        "--no-show-signature",
        "--no-mailmap",
        "--no-patch",
        "--format=tformat:%ae%x1f%(trailers:key=Co-authored-by,valueonly,unfold,separator=%x1f)%x1e"};
    // A renamed file has the authors of what it was before. git follows one file only.
    if (!is_dir) words.insert(words.end() - 1, "--follow");
    words.insert(words.end(), {"HEAD", "--", is_dir ? "." : path.substr(path.rfind('/') + 1)});
    const auto log = ask_git(dir, std::move(words));
    std::set<std::string> authors;
    if (!log || log->timed_out || log->out.size() >= kOutputBytesMax)
      answer.doubt = "its history is too long to look through";
    else if (log->exit.code != 0)
      answer.doubt = "git cannot read its history";
    else
      answer.doubt = read_authors(log->out, authors);
    answer.authors.assign(authors.begin(), authors.end());
  }
  keep(key, answer);
  return answer;
}

void CommitAuthors::look(const Call& call, const flow::Products& products, std::vector<CarriedFile>& found) {
  if (!products.names_commit_authors()) return;
  std::size_t asked = 0;
  for (const Question& question : questions_of(call)) {
    if (found.size() >= flow::kCarriedMax) return;
    const bool known = std::any_of(found.begin(), found.end(), [&](const auto& one) {
      return one.path == question.path && one.use == question.use;
    });
    if (known) continue;
    CarriedFile file{.path = question.path, .use = question.use, .session = {}, .seq = 0, .own = false};
    if (asked++ >= kQuestionsMax) {
      file.doubt = "the call reads too many files at once";
    } else {
      const Answer answer = authors_of(question.path, question.directory, call.view);
      file.doubt = answer.doubt;
      const auto stranger =
          std::find_if(answer.authors.begin(), answer.authors.end(),
                       [&](const auto& author) { return !products.trusts_commits_of(author); });
      if (stranger != answer.authors.end()) file.author = stranger->substr(0, CarriedFile::kAuthorBytesMax);
    }
    if (file.committed()) found.push_back(std::move(file));
  }
}

}  // namespace weir::daemon
