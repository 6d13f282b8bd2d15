// Scalars and collections of YAML that have marks around them: quoted text, [lists], {maps}.
#include <algorithm>
#include <utility>

#include "flow/characters.h"
#include "flow/leaves_tree.h"

namespace weir::flow {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// The line break at `at` of a folded scalar: blanks around it go, it becomes one blank, empty lines become
// breaks (YAML 1.2.2 section 6.5). False where the text goes on at a line that is not indented enough, or
// ends.
bool fold_lines(std::string_view text, std::size_t& at, std::ptrdiff_t indent, std::string& out,
                bool escaped) {
  std::size_t breaks = 0;
  std::size_t line = at;
  while (at < text.size() && (is_blank(text[at]) || text[at] == '\n')) {
    if (text[at++] != '\n') continue;
    ++breaks;
    line = at;
  }
  if (at >= text.size() || static_cast<std::ptrdiff_t>(at - line) <= indent) return false;
  if (breaks == 1 && !escaped) out += ' ';
  out.append(breaks - 1, '\n');
  return true;
}

bool read_single(std::string_view text, std::size_t& at, std::ptrdiff_t indent, std::string& out) {
  while (at < text.size()) {
    const std::size_t stop = std::min(text.find_first_of("'\n", at), text.size());
    out += text.substr(at, stop - at);
    at = stop;
    if (at >= text.size()) return false;
    if (text[at] == '\'') {
      if (++at >= text.size() || text[at] != '\'') return true;
      out += text[at++];
      continue;
    }
    while (!out.empty() && is_blank(out.back()))
      out.pop_back();
    if (!fold_lines(text, at, indent, out, false)) return false;
  }
  return false;
}

bool read_hex(std::string_view text, std::size_t& at, std::size_t digits, char32_t& code) {
  code = 0;
  if (text.size() - at < digits) return false;
  for (const std::size_t end = at + digits; at < end; ++at) {
    const char c = text[at];
    const int value = c >= '0' && c <= '9'                     ? c - '0'
                      : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                               : -1;
    if (value < 0) return false;
    code = code << 4 | static_cast<char32_t>(value);
  }
  return true;
}

// The escape whose backslash is behind us (YAML 1.2.2 section 5.7); not that of a line break.
bool read_escape(std::string_view text, std::size_t& at, std::string& out) {
  constexpr std::string_view kNames = "0abtnvfre \"/\\NLP_";
  constexpr char32_t kCodes[] = {0,   7,   8,   9,    10,   11,     12,     13,  27,
                                 ' ', '"', '/', '\\', 0x85, 0x2028, 0x2029, 0xA0};
  const char name = text[at++];
  if (name == '\t') return out += '\t', true;
  if (const std::size_t i = kNames.find(name); i != std::string_view::npos)
    return append_utf8(out, kCodes[i]), true;
  const std::size_t digits = name == 'x' ? 2 : name == 'u' ? 4 : name == 'U' ? 8 : 0;
  char32_t code = 0;
  if (digits == 0 || !read_hex(text, at, digits, code)) return false;
  if (code >= 0xD800 && code < 0xDC00 && text.substr(at).starts_with("\\u")) {
    std::size_t next = at + 2;
    char32_t low = 0;
    if (read_hex(text, next, 4, low) && low >= 0xDC00 && low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      at = next;
    }
  }
  append_utf8(out, code);
  return true;
}

bool read_double(std::string_view text, std::size_t& at, std::ptrdiff_t indent, std::string& out) {
  std::size_t kept = 0;  // blanks before this were escaped and stay
  while (at < text.size()) {
    const std::size_t stop = std::min(text.find_first_of("\"\\\n", at), text.size());
    out += text.substr(at, stop - at);
    at = stop;
    if (at >= text.size()) return false;
    if (text[at] == '"') return ++at, true;
    if (text[at] == '\n') {
      while (out.size() > kept && is_blank(out.back()))
        out.pop_back();
      if (!fold_lines(text, at, indent, out, false)) return false;
    } else if (++at >= text.size()) {
      return false;
    } else if (text[at] == '\n' || text.substr(at).starts_with("\r\n")) {
      if (!fold_lines(text, at, indent, out, true)) return false;
    } else if (!read_escape(text, at, out)) {
      return false;
    } else {
      kept = out.size();
    }
  }
  return false;
}

// One value of the flow style and all that is in it.
class Flow {
 public:
  Flow(std::string_view text, std::ptrdiff_t indent, Tree& tree)
      : text_(text), indent_(indent), tree_(tree) {}

  bool value(std::size_t& at, std::string_view key, std::size_t depth) {
    if (depth > limits::kFlowDepthMax || !blanks(at) || !properties(at)) return false;
    if (text_[at] == '[') return list(at, key, depth);
    if (text_[at] == '{') return map(at, key, depth);
    std::string_view text;
    if (!scalar(at, text)) return false;
    tree_.scalar(key, std::exchange(null_, false) ? std::string_view() : text);
    return true;
  }

