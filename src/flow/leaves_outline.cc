// YAML's block style as serializers write it, `Key: value` lines and lists, line by line.
//
//   block   = list | map                     at one column
//   list    = (marker (block | value))+      "- ", "* ", "1. ", "1) "; what is in an item is indented more
//   map     = (key ":" (value | EOL block?))+
//   value   = quoted | flow | "|" or ">" block | plain, which goes on over lines indented more than its map
//
// Stricter than YAML where looseness would let free text pass as structure (every line must fit, names of a
// map differ, no comments), and looser where it could not (a plain value may hold ": " or begin with any
// sign).
#include <algorithm>
#include <unordered_set>

#include "flow/leaves_tree.h"

namespace weir::flow {
namespace {

constexpr std::size_t kKeyBytesMax = 128;
constexpr std::size_t kKeyWordsMax = 4;

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

// A name of one word, or a few words of letters: prose with a colon in it has none.
bool is_key(std::string_view key) {
  if (key.empty() || key.size() > kKeyBytesMax || std::string_view("[]{},#&*!|>%@`\"'").contains(key[0]))
    return false;
  const auto blanks = static_cast<std::size_t>(std::ranges::count(key, ' '));
  if (blanks == 0)
    return std::ranges::none_of(key, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return blanks < kKeyWordsMax &&
         std::ranges::all_of(
             key, [](char c) { return is_alnum(c) || std::string_view(" _-()/'.&").contains(c); });
}

struct Key {
  std::string_view name;
  std::size_t rest = 0;  // where the value begins in the line; 0: no key
};

// Behind the closing quote of a name that begins the line, 0 when there is none.
std::size_t quoted_end(std::string_view line) {
  const char quote = line[0];
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (quote == '"' && line[i] == '\\') {
      ++i;
    } else if (line[i] == quote) {
      if (quote == '"' || i + 1 >= line.size() || line[i + 1] != '\'') return i + 1;
      ++i;
    }
  }
  return 0;
}

Key key_of(std::string_view line, Tree& tree) {
  std::size_t colon = 0;
  Key key;
  if (line[0] == '"' || line[0] == '\'') {
    colon = quoted_end(line);
    if (colon == 0 || colon >= line.size() || line[colon] != ':') return {};
    std::size_t at = 0;
    if (!read_quoted(line.substr(0, colon), at, -1, tree, key.name)) return {};
  } else if (line.starts_with("**")) {  // **Key:** value and **Key**: value, of Markdown
    const std::size_t close = line.find("**", 2);
    if (close == std::string_view::npos) return {};
    const bool inside = line[close - 1] == ':';
    if (!inside && (close + 2 >= line.size() || line[close + 2] != ':')) return {};
    key.name = line.substr(2, close - (inside ? 3 : 2));
    colon = close + (inside ? 1 : 2);
    if (!is_key(key.name)) return {};
  } else {
    const std::size_t end = std::min(line.size(), kKeyBytesMax + 1);
    for (colon = 0; colon < end; ++colon)
      if (line[colon] == ':' && (colon + 1 == line.size() || line[colon + 1] == ' ')) break;
    if (colon == end) return {};
    key.name = trimmed(line.substr(0, colon));
    if (!is_key(key.name)) return {};
  }
  if (colon + 1 < line.size() && line[colon + 1] != ' ') return {};
  key.rest = std::min(line.find_first_not_of(' ', colon + 1), line.size());
  return key;
}

// Bytes of the marker of a list item with the blanks behind it, 0 when the line begins with none. `kind`:
// which marker; numbers are of one kind.
std::size_t marker_of(std::string_view line, char& kind) {
  std::size_t width = 1;
  kind = line[0];
  if (kind >= '0' && kind <= '9') {
    while (width < line.size() && line[width] >= '0' && line[width] <= '9')
      ++width;
    if (width > 6 || width >= line.size() || (line[width] != '.' && line[width] != ')')) return 0;
    kind = line[width++];
    if (width >= line.size()) return 0;
  } else if (kind != '-' && kind != '*') {
    return 0;
  }
  if (width == line.size()) return kind == '-' ? width : 0;
  if (line[width] != ' ') return 0;
  return std::min(line.find_first_not_of(' ', width), line.size());
}

class Outline {
 public:
  Outline(std::string_view text, Tree& tree) : text_(text), tree_(tree) { load(0); }

