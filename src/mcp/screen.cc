#include "mcp/screen.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace weir::mcp {
namespace {

constexpr std::size_t kWordBytesMin = 6;

// One character of valid UTF-8 from `at` on, which moves behind it; broken bytes count as U+FFFD.
char32_t next(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at++);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : -1;
  if (more < 0) return 0xfffd;
  char32_t code = lead & (0x3fU >> more);
  for (int i = 0; i < more; ++i) {
    if (at >= text.size() || (byte(at) & 0xc0U) != 0x80) return 0xfffd;
    code = code << 6 | (byte(at++) & 0x3fU);
  }
  return code;
}

bool is_sign(char32_t c) {
  return (c >= 0x2190 && c <= 0x2bff) || (c >= 0x1f000 && c <= 0x1faff) || c == 0xa9 || c == 0xae ||
         (c >= 0x203c && c <= 0x2049) || (c >= '0' && c <= '9') || c == '#' || c == '*' || c == 0x2122 ||
         c == 0x2139 || (c >= 0x3030 && c <= 0x303d) || c == 0x3297 || c == 0x3299;
}

// Scripts in which U+200C and U+200D shape letters: Arabic and its neighbours, those of India and South-East
// Asia.
bool needs_joiners(char32_t c) {
  return (c >= 0x600 && c <= 0x8ff) || (c >= 0x900 && c <= 0xdff) || (c >= 0x1000 && c <= 0x109f) ||
         (c >= 0x1780 && c <= 0x17ff) || (c >= 0x1800 && c <= 0x18af) || (c >= 0xfb50 && c <= 0xfdff) ||
         (c >= 0xfe70 && c <= 0xfefc);
}

bool never_shown(char32_t c) {
  if (c < 0x20) return c != '\t' && c != '\n' && c != '\r';
  return c == 0x7f || (c >= 0x80 && c <= 0x9f) || c == 0xad || c == 0x34f || c == 0x61c || c == 0x115f ||
         c == 0x1160 || c == 0x17b4 || c == 0x17b5 || c == 0x180e || c == 0x200b || c == 0x200e ||
         c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0x3164 ||
         c == 0xffa0 || (c >= 0xfff0 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

// A byte order mark at the very beginning is how some programs write files.
bool is_mark(char32_t c, std::size_t index) {
  return c == 0xfeff && index == 0;
}

struct Pair {
  char32_t from;
  std::string_view to;
};
// Letters that people take for Latin ones (Unicode UTS 39, confusables; those of running fonts).
constexpr Pair kConfusables[] = {
    {0x430, "a"}, {0x435, "e"}, {0x456, "i"}, {0x458, "j"}, {0x43e, "o"}, {0x440, "p"}, {0x441, "c"},
    {0x443, "y"}, {0x445, "x"}, {0x455, "s"}, {0x4bb, "h"}, {0x501, "d"}, {0x51b, "q"}, {0x51d, "w"},
    {0x410, "a"}, {0x412, "b"}, {0x415, "e"}, {0x406, "i"}, {0x408, "j"}, {0x41a, "k"}, {0x41c, "m"},
    {0x41d, "h"}, {0x41e, "o"}, {0x420, "p"}, {0x421, "c"}, {0x422, "t"}, {0x425, "x"}, {0x405, "s"},
    {0x3b1, "a"}, {0x3b5, "e"}, {0x3b9, "i"}, {0x3ba, "k"}, {0x3bd, "v"}, {0x3bf, "o"}, {0x3c1, "p"},
    {0x3c4, "t"}, {0x3c5, "u"}, {0x3c7, "x"}, {0x391, "a"}, {0x392, "b"}, {0x395, "e"}, {0x397, "h"},
    {0x399, "i"}, {0x39a, "k"}, {0x39c, "m"}, {0x39d, "n"}, {0x39f, "o"}, {0x3a1, "p"}, {0x3a4, "t"},
    {0x3a7, "x"}, {0x39b, "a"}, {0x131, "i"}, {0x261, "g"}, {0x585, "o"}, {0x57d, "u"}, {0x578, "n"},
};

void add_plain(std::string& out, char32_t c) {
  if (c >= 0xff01 && c <= 0xff5e) c -= 0xfee0;  // full width
  if (c >= 'A' && c <= 'Z') c |= 0x20;
  if (c == '-' || c == '_' || c == '.' || c == ' ' || c == '/' || never_shown(c) || c == 0x200c ||
      c == 0x200d)
    return;
  if (c == '0') c = 'o';
  if (c == '1' || c == 'l' || c == '|') c = 'i';
  for (const auto& pair : kConfusables)
    if (pair.from == c) {
      for (const char letter : pair.to)
        out += letter == 'l' ? 'i' : letter;
      return;
    }
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else {
    for (int shift = 24; shift >= 0; shift -= 8)  // four bytes: only to be compared
      out += static_cast<char>(c >> shift & 0xff);
  }
}

bool in_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool names_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !in_word(text[at - 1]);
    const std::size_t end = at + word.size();
    if (begins && (end == text.size() || !in_word(text[end]))) return true;
  }
  return false;
}

