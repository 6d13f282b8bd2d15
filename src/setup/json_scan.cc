#include "setup/json_scan.h"

#include "base/json.h"

namespace weir::setup {
namespace {

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  JsonPlace value() {
    skip_blanks();
    JsonPlace place;
    place.begin = at_;
    if (peek() == '{' || peek() == '[') {
      place.kind = peek();
      container(place);
    } else if (peek() == '"') {
      string();
    } else {
      while (at_ < text_.size() && !blank(peek()) &&
             std::string_view(",]}").find(peek()) == std::string::npos)
        ++at_;
    }
    place.end = at_;
    CHECK(place.end > place.begin);
    return place;
  }

 private:
  char peek() const {
    CHECK(at_ < text_.size());
    return text_[at_];
  }
  void skip_blanks() {
    while (at_ < text_.size() && blank(text_[at_]))
      ++at_;
  }
  std::string_view string() {
    const std::size_t begin = at_++;
    while (peek() != '"')
      at_ += peek() == '\\' ? 2 : 1;
    ++at_;
    return text_.substr(begin, at_ - begin);
  }
  void container(JsonPlace& place) {
    const char close = place.kind == '{' ? '}' : ']';
    ++at_;
    for (skip_blanks(); peek() != close; skip_blanks()) {
      if (peek() == ',') {
        ++at_;
        continue;
      }
      JsonPlace::Entry entry;
      entry.begin = at_;
      if (place.kind == '{') {
        const auto key = parse_json(string());
        CHECK(key && key->is_string());
        entry.key = key->as_string();
        skip_blanks();
        CHECK(peek() == ':');
        ++at_;
      }
      entry.value = value();
      place.entries.push_back(std::move(entry));
    }
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// The end of the comment that starts at `at`, or `at` when none does.
std::size_t comment_end(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) == "//") {
    const auto end = text.find_first_of("\r\n", at);
    return end == std::string_view::npos ? text.size() : end;
  }
  if (text.substr(at, 2) == "/*") {
    const auto end = text.find("*/", at + 2);
    return end == std::string_view::npos ? at : end + 2;
  }
  return at;
}

}  // namespace

const JsonPlace* JsonPlace::find(std::string_view key) const {
  for (const auto& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

StrictText to_strict(std::string_view text) {
  StrictText strict{.text = std::string(text)};
  std::string& out = strict.text;
  if (text.starts_with("\xef\xbb\xbf")) out.replace(0, 3, "   ");
  std::size_t comma = std::string::npos;  // a comma after which only blanks and comments came
  for (std::size_t i = 0; i < out.size();) {
    if (const auto end = comment_end(out, i); end != i) {
      for (; i < end; ++i)
        if (!blank(out[i])) out[i] = ' ';
      strict.had_comments = true;
      continue;
    }
    const char c = out[i];
    if (c == '"') {
      for (++i; i < out.size() && out[i] != '"'; ++i)
        if (out[i] == '\\') ++i;
    }
    if ((c == ']' || c == '}') && comma != std::string::npos) {
      out[comma] = ' ';
      strict.had_comments = true;
      strict.commas.push_back(comma);
    }
    if (!blank(c)) comma = c == ',' ? i : std::string::npos;
    ++i;
  }
  return strict;
}

JsonPlace scan_json(std::string_view strict_text) {
  return Scanner(strict_text).value();
}

}  // namespace weir::setup
