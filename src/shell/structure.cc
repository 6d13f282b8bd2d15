// Tilde, globs and braces: what the unquoted text of a word still means after quotes are gone.
#include <algorithm>

#include "base/limits.h"
#include "shell/parser.h"

namespace weir::shell {
namespace {

// A word taken apart: one unquoted character, or one whole part that stays as it is.
struct Atom {
  char c = '\0';
  const Part* part = nullptr;
  Span span;
};

class Builder {
 public:
  Builder(const Word& word, bool braces) : span_(word.span) {
    for (const Part& part : word.parts) {
      const auto* literal = std::get_if<Literal>(&part.value);
      if (literal == nullptr || literal->quoted) {
        atoms_.push_back({'\0', &part, part.span});
        continue;
      }
      for (const char c : literal->text)
        atoms_.push_back({c, nullptr, part.span});
    }
    if (braces) match_braces();
  }

  std::vector<Part> build() { return build(0, atoms_.size(), 0); }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  void match_braces() {
    close_.assign(atoms_.size(), kNone);
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < atoms_.size(); ++i) {
      if (atoms_[i].c == '{') open.push_back(i);
      if (atoms_[i].c == '}' && !open.empty()) {
        close_[open.back()] = i;
        open.pop_back();
      }
    }
  }

  std::vector<Part> build(std::size_t begin, std::size_t end, std::size_t depth) {
    std::vector<Part> out;
    for (std::size_t i = begin; i < end; ++i) {
      const Atom& atom = atoms_[i];
      if (atom.part != nullptr) {
        out.push_back(*atom.part);
      } else if (atom.c == '{' && !close_.empty() && close_[i] != kNone &&
                 depth < limits::kShellDepthMax / 4 && add_brace(out, i, depth)) {
        i = close_[i];
      } else if (atom.c == '*' || atom.c == '?') {
        out.push_back({Glob{std::string(1, atom.c)}, atom.span});
      } else if (atom.c == '[' && add_set(out, i, end)) {
        // i was moved to the closing bracket
      } else {
        add_char(out, atom);
      }
    }
    return out;
  }

  static void add_char(std::vector<Part>& out, const Atom& atom) {
    if (!out.empty())
      if (auto* last = std::get_if<Literal>(&out.back().value); last != nullptr && !last->quoted) {
        last->text += atom.c;
        return;
      }
    out.push_back({Literal{std::string(1, atom.c), false}, atom.span});
  }

  // [abc] as a Glob. Without a closing bracket, or when empty, [ is ordinary.
  bool add_set(std::vector<Part>& out, std::size_t& i, std::size_t end) {
    constexpr std::size_t kSetMax = 128;
    std::string set = "[";
    for (std::size_t k = i + 1; k < std::min(end, i + kSetMax); ++k) {
      if (atoms_[k].part != nullptr) {
        const auto* literal = std::get_if<Literal>(&atoms_[k].part->value);
        if (literal == nullptr) return false;
        set += literal->text;
        continue;
      }
      if (atoms_[k].c == '/') return false;
      set += atoms_[k].c;
      if (atoms_[k].c == ']' && set.size() > 2 && !(set.size() == 3 && (set[1] == '!' || set[1] == '^'))) {
        i = k;
        out.push_back({Glob{std::move(set)}, atoms_[k].span});
        return true;
      }
    }
    return false;
  }

  bool add_brace(std::vector<Part>& out, std::size_t open, std::size_t depth) {
    const std::size_t close = close_[open];
    std::vector<std::size_t> cuts;  // commas at this level
    for (std::size_t i = open + 1; i < close; ++i) {
      if (atoms_[i].c == '{' && close_[i] != kNone)
        i = close_[i];
      else if (atoms_[i].c == ',')
        cuts.push_back(i);
    }
    if (cuts.empty()) return add_range(out, open, close);
    Brace brace;
    std::size_t from = open + 1;
    cuts.push_back(close);
    for (const std::size_t cut : cuts) {
      brace.alternatives.push_back({build(from, cut, depth + 1), span_});
      from = cut + 1;
    }
    out.push_back({std::move(brace), span_});
    return true;
  }

  // {1..9} {a..f} {01..10..2}
  bool add_range(std::vector<Part>& out, std::size_t open, std::size_t close) {
    std::string text;
    for (std::size_t i = open + 1; i < close; ++i) {
      if (atoms_[i].part != nullptr || text.size() > 40) return false;
      text += atoms_[i].c;
    }
    const auto first = text.find("..");
    if (first == std::string::npos || first == 0) return false;
    BraceRange range;
    range.first = text.substr(0, first);
    const auto second = text.find("..", first + 2);
    range.last = text.substr(first + 2, second == std::string::npos ? second : second - first - 2);
    if (second != std::string::npos) range.step = text.substr(second + 2);
    const auto number = [](const std::string& s) {
      const std::size_t sign = s.starts_with('-') || s.starts_with('+') ? 1 : 0;
      return s.size() > sign && s.size() < 12 &&
             std::all_of(
                 s.begin() + static_cast<std::ptrdiff_t>(sign), s.end(),
                 [](char c) { return c >= '0' && c <= '9'; });
    };
    const auto letter = [](const std::string& s) { return s.size() == 1 && is_name_start(s[0]); };
    const bool numbers = number(range.first) && number(range.last);
    if (!numbers && !(letter(range.first) && letter(range.last))) return false;
    if (!range.step.empty() && !number(range.step)) return false;
    out.push_back({std::move(range), span_});
    return true;
  }

  std::vector<Atom> atoms_;
  std::vector<std::size_t> close_;
  Span span_;
};

void structure_tilde(Word& word) {
  auto* first = word.parts.empty() ? nullptr : std::get_if<Literal>(&word.parts[0].value);
  if (first == nullptr || first->quoted || !first->text.starts_with('~')) return;
  const auto end = std::min(first->text.find('/'), first->text.size());
  if (end == first->text.size() && word.parts.size() > 1) {
    // ~ directly before an expansion or a quote is no tilde expansion unless a / or : follows
    return;
  }
  Tilde tilde{first->text.substr(1, end - 1)};
  first->text.erase(0, end);
  const Span span = word.parts[0].span;
  if (first->text.empty()) word.parts.erase(word.parts.begin());
  word.parts.insert(word.parts.begin(), Part{std::move(tilde), span});
}

}  // namespace

void structure_word(Word& word, bool braces) {
  bool special = false;
  for (const Part& part : word.parts)
    if (const auto* literal = std::get_if<Literal>(&part.value); literal != nullptr && !literal->quoted)
      special = special || literal->text.find_first_of("*?[{") != std::string::npos;
  structure_tilde(word);
  if (!special) return;
  std::vector<Part> built = Builder(word, braces).build();
  word.parts = std::move(built);
}

}  // namespace weir::shell