void collect(const Json& value, std::string& text) {
  if (value.is_string()) {
    text += value.as_string();
    text += '\n';
  } else if (value.is_array()) {
    for (const auto& item : value.as_array())
      collect(item, text);
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.as_object())
      collect(member, text);
  }
}

}  // namespace

bool hidden_text(std::string_view utf8) {
  char32_t before = 0;
  std::size_t index = 0;
  for (std::size_t at = 0; at < utf8.size(); ++index) {
    const char32_t c = next(utf8, at);
    if (c == 0xfe0f || c == 0xfe0e) {
      if (!is_sign(before)) return true;
      continue;  // what joins signs stands behind it
    }
    if (c == 0x200d || c == 0x200c) {
      if (!is_sign(before) && !needs_joiners(before)) return true;
      continue;
    }
    if ((c >= 0xfe00 && c <= 0xfe0d) || (c == 0xfeff && !is_mark(c, index)) || never_shown(c)) return true;
    before = c;
  }
  return false;
}

bool hidden_text_in(const Json& value) {
  if (value.is_string()) return hidden_text(value.as_string());
  if (value.is_array())
    return std::ranges::any_of(value.as_array(), [](const Json& item) { return hidden_text_in(item); });
  if (value.is_object())
    return std::ranges::any_of(value.as_object(), [](const auto& member) {
      return hidden_text(member.first) || hidden_text_in(member.second);
    });
  return false;
}

std::string skeleton(std::string_view name) {
  std::string plain;
  for (std::size_t at = 0; at < name.size();)
    add_plain(plain, next(name, at));
  std::string out;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] == 'r' && i + 1 < plain.size() && plain[i + 1] == 'n') {
      out += 'm';
      ++i;
    } else {
      out += plain[i];
    }
  }
  return out;
}

bool mistaken_for(std::string_view a, std::string_view b) {
  const auto plain = [](std::string_view name) {
    std::string out;
    for (char c : name)
      if (c != '-' && c != '_' && c != '.' && c != ' ' && c != '/')
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    return out;
  };
  return skeleton(a) == skeleton(b) && plain(a) != plain(b);
}

std::string names_other(const Json& descriptor, const std::vector<Elsewhere>& others,
                        const std::set<std::string>& own) {
  std::string text;
  collect(descriptor["description"], text);
  collect(descriptor["inputSchema"], text);
  collect(descriptor["title"], text);
  for (const auto& other : others)
    for (const auto& tool : other.tools) {
      if (tool.size() < kWordBytesMin || own.contains(tool)) continue;
      // An everyday word is no name: those of tools are put together.
      if (tool.find_first_of("_-") == std::string::npos &&
          std::ranges::none_of(tool, [](char c) { return c >= 'A' && c <= 'Z'; }))
        continue;
      if (names_word(text, tool)) return other.server;
    }
  return {};
}

}  // namespace weir::mcp
