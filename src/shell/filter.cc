#include "shell/filter.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/decode.h"
#include "shell/parser.h"

namespace weir::shell {
namespace {

using Argv = std::vector<std::string_view>;
using Text = std::optional<std::string>;

// Options told from operands: `valued` are the letters whose value may stand in the next argument.
struct Options {
  std::vector<std::pair<char, std::string_view>> given;
  std::vector<std::string_view> operands;
  bool unknown = false;

  bool has(char letter) const { return value(letter).has_value(); }
  std::optional<std::string_view> value(char letter) const {
    for (const auto& [name, text] : given)
      if (name == letter) return text;
    return std::nullopt;
  }
};

struct LongName {
  std::string_view name;
  char letter;
};
constexpr LongName kLongNames[] = {
    {"--decode", 'd'},         {"--decompress", 'd'}, {"--uncompress", 'd'}, {"--stdout", 'c'},
    {"--to-stdout", 'c'},      {"--delete", 'd'},     {"--complement", 'c'}, {"--squeeze-repeats", 's'},
    {"--ignore-garbage", 'i'}, {"--fields", 'f'},     {"--delimiter", 'd'},  {"--characters", 'c'},
    {"--bytes", 'c'},          {"--lines", 'n'},      {"--revert", 'r'},     {"--expression", 'e'},
    {"--quiet", 'q'},          {"--silent", 'q'}};

Options options_of(const Argv& argv, std::string_view valued) {
  Options out;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    std::string_view arg = argv[i];
    if (arg.size() < 2 || arg[0] != '-') {
      out.operands.push_back(arg);
      continue;
    }
    if (arg == "--") {
      out.operands.insert(out.operands.end(), argv.begin() + static_cast<std::ptrdiff_t>(i) + 1, argv.end());
      break;
    }
    if (arg.starts_with("--")) {
      const auto equals = arg.find('=');
      const auto* known =
          std::find_if(std::begin(kLongNames), std::end(kLongNames),
                       [&](const LongName& one) { return one.name == arg.substr(0, equals); });
      if (known == std::end(kLongNames)) {
        out.unknown = true;
        continue;
      }
      const bool takes = valued.find(known->letter) != std::string_view::npos;
      std::string_view value = equals == std::string_view::npos ? std::string_view{} : arg.substr(equals + 1);
      if (takes && equals == std::string_view::npos && i + 1 < argv.size()) value = argv[++i];
      out.given.emplace_back(known->letter, value);
      continue;
    }
    for (std::size_t at = 1; at < arg.size(); ++at) {
      if (valued.find(arg[at]) == std::string_view::npos) {
        out.given.emplace_back(arg[at], std::string_view{});
        continue;
      }
      const bool next = at + 1 >= arg.size();
      if (next && i + 1 < argv.size()) ++i;
      out.given.emplace_back(arg[at], next ? argv[i] : arg.substr(at + 1));
      break;
    }
  }
  return out;
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Applies `change` to each line, keeping line ends.
template <class Change>
std::string by_line(std::string_view text, Change change) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out += change(text.substr(0, end));
    if (end == std::string_view::npos) break;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

std::vector<std::string_view> fields_of(std::string_view line, std::string_view separator) {
  std::vector<std::string_view> out;
  if (separator.size() == 1 && separator != " ") return split(line, separator[0]);
  for (std::size_t at = 0; at < line.size();) {
    const auto begin = line.find_first_not_of(" \t", at);
    if (begin == std::string_view::npos) break;
    const auto end = std::min(line.find_first_of(" \t", begin), line.size());
    out.push_back(line.substr(begin, end - begin));
    at = end;
  }
  return out;
}

// ---- the programs

Text run_tr(const Argv& argv, std::string_view input) {
  const Options options = options_of(argv, "");
  if (options.unknown || options.operands.empty()) return std::nullopt;
  const Text from = expand_set(options.operands[0]);
  const Text to = options.operands.size() > 1 ? expand_set(options.operands[1]) : Text("");
  if (!from || !to) return std::nullopt;
  const bool complement = options.has('c') || options.has('C');
  const bool deletes = options.has('d'), squeezes = options.has('s');
  if (!deletes && !squeezes && to->empty()) return std::nullopt;
  const std::string& squeezed = options.operands.size() > 1 ? *to : *from;
  std::string out;
  for (const char c : input) {
    const auto at = from->find(c);
    const bool inside = (at != std::string::npos) != complement;
    char next = c;
    if (inside && deletes) continue;
    if (inside && !to->empty()) next = complement ? to->back() : (*to)[std::min(at, to->size() - 1)];
    if (squeezes && !out.empty() && out.back() == next && squeezed.find(next) != std::string::npos) continue;
    out += next;
  }
  return out;
}

// Positions "2", "1-3", "2-", "1,3"; empty when not understood.
std::vector<std::pair<std::size_t, std::size_t>> ranges_of(std::string_view list) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  for (const std::string_view part : split(list, ',')) {
    const auto dash = part.find('-');
    const auto first = part.substr(0, dash);
    const auto last = dash == std::string_view::npos ? first : part.substr(dash + 1);
    const auto from = first.empty() ? std::optional<std::size_t>(1) : number(first);
    const auto to = last.empty() ? std::optional<std::size_t>(SIZE_MAX) : number(last);
    if (!from || !to || *from == 0) return {};
    out.emplace_back(*from, *to);
  }
  return out;
}

Text run_cut(const Argv& argv, std::string_view input) {
  const Options options = options_of(argv, "dfcb");
  const auto list = options.has('f')   ? options.value('f')
                    : options.has('c') ? options.value('c')
                                       : options.value('b');
  if (options.unknown || !list || !options.operands.empty()) return std::nullopt;
  const auto ranges = ranges_of(*list);
  if (ranges.empty()) return std::nullopt;
  const auto chosen = [&](std::size_t place) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const auto& range) { return place >= range.first && place <= range.second; });
  };
  const char separator =
      options.value('d').value_or("\t").empty() ? '\t' : options.value('d').value_or("\t")[0];
  return by_line(input, [&](std::string_view line) {
    std::string out;
    if (!options.has('f')) {
      for (std::size_t i = 0; i < line.size(); ++i)
        if (chosen(i + 1)) out += line[i];
      return out;
    }
    if (line.find(separator) == std::string_view::npos) return std::string(line);
    const auto fields = split(line, separator);
    bool first = true;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (!chosen(i + 1)) continue;
      if (!first) out += separator;
      first = false;
      out += fields[i];
    }
    return out;
  });
}

