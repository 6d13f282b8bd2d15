#include "shell/code_fold.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/decode.h"
#include "shell/parser.h"

namespace weir::shell {
namespace {

constexpr int kDepthMax = 24;
constexpr std::size_t kItemsMax = 4096;
constexpr std::size_t kStepsMax = 30'000;  // terms read in one piece of code, comprehensions included

bool name_char(char c) {
  return is_name_char(c);
}

std::string reversed(std::string_view text) {
  return {text.rbegin(), text.rend()};
}

// A UTF-8 character of a code point; bytes above 127 as they are, since what is hidden is ASCII.
std::string character(std::int64_t code) {
  return code >= 0 && code < 256 ? std::string(1, static_cast<char>(code)) : std::string("?");
}

// What an encoding's name asks for: "base64", "hex", "m" (Ruby), "H*" (Perl).
std::optional<std::string> decode_named(std::string_view encoding, std::string_view text) {
  if (encoding == "base64" || encoding == "base64_codec" || encoding == "m" || encoding == "m0" ||
      encoding == "u")
    return decode_base64(text);
  if (encoding == "hex" || encoding == "H*" || encoding == "hex_codec") return decode_hex(text);
  if (encoding == "rot13" || encoding == "rot_13") return decode_rot13(text);
  if (encoding == "zlib" || encoding == "gzip") return inflate_bytes(text);
  return std::nullopt;
}

struct Decoder {
  std::string_view name;
  std::optional<std::string> (*decode)(std::string_view);
};
constexpr Decoder kDecoders[] = {{"b64decode", decode_base64},
                                 {"standard_b64decode", decode_base64},
                                 {"urlsafe_b64decode", decode_base64},
                                 {"decodebytes", decode_base64},
                                 {"decode_base64", decode_base64},
                                 {"base64_decode", decode_base64},
                                 {"decode64", decode_base64},
                                 {"strict_decode64", decode_base64},
                                 {"atob", decode_base64},
                                 {"b32decode", decode_base32},
                                 {"fromhex", decode_hex},
                                 {"unhexlify", decode_hex},
                                 {"a2b_hex", decode_hex},
                                 {"b16decode", decode_hex},
                                 {"hex2bin", decode_hex},
                                 {"unquote", decode_percent},
                                 {"unquote_plus", decode_percent},
                                 {"urldecode", decode_percent},
                                 {"rawurldecode", decode_percent},
                                 {"decodeURIComponent", decode_percent},
                                 {"uri_unescape", decode_percent},
                                 {"unescape", decode_percent},
                                 {"str_rot13", decode_rot13},
                                 {"decompress", inflate_bytes},
                                 {"gzinflate", inflate_bytes},
                                 {"gzuncompress", inflate_bytes},
                                 {"gzdecode", inflate_bytes},
                                 {"gunzipSync", inflate_bytes},
                                 {"inflateSync", inflate_bytes}};

// How programs spell the home directory inside a string: "$ENV{HOME}/x", `${os.homedir()}/x`.
std::string with_home(std::string text) {
  static constexpr std::string_view kSpellings[] = {
      "$ENV{HOME}",       "$ENV{'HOME'}",    "#{Dir.home}",         "#{ENV['HOME']}",
      "#{ENV[\"HOME\"]}", "${os.homedir()}", "${process.env.HOME}", "{$_SERVER['HOME']}"};
  if (text.find('{') == std::string::npos) return text;
  for (const std::string_view spelling : kSpellings)
    for (auto at = text.find(spelling); at != std::string::npos; at = text.find(spelling))
      text.replace(at, spelling.size(), "~");
  return text;
}

// Expressions that are the home directory: os.environ["HOME"], ENV['HOME'], $ENV{HOME}, process.env.HOME,
// Path.home(). The length of the one that `code` begins with, or 0.
std::size_t home_expression(std::string_view code) {
  static constexpr std::string_view kExpressions[] = {"process.env.HOME",
                                                      "process.env['HOME']",
                                                      "process.env[\"HOME\"]",
                                                      "os.environ['HOME']",
                                                      "os.environ[\"HOME\"]",
                                                      "environ['HOME']",
                                                      "environ[\"HOME\"]",
                                                      "os.environ.get('HOME')",
                                                      "os.environ.get(\"HOME\")",
                                                      "os.getenv('HOME')",
                                                      "os.getenv(\"HOME\")",
                                                      "getenv('HOME')",
                                                      "getenv(\"HOME\")",
                                                      "$_SERVER['HOME']",
                                                      "ENV['HOME']",
                                                      "ENV[\"HOME\"]",
                                                      "ENV.fetch('HOME')",
                                                      "ENV.fetch(\"HOME\")",
                                                      "$ENV{HOME}",
                                                      "$ENV{'HOME'}",
                                                      "Dir.home",
                                                      "Path.home()",
                                                      "pathlib.Path.home()",
                                                      "os.homedir()",
                                                      "require('os').homedir()",
                                                      "require(\"os\").homedir()"};
  for (const std::string_view expression : kExpressions)
    if (code.starts_with(expression) &&
        (code.size() == expression.size() || !is_name_char(code[expression.size()])))
      return expression.size();
  return 0;
}

}  // namespace

CodeFolder::Value CodeFolder::of(std::string text) {
  Value value;
  value.text = std::move(text);
  return value;
}

void CodeFolder::blanks(std::size_t& at) const {
  while (at < code_.size() && (code_[at] == ' ' || code_[at] == '\t' || code_[at] == '\n'))
    ++at;
}

std::string CodeFolder::literal(std::size_t& at) const {
  const char quote = code_[at++];
  const bool triple = language_ == "python" && code_.substr(at).starts_with(std::string(2, quote));
  if (triple) at += 2;
  const std::string end(triple ? 3 : 1, quote);
  // Single quotes of Perl, Ruby and PHP keep all escapes but \\ and \'.
  const bool plain = quote == '\'' && (language_ == "perl" || language_ == "ruby" || language_ == "php");
  std::string out;
  while (at < code_.size() && !code_.substr(at).starts_with(end)) {
    if (code_[at] != '\\' || at + 1 >= code_.size()) {
      out += code_[at++];
      continue;
    }
    const char next = code_[at + 1];
    if (plain || std::string_view("abefnrtvxuU01234567").find(next) == std::string_view::npos) {
      if (plain && next != '\'' && next != '\\') out += '\\';
      if (next != '\n') out += next;
      at += 2;
      continue;
    }
    std::size_t length = 2;
    while (length < 10 && at + length < code_.size() && name_char(code_[at + length]) && next != 'n' &&
           next != 't')
      ++length;
    // \x41, \101, \u0041 take their own digits; what follows is text again.
    const std::size_t digits = next == 'x' ? 2 : next == 'u' ? 4 : next == 'U' ? 8 : 2;
    const bool numeric = next == 'x' || next == 'u' || next == 'U' || (next >= '0' && next <= '7');
    length = numeric ? std::min(length, 2 + digits) : 2;
    out += decode_ansi_escapes(code_.substr(at, length));
    at += length;
  }
  at = std::min(code_.size(), at + end.size());
  return plain || (quote == '\'' && language_ != "python") ? out : with_home(std::move(out));
}

std::optional<std::string> CodeFolder::text(std::size_t& at) {
  std::size_t moved = at;
  const Maybe value = expression(moved, 0);
  if (!value || value->kind != Value::Kind::text || value->text.size() > limits::kShellValueBytesMax)
    return std::nullopt;
  at = moved;
  return value->text;
}

bool CodeFolder::assignment(std::size_t at) {
  if (at < code_.size() && (code_[at] == '$' || code_[at] == '@')) ++at;
  const std::size_t begin = at;
  while (at < code_.size() && name_char(code_[at]))
    ++at;
  const std::string name(code_.substr(begin, at - begin));
  blanks(at);
  if (name.empty() || at + 1 >= code_.size() || code_[at] != '=' || code_[at + 1] == '=' ||
      code_[at + 1] == '~')
    return false;
  ++at;
  Maybe value = expression(at, 0);
  if (!value || variables_.size() > 256) {
    variables_.erase(name);
    return false;
  }
  variables_[name] = std::move(*value);
  return true;
}

CodeFolder::Maybe CodeFolder::expression(std::size_t& at, int depth) {
  if (depth > kDepthMax) return std::nullopt;
  Maybe left = term(at, depth + 1);
  while (left) {
    std::size_t next = at;
    blanks(next);
    const std::string_view rest = code_.substr(std::min(next, code_.size()));
    const bool dots =
        language_ == "perl" || language_ == "php" || language_ == "lua" || language_ == "script";
    std::size_t length = 0;
    if (rest.starts_with("+") && !rest.starts_with("++") && !rest.starts_with("+=")) length = 1;
    if (dots && rest.starts_with(".."))
      length = 2;
    else if (dots && rest.starts_with(".") && !rest.starts_with(".="))
      length = 1;
    // pathlib: Path.home() / "x"
    const bool path = language_ == "python" && rest.starts_with("/") && !rest.starts_with("//") &&
                      left->kind == Value::Kind::text;
    if (path) length = 1;
    // Literals side by side are one in Python and awk.
    const bool beside = (language_ == "python" || language_ == "awk") && !rest.empty() &&
                        (rest[0] == '\'' || rest[0] == '"') && left->kind == Value::Kind::text;
    if (length == 0 && !beside) break;
    next += length;
    const Maybe right = term(next, depth + 1);
    if (!right || right->kind == Value::Kind::list || left->kind == Value::Kind::list) return std::nullopt;
    if (left->kind == Value::Kind::number && right->kind == Value::Kind::number) {
      left->number += right->number;
    } else if (left->kind != right->kind || left->text.size() > limits::kShellValueBytesMax) {
      return std::nullopt;
    } else {
      left->text += (path ? "/" : "") + right->text;
    }
    at = next;
  }
  return left;
}

CodeFolder::Maybe CodeFolder::term(std::size_t& at, int depth) {
  if (depth > kDepthMax || ++steps_ > kStepsMax) return std::nullopt;
  blanks(at);
  if (at >= code_.size()) return std::nullopt;
  const char c = code_[at];
  const bool prefixed = language_ == "python" && at + 1 < code_.size() &&
                        (code_[at + 1] == '\'' || code_[at + 1] == '"') && (c == 'b' || c == 'u' || c == 'r');
  if (prefixed) ++at;
  if (prefixed || c == '\'' || c == '"' || (c == '`' && language_ == "node"))
    return postfix(at, depth, of(literal(at)));
  if (c >= '0' && c <= '9') {
    Value value;
    value.kind = Value::Kind::number;
    const bool hex = code_.substr(at).starts_with("0x");
    at += hex ? 2 : 0;
    for (; at < code_.size() && (name_char(code_[at])); ++at) {
      const auto digit = decode_hex(std::string("0") + code_[at]);
      if (!digit || value.number > (1 << 24)) return std::nullopt;
      value.number = value.number * (hex ? 16 : 10) + static_cast<unsigned char>((*digit)[0]);
    }
    return value;
  }
  if (c == '(') {
    ++at;
    Maybe value = list(at, depth, ')');
    if (value && value->items.size() == 1) return postfix(at, depth, Value(value->items[0]));
    return value ? postfix(at, depth, std::move(*value)) : std::nullopt;
  }
  if (c == '[') {
    ++at;
    Maybe value = list(at, depth, ']');
    return value ? postfix(at, depth, std::move(*value)) : std::nullopt;
  }
  if (const std::size_t length = home_expression(code_.substr(at)); length > 0) {
    at += length;
    return postfix(at, depth, of("~"));
  }
  if (c == '$' || c == '@' || name_char(c)) return named(at, depth);
  return std::nullopt;
}

// Items up to `close`. A Python comprehension `f(c) for c in LIST` applies f to each item.
CodeFolder::Maybe CodeFolder::list(std::size_t& at, int depth, char close) {
  Value out;
  out.kind = Value::Kind::list;
  const std::size_t begin = at;
  while (at < code_.size() && out.items.size() < kItemsMax) {
    blanks(at);
    if (at < code_.size() && code_[at] == close) {
      ++at;
      return out;
    }
    const std::string_view ahead = code_.substr(at, 256);
    const auto loop = ahead.find(" for ") == std::string_view::npos ? ahead.npos : at + ahead.find(" for ");
    const std::string_view before = code_.substr(begin, loop == std::string_view::npos ? 0 : loop - begin);
    const auto count = [&](char c) { return std::count(before.begin(), before.end(), c); };
    const bool own = count('(') == count(')') && count('[') == count(']');
    const auto comma = std::min(ahead.find_first_of(",]"), ahead.size()) + at;
    if (language_ == "python" && own && out.items.empty() && loop < comma && loop - begin < 64) {
      std::size_t name = loop + 5;
      while (name < code_.size() && name_char(code_[name]))
        ++name;
      const std::string variable(code_.substr(loop + 5, name - loop - 5));
      if (!code_.substr(name).starts_with(" in ")) return std::nullopt;
      name += 4;
      const Maybe items = expression(name, depth + 1);
      if (!items || items->kind != Value::Kind::list) return std::nullopt;
      for (const Value& item : items->items) {
        variables_[variable] = item;
        std::size_t from = begin;
        Maybe value = expression(from, depth + 1);
        if (!value) return std::nullopt;
        out.items.push_back(std::move(*value));
      }
      at = name;
      continue;
    }
    Maybe value = expression(at, depth + 1);
    if (!value) return std::nullopt;
    out.items.push_back(std::move(*value));
    blanks(at);
    if (at < code_.size() && code_[at] == ',') ++at;
  }
  return std::nullopt;
}

std::optional<std::vector<CodeFolder::Value>> CodeFolder::arguments(std::size_t& at, int depth) {
  if (at >= code_.size() || code_[at] != '(') return std::nullopt;
  ++at;
  Maybe items = list(at, depth + 1, ')');
  if (!items) return std::nullopt;
  return std::move(items->items);
}

// A variable, or a call by a dotted name of which the last part counts.
CodeFolder::Maybe CodeFolder::named(std::size_t& at, int depth) {
  if (code_[at] == '$' || code_[at] == '@') ++at;
  const std::size_t begin = at;
  std::size_t last = at;
  while (at < code_.size() && (name_char(code_[at]) ||
                               (code_[at] == '.' && at + 1 < code_.size() && is_name_start(code_[at + 1])) ||
                               code_.substr(at).starts_with("::"))) {
    if (!name_char(code_[at])) {
      // A value that is known ends here: what follows are its methods.
      if (variables_.contains(code_.substr(begin, at - begin))) break;
      last = at + (code_[at] == ':' ? 2 : 1);
      at = last;
      continue;
    }
    ++at;
  }
  const std::string_view whole = code_.substr(begin, at - begin);
  const std::string_view name = code_.substr(last, at - last);
  if (const auto known = variables_.find(whole); known != variables_.end())
    return postfix(at, depth, known->second);
  std::size_t next = at;
  blanks(next);
  if (next < code_.size() && code_[next] == '(') {
    at = next;
    if (name == "map") {
      // map(chr, LIST)
      const auto comma = code_.find(',', at);
      if (comma == std::string_view::npos || trim(code_.substr(at + 1, comma - at - 1)) != "chr")
        return std::nullopt;
      at = comma + 1;
      Maybe items = list(at, depth + 1, ')');
      if (!items || items->items.size() != 1 || items->items[0].kind != Value::Kind::list)
        return std::nullopt;
      Value out;
      out.kind = Value::Kind::list;
      for (const Value& item : items->items[0].items)
        out.items.push_back(of(character(item.number)));
      return out;
    }
    auto given = arguments(at, depth);
    if (!given) return std::nullopt;
    const bool of_path =
        whole.ends_with("path.join") || whole.ends_with("path.resolve") || whole == "File.join";
    Maybe value = call(whole.ends_with("Buffer.from") ? "Buffer.from"
                       : of_path                      ? "path.join"
                                                      : name,
                       std::move(*given));
    return value ? postfix(at, depth, std::move(*value)) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> CodeFolder::joined(const Value& list, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (list.items[i].kind != Value::Kind::text || out.size() > limits::kShellValueBytesMax)
      return std::nullopt;
    if (i > 0) out += separator;
    out += list.items[i].text;
  }
  return out;
}

CodeFolder::Maybe CodeFolder::call(std::string_view name, std::vector<Value> given) const {
  const auto from = [](std::optional<std::string> text) {
    return text ? Maybe(of(std::move(*text))) : std::nullopt;
  };
  if (given.empty()) return std::nullopt;
  const Value& first = given[0];
  if (name == "chr" || name == "fromCharCode" || name == "fromCodePoint" || name == "char") {
    std::string out;
    for (const Value& one : given)
      out += character(one.kind == Value::Kind::number ? one.number : -1);
    return of(std::move(out));
  }
  if ((name == "bytes" || name == "bytearray") && first.kind == Value::Kind::list) {
    std::string out;
    for (const Value& one : first.items)
      out += character(one.kind == Value::Kind::number ? one.number : -1);
    return of(std::move(out));
  }
  const bool text = first.kind == Value::Kind::text;
  if (name == "path.join") {
    Value parts;
    parts.items = given;
    return from(joined(parts, "/"));
  }
  if (name == "join" || name == "implode") {
    if (!text) return std::nullopt;
    Value items;
    items.kind = Value::Kind::list;
    items.items = given.size() == 2 && given[1].kind == Value::Kind::list
                      ? given[1].items
                      : std::vector<Value>(given.begin() + 1, given.end());
    return from(joined(items, first.text));
  }
  if (!text) return std::nullopt;
  if (name == "pack" && given.size() == 2) return from(decode_named(first.text, given[1].text));
  if (name == "unpack" && given.size() == 2) return from(decode_named(first.text, given[1].text));
  if (name == "strrev" || name == "reverse") return of(reversed(first.text));
  static constexpr std::string_view kSame[] = {
      "str",     "String",   "bytes", "scalar",   "expanduser", "expand_path", "expandvars",
      "abspath", "realpath", "Path",  "PurePath", "resolve",    "normpath",    "Pathname"};
  if (std::find(std::begin(kSame), std::end(kSame), name) != std::end(kSame)) return first;
  if (name == "Buffer.from")
    return given.size() == 1 ? Maybe(first) : from(decode_named(given[1].text, first.text));
  if (name == "decode" && given.size() == 2) return from(decode_named(given[1].text, first.text));
  for (const Decoder& decoder : kDecoders)
    if (decoder.name == name) return from(decoder.decode(first.text));
  return std::nullopt;
}

CodeFolder::Maybe CodeFolder::method(std::string_view name, const Value& value,
                                     const std::vector<Value>& given) const {
  const auto from = [](std::optional<std::string> text) {
    return text ? Maybe(of(std::move(*text))) : std::nullopt;
  };
  if (value.kind == Value::Kind::list) {
    if (name == "join")
      return from(joined(value, given.empty() ? (language_ == "node" ? "," : "") : given[0].text));
    if (name == "reverse" || name == "reverse!") {
      Value out = value;
      std::reverse(out.items.begin(), out.items.end());
      return out;
    }
    return std::nullopt;
  }
  const std::string& text = value.text;
  if (name == "join" && language_ == "python" && !given.empty() && given[0].kind == Value::Kind::text) {
    Value items;  // of a generator, ''.join(chr(c) for c in LIST)
    items.kind = Value::Kind::list;
    items.items = given;
    return from(joined(items, text));
  }
  if (name == "join" && given.size() == 1 && given[0].kind == Value::Kind::list)
    return from(joined(given[0], text));
  if (name == "reverse") return of(reversed(text));
  if (name == "unpack1" || name == "unpack")
    return given.empty() ? std::nullopt : from(decode_named(given[0].text, text));
  if (name == "pack") return std::nullopt;
  if (name == "lower" || name == "toLowerCase" || name == "downcase") return of(to_lower_ascii(text));
  if (name == "split" && (given.empty() || given[0].text.empty())) {
    Value out;
    out.kind = Value::Kind::list;
    for (const char c : text.substr(0, kItemsMax))
      out.items.push_back(of(std::string(1, c)));
    return out;
  }
  if (name == "replace" || name == "replaceAll" || name == "gsub") {
    if (given.size() < 2 || given[0].kind != Value::Kind::text || given[0].text.empty()) return std::nullopt;
    std::string out;
    std::size_t at = 0;
    for (auto found = text.find(given[0].text); found != std::string::npos;
         found = text.find(given[0].text, at)) {
      out += text.substr(at, found - at) + given[1].text;
      at = found + given[0].text.size();
      if (out.size() > limits::kShellValueBytesMax) return std::nullopt;
    }
    return of(out + text.substr(at));
  }
  static constexpr std::string_view kSame[] = {"decode",  "encode",   "toString", "strip",      "trim",
                                               "to_s",    "chomp",    "format",   "read",       "expanduser",
                                               "resolve", "absolute", "as_posix", "expand_path"};
  if (std::find(std::begin(kSame), std::end(kSame), name) != std::end(kSame)) {
    if (name == "decode" && !given.empty())
      if (auto decoded = decode_named(given[0].text, text)) return of(std::move(*decoded));
    return value;
  }
  return std::nullopt;
}

// .method(...), [::-1], [0] behind a value.
CodeFolder::Maybe CodeFolder::postfix(std::size_t& at, int depth, Value value) {
  for (int steps = 0; steps < kDepthMax; ++steps) {
    const std::string_view rest = code_.substr(std::min(at, code_.size()));
    if (rest.starts_with("[::-1]")) {
      if (value.kind == Value::Kind::list)
        std::reverse(value.items.begin(), value.items.end());
      else
        value.text = reversed(value.text);
      at += 6;
      continue;
    }
    if (rest.starts_with("[0]") || rest.starts_with(".first")) {
      if (value.kind == Value::Kind::list) {
        if (value.items.empty()) return std::nullopt;
        value = Value(value.items[0]);
      }
      at += rest[0] == '[' ? 3 : 6;
      continue;
    }
    if (rest.size() < 2 || rest[0] != '.' || !is_name_start(rest[1])) return value;
    std::size_t end = at + 1;
    while (end < code_.size() && name_char(code_[end]))
      ++end;
    const std::string_view name = code_.substr(at + 1, end - at - 1);
    std::vector<Value> given;
    if (end < code_.size() && code_[end] == '(') {
      auto read = arguments(end, depth + 1);
      if (!read) return std::nullopt;
      given = std::move(*read);
    }
    Maybe next = method(name, value, given);
    if (!next) return std::nullopt;
    value = std::move(*next);
    at = end;
  }
  return std::nullopt;
}

}  // namespace weir::shell
