#include "setup/toml_edit.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::setup {
namespace {

using Path = std::vector<std::string>;

bool blank(char c) {
  return c == ' ' || c == '\t';
}

bool bare_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | (point >> 6));
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | (point >> 12));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (point >> 18));
    out += static_cast<char>(0x80 | ((point >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  }
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
  }

  Result<std::vector<TomlItem>> read() {
    std::vector<TomlItem> items;
    std::size_t begin = 0;
    while (at_ < text_.size()) {
      TRY(TomlItem item, statement());
      item.begin = begin;
      item.end = begin = at_;
      items.push_back(std::move(item));
    }
    if (begin < at_) items.push_back({.begin = begin, .end = at_});  // nothing but a byte order mark
    return items;
  }

 private:
  bool done() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void skip_blanks() {
    while (blank(peek()))
      ++at_;
  }
  std::unexpected<Error> wrong(std::string what) const {
    const auto line =
        std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size())),
                   '\n') +
        1;
    return fail(std::move(what), "line " + std::to_string(line), "mend the TOML file first");
  }

  Result<TomlItem> statement() {
    TomlItem item;
    skip_blanks();
    if (peek() == '[') {
      item.kind = peek(1) == '[' ? TomlItem::Kind::table_array : TomlItem::Kind::table;
      const std::size_t brackets = item.kind == TomlItem::Kind::table_array ? 2 : 1;
      at_ += brackets;
      TRY(item.path, key());
      for (std::size_t i = 0; i < brackets; ++i, ++at_)
        if (peek() != ']') return wrong("a table header does not end in ]");
      table_ = item.path;
    } else if (!done() && peek() != '#' && peek() != '\n' && peek() != '\r') {
      item.kind = TomlItem::Kind::pair;
      TRY(Path own, key());
      if (peek() != '=') return wrong("a key has no value");
      ++at_;
      skip_blanks();
      const std::size_t begin = at_;
      TRY_STATUS(value(0));
      item.value = text_.substr(begin, at_ - begin);
      item.path = table_;
      item.path.insert(item.path.end(), own.begin(), own.end());
    }
    TRY_STATUS(end_of_line());
    return item;
  }

  Status end_of_line() {
    skip_blanks();
    if (peek() == '#')
      while (!done() && peek() != '\n')
        ++at_;
    if (peek() == '\r' && peek(1) == '\n') ++at_;
    if (done()) return {};
    if (peek() != '\n') return wrong("something stands behind a value");
    ++at_;
    return {};
  }

  // A dotted key, up to but not including what follows it.
  Result<Path> key() {
    Path path;
    while (true) {
      skip_blanks();
      std::string part;
      if (peek() == '"' || peek() == '\'') {
        if (peek(1) == peek() && peek(2) == peek()) return wrong("a key is written over several lines");
        TRY(part, string());
      } else {
        while (bare_key_char(peek()))
          part += text_[at_++];
        if (part.empty()) return wrong("a key is missing");
      }
      path.push_back(std::move(part));
      skip_blanks();
      if (peek() != '.') return path;
      ++at_;
      if (path.size() > limits::kJsonDepthMax) return wrong("a key has too many parts");
    }
  }

  Status value(std::size_t depth) {
    if (depth > limits::kJsonDepthMax) return wrong("values are nested too deeply");
    if (peek() == '"' || peek() == '\'') {
      TRY_STATUS(string());
      return {};
    }
    if (peek() == '[' || peek() == '{') return container(depth);
    const std::size_t begin = at_;
    while (!done() && std::string_view(",]}#\r\n").find(peek()) == std::string_view::npos)
      ++at_;
    while (at_ > begin && blank(text_[at_ - 1]))
      --at_;
    if (at_ == begin) return wrong("a value is missing");
    return {};
  }

  // An array or inline table. Line ends and comments are let through in both; TOML 1.1 allows them.
  Status container(std::size_t depth) {
    const bool table = peek() == '{';
    const char close = table ? '}' : ']';
    ++at_;
    while (true) {
      skip_blanks_and_lines();
      if (done()) return wrong("an array or inline table does not end");
      if (peek() == close) break;
      if (peek() == ',') {
        ++at_;
        continue;
      }
      if (table) {
        TRY(Path ignored, key());
        if (peek() != '=') return wrong("a key of an inline table has no value");
        ++at_;
        skip_blanks();
      }
      TRY_STATUS(value(depth + 1));
    }
    ++at_;
    return {};
  }

  void skip_blanks_and_lines() {
    while (!done()) {
      if (peek() == '#')
        while (!done() && peek() != '\n')
          ++at_;
      else if (blank(peek()) || peek() == '\n' || peek() == '\r')
        ++at_;
      else
        return;
    }
  }

  // A string of any of the four kinds, decoded.
  Result<std::string> string() {
    const char quote = peek();
    const bool many = peek(1) == quote && peek(2) == quote;
    at_ += many ? 3 : 1;
    std::string out;
    while (!done()) {
      if (peek() == quote && !many) {
        ++at_;
        return out;
      }
      if (peek() == quote && peek(1) == quote && peek(2) == quote) {
        at_ += 3;
        // Up to two quotes may stand before the closing three.
        for (int i = 0; i < 2 && peek() == quote; ++i)
          out += text_[at_++];
        return out;
      }
      if (peek() == '\n' && !many) break;
      if (peek() == '\\' && quote == '"') {
        TRY_STATUS(escape(out));
        continue;
      }
      out += text_[at_++];
    }
    return wrong("a string does not end");
  }

  Status escape(std::string& out) {
    static constexpr std::string_view kFrom = "btnfre\"\\";
    static constexpr std::string_view kTo = "\b\t\n\f\r\x1b\"\\";
    const char c = peek(1);
    at_ += 2;
    if (const auto known = kFrom.find(c); known != std::string_view::npos && c != '\0') {
      out += kTo[known];
      return {};
    }
    if (c == '\n' || c == '\r' || blank(c)) return {};  // a line that goes on; what it says is not needed
    const std::size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : c == 'x' ? 2 : 0;
    if (digits == 0) return wrong("a string has an unknown escape");
    std::uint32_t point = 0;
    for (std::size_t i = 0; i < digits; ++i, ++at_) {
      const auto digit = std::string_view("0123456789abcdef").find(to_lower_ascii(std::string(1, peek())));
      if (digit == std::string_view::npos) return wrong("an escape lacks hex digits");
      point = point * 16 + static_cast<std::uint32_t>(digit);
    }
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return wrong("an escape names no character");
    append_utf8(out, point);
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Path table_;
};