Text run_head(const Argv& argv, std::string_view input) {
  const bool tail = argv[0] == "tail";
  Options options = options_of(argv, "nc");
  if (options.unknown || !options.operands.empty()) return std::nullopt;
  // -3 is -n 3
  if (argv.size() == 2 && argv[1].size() > 1 && argv[1][0] == '-' && number(argv[1].substr(1)))
    options.given = {{'n', argv[1].substr(1)}};
  const bool bytes = options.has('c');
  std::string_view text = bytes ? *options.value('c') : options.value('n').value_or("10");
  const bool from_start = tail && text.starts_with('+');
  if (from_start) text.remove_prefix(1);
  const auto count = number(text);
  if (!count) return std::nullopt;
  if (bytes) {
    if (from_start) return std::string(input.substr(std::min(*count == 0 ? 0 : *count - 1, input.size())));
    return std::string(tail ? input.substr(input.size() - std::min(*count, input.size()))
                            : input.substr(0, *count));
  }
  std::vector<std::string_view> lines = split(input, '\n');
  const bool ends = !lines.empty() && lines.back().empty();
  if (ends) lines.pop_back();
  std::size_t from = 0, to = std::min(*count, lines.size());
  if (from_start)
    from = std::min(*count == 0 ? 0 : *count - 1, lines.size()), to = lines.size();
  else if (tail)
    from = lines.size() - to, to = lines.size();
  std::string out;
  for (std::size_t i = from; i < to; ++i)
    out.append(lines[i]).append("\n");
  return out;
}