 private:
  // Past blanks and breaks; false at the end or where a line is not indented enough.
  bool blanks(std::size_t& at) const {
    while (at < text_.size()) {
      if (is_blank(text_[at])) {
        ++at;
      } else if (text_[at] != '\n') {
        return true;
      } else {
        std::string ignored;
        return fold_lines(text_, at, indent_, ignored, true);
      }
    }
    return false;
  }

  // A tag or anchor before a value says nothing about it, unless that it is null.
  bool properties(std::size_t& at) {
    while (text_[at] == '!' || text_[at] == '&') {
      null_ = text_.substr(at).starts_with("!!null ");
      while (at < text_.size() && !std::string_view(" ,[]{}\n").contains(text_[at]))
        ++at;
      if (!blanks(at)) return false;
    }
    return true;
  }

  bool scalar(std::size_t& at, std::string_view& text) {
    if (!properties(at)) return false;
    if (text_[at] == '"' || text_[at] == '\'') return read_quoted(text_, at, indent_, tree_, text);
    text = line(at);
    std::string made;
    while (at < text_.size() && text_[at] == '\n') {  // it goes on
      if (made.empty()) made = text;
      if (!fold_lines(text_, at, indent_, made, false)) return false;
      made += line(at);
    }
    if (!made.empty()) text = tree_.keep(std::move(made));
    while (text.ends_with(' '))
      text.remove_suffix(1);
    const bool any = !text.empty();
    if (text == "null" || text == "~" || text == "None") text = {};
    return any;
  }

  // What of a plain scalar is on this line.
  std::string_view line(std::size_t& at) const {
    const std::size_t begin = at;
    while (at < text_.size() && !std::string_view(",[]{}\n").contains(text_[at]) &&
           !(text_[at] == ':' &&
             (at + 1 >= text_.size() || std::string_view(" ,[]{}\r\n").contains(text_[at + 1]))))
      ++at;
    std::size_t end = at;
    while (end > begin && is_blank(text_[end - 1]))
      --end;
    return text_.substr(begin, end - begin);
  }

  bool list(std::size_t& at, std::string_view key, std::size_t depth) {
    const std::size_t node = tree_.open(Node::Kind::list, key);
    for (++at; blanks(at);) {
      if (text_[at] == ']') {
        tree_.close(node);
        return ++at, true;
      }
      if (tree_.full() || !value(at, "", depth + 1) || !comma(at, ']')) return false;
    }
    return false;
  }

  bool map(std::size_t& at, std::string_view key, std::size_t depth) {
    const std::size_t node = tree_.open(Node::Kind::map, key);
    std::vector<std::string_view> names;
    for (++at; blanks(at);) {
      if (text_[at] == '}') {
        std::ranges::sort(names);
        tree_.close(node);
        return ++at, std::ranges::adjacent_find(names) == names.end();
      }
      std::string_view name;
      if (tree_.full() || !scalar(at, name) || !blanks(at) || text_[at] != ':') return false;
      names.push_back(name);
      if (!blanks(++at)) return false;
      if (text_[at] == ',' || text_[at] == '}')
        tree_.scalar(name, "");
      else if (!value(at, name, depth + 1))
        return false;
      if (!comma(at, '}')) return false;
    }
    return false;
  }

  // Past the comma before the next value; the closing mark stays.
  bool comma(std::size_t& at, char closing) const {
    if (!blanks(at)) return false;
    if (text_[at] == ',') return ++at, true;
    return text_[at] == closing;
  }

  std::string_view text_;
  std::ptrdiff_t indent_;
  Tree& tree_;
  bool null_ = false;  // the value is tagged so
};

}  // namespace

bool read_quoted(std::string_view text, std::size_t& at, std::ptrdiff_t indent, Tree& tree,
                 std::string_view& value) {
  const std::size_t begin = at;
  const char quote = text[at++];
  // Most fit on their line and hold nothing to undo.
  const std::size_t stop = text.find_first_of(quote == '"' ? "\"\\\n" : "'\n", at);
  if (stop != std::string_view::npos && text[stop] == quote &&
      (quote == '"' || stop + 1 >= text.size() || text[stop + 1] != '\'')) {
    value = text.substr(at, stop - at);
    at = stop + 1;
    return true;
  }
  std::string out;
  if (!(quote == '"' ? read_double(text, at, indent, out) : read_single(text, at, indent, out))) {
    at = begin;
    return false;
  }
  value = tree.keep(std::move(out));
  return true;
}

bool read_flow(std::string_view text, std::size_t& at, std::ptrdiff_t indent, std::string_view key,
               Tree& tree) {
  const std::size_t begin = at;
  const std::size_t nodes = tree.nodes.size();
  const std::size_t made = tree.made.size();
  if (Flow(text, indent, tree).value(at, key, 0)) return true;
  at = begin;
  tree.nodes.resize(nodes);
  tree.made.resize(made);
  return false;
}

}  // namespace weir::flow
