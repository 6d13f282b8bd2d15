// A document of text with places where lines may be broken, and its rendering in a given width, after Wadler,
// "A prettier printer" (2003). Internal to the formatter.
//
//   Document d;
//   auto list = d.group(d.concat({d.text("["), d.nest(1, d.concat({a, d.text(","), d.line(), b})),
//   d.text("]")})); d.render(list, 80, out);
//
// A group is laid out on one line when it fits, together with what follows up to the next possible break;
// otherwise every line() directly in it becomes a new line. Comments end their line: a group that holds one
// never fits, and what comes behind a comment begins a new line whether there is a line() or not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::cedar {

class Document {
 public:
  using Node = std::uint32_t;

  Node nil() const { return 0; }
  // Texts are borrowed: they must outlive the document.
  Node text(std::string_view text) { return add({Kind::text, 0, text, {}}); }
  Node line() { return add({Kind::line, 0, " ", {}}); }      // a space when its group fits
  Node soft_line() { return add({Kind::line, 0, "", {}}); }  // nothing when its group fits
  Node space() { return add({Kind::space, 0, {}, {}}); }     // never a new line
  Node hard_line() { return add({Kind::hard_line, 0, {}, {}}); }
  Node comment_behind(std::string_view text) { return add({Kind::comment_behind, 0, text, {}}); }
  Node comment_before(std::string_view text) { return add({Kind::comment_before, 0, text, {}}); }
  Node blank_line() { return add({Kind::blank_line, 0, {}, {}}); }  // between comments of their own
  Node concat(std::vector<Node> parts) { return add({Kind::concat, 0, {}, std::move(parts)}); }
  Node nest(int columns, Node node) { return add({Kind::nest, columns, {}, {node}}); }
  Node group(Node node) { return add({Kind::group, 0, {}, {node}}); }

  // Appends to `out`, which must end at the beginning of a line.
  void render(Node node, int width_columns, std::string& out) const;

 private:
  enum class Kind : std::uint8_t {
    nil,
    text,
    space,
    line,
    hard_line,
    blank_line,
    comment_behind,
    comment_before,
    concat,
    nest,
    group
  };
  struct Entry {
    Kind kind = Kind::nil;
    int columns = 0;
    std::string_view text;
    std::vector<Node> parts;
  };
  friend class Rendering;

  Node add(Entry entry) {
    entries_.push_back(std::move(entry));
    return static_cast<Node>(entries_.size() - 1);
  }

  std::vector<Entry> entries_ = {Entry{}};
};

}  // namespace weir::cedar
