#include "changes/patch_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "changes/line_diff.h"

namespace weir::changes {
namespace {

constexpr std::size_t kContext = 3;
constexpr std::size_t kBinaryLook = 8000;
constexpr std::uint32_t kOwnerExecute = 0100;

std::string_view git_mode(const PatchSide& side) {
  if (side.kind == NodeKind::symlink) return "120000";
  return (side.mode & kOwnerExecute) != 0 ? "100755" : "100644";
}

// One line's text without its newline, safe on a terminal: tabs stay, and a carriage return at the end.
std::string shown_line(std::string_view line, bool& escaped) {
  std::string out;
  const bool returns = line.ends_with('\r');
  if (returns) line.remove_suffix(1);
  bool first = true;
  for (const auto part : split(line, '\t')) {
    if (!first) out += '\t';
    first = false;
    const std::string shown = printable(part);
    escaped = escaped || shown != part;
    out += shown;
  }
  return returns ? out + '\r' : out;
}

class Hunks {
 public:
  Hunks(std::string_view before, std::string_view after, PatchBytes bytes, Patch& patch)
      : before_(lines_of(before)), after_(lines_of(after)), bytes_(bytes), patch_(patch) {}

  void write() {
    const auto script = edit_script(before_, after_);
    patch_.added = static_cast<std::size_t>(std::count(script.begin(), script.end(), '+'));
    patch_.removed = static_cast<std::size_t>(std::count(script.begin(), script.end(), '-'));
    std::size_t old_line = 0;  // lines before position `at`
    std::size_t new_line = 0;
    for (std::size_t at = 0; at < script.size();) {
      const auto first = std::find_if(script.begin() + static_cast<std::ptrdiff_t>(at), script.end(),
                                      [](char mark) { return mark != ' '; });
      if (first == script.end()) return;
      const auto changed = static_cast<std::size_t>(first - script.begin());
      const std::size_t begin = changed - std::min(kContext, changed - at);
      const std::size_t end = end_of_hunk(script, changed);
      old_line += begin - at;
      new_line += begin - at;
      write_one(script, begin, end, old_line, new_line);
      at = end;
    }
  }

 private:
  // Behind the last change that is nearer than two contexts to the one before it, and its context.
  static std::size_t end_of_hunk(const std::vector<char>& script, std::size_t changed) {
    std::size_t last = changed;
    for (std::size_t at = changed; at < script.size() && at <= last + 2 * kContext; ++at)
      if (script[at] != ' ') last = at;
    return std::min(script.size(), last + kContext + 1);
  }

  void write_one(const std::vector<char>& script, std::size_t begin, std::size_t end, std::size_t& old_line,
                 std::size_t& new_line) {
    std::string body;
    const std::size_t old_begin = old_line;
    const std::size_t new_begin = new_line;
    for (std::size_t at = begin; at < end; ++at) {
      const char mark = script[at];
      const std::string_view line = mark == '+' ? after_[new_line] : before_[old_line];
      if (mark != '+') ++old_line;
      if (mark != '-') ++new_line;
      append_line(body, mark, line);
    }
    patch_.text += "@@ -" + range(old_begin, old_line - old_begin) + " +" +
                   range(new_begin, new_line - new_begin) + " @@\n" + body;
  }

  void append_line(std::string& body, char mark, std::string_view line) {
    const bool ended = line.ends_with('\n');
    if (ended) line.remove_suffix(1);
    body += mark;
    if (bytes_ == PatchBytes::raw)
      body += line;
    else
      body += shown_line(line, patch_.escaped);
    body += ended ? "\n" : "\n\\ No newline at end of file\n";
  }

  // An empty range names the line before it; a count of one is left out (POSIX diff -u).
  static std::string range(std::size_t begin, std::size_t count) {
    if (count == 1) return std::to_string(begin + 1);
    return fmt::format("{},{}", count == 0 ? begin : begin + 1, count);
  }

  std::vector<std::string_view> before_;
  std::vector<std::string_view> after_;
  PatchBytes bytes_;
  Patch& patch_;
};

}  // namespace

bool is_binary(std::string_view text) {
  const std::string_view look = text.substr(0, kBinaryLook);
  if (look.find('\0') != std::string_view::npos) return true;
  const auto strange = std::count_if(look.begin(), look.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') ||
           c == 0x7f;
  });
  return static_cast<std::size_t>(strange) * 10 > look.size();
}

std::string git_path(std::string_view prefix, std::string_view path) {
  std::string whole = std::string(prefix) + std::string(path);
  const bool plain = printable(whole) == whole && whole.find_first_of("\"\\") == std::string::npos;
  if (plain) return whole;
  std::string out = "\"";
  for (const char c : whole) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (byte < 0x20 || byte >= 0x7f)
      out += fmt::format("\\{:03o}", byte);
    else
      out += c;
  }
  return out + '"';
}

Patch git_patch(const std::string& path, const PatchSide& before, const PatchSide& after, PatchBytes bytes) {
  Patch patch;
  const bool was = before.kind != NodeKind::none;
  const bool is = after.kind != NodeKind::none;
  const bool same_mode = was && is && git_mode(before) == git_mode(after);
  if ((!was && !is) || (same_mode && before.text == after.text)) return patch;
  const std::string a = git_path("a/", path);
  const std::string b = git_path("b/", path);
  patch.text = "diff --git " + a + " " + b + "\n";
  if (!was)
    patch.text += fmt::format("new file mode {}\n", git_mode(after));
  else if (!is)
    patch.text += fmt::format("deleted file mode {}\n", git_mode(before));
  else if (!same_mode)
    patch.text += fmt::format("old mode {}\nnew mode {}\n", git_mode(before), git_mode(after));
  if (before.text == after.text) return patch;  // an empty file, or permissions alone
  const std::string old_name = was ? a : "/dev/null";
  const std::string new_name = is ? b : "/dev/null";
  if (is_binary(before.text) || is_binary(after.text)) {
    patch.binary = true;
    patch.text += "Binary files " + old_name + " and " + new_name + " differ\n";
    return patch;
  }
  // A tab ends a name with blanks in it, as git writes it.
  const auto ended = [](const std::string& one) {
    return one.find(' ') == std::string::npos ? one : one + "\t";
  };
  patch.text += "--- " + ended(old_name) + "\n+++ " + ended(new_name) + "\n";
  Hunks(before.text, after.text, bytes, patch).write();
  return patch;
}

}  // namespace weir::changes