// The parts of s/pattern/with/flags whose pattern has no meaning but itself.
struct Substitute {
  std::string pattern, with;
  bool all = false;
  bool anchored_begin = false, anchored_end = false;
};

std::optional<Substitute> substitute_of(std::string_view script) {
  script = trim(script);
  if (script.size() < 4 || script[0] != 's') return std::nullopt;
  const char separator = script[1];
  std::array<std::string, 2> parts;
  std::size_t at = 2;
  for (std::string& part : parts) {
    for (; at < script.size() && script[at] != separator; ++at) {
      if (script[at] == '\\' && at + 1 < script.size()) {
        const char next = script[++at];
        if (next == 'n')
          part += '\n';
        else if (next == separator || std::string_view("./*[]^$&\\").find(next) != std::string_view::npos)
          part += next;
        else
          return std::nullopt;
        continue;
      }
      const bool first = &part == &parts[0];
      if (first && std::string_view("*[").find(script[at]) != std::string_view::npos) return std::nullopt;
      if (!first && script[at] == '&') return std::nullopt;
      part += script[at];
    }
    if (at++ >= script.size()) return std::nullopt;
  }
  Substitute out{parts[0], parts[1], false, false, false};
  const std::string_view flags = script.substr(at);
  if (flags != "" && flags != "g") return std::nullopt;
  out.all = flags == "g";
  if (out.pattern.starts_with('^')) out.anchored_begin = true, out.pattern.erase(0, 1);
  if (out.pattern.ends_with('$')) out.anchored_end = true, out.pattern.pop_back();
  return out;
}

// A literal pattern in which "." stands for any character.
std::size_t find_pattern(std::string_view text, std::string_view pattern, std::size_t from) {
  for (std::size_t at = from; at + pattern.size() <= text.size(); ++at) {
    bool same = true;
    for (std::size_t i = 0; same && i < pattern.size(); ++i)
      same = pattern[i] == '.' || pattern[i] == text[at + i];
    if (same) return at;
  }
  return std::string_view::npos;
}

std::string substitute_line(const Substitute& change, std::string_view line) {
  std::string out;
  std::size_t at = 0;
  if (change.pattern.empty()) {
    if (change.anchored_begin) out += change.with;
    out += line;
    if (change.anchored_end && !change.anchored_begin) out += change.with;
    return out;
  }
  while (at <= line.size()) {
    const auto found = find_pattern(line, change.pattern, at);
    const bool fits = found != std::string_view::npos && (!change.anchored_begin || found == 0) &&
                      (!change.anchored_end || found + change.pattern.size() == line.size());
    if (!fits) {
      if (found == std::string_view::npos || change.anchored_begin) break;
      out += line.substr(at, found + 1 - at);
      at = found + 1;
      continue;
    }
    out += line.substr(at, found - at);
    out += change.with;
    at = found + change.pattern.size();
    if (!change.all) break;
  }
  return out + std::string(line.substr(std::min(at, line.size())));
}

Text run_sed(const Argv& argv, std::string_view input) {
  const Options options = options_of(argv, "e");
  if (options.unknown || options.has('n') || options.has('i') || options.has('f')) return std::nullopt;
  std::vector<std::string_view> scripts;
  for (const auto& [letter, value] : options.given)
    if (letter == 'e') scripts.push_back(value);
  if (scripts.empty() && options.operands.size() == 1)
    scripts.push_back(options.operands[0]);
  else if (!options.operands.empty())
    return std::nullopt;
  std::vector<Substitute> changes;
  for (const std::string_view script : scripts) {
    // s/a/b/;s/c/d/ : a semicolon inside a part makes the piece unreadable, then all is unknown
    for (const std::string_view one : split(script, ';')) {
      if (trim(one).empty()) continue;
      auto change = substitute_of(one);
      if (!change) return std::nullopt;
      changes.push_back(std::move(*change));
    }
  }
  if (changes.empty()) return std::nullopt;
  return by_line(input, [&](std::string_view line) {
    std::string out(line);
    for (const Substitute& change : changes)
      out = substitute_line(change, out.substr(0, limits::kShellValueBytesMax));
    return out;
  });
}

