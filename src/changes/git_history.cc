#include "changes/git_history.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "changes/beneath.h"
#include "os/process.h"

namespace weir::changes {
namespace {

constexpr std::size_t kTipsMax = 50'000;
constexpr std::size_t kTextBytesMax = std::size_t{4} << 20;     // of a reference or log
constexpr std::size_t kOutputBytesMax = std::size_t{64} << 20;  // of git
constexpr int kGitMs = 30'000;
constexpr std::string_view kNoTree =
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904";  // of no files; every git knows it

// The part below the first `.git` of a path; none when it has none.
std::optional<std::string_view> below_git(std::string_view path) {
  std::size_t begin = 0;
  while (begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (path.substr(begin, end - begin) == ".git" && end < path.size()) return path.substr(end + 1);
    begin = end + 1;
  }
  return std::nullopt;
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_object_name(std::string_view text) {
  constexpr std::size_t kSha1 = 40;
  constexpr std::size_t kSha256 = 64;
  return (text.size() == kSha1 || text.size() == kSha256) && is_hex(text);
}

// "objects/1f", "objects/1f/d905…": an object in a file of its own.
bool is_plain_object(std::string_view rest) {
  constexpr std::size_t kDirectory = std::string_view("objects/1f").size();
  const std::string_view name = rest.substr(std::string_view("objects/").size());
  if (rest.size() == kDirectory) return is_hex(name);
  return name.size() > 2 && name[2] == '/' &&
         is_object_name(std::string(name.substr(0, 2)) + std::string(name.substr(3)));
}

// HEAD, ORIG_HEAD, MERGE_HEAD …
bool is_head(std::string_view rest) {
  return rest.ends_with("HEAD") && rest.find('/') == std::string_view::npos;
}

bool is_reference(std::string_view rest) {
  return rest == "refs" || rest.starts_with("refs/") || rest == "index" || is_head(rest);
}

bool is_log(std::string_view rest) {
  return rest.starts_with("logs/");
}

}  // namespace

bool replaces_history(const Change& change) {
  const auto rest = below_git(change.path);
  if (!rest) return false;
  const NodeKind kind = change.pod.node.kind;
  const bool plain = kind == NodeKind::file || kind == NodeKind::directory;
  if (rest->starts_with("objects/"))
    return change.kind != ChangeKind::added || !plain || !is_plain_object(*rest);
  if (*rest == "objects") return change.kind != ChangeKind::added;
  for (const std::string_view one : {"packed-refs", "shallow", "info/grafts"})
    if (*rest == one) return true;
  for (const std::string_view one : {"refs/replace", "reftable", "sharedindex."})
    if (rest->starts_with(one)) return true;
  return is_reference(*rest) && !plain;
}

bool of_top(const Change& change) {
  return change.path.starts_with(".git/");
}

bool moves_history(const Change& change) {
  const auto rest = below_git(change.path);
  return rest && change.pod.node.kind == NodeKind::file && (is_reference(*rest) || is_log(*rest));
}

Result<std::vector<std::string>> tips_in(std::string_view path, std::string_view text) {
  std::vector<std::string> out;
  for (auto line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with("ref: refs/")) continue;
    std::string_view rest = line;
    for (int words = is_log(path) ? 2 : 1; words > 0; --words) {
      const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
      const std::string_view name = rest.substr(0, end);
      if (!is_object_name(name))
        return fail("no name of an object: " + printable(name, 80), std::string(path));
      if (name.find_first_not_of('0') != std::string_view::npos) out.emplace_back(name);
      if (out.size() > kTipsMax) return fail(ErrorCode::limit, "too many commits", std::string(path));
      rest = rest.substr(std::min(end + 1, rest.size()));
    }
  }
  return out;
}

namespace {

// One side of a raw diff by its mode, "100755"; "000000" is nothing.
Result<Side> side_of(std::string_view mode) {
  unsigned value = 0;
  const auto read = std::from_chars(mode.data(), mode.data() + mode.size(), value, 8);
  constexpr std::size_t kModeDigits = 6;
  if (read.ec != std::errc() || read.ptr != mode.data() + mode.size() || mode.size() != kModeDigits)
    return fail("no mode of git's: " + printable(mode, 20));
  constexpr unsigned kLink = 0120000;
  constexpr unsigned kRepository = 0160000;
  Side side;
  side.node.mode = value & 0777;
  if (value == 0) {
    side.node.kind = NodeKind::none;
  } else if (value == kLink || value == kRepository) {
    side.node.kind = NodeKind::symlink;  // a repository in another leads elsewhere too
  } else {
    side.node.kind = NodeKind::file;
  }
  return side;
}

}  // namespace

Result<std::vector<Change>> parse_raw_diff(std::string_view text) {
  std::vector<Change> out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\0' || text[at] == '\n') {
      ++at;
      continue;
    }
    const std::size_t head = text.find('\0', at);
    const std::size_t end = head == std::string_view::npos ? head : text.find('\0', head + 1);
    const auto words = split(text.substr(at, head == std::string_view::npos ? head : head - at), ' ');
    if (end == std::string_view::npos || words.size() != 5 || !words[0].starts_with(':'))
      return fail("git's list of changes cannot be read");
    Change change;
    change.path = std::string(text.substr(head + 1, end - head - 1));
    TRY(change.host, side_of(words[0].substr(1)));
    TRY(change.pod, side_of(words[1]));
    const bool had = change.host.node.kind != NodeKind::none;
    const bool has = change.pod.node.kind != NodeKind::none;
    change.kind = !had ? ChangeKind::added : has ? ChangeKind::modified : ChangeKind::deleted;
    change.mode = change.pod.node.mode;
    out.push_back(std::move(change));
    at = end + 1;
  }
  return out;
}

