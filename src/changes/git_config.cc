#include "changes/git_config.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace weir::changes {
namespace {

// Last parts of keys whose value git hands to a shell or starts, or that name a file which names such:
// core.*, filter.*, diff.*, merge.*, gpg.*, credential.*, trailer.*, hook.*, remote.*, difftool.*,
// mergetool.* …
constexpr std::array kProgramKeys = {"alternaterefscommand",
                                     "askpass",
                                     "attributesfile",
                                     "clean",
                                     "cmd",
                                     "command",
                                     "defaultkeycommand",
                                     "difffilter",
                                     "driver",
                                     "editor",
                                     "external",
                                     "fsmonitor",
                                     "gitproxy",
                                     "helper",
                                     "packobjectshook",
                                     "pager",
                                     "path",
                                     "process",
                                     "program",
                                     "receivepack",
                                     "recentobjectshook",
                                     "smudge",
                                     "sshcommand",
                                     "textconv",
                                     "uploadpack"};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// Reads "key = value" lines under their sections, one after the other.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  // The next setting; false at the end.
  bool next() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_space(c) || c == '\n') {
        ++at_;
      } else if (c == '#' || c == ';') {
        skip_line();
      } else if (c == '[') {
        read_section();
      } else {
        read_key();
        read_value();
        return true;
      }
    }
    return false;
  }

  std::string section;  // "include", "core", "filter": without its second name, small letters
  std::string key;      // small letters
  std::string value;

 private:
  void skip_line() { at_ = std::min(text_.find('\n', at_), text_.size()); }

  void read_section() {
    section.clear();
    for (++at_; at_ < text_.size() && (is_alnum(text_[at_]) || text_[at_] == '-'); ++at_)
      section += text_[at_];
    section = to_lower_ascii(section);
    // The second name may hold anything, in quotes; git's older form is "section.second".
    for (bool quoted = false; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
      } else if (text_[at_] == '"') {
        quoted = !quoted;
      } else if (text_[at_] == ']' && !quoted) {
        ++at_;
        return;
      }
    }
  }

  void read_key() {
    key.clear();
    for (; at_ < text_.size() && text_[at_] != '=' && text_[at_] != '\n'; ++at_)
      if (!is_space(text_[at_])) key += text_[at_];
    key = to_lower_ascii(key);
  }

  void read_value() {
    value.clear();
    if (at_ >= text_.size() || text_[at_] != '=') return;
    bool quoted = false;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size()) {
        read_escape(text_[++at_]);
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == '\n') {
        break;
      } else if (!quoted && (c == '#' || c == ';')) {
        skip_line();
        break;
      } else if (!value.empty() || quoted || !is_space(c)) {
        value += c;
      }
    }
    while (!value.empty() && is_space(value.back()))
      value.pop_back();
  }

  void read_escape(char c) {
    if (c == 'n') value += '\n';
    if (c == 't') value += '\t';
    if (c == '"' || c == '\\') value += c;
  }

  static bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void add_words(std::string_view command, std::vector<std::string>& out) {
  constexpr std::string_view kBetween = " \t\r\n;&|()<>\"'`$={}!";
  for (std::size_t at = 0; at < command.size() && out.size() < kGitNamesMax;) {
    const std::size_t begin = command.find_first_not_of(kBetween, at);
    if (begin == std::string_view::npos) return;
    at = std::min(command.find_first_of(kBetween, begin), command.size());
    out.emplace_back(command.substr(begin, at - begin));
  }
}

}  // namespace

GitNames git_names(std::string_view config) {
  GitNames out;
  Lines lines(config.substr(0, kGitConfigBytesMax));
  while (lines.next()) {
    if (out.includes.size() + out.hooks.size() + out.programs.size() >= kGitNamesMax) break;
    const bool includes = lines.section == "include" || lines.section == "includeif";
    if (includes && lines.key == "path") {
      out.includes.push_back(lines.value);
    } else if (lines.key == "hookspath") {
      out.hooks.push_back(lines.value);
    } else if (lines.value.starts_with('!') || lines.section == "pager" ||
               std::find(kProgramKeys.begin(), kProgramKeys.end(), lines.key) != kProgramKeys.end()) {
      out.programs.push_back(lines.value);  // a file's name may have spaces
      add_words(lines.value, out.programs);
    }
  }
  return out;
}

}  // namespace weir::changes
