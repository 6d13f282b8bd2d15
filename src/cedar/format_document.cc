#include "cedar/format_document.h"

#include <algorithm>

namespace weir::cedar {
namespace {

// Characters, not bytes.
int width_of(std::string_view text) {
  return static_cast<int>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

// One rendering. Work is a stack of nodes with the indentation and the way (flat or broken) of their group.
class Rendering {
 public:
  Rendering(const Document& document, int width, std::string& out)
      : document_(document), width_(width), out_(out) {}

  void run(Document::Node node) {
    work_.push_back({node, 0, false});
    while (!work_.empty()) {
      const Item item = work_.back();
      work_.pop_back();
      step(item, entry(item));
    }
  }

 private:
  using Kind = Document::Kind;
  struct Item {
    Document::Node node;
    int indent;
    bool flat;
  };

  const Document::Entry& entry(const Item& item) const { return document_.entries_[item.node]; }

  void step(const Item& item, const Document::Entry& entry) {
    switch (entry.kind) {
      case Kind::nil:
        return;
      case Kind::text:
        if (must_break_) new_line(item.indent);
        return put(entry.text);
      case Kind::space:
        return put_space();
      case Kind::line:
        if (!item.flat || must_break_) return new_line(item.indent);
        if (!entry.text.empty()) put_space();
        return;
      case Kind::hard_line:
        return new_line(item.indent);
      case Kind::blank_line:
        if (!at_line_start_) new_line(item.indent);
        out_ += '\n';
        return;
      case Kind::comment_behind:
        if (must_break_) new_line(item.indent);
        put_space();
        put(entry.text);
        must_break_ = true;
        return;
      case Kind::comment_before:
        if (!at_line_start_ || must_break_) new_line(item.indent);
        put(entry.text);
        must_break_ = true;
        return;
      case Kind::concat:
        for (auto part = entry.parts.rbegin(); part != entry.parts.rend(); ++part)
          work_.push_back({*part, item.indent, item.flat});
        return;
      case Kind::nest:
        return work_.push_back({entry.parts[0], item.indent + entry.columns, item.flat});
      case Kind::group:
        const bool flat = item.flat || fits(entry.parts[0], item.indent);
        return work_.push_back({entry.parts[0], item.indent, flat});
    }
  }

  void put(std::string_view text) {
    if (text.empty()) return;
    if (at_line_start_) out_.append(static_cast<std::size_t>(indent_), ' ');
    if (space_) out_ += ' ';
    at_line_start_ = space_ = false;
    out_ += text;
    column_ += width_of(text);
  }

  // Written with the text behind it, so that no line ends in white space.
  void put_space() {
    if (at_line_start_ || must_break_ || space_) return;
    space_ = true;
    ++column_;
  }

  // The indentation is written with the first text too.
  void new_line(int indent) {
    if (!at_line_start_) out_ += '\n';
    at_line_start_ = true;
    must_break_ = space_ = false;
    indent_ = indent;
    column_ = indent;
  }

  // Whether a group fits on the rest of the line, with what follows it up to the next break.
  bool fits(Document::Node node, int indent) const {
    int room = width_ - column_;
    bool begun = false;  // a text of the group was met
    bool ended = false;  // by a comment behind the last text of the group, which breaks nothing
    std::size_t behind = work_.size();
    std::vector<Item> inner{{node, indent, true}};
    while (room >= 0) {
      if (inner.empty()) {
        if (behind == 0 || ended) return true;
        inner.push_back(work_[--behind]);
      }
      const Item item = inner.back();
      inner.pop_back();
      const Document::Entry& at = entry(item);
      const bool holds = at.kind == Kind::concat || at.kind == Kind::nest || at.kind == Kind::group;
      if (ended && !holds && at.kind != Kind::nil) return false;
      switch (at.kind) {
        case Kind::nil:
        case Kind::blank_line:
          break;
        case Kind::text:
          room -= width_of(at.text);
          begun = true;
          break;
        case Kind::space:
          --room;
          break;
        case Kind::line:
          if (!item.flat) return true;
          room -= static_cast<int>(at.text.size());
          break;
        case Kind::comment_behind:
          if (!item.flat) return true;
          ended = true;
          break;
        case Kind::comment_before:
          // In front of the group it stands above it; the group begins on a line of its own.
          if (!item.flat) return true;
          if (begun) return false;
          room = width_ - item.indent;
          break;
        case Kind::hard_line:
          return !item.flat;
        case Kind::concat:
          for (auto part = at.parts.rbegin(); part != at.parts.rend(); ++part)
            inner.push_back({*part, item.indent, item.flat});
          break;
        case Kind::nest:
        case Kind::group:
          inner.push_back({at.parts[0], item.indent, item.flat});
          break;
      }
    }
    return false;
  }

  const Document& document_;
  const int width_;
  std::string& out_;
  std::vector<Item> work_;
  int column_ = 0;
  int indent_ = 0;
  bool at_line_start_ = true;
  bool must_break_ = false;  // a comment ended the line
  bool space_ = false;       // stands before the next text of the line
};

void Document::render(Node node, int width_columns, std::string& out) const {
  Rendering(*this, width_columns, out).run(node);
}

}  // namespace weir::cedar