// '{print $2}', '{print $1" "$3}', '{print}' with -F.
Text run_awk(const Argv& argv, std::string_view input) {
  const Options options = options_of(argv, "Fvf");
  if (options.unknown || options.has('f') || options.has('v') || options.operands.size() != 1)
    return std::nullopt;
  std::string_view program = trim(options.operands[0]);
  if (!program.starts_with('{') || !program.ends_with('}')) return std::nullopt;
  program = trim(program.substr(1, program.size() - 2));
  if (program.ends_with(';')) program.remove_suffix(1);
  if (!program.starts_with("print")) return std::nullopt;
  program = trim(program.substr(5));
  if (program.empty()) return std::string(input);
  const std::string_view separator = options.value('F').value_or(" ");
  if (separator.size() != 1) return std::nullopt;
  bool understood = true;
  std::string out = by_line(input, [&](std::string_view line) {
    const auto fields = fields_of(line, separator);
    std::string text;
    std::size_t at = 0;
    while (at < program.size() && understood) {
      if (program[at] == ' ') {
        ++at;
      } else if (program[at] == ',') {
        text += ' ';
        ++at;
      } else if (program[at] == '"') {
        const auto end = program.find('"', at + 1);
        understood = end != std::string_view::npos;
        if (understood) text += decode_ansi_escapes(program.substr(at + 1, end - at - 1)), at = end + 1;
      } else if (program[at] == '$') {
        std::size_t end = ++at;
        while (end < program.size() &&
               ((program[end] >= '0' && program[end] <= '9') || program.substr(end) == "NF"))
          end += program[end] == 'N' ? 2 : 1;
        const bool last = program.substr(at, end - at) == "NF";
        const auto index = last ? std::optional(fields.size()) : number(program.substr(at, end - at));
        understood = index.has_value();
        if (understood && *index == 0) text += line;
        if (understood && *index > 0 && *index <= fields.size()) text += fields[*index - 1];
        at = end;
      } else {
        understood = false;
      }
    }
    return text;
  });
  if (!understood) return std::nullopt;
  return out;
}

Text run_xxd(const Argv& argv, std::string_view input) {
  bool reverts = false, plain = false;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    reverts = reverts || argv[i] == "-r" || argv[i] == "-revert" || argv[i] == "-rp" || argv[i] == "-pr";
    plain = plain || argv[i].starts_with("-p") || argv[i] == "-rp";
    if (!argv[i].starts_with('-')) return std::nullopt;
  }
  if (!reverts || !plain) return std::nullopt;
  return decode_hex(input);
}

Text run_openssl(const Argv& argv, std::string_view input) {
  if (argv.size() < 2 || (argv[1] != "enc" && argv[1] != "base64")) return std::nullopt;
  bool decodes = false, base64 = argv[1] == "base64";
  for (std::size_t i = 2; i < argv.size(); ++i) {
    decodes = decodes || argv[i] == "-d";
    base64 = base64 || argv[i] == "-base64" || argv[i] == "-a";
    // A cipher, a key or a file: not text that is known here.
    if (argv[i] != "-d" && argv[i] != "-base64" && argv[i] != "-a" && argv[i] != "-A") return std::nullopt;
  }
  if (!decodes || !base64) return std::nullopt;
  return decode_base64(input);
}

Text run_base(const Argv& argv, std::string_view input) {
  const Options options = options_of(argv, "w");
  if ((!options.has('d') && !options.has('D')) || (!options.operands.empty() && options.operands[0] != "-"))
    return std::nullopt;
  return argv[0] == "base32" || argv[0] == "gbase32" ? decode_base32(input) : decode_base64(input);
}

