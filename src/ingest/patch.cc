#include "ingest/patch.h"

#include <optional>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::ingest {
namespace {

constexpr std::string_view kBegin = "*** Begin Patch";
constexpr std::string_view kEnd = "*** End Patch";
constexpr std::string_view kAdd = "*** Add File: ";
constexpr std::string_view kDelete = "*** Delete File: ";
constexpr std::string_view kUpdate = "*** Update File: ";
constexpr std::string_view kMove = "*** Move to: ";
constexpr std::string_view kEndOfFile = "*** End of File";
constexpr std::string_view kEnvironment = "*** Environment ID:";

std::optional<std::string_view> after(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix)) return std::nullopt;
  return trim(line.substr(prefix.size()));
}

// Walks the text line by line without splitting it first: a patch of nothing but line ends stays small.
class PatchReader {
 public:
  explicit PatchReader(std::string_view text) : left_(trim(text)) {}

  Result<std::vector<PatchFile>> read() {
    drop_heredoc();
    if (trim(line()) != kBegin) return bad("does not start with *** Begin Patch");
    const std::size_t last = left_.rfind('\n');
    if (last == std::string_view::npos || trim(left_.substr(last)) != kEnd)
      return bad("does not end with *** End Patch");
    left_ = left_.substr(0, last);
    next();
    if (!done() && trim(line()).starts_with(kEnvironment)) next();
    while (!done())
      TRY_STATUS(read_file());
    if (files_.empty()) return bad("names no file");
    return std::move(files_);
  }

 private:
  bool done() const { return done_; }
  std::string_view line() const { return left_.substr(0, left_.find('\n')); }
  void next() {
    ++number_;
    const std::size_t end = left_.find('\n');
    done_ = end == std::string_view::npos;
    left_ = done_ ? std::string_view() : left_.substr(end + 1);
  }

  std::unexpected<Error> bad(std::string what) const {
    return fail(ErrorCode::invalid, "the patch " + std::move(what), "line " + std::to_string(number_),
                "see the apply_patch grammar");
  }

  // The tool also takes the patch wrapped in a here-document: <<EOF … EOF.
  void drop_heredoc() {
    const std::size_t last = left_.rfind('\n');
    if (!line().starts_with("<<") || last == std::string_view::npos) return;
    left_ = trim(left_.substr(0, last));
    next();
  }

  Status add_file(PatchOp op, std::string_view path) {
    if (path.empty()) return bad("names an empty path");
    if (files_.size() >= limits::kPatchFilesMax)
      return fail(ErrorCode::limit,
                  "the patch touches more than " + std::to_string(limits::kPatchFilesMax) + " files");
    files_.push_back({op, std::string(path), {}});
    next();
    return {};
  }

  Status read_file() {
    const std::string_view header = trim(line());
    if (const auto path = after(header, kAdd)) {
      TRY_STATUS(add_file(PatchOp::add, *path));
      while (!done() && line().starts_with('+'))
        next();
      return {};
    }
    if (const auto path = after(header, kDelete)) return add_file(PatchOp::remove, *path);
    const auto path = after(header, kUpdate);
    if (!path) return bad("has a line that starts no file");
    TRY_STATUS(add_file(PatchOp::update, *path));
    return read_changes();
  }

  Status read_changes() {
    if (const auto target = done() ? std::nullopt : after(trim(line()), kMove)) {
      if (target->empty()) return bad("moves a file to an empty path");
      files_.back().move_to = *target;
      next();
    }
    for (; !done(); next()) {
      const std::string_view change = line();
      if (trim(change).empty() || trim(change) == kEndOfFile) continue;
      if (change.starts_with("***")) return {};  // the next file
      const bool known = change.starts_with("@@") || change[0] == '+' || change[0] == '-' ||
                         change[0] == ' ' || change[0] == '\t';
      if (!known) return bad("has a line that is no change");
    }
    return {};
  }

  std::string_view left_;
  std::size_t number_ = 1;
  bool done_ = false;
  std::vector<PatchFile> files_;
};

// A directory written plainly or in one pair of quotes, without anything a shell would expand.
std::optional<std::string_view> plain_word(std::string_view word) {
  if (word.size() >= 2 && (word[0] == '\'' || word[0] == '"') && word.back() == word[0])
    word = word.substr(1, word.size() - 2);
  if (word.empty() || word.find_first_of("$`\\'\"*?[]{}()<>|&;~#!\n\r") != std::string_view::npos)
    return std::nullopt;
  return word;
}

bool is_patch_command(std::string_view word) {
  return word == "apply_patch" || word == "applypatch";
}

}  // namespace

Result<std::vector<PatchFile>> parse_patch(std::string_view text) {
  return PatchReader(text).read();
}

Embedding find_embedded_patch(std::string_view command, EmbeddedPatch& found) {
  const std::size_t begin = command.find(kBegin);
  if (begin == std::string_view::npos) return Embedding::none;
  std::string_view before = command.substr(0, begin);
  if (before.find("apply_patch") == std::string_view::npos &&
      before.find("applypatch") == std::string_view::npos)
    return Embedding::none;  // a patch as data of some other command
  const std::size_t end = command.rfind(kEnd);
  if (end == std::string_view::npos || end < begin) return Embedding::unclear;
  // What follows must be the end of the here-document and nothing more.
  const std::string_view mark = trim(command.substr(end + kEnd.size()));
  const std::size_t redirect = before.find("<<");
  if (redirect == std::string_view::npos) return Embedding::unclear;
  std::string_view opening = trim(before.substr(redirect + 2));
  if (opening.starts_with('-')) opening.remove_prefix(1);
  const auto word = plain_word(trim(opening));
  if (!word || mark != *word) return Embedding::unclear;

  std::string_view head = trim(before.substr(0, redirect));
  found.base.clear();
  if (const auto rest = after(head, "cd ")) {
    const std::size_t join = rest->find("&&");
    if (join == std::string_view::npos) return Embedding::unclear;
    const auto directory = plain_word(trim(rest->substr(0, join)));
    if (!directory) return Embedding::unclear;
    found.base = *directory;
    head = trim(rest->substr(join + 2));
  }
  if (!is_patch_command(head)) return Embedding::unclear;
  found.text = command.substr(begin, end + kEnd.size() - begin);
  return Embedding::patch;
}

}  // namespace weir::ingest
