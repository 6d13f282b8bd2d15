#include "flow/leaves.h"

#include <algorithm>

#include "base/bytes.h"
#include "flow/leaves_tree.h"

namespace weir::flow {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Names that nobody gives to a member are data: addresses, paths, numbers, names of people.
bool is_data(std::string_view key) {
  const auto in_name = [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-' ||
           c == '$';
  };
  return !key.empty() && (all_digits(key) || !std::ranges::all_of(key, in_name));
}

// Turns a tree into leaves. A value is "outside" until it is in a record.
class Records {
 public:
  Records(const Tree& tree, Leaves& out) : tree_(tree), out_(out) {}

  void run(std::size_t root) {
    top(root, "");
    out_.records = std::max<std::uint32_t>(next_, 1);
    if (!tree_.rest.empty()) append_rest(tree_.rest);
    out_.cut = tree_.cut || !rest_.empty();
    if (!rest_.empty()) out_.leaves.push_back({"", std::move(rest_), out_.records - 1, false});
  }

 private:
  using Kind = Node::Kind;
  const Node& node(std::size_t i) const { return tree_.nodes[i]; }

  template <typename Visit>
  void each(std::size_t i, Visit visit) const {
    for (std::size_t child = i + 1; child < node(i).after; child = node(child).after)
      visit(child);
  }
  std::size_t count(std::size_t i, bool (*fits)(const Node&)) const {
    std::size_t n = 0;
    each(i, [&](std::size_t child) { n += fits(node(child)) ? 1 : 0; });
    return n;
  }
  static bool any(const Node&) { return true; }
  static bool is_map(const Node& n) { return n.kind == Kind::map; }
  static bool is_scalar(const Node& n) { return n.kind == Kind::scalar; }
  bool has_containers(std::size_t list) const { return count(list, is_scalar) < count(list, any); }
  // {"ann": {...}, "bob": {...}}: the names are data, and each map is a record.
  bool is_register(std::size_t map) const {
    const std::size_t members = count(map, any);
    return members >= 2 && count(map, is_map) == members;
  }

  void top(std::size_t i, std::string_view key) {
    if (node(i).kind == Kind::scalar) return leaf(key, node(i).value, 0);
    if (node(i).kind == Kind::list) return items(i, key);
    if (count(i, any) == 1 && node(i + 1).kind != Kind::scalar && !is_data(node(i + 1).key))
      return top(i + 1, node(i + 1).key);
    if (has_outside(i)) next_ = 1;
    outside(i);
  }

  void items(std::size_t list, std::string_view key) {
    each(list, [&](std::size_t item) { inside(item, key, next_++); });
  }

  bool has_outside(std::size_t map) const {
    if (is_register(map)) return false;
    bool found = false;
    each(map, [&](std::size_t child) {
      const Node& n = node(child);
      found = found || n.kind == Kind::scalar || is_data(n.key) ||
              (n.kind == Kind::list && !has_containers(child) && count(child, any) > 0) ||
              (n.kind == Kind::map && has_outside(child));
    });
    return found;
  }

  void outside(std::size_t map) {
    const bool records = is_register(map);
    each(map, [&](std::size_t child) {
      const Node& n = node(child);
      if (records) {
        name(n.key, next_);
        inside(child, n.key, next_++);
        return;
      }
      if (is_data(n.key)) name(n.key, 0);
      if (n.kind == Kind::list && has_containers(child))
        items(child, n.key);
      else if (n.kind == Kind::map)
        outside(child);
      else
        inside(child, n.key, 0);
    });
  }

  void inside(std::size_t i, std::string_view key, std::uint32_t record) {
    const Node& n = node(i);
    if (n.kind == Kind::scalar) return leaf(key, n.value, record);
    const bool names = n.kind == Kind::map && is_register(i);
    each(i, [&](std::size_t child) {
      const Node& member = node(child);
      if (n.kind == Kind::map && (names || is_data(member.key))) name(member.key, record);
      inside(child, n.kind == Kind::map ? member.key : key, record);
    });
  }

  void name(std::string_view key, std::uint32_t record) {
    leaf("", key, record);
    if (rest_.empty() && !out_.leaves.empty()) out_.leaves.back().member_name = true;
  }

  void leaf(std::string_view key, std::string_view value, std::uint32_t record) {
    if (value.empty()) return;
    if (out_.leaves.size() + 1 >= limits::kFlowLeavesMax) return append_rest(value);
    out_.leaves.push_back({std::string(key), std::string(value), record, false});
  }

  void append_rest(std::string_view value) {
    if (!rest_.empty()) rest_ += '\n';
    rest_ += value;
  }

  const Tree& tree_;
  Leaves& out_;
  std::uint32_t next_ = 0;
  std::string rest_;
};

// The text between a pair of marks around the whole, or the text: a code fence (CommonMark 4.5), "<<" and
// ">>" (spotlighting: Hines et al. 2024), an element.
std::string_view without_marks(std::string_view text) {
  text = trim(text);
  if (text.starts_with("```") && text.size() > 6 && text.ends_with("\n```")) {
    const std::size_t line = text.find('\n');
    const std::string_view inner =
        text.substr(line + 1, text.size() - 4 - std::min(line + 1, text.size() - 4));
    return inner.find("\n```") == std::string_view::npos ? inner : text;
  }
  if (text.starts_with("<<") && text.ends_with(">>") && text.size() >= 4)
    return text.substr(2, text.size() - 4);
  if (!text.starts_with('<') || !text.ends_with('>')) return text;
  const std::size_t open = text.find('>');
  const std::string_view tag = text.substr(1, open - 1);
  const auto in_tag = [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-';
  };
  if (tag.empty() || tag.size() > 64 || !std::ranges::all_of(tag, in_tag)) return text;
  const std::string closing = "</" + std::string(tag) + ">";
  const std::size_t close = text.find(closing, open);
  return close != std::string_view::npos && close + closing.size() == text.size()
             ? text.substr(open + 1, close - open - 1)
             : text;
}

}  // namespace

Leaves leaves_of(const Tree& tree, std::size_t root, Leaves::Form form) {
  Leaves out;
  out.form = form;
  if (root < tree.nodes.size()) Records(tree, out).run(root);
  return out;
}

Leaves read_leaves_at(std::string_view text, std::size_t depth) {
  std::string_view inner = text;
  for (int marks = 0; marks < 2; ++marks)
    inner = without_marks(inner);
  Leaves out;
  const char first = inner.empty() ? '\0' : inner.front();
  if ((first == '{' || first == '[' || first == '"') && read_json(inner, depth, out)) return out;
  for (const auto reader : {read_outline, read_table, read_rows}) {
    Tree tree;
    if (reader(inner, tree)) return leaves_of(tree, 0, Leaves::Form::outline);
  }
  if (!text.empty()) out.leaves.push_back({"", std::string(text), 0, false});
  return out;
}

Leaves read_leaves(std::string_view text) {
  return read_leaves_at(text, 0);
}

}  // namespace weir::flow
