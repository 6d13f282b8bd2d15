// Results in rows and columns: tables of Markdown and CSV. The header names the members, each row is a
// record.
#include <algorithm>
#include <unordered_set>

#include "base/bytes.h"
#include "flow/leaves_tree.h"

namespace weir::flow {
namespace {

using Row = std::vector<std::string_view>;

// The line at the beginning of `text`, which then begins with the next.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void add_row(Tree& tree, const Row& names, const Row& row) {
  const std::size_t node = tree.open(Node::Kind::map, "");
  for (std::size_t i = 0; i < names.size(); ++i)
    tree.scalar(names[i], row[i]);
  tree.close(node);
}

bool are_different(const Row& names) {
  const std::unordered_set<std::string_view> set(names.begin(), names.end());
  return set.size() == names.size();
}

// The cells of "| a | b |" (GitHub Flavored Markdown 4.10); none when the line is no row.
Row cells(std::string_view line) {
  line = trim(line);
  Row row;
  if (line.size() < 2 || line.front() != '|' || line.back() != '|') return row;
  std::size_t begin = 1;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '|') {
      row.push_back(trim(line.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  return row;
}

bool is_rule(const Row& row) {
  return !row.empty() && std::ranges::all_of(row, [](std::string_view cell) {
    return cell.contains('-') && cell.find_first_not_of("-:") == std::string_view::npos;
  });
}

// One record of CSV at the beginning of `text`; false when it is malformed.
bool take_record(std::string_view& text, char separator, Row& row, Tree& tree) {
  row.clear();
  const char stops[] = {separator, '\n', '\0'};
  while (true) {
    std::string_view field;
    if (text.starts_with('"')) {
      std::string made;
      std::size_t at = 1;
      while (true) {
        const std::size_t quote = text.find('"', at);
        if (quote == std::string_view::npos) return false;
        made += text.substr(at, quote - at);
        at = quote + 1;
        if (at >= text.size() || text[at] != '"') break;
        made += '"';
        ++at;
      }
      field = tree.keep(std::move(made));
      text.remove_prefix(at);
      if (text.starts_with('\r')) text.remove_prefix(1);
    } else {
      const std::size_t end = std::min(text.find_first_of(std::string_view(stops, 2)), text.size());
      field = text.substr(0, end);
      text.remove_prefix(end);
      if (field.ends_with('\r')) field.remove_suffix(1);
    }
    row.push_back(trim(field));
    if (text.empty()) return true;
    const char stop = text.front();
    if (stop != separator && stop != '\n') return false;
    text.remove_prefix(1);
    if (stop == '\n') return true;
  }
}

// Names of columns: short, without what prose has.
bool is_header(const Row& names) {
  return names.size() >= 2 && are_different(names) && std::ranges::all_of(names, [](std::string_view name) {
           return !name.empty() && name.size() <= 64 && std::ranges::count(name, ' ') <= 3 &&
                  std::ranges::all_of(name, [](char c) {
                    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                           static_cast<unsigned char>(c) >= 0x80 || std::string_view(" _-()/.#%").contains(c);
                  });
         });
}

}  // namespace

bool read_table(std::string_view text, Tree& tree) {
  text = trim(text);
  if (!text.starts_with('|')) return false;
  const Row names = cells(take_line(text));
  if (names.empty() || !are_different(names)) return false;
  const Row rule = cells(take_line(text));
  if (rule.size() != names.size() || !is_rule(rule)) return false;
  const std::size_t root = tree.open(Node::Kind::list, "");
  while (!text.empty()) {
    if (tree.full()) {
      tree.cut = true;
      tree.rest = text;
      break;
    }
    const Row row = cells(take_line(text));
    if (row.size() != names.size()) return false;
    add_row(tree, names, row);
  }
  tree.close(root);
  return true;
}

bool read_rows(std::string_view text, Tree& tree) {
  text = trim(text);
  const std::string_view first = text.substr(0, std::min(text.find('\n'), text.size()));
  const std::size_t at = first.find_first_of(",\t;");
  if (at == std::string_view::npos || first.contains(", ") || first.size() == text.size()) return false;
  const char separator = first[at];
  Row names;
  Row row;
  if (!take_record(text, separator, names, tree) || !is_header(names)) return false;
  const std::size_t root = tree.open(Node::Kind::list, "");
  while (!text.empty()) {
    if (tree.full()) {
      tree.cut = true;
      tree.rest = text;
      break;
    }
    if (!take_record(text, separator, row, tree) || row.size() != names.size()) return false;
    add_row(tree, names, row);
  }
  tree.close(root);
  return true;
}

}  // namespace weir::flow
