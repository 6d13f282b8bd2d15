#include "changes/merge_text.h"

#include <vector>

#include "changes/line_diff.h"

namespace weir::changes {
namespace {

// Lines [begin, end) of the base become `put`.
struct Edit {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::string_view> put;
  bool operator==(const Edit&) const = default;
};

std::vector<Edit> edits(const std::vector<std::string_view>& base,
                        const std::vector<std::string_view>& text) {
  std::vector<Edit> out;
  std::size_t at = 0;
  std::size_t next = 0;
  bool open = false;
  for (const char step : edit_script(base, text)) {
    if (step == ' ') {
      ++at;
      ++next;
      open = false;
      continue;
    }
    if (!open) out.push_back({at, at, {}});
    open = true;
    if (step == '-')
      out.back().end = ++at;
    else
      out.back().put.push_back(text[next++]);
  }
  return out;
}

}  // namespace

std::optional<std::string> merge_texts(std::string_view base, std::string_view one, std::string_view other) {
  const auto lines = lines_of(base);
  const auto ours = edits(lines, lines_of(one));
  const auto theirs = edits(lines, lines_of(other));
  std::string out;
  std::size_t at = 0;  // lines of the base that are written
  const auto put = [&](const Edit& edit) {
    for (; at < edit.begin; ++at)
      out += lines[at];
    for (const auto line : edit.put)
      out += line;
    at = edit.end;
  };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < ours.size() || j < theirs.size()) {
    if (i < ours.size() && j < theirs.size() && ours[i] == theirs[j]) {
      put(ours[i++]);
      ++j;
    } else if (j == theirs.size() || (i < ours.size() && ours[i].end < theirs[j].begin)) {
      put(ours[i++]);
    } else if (i == ours.size() || theirs[j].end < ours[i].begin) {
      put(theirs[j++]);
    } else {
      return std::nullopt;
    }
  }
  for (; at < lines.size(); ++at)
    out += lines[at];
  return out;
}

}  // namespace weir::changes