Text run_inflate(const Argv& argv, std::string_view input) {
  const Options options = options_of(argv, "S");
  const bool reads = argv[0] == "gunzip" || argv[0] == "zcat" || argv[0] == "gzcat" || argv[0] == "unpigz" ||
                     argv[0] == "zlib-flate" || options.has('d');
  for (const std::string_view operand : options.operands)
    if (operand != "-") return std::nullopt;
  return reads ? inflate_bytes(input) : std::nullopt;
}

Text run_rev(const Argv& argv, std::string_view input) {
  if (argv.size() > 1) return std::nullopt;
  return by_line(input, [](std::string_view line) { return std::string(line.rbegin(), line.rend()); });
}

Text run_tac(const Argv& argv, std::string_view input) {
  if (argv.size() > 1) return std::nullopt;
  std::vector<std::string_view> lines = split(input, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::string out;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    out.append(*line).append("\n");
  return out;
}

struct Program {
  std::string_view name;
  Text (*run)(const Argv&, std::string_view);
  bool decodes = false;
};
constexpr Program kPrograms[] = {
    {"base64", run_base, true},
    {"gbase64", run_base, true},
    {"base32", run_base, true},
    {"xxd", run_xxd, true},
    {"openssl", run_openssl, true},
    {"gunzip", run_inflate, true},
    {"gzip", run_inflate, true},
    {"zcat", run_inflate, true},
    {"gzcat", run_inflate, true},
    {"pigz", run_inflate, true},
    {"unpigz", run_inflate, true},
    {"zlib-flate", run_inflate, true},
    {"rev", run_rev, true},
    {"tac", run_tac},
    {"tr", run_tr},
    {"cut", run_cut},
    {"head", run_head},
    {"tail", run_head},
    {"sed", run_sed},
    {"gsed", run_sed},
    {"awk", run_awk},
    {"gawk", run_awk},
    {"mawk", run_awk},
    {"nawk", run_awk},
};

}  // namespace

std::optional<std::string> expand_set(std::string_view text) {
  static constexpr std::pair<std::string_view, std::string_view> kClasses[] = {
      {"[:upper:]", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
      {"[:lower:]", "abcdefghijklmnopqrstuvwxyz"},
      {"[:digit:]", "0123456789"},
      {"[:space:]", " \t\n\v\f\r"},
      {"[:blank:]", " \t"},
      {"[:punct:]", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("[:")) {
      const auto* known = std::find_if(std::begin(kClasses), std::end(kClasses), [&](const auto& one) {
        return text.substr(at).starts_with(one.first);
      });
      if (known == std::end(kClasses)) return std::nullopt;
      out += known->second;
      at += known->first.size();
      continue;
    }
    std::size_t length = 1;
    char from = text[at];
    if (from == '\\' && at + 1 < text.size()) {
      length = 2;
      while (length < 4 && at + length < text.size() && text[at + 1] >= '0' && text[at + 1] <= '7' &&
             text[at + length] >= '0' && text[at + length] <= '7')
        ++length;
      const std::string decoded = decode_ansi_escapes(text.substr(at, length));
      from = decoded.empty() ? '\\' : decoded.back();
    }
    at += length;
    if (at + 1 < text.size() && text[at] == '-') {
      const auto to = static_cast<unsigned char>(text[at + 1]);
      for (unsigned c = static_cast<unsigned char>(from); c <= to; ++c)
        out += static_cast<char>(c);
      at += 2;
    } else {
      out += from;
    }
    if (out.size() > 4096) return std::nullopt;
  }
  return out;
}

std::optional<Filtered> filter_text(const std::vector<std::string_view>& argv, std::string_view input) {
  if (argv.empty() || input.size() > limits::kShellValueBytesMax) return std::nullopt;
  const auto* program = std::find_if(std::begin(kPrograms), std::end(kPrograms),
                                     [&](const Program& one) { return one.name == argv[0]; });
  if (program == std::end(kPrograms)) return std::nullopt;
  Text text = program->run(argv, input);
  if (!text || text->size() > limits::kShellValueBytesMax) return std::nullopt;
  return Filtered{std::move(*text), program->decodes};
}

}  // namespace weir::shell