namespace {

// Asks git, with the host's repository and the pod's objects beside it. Nothing is started that either of
// them names: no hooks, no monitor, no pager, no drivers; nothing is written.
class Git {
 public:
  explicit Git(const OpenPod& open)
      : repository_(open.pod.workspace + "/.git"), upper_(os::resolve_path(open.directory) + "/upper/.git") {}
  explicit Git(const std::string& workspace, std::string index = {})
      : repository_(workspace + "/.git"), index_(std::move(index)) {}

  Result<std::vector<Change>> from_commits(const std::vector<std::string>& tips) const {
    std::string input;
    for (const auto& one : tips)
      input += one + "\n";
    return changes({"log", "--format=", "--raw", "--no-color", "--no-relative", "-z", "--no-abbrev",
                    "--no-renames", "-m", "--root", "--no-ext-diff", "--no-textconv",
                    "--ignore-submodules=none", "--not", "--all", "--reflog", "--stdin"},
                   input);
  }
  Result<std::vector<Change>> from_references(const std::vector<std::string>& known) const {
    std::string input;
    for (const auto& one : known)
      input += "^" + one + "\n";
    return changes(
        {"log", "--format=", "--raw", "--no-color", "--no-relative", "-z", "--no-abbrev", "--no-renames",
         "-m", "--root", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none", "--all", "--stdin"},
        input);
  }
  Result<std::vector<std::string>> references() const {
    TRY(const std::string text, said({"for-each-ref", "--format=%(objectname)"}, ""));
    return tips_in("refs", text);
  }
  Result<std::vector<Change>> from_index() const {
    std::vector<std::string> arguments = {"diff-index",
                                          "--cached",
                                          "--raw",
                                          "--no-color",
                                          "--no-relative",
                                          "-z",
                                          "--no-abbrev",
                                          "--no-renames",
                                          "--ignore-submodules=none",
                                          "HEAD",
                                          "--"};
    if (auto found = changes(arguments, "")) return found;
    std::replace(arguments.begin(), arguments.end(), std::string("HEAD"),
                 std::string(kNoTree));  // a repository without a commit
    return changes(arguments, "");
  }

 private:
  Result<std::vector<Change>> changes(const std::vector<std::string>& arguments,
                                      const std::string& input) const {
    TRY(const std::string text, said(arguments, input));
    return parse_raw_diff(text);
  }
  Result<std::string> said(const std::vector<std::string>& arguments, const std::string& input) const {
    std::vector<std::string> argv = {"git", "--no-pager", "--git-dir=" + repository_};
    for (const char* setting : {"core.commitGraph=false", "core.multiPackIndex=false", "core.fsmonitor=false",
                                "core.untrackedCache=false", "core.hooksPath=/dev/null",
                                "log.showSignature=false", "protocol.allow=never"}) {
      argv.emplace_back("-c");
      argv.emplace_back(setting);
    }
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    std::map<std::string, std::string> env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                              {"GIT_CONFIG_NOSYSTEM", "1"},
                                              {"GIT_CONFIG_GLOBAL", "/dev/null"},
                                              {"GIT_OPTIONAL_LOCKS", "0"},
                                              {"GIT_NO_LAZY_FETCH", "1"},
                                              {"GIT_TERMINAL_PROMPT", "0"}};
    if (!index_.empty()) env["GIT_INDEX_FILE"] = index_;
    if (!upper_.empty()) {
      env["GIT_INDEX_FILE"] = upper_ + "/index";
      env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = upper_ + "/objects";
    }
    TRY(const auto done, os::run_child({.argv = argv,
                                        .env = std::move(env),
                                        .cwd = "/",
                                        .input = input,
                                        .output_bytes_max = kOutputBytesMax,
                                        .timeout_ms = kGitMs,
                                        .only_standard = true,
                                        .whole_group = true,
                                        .output_ends_it = true}));
    if (done.timed_out || done.exit.code != 0)
      return fail("git could not tell what the pod's commits hold: " + printable(done.err, 200), repository_);
    return done.out;
  }

  std::string repository_;
  std::string index_;  // a copy of it; "": none
  std::string upper_;  // the pod's part of it; "": none
};

}  // namespace

Result<std::vector<Change>> introduced_by_git(const OpenPod& open, const std::vector<Change>& changes) {
  std::set<std::string> tips;
  bool index = false;
  for (const auto& change : changes) {
    if (!of_top(change)) continue;
    // With other objects under old names git would not say of the host's repository what holds after a
    // commit.
    if (replaces_history(change)) return fail("the pod replaced some of git's data", change.path);
    if (!moves_history(change)) continue;
    const auto rest = *below_git(change.path);
    if (rest == "index") {
      index = true;
      continue;
    }
    TRY(const std::string text, read_beneath(open.upper.get(), change.path, kTextBytesMax));
    TRY(const auto names, tips_in(rest, text));
    tips.insert(names.begin(), names.end());
    if (tips.size() > kTipsMax) return fail(ErrorCode::limit, "too many commits", change.path);
  }
  const Git git(open);
  std::vector<Change> out;
  if (!tips.empty()) {
    TRY(out, git.from_commits({tips.begin(), tips.end()}));
  }
  if (index) {
    TRY(auto staged, git.from_index());
    std::move(staged.begin(), staged.end(), std::back_inserter(out));
  }
  return out;
}

Result<std::vector<std::string>> tips_of(const std::string& workspace) {
  return Git(workspace).references();
}

Result<std::vector<Change>> committed_since(const std::string& workspace,
                                            const std::vector<std::string>& tips) {
  return Git(workspace).from_references(tips);
}

Result<std::vector<Change>> staged_in(const std::string& workspace, const std::string& index) {
  return Git(workspace, index).from_index();
}

}  // namespace weir::changes
