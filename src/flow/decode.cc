#include "flow/decode.h"

#include <algorithm>
#include <array>
#include <functional>
#include <unordered_set>

#include "base/bytes.h"
#include "base/limits.h"
#include "flow/characters.h"

namespace weir::flow {
namespace {

constexpr std::size_t kDepth = 3;
constexpr std::size_t kTextsMax = 1024;
constexpr std::size_t kRunMin = 12;  // characters of base64 or hex that are looked at

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The number in the digits at `at`, at least `least` and at most `most` of them; -1 when there are fewer.
std::int64_t number(std::string_view text, std::size_t& at, std::size_t least, std::size_t most, int base) {
  std::int64_t value = 0;
  std::size_t digits = 0;
  for (; digits < most && at < text.size(); ++at, ++digits) {
    const int digit = hex_digit(text[at]);
    if (digit < 0 || digit >= base) break;
    value = value * base + digit;
  }
  return digits < least ? -1 : value;
}

// Each undoes one character at `at` of the line, which is then behind it; false where none is encoded.
using Undo = bool (*)(std::string_view line, std::size_t& at, std::string& out);

bool undo_escape(std::string_view line, std::size_t& at, std::string& out) {
  constexpr std::string_view kNames = "nrtbf\"'/\\";
  constexpr std::string_view kMeanings = "\n\r\t\b\f\"'/\\";
  if (line[at] != '\\' || at + 1 >= line.size()) return false;
  const char name = line[at + 1];
  if (const std::size_t i = kNames.find(name); i != std::string_view::npos) {
    out += kMeanings[i];
    at += 2;
    return true;
  }
  std::size_t next = at + (name >= '0' && name <= '7' ? 1 : 2);
  std::int64_t code = -1;
  if (name == 'x')
    code = number(line, next, 2, 2, 16);
  else if (name == 'u' && next < line.size() && line[next] == '{' && ++next < line.size())
    code = number(line, next, 1, 6, 16), next += code >= 0 ? 1 : 0;
  else if (name == 'u')
    code = number(line, next, 4, 4, 16);
  else if (name == 'U')
    code = number(line, next, 8, 8, 16);
  else if (name >= '0' && name <= '7')
    code = number(line, next, 3, 3, 8);
  if (code < 0) return false;
  if (code >= 0xD800 && code < 0xDC00 && line.substr(std::min(next, line.size())).starts_with("\\u")) {
    std::size_t after = next + 2;
    const std::int64_t low = number(line, after, 4, 4, 16);
    if (low >= 0xDC00 && low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      next = after;
    }
  }
  if (name == 'x' || (name >= '0' && name <= '7'))
    out += static_cast<char>(code & 0xFF);  // bytes, which together may be UTF-8
  else
    append_utf8(out, static_cast<char32_t>(code));
  at = std::min(next, line.size());
  return true;
}

bool undo_percent(std::string_view line, std::size_t& at, std::string& out) {
  if (line[at] != '%') return false;
  std::size_t next = at + 1;
  const std::int64_t byte = number(line, next, 2, 2, 16);
  if (byte < 0) return false;
  out += static_cast<char>(byte);
  at = next;
  return true;
}

bool undo_entity(std::string_view line, std::size_t& at, std::string& out) {
  struct Entity {
    std::string_view name;
    std::string_view text;
  };
  // The ones that stand for signs of addresses, paths and markup (HTML 13.5).
  constexpr std::array<Entity, 18> kEntities = {{{"amp;", "&"},
                                                 {"lt;", "<"},
                                                 {"gt;", ">"},
                                                 {"quot;", "\""},
                                                 {"apos;", "'"},
                                                 {"nbsp;", " "},
                                                 {"commat;", "@"},
                                                 {"period;", "."},
                                                 {"colon;", ":"},
                                                 {"sol;", "/"},
                                                 {"bsol;", "\\"},
                                                 {"num;", "#"},
                                                 {"quest;", "?"},
                                                 {"equals;", "="},
                                                 {"lowbar;", "_"},
                                                 {"hyphen;", "-"},
                                                 {"dollar;", "$"},
                                                 {"shy;", ""}}};
  if (line[at] != '&') return false;
  const std::string_view rest = line.substr(at + 1);
  for (const Entity& entity : kEntities)
    if (rest.starts_with(entity.name)) {
      out += entity.text;
      at += 1 + entity.name.size();
      return true;
    }
  if (!rest.starts_with('#')) return false;
  const bool hex = rest.size() > 1 && (rest[1] | 0x20) == 'x';
  std::size_t next = at + (hex ? 3 : 2);
  const std::int64_t code = number(line, next, 1, 8, hex ? 16 : 10);
  if (code < 0) return false;
  append_utf8(out, static_cast<char32_t>(std::min<std::int64_t>(code, 0x110000)));
  at = next < line.size() && line[next] == ';' ? next + 1 : next;
  return true;
}

// U+E0020 .. U+E007E spell ASCII and are not seen.
bool undo_tag(std::string_view line, std::size_t& at, std::string& out) {
  if (line[at] != '\xF3') return false;
  const Character c = character_at(line, at);
  if (c.code < 0xE0000 || c.code > 0xE007F) return false;
  if (c.code >= 0xE0020 && c.code < 0xE007F) out += static_cast<char>(c.code - 0xE0000);
  at += c.size;
  return true;
}

// The lines of a text in which something was undone.
std::string opened_lines(std::string_view text, char sign, Undo undo) {
  std::string out;
  for (std::size_t found = text.find(sign); found != std::string_view::npos;) {
    const std::size_t before = text.rfind('\n', found);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::size_t end = std::min(text.find('\n', found), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const std::size_t kept = out.size();
    bool any = false;
    for (std::size_t at = 0; at < line.size();)
      if (undo(line, at, out))
        any = true;
      else
        out += line[at++];
    if (any)
      out += '\n';
    else
      out.resize(kept);
    found = end < text.size() ? text.find(sign, end + 1) : std::string_view::npos;
  }
  if (!out.empty()) out.pop_back();
  return out;
}

// Whether bytes are text that somebody wrote: UTF-8 without controls.
bool is_text(std::string_view bytes) {
  return !bytes.empty() && valid_utf8(bytes) && std::ranges::none_of(bytes, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7F || (byte < 0x20 && c != '\n' && c != '\t' && c != '\r');
  });
}

// UTF-16, low byte first, of ASCII: as PowerShell's encoded commands are.
std::string narrowed(std::string bytes) {
  if (bytes.size() < 8 || bytes.size() % 2 != 0) return bytes;
  for (std::size_t i = 1; i < bytes.size(); i += 2)
    if (bytes[i] != '\0') return bytes;
  for (std::size_t i = 0; i < bytes.size(); i += 2)
    bytes[i / 2] = bytes[i];
  bytes.resize(bytes.size() / 2);
  return bytes;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

// Both alphabets of RFC 4648, line breaks and missing padding allowed.
std::string base64_bytes(std::string_view run) {
  std::string out;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : run) {
    const int digit = base64_digit(c);
    if (digit < 0) continue;
    group = group << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(group >> bits & 0xFF);
  }
  return out;
}

// The text in a run of base64, which may begin up to three characters late. Most runs are words or digests,
// and their first bytes show it.
std::string base64_text(std::string_view run) {
  constexpr std::size_t kLook = 16;
  constexpr std::size_t kLateMin = 24;  // shorter runs decode to three letters by chance too often
  for (std::size_t late = 0; late < 4 && (late == 0 || run.size() >= kLateMin + late); ++late) {
    const std::string_view part = run.substr(late);
    const std::string first = base64_bytes(part.substr(0, kLook));
    const bool control = std::ranges::any_of(first, [](char c) { return c > '\0' && c < '\t'; });
    if (control) continue;
    std::string bytes = narrowed(base64_bytes(part));
    if (is_text(bytes)) return bytes;
  }
  return {};
}

// Where a run of base64 that begins at `at` ends; full lines of it belong together (RFC 2045: 76 characters).
std::size_t base64_end(std::string_view text, std::size_t at) {
  constexpr std::size_t kLineMin = 60;
  std::size_t line = at;
  for (; at < text.size(); ++at) {
    if (base64_digit(text[at]) >= 0) continue;
    const std::size_t next = text[at] == '\r' && at + 1 < text.size() ? at + 1 : at;
    if (text[next] != '\n' || at - line < kLineMin || next + 1 >= text.size() ||
        base64_digit(text[next + 1]) < 0)
      break;
    line = next + 1;
    at = next;
  }
  return at;
}

using Take = std::function<void(std::string)>;

void open_base64(std::string_view text, const Take& take) {
  for (std::size_t at = 0; at < text.size();) {
    if (base64_digit(text[at]) < 0) {
      ++at;
      continue;
    }
    const std::size_t end = base64_end(text, at);
    std::string_view run = text.substr(at, end - at);
    at = end;
    if (run.size() < kRunMin) continue;
    if (std::string whole = base64_text(run); !whole.empty()) {
      take(std::move(whole));
      continue;
    }
    // A path or a name with base64 in it: its parts.
    while (!run.empty()) {
      const std::size_t stop = std::min(run.find_first_of("/-_+"), run.size());
      if (stop >= kRunMin && stop < end)
        if (std::string part = base64_text(run.substr(0, stop)); !part.empty()) take(std::move(part));
      run.remove_prefix(std::min(stop + 1, run.size()));
    }
  }
}

// Pairs of hexadecimal digits, one after the other or with one sign between them: 68656c, 68 65 6c, 68:65:6c.
void open_hex(std::string_view text, const Take& take) {
  for (std::size_t at = 0; at + kRunMin <= text.size();) {
    const bool begins = hex_digit(text[at]) >= 0 && (at == 0 || hex_digit(text[at - 1]) < 0);
    if (!begins || hex_digit(text[at + 1]) < 0) {
      ++at;
      continue;
    }
    const char between = text[at + 2];
    const bool apart = std::string_view(" :,-").contains(between);
    const std::size_t step = apart ? 3 : 2;
    std::string bytes;
    std::size_t end = at;
    while (end + 1 < text.size() && hex_digit(text[end]) >= 0 && hex_digit(text[end + 1]) >= 0) {
      bytes += static_cast<char>(hex_digit(text[end]) << 4 | hex_digit(text[end + 1]));
      end += 2;
      if (!apart) continue;
      if (end >= text.size() || text[end] != between) break;
      ++end;
    }
    if (bytes.size() * 2 >= kRunMin && is_text(bytes = narrowed(std::move(bytes)))) take(std::move(bytes));
    at = std::max(end, at + step);
  }
}

// What has been opened, breadth first.
class Layers {
 public:
  explicit Layers(std::string_view text) { seen_.insert(std::hash<std::string_view>()(text)); }

  void open(std::string_view text) {
    const Take take = [&](std::string opened) { add(std::move(opened)); };
    add(opened_lines(text, '\\', undo_escape));
    add(opened_lines(text, '%', undo_percent));
    add(opened_lines(text, '&', undo_entity));
    add(opened_lines(text, '\xF3', undo_tag));
    open_base64(text, take);
    open_hex(text, take);
  }

  std::vector<std::string> texts;

 private:
  void add(std::string text) {
    if (text.empty() || texts.size() >= kTextsMax || bytes_ + text.size() > limits::kFlowDecodedMax) return;
    if (!seen_.insert(std::hash<std::string_view>()(text)).second) return;
    bytes_ += text.size();
    texts.push_back(std::move(text));
  }

  std::unordered_set<std::size_t> seen_;
  std::size_t bytes_ = 0;
};

}  // namespace

std::vector<std::string> undressed(std::string_view text) {
  Layers layers(text);
  layers.open(text);
  std::size_t next = 0;
  for (std::size_t depth = 1; depth < kDepth; ++depth)
    for (const std::size_t end = layers.texts.size(); next < end; ++next)
      layers.open(std::string(layers.texts[next]));
  return std::move(layers.texts);
}

}  // namespace weir::flow