  bool run() {
    const std::size_t root = tree_.open(Node::Kind::list, "");
    std::size_t documents = 0;
    for (skip(); !end_; skip()) {
      if (separator()) {
        load(line_.next);
        continue;
      }
      ++documents;
      if (!document()) return false;
    }
    tree_.close(root);
    if (documents == 0) return false;
    if (documents == 1) tree_.nodes.erase(tree_.nodes.begin()), shift();
    return true;
  }

 private:
  using Kind = Node::Kind;
  struct Line {
    std::size_t begin = 0;  // of the content
    std::size_t indent = 0;
    std::string_view content;  // without what is blank around it
    std::size_t next = 0;      // where the next line begins
  };

  void load(std::size_t at) {
    if (at >= text_.size()) {
      end_ = true;
      line_ = {text_.size(), 0, {}, text_.size()};
      return;
    }
    const std::size_t stop = std::min(text_.find('\n', at), text_.size());
    std::size_t begin = at;
    while (begin < stop && text_[begin] == ' ')
      ++begin;
    line_ = {begin, begin - at, trimmed(text_.substr(begin, stop - begin)), stop + 1};
  }

  // To the next line that is not empty.
  void skip() {
    while (!end_ && line_.content.empty()) {
      after_gap_ = true;
      load(line_.next);
    }
    if (!end_ && tree_.full()) {
      tree_.cut = true;
      tree_.rest = text_.substr(line_.begin);
      end_ = true;
    }
  }
  void next_line() {
    after_gap_ = false;
    load(line_.next);
    skip();
  }
  // The rest of this line as a line of its own, so many bytes further right.
  void move_right(std::size_t bytes) {
    line_.begin += bytes;
    line_.indent += bytes;
    line_.content.remove_prefix(bytes);
  }

  bool separator() const { return line_.indent == 0 && (line_.content == "---" || line_.content == "..."); }

  // One document, or one of several blocks of `Key: value` lines parted by empty lines.
  bool document() {
    const std::size_t first = tree_.nodes.size();
    if (line_.indent != 0) return false;
    if (line_.content[0] == '[' || line_.content[0] == '{') {
      std::size_t at = line_.begin;
      return read_flow(text_, at, -1, "", tree_) && end_line(at);
    }
    if (!block("", 0)) return false;
    if (!end_ && !separator() && !(block_ended_ && line_.indent == 0)) return false;
    block_ended_ = false;
    return is_structured(first);
  }

  // One line of prose with a colon in it is no map.
  bool is_structured(std::size_t root) const {
    const Node& node = tree_.nodes[root];
    if (node.kind != Kind::map || root + 1 >= tree_.nodes.size()) return true;
    const Node& only = tree_.nodes[root + 1];
    return only.after != node.after || only.kind != Kind::scalar ||
           (!only.key.contains(' ') && !only.value.contains(' '));
  }

  bool block(std::string_view key, std::size_t depth) {
    if (depth > limits::kFlowDepthMax) return false;
    char kind = 0;
    if (marker_of(line_.content, kind) != 0) return list(key, line_.indent, kind, depth);
    return map(key, depth);
  }

  bool list(std::string_view key, std::size_t indent, char kind, std::size_t depth) {
    const std::size_t node = tree_.open(Kind::list, key);
    while (!end_ && line_.indent == indent && !separator()) {
      char other = 0;
      const std::size_t width = marker_of(line_.content, other);
      if (width == 0 || other != kind) break;
      move_right(width);
      if (!item(indent, depth)) return false;
    }
    tree_.close(node);
    return end_ || line_.indent <= indent;
  }