bool starts_with(const Path& path, const Path& prefix) {
  return path.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

Path state_path(const std::string& key) {
  return {"hooks", "state", key};
}

bool about(const TomlItem& item, const std::vector<std::string>& keys) {
  return item.kind != TomlItem::Kind::blank &&
         std::any_of(keys.begin(), keys.end(),
                     [&](const std::string& key) { return starts_with(item.path, state_path(key)); });
}

std::string without_keys(std::string_view text, const std::vector<TomlItem>& items,
                         const std::vector<std::string>& keys) {
  std::string out;
  for (const auto& item : items)
    if (!about(item, keys)) out.append(text.substr(item.begin, item.end - item.begin));
  return out;
}

std::optional<std::string> string_value(std::string_view value) {
  const auto items = toml_outline("[" + std::string(value) + "]\n");
  if (!items || items->size() != 1 || (*items)[0].path.size() != 1) return std::nullopt;
  return (*items)[0].path[0];
}

}  // namespace

std::string toml_quote(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

Result<std::vector<TomlItem>> toml_outline(std::string_view text) {
  if (text.size() > limits::kSettingsBytesMax)
    return fail(ErrorCode::limit,
                "the file is longer than " + std::to_string(limits::kSettingsBytesMax) + " bytes");
  return Reader(text).read();
}

Result<TextEdit> set_hook_trust(std::string_view text, const std::vector<HookTrust>& entries) {
  std::vector<std::string> keys;
  for (const auto& entry : entries)
    keys.push_back(entry.key);
  TRY(const auto items, toml_outline(text));
  for (const auto& item : items) {
    const bool closes = item.kind == TomlItem::Kind::pair &&
                        (item.path == Path{"hooks"} || item.path == Path{"hooks", "state"});
    const bool array = item.kind == TomlItem::Kind::table_array &&
                       (item.path == Path{"hooks"} || item.path == Path{"hooks", "state"});
    if (closes || array)
      return fail("\"hooks\" is written as one value, which cannot be added to", "hooks.state",
                  "write it as [hooks.state.\"…\"] tables");
  }
  TextEdit edit{.text = without_keys(text, items, keys)};
  const std::string newline = text.find("\r\n") != std::string_view::npos ? "\r\n" : "\n";
  std::string block = edit.text.empty() || edit.text.ends_with('\n') ? "" : newline;
  if (!edit.text.empty()) block += newline;
  block += "# Added by `weir init codex`: Codex runs these hooks because their hashes are known." + newline;
  for (const auto& entry : entries)
    block += "[hooks.state." + toml_quote(entry.key) + "]" + newline +
             "trusted_hash = " + toml_quote(entry.hash) + newline;
  edit.text += block;
  edit.segments.push_back(std::move(block));
  return edit;
}

Result<std::string> remove_hook_trust(std::string_view text, const std::vector<std::string>& segments,
                                      const std::vector<std::string>& keys) {
  std::string without(text);
  bool exact = !segments.empty();
  for (const auto& segment : segments) {
    const auto at = without.find(segment);
    exact = exact && !segment.empty() && at != std::string::npos &&
            without.find(segment, at + 1) == std::string::npos;
    if (exact) without.erase(at, segment.size());
  }
  if (exact) {
    const auto left = toml_outline(without);
    if (left &&
        std::none_of(left->begin(), left->end(), [&](const TomlItem& item) { return about(item, keys); }))
      return without;
  }
  TRY(const auto items, toml_outline(text));
  return without_keys(text, items, keys);
}

Result<CodexHookState> read_hook_state(std::string_view text) {
  TRY(const auto items, toml_outline(text));
  CodexHookState state;
  for (const auto& item : items) {
    if (item.kind != TomlItem::Kind::pair) continue;
    // codex_hooks is the older name of the same switch; 0.169 still obeys it.
    if ((item.path == Path{"features", "hooks"} || item.path == Path{"features", "codex_hooks"}) &&
        item.value == "false")
      state.hooks_feature_off = true;
    if (item.path == Path{"features"} && item.value.find("hooks") != std::string_view::npos &&
        item.value.find("false") != std::string_view::npos)
      state.hooks_feature_off = true;  // an inline table is not taken apart: rather a false alarm
    if (item.path.size() != 4 || item.path[0] != "hooks" || item.path[1] != "state") continue;
    if (item.path[3] == "trusted_hash")
      if (const auto hash = string_value(item.value)) state.trusted.push_back({item.path[2], *hash});
    if (item.path[3] == "enabled" && item.value == "false") state.disabled.push_back(item.path[2]);
  }
  return state;
}

}  // namespace weir::setup