  bool item(std::size_t indent, std::size_t depth) {
    if (depth >= limits::kFlowDepthMax) return false;
    strip_properties();
    if (line_.content.empty()) {
      next_line();
      if (end_ || line_.indent <= indent) return tree_.scalar("", ""), true;
      return nested("", indent, depth);
    }
    char kind = 0;
    if (marker_of(line_.content, kind) != 0 || key_of(line_.content, tree_).rest != 0)
      return block("", depth + 1);
    return value("", indent);
  }

  // What stands below its key or marker: a block, or a value that begins on a line of its own.
  bool nested(std::string_view key, std::size_t indent, std::size_t depth) {
    char kind = 0;
    if (marker_of(line_.content, kind) != 0 || key_of(line_.content, tree_).rest != 0)
      return block(key, depth + 1);
    return value(key, indent);
  }

  bool map(std::string_view key, std::size_t depth) {
    const std::size_t node = tree_.open(Kind::map, key);
    const std::size_t indent = line_.indent;
    std::vector<std::string_view> few;
    std::unordered_set<std::string_view> names;
    while (!end_ && line_.indent == indent && !separator()) {
      const Key member = key_of(line_.content, tree_);
      if (member.rest == 0) break;
      if (depth == 0 && after_gap_ && !few.empty() && member.name == few[0]) {
        block_ended_ = true;
        break;
      }
      if (!is_new(member.name, few, names)) return false;
      move_right(member.rest);
      line_.indent = indent;
      if (!member_value(member.name, indent, depth)) return false;
    }
    tree_.close(node);
    return tree_.nodes.size() > node + 1 && (end_ || line_.indent <= indent);
  }

  static bool is_new(std::string_view name, std::vector<std::string_view>& few,
                     std::unordered_set<std::string_view>& names) {
    constexpr std::size_t kFew = 24;
    if (std::ranges::find(few, name) != few.end()) return false;
    if (few.size() < kFew) return few.push_back(name), true;
    return names.insert(name).second;
  }

  bool member_value(std::string_view key, std::size_t indent, std::size_t depth) {
    strip_properties();
    if (!line_.content.empty()) return value(key, indent);
    next_line();
    char kind = 0;
    if (!end_ && line_.indent > indent) return nested(key, indent, depth);
    if (!end_ && line_.indent == indent && !separator() && marker_of(line_.content, kind) != 0 &&
        kind == '-') {
      if (depth >= limits::kFlowDepthMax) return false;
      return list(key, indent, '-', depth + 1);
    }
    tree_.scalar(key, "");
    return true;
  }

  // "&id001" and "!tag" before a value: serializers write them, they say nothing about it, unless that it is
  // null.
  void strip_properties() {
    null_ = false;
    while (line_.content.size() > 1 && (line_.content[0] == '&' || line_.content[0] == '!')) {
      const std::size_t end = std::min(line_.content.find(' '), line_.content.size());
      if (!std::ranges::all_of(line_.content.substr(1, end - 1),
                               [](char c) { return is_alnum(c) || std::string_view("!_-/.:").contains(c); }))
        return;
      null_ = null_ || line_.content.starts_with("!!null ");
      const std::size_t rest = std::min(line_.content.find_first_not_of(' ', end), line_.content.size());
      line_.begin += rest;
      line_.content.remove_prefix(rest);
    }
  }

  // Nothing but blanks from `at` to the end of its line, which is then behind us.
  bool end_line(std::size_t at) {
    const std::size_t stop = std::min(text_.find('\n', at), text_.size());
    if (!trimmed(text_.substr(at, stop - at)).empty()) return false;
    after_gap_ = false;
    load(stop + 1);
    skip();
    return true;
  }

  bool value(std::string_view key, std::size_t indent) {
    const auto least = static_cast<std::ptrdiff_t>(indent);
    const char first = line_.content[0];
    std::size_t at = line_.begin;
    if (first == '"' || first == '\'') {
      std::string_view text;
      if (!read_quoted(text_, at, least, tree_, text)) return false;
      tree_.scalar(key, null_ ? std::string_view() : text);
      return end_line(at);
    }
    if (first == '[' || first == '{') {
      const std::size_t nodes = tree_.nodes.size();
      if (read_flow(text_, at, least, key, tree_) && end_line(at)) return true;
      tree_.nodes.resize(nodes);
    }
    if (first == '|' || first == '>')
      if (Header header; read_header(header)) return literal(key, indent, header);
    plain(key, indent);
    return true;
  }

  // A value without marks: to the end of its line, and on over lines that are indented more.
  void plain(std::string_view key, std::size_t indent) {
    std::string_view text = line_.content;
    std::string made;
    load(line_.next);
    after_gap_ = false;
    while (!end_) {
      std::size_t breaks = 1;
      for (; !end_ && line_.content.empty(); ++breaks)
        load(line_.next);
      after_gap_ = breaks > 1;
      if (end_ || line_.indent <= indent) break;
      if (made.empty()) made = text;
      made += breaks == 1 ? " " : std::string(breaks - 1, '\n');
      made += line_.content;
      load(line_.next);
    }
    if (!made.empty()) text = tree_.keep(std::move(made));
    tree_.scalar(key, null_ || text == "null" || text == "~" || text == "None" ? std::string_view() : text);
    skip();
  }

  // The signs behind "|" or ">" (YAML 1.2.2 section 8.1.1).
  struct Header {
    bool folded = false;
    char chomping = ' ';
    std::size_t indent = 0;  // 0: that of the first line
  };
  bool read_header(Header& header) const {
    header.folded = line_.content[0] == '>';
    for (const char c : line_.content.substr(1))
      if ((c == '-' || c == '+') && header.chomping == ' ')
        header.chomping = c;
      else if (c >= '1' && c <= '9' && header.indent == 0)
        header.indent = static_cast<std::size_t>(c - '0');
      else
        return false;
    return true;
  }

  bool literal(std::string_view key, std::size_t indent, const Header& header) {
    std::string out;
    std::size_t column = header.indent == 0 ? 0 : indent + header.indent;
    std::size_t breaks = 0;  // since the last line of content
    bool more = false;       // the last line was indented more than the block
    for (load(line_.next); !end_; load(line_.next)) {
      if (line_.content.empty()) {
        ++breaks;
        continue;
      }
      if (column == 0) column = std::max(line_.indent, indent + 1);
      if (line_.indent < column) break;
      const std::size_t begin = line_.begin - (line_.indent - column);
      const bool deeper = text_[begin] == ' ' || text_[begin] == '\t';
      if (!out.empty() && header.folded && !deeper && !more && breaks == 1)
        out += ' ';
      else
        out.append(!out.empty() && header.folded && !deeper && !more ? breaks - 1 : breaks, '\n');
      const std::size_t stop = std::min(line_.next, text_.size() + 1) - 1;
      std::string_view content = text_.substr(begin, stop - begin);
      if (content.ends_with('\r')) content.remove_suffix(1);
      out += content;
      more = deeper;
      breaks = 1;
    }
    if (!out.empty() && header.chomping != '-') out.append(header.chomping == '+' ? breaks : 1, '\n');
    tree_.scalar(key, null_ ? std::string_view() : tree_.keep(std::move(out)));
    after_gap_ = breaks > 1;
    skip();
    return true;
  }

  // The nodes behind an erased first one.
  void shift() {
    for (Node& node : tree_.nodes)
      --node.after;
  }

  std::string_view text_;
  Tree& tree_;
  Line line_;
  bool end_ = false;
  bool after_gap_ = false;    // an empty line stood before this one
  bool null_ = false;         // the value is tagged so
  bool block_ended_ = false;  // the first name came again behind an empty line
};

}  // namespace

bool read_outline(std::string_view text, Tree& tree) {
  return Outline(text, tree).run();
}

}  // namespace weir::flow
