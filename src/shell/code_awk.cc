#include "shell/code_awk.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/decode.h"
#include "shell/parser.h"

namespace weir::shell {
namespace {

constexpr int kDepthMax = 16;
constexpr std::size_t kCodeBytesMax = 64 * limits::kKiB;
constexpr std::size_t kCommandsMax = 64;
constexpr std::size_t kNamesMax = 256;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// What is not known; side by side it is one.
void add_unknown(Arg& out, std::string_view label) {
  if (out.holes.empty() || out.holes.back().end != out.text.size()) out.append_hole(label);
}

// Words behind which an expression begins.
bool is_keyword(std::string_view word) {
  static constexpr std::string_view kWords[] = {"if",    "while", "for",     "do",   "else", "return",
                                                "BEGIN", "END",   "getline", "exit", "in",   "case"};
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

}  // namespace

AwkProgram::AwkProgram(std::string_view code) : code_(code.substr(0, kCodeBytesMax)) {}

bool AwkProgram::leaves_awk(std::string_view code) {
  for (auto at = code.find('|'); at != std::string_view::npos; at = code.find('|', at + 1)) {
    if (at + 1 < code.size() && code[at + 1] == '|')
      ++at;
    else
      return true;
  }
  return code.find("system") != std::string_view::npos;
}

void AwkProgram::blanks(std::size_t& at) const {
  while (at < code_.size() && (code_[at] == ' ' || code_[at] == '\t' || code_.substr(at).starts_with("\\\n")))
    at += code_[at] == '\\' ? 2 : 1;
}

// POSIX awk, "Lexical Conventions": the escapes of ANSI C, and \" and \/.
std::string AwkProgram::literal(std::size_t& at) const {
  std::string text;
  for (++at; at < code_.size() && code_[at] != '"'; ++at) {
    const bool escape = code_[at] == '\\' && at + 1 < code_.size();
    if (escape && code_[at + 1] != '/') text += code_[at];
    if (escape) ++at;
    text += code_[at];
  }
  at = std::min(at + 1, code_.size());
  return decode_ansi_escapes(text);
}

std::string_view AwkProgram::word(std::size_t at) const {
  std::size_t end = at;
  while (end < code_.size() && is_name_char(code_[end]))
    ++end;
  return code_.substr(at, end - at);
}

// Where the bracket at `at` is closed; the end when it is not.
std::size_t AwkProgram::closing(std::size_t at) const {
  std::size_t open = 0;
  while (at < code_.size()) {
    const char c = code_[at];
    if (c == '"') {
      (void)literal(at);
      continue;
    }
    if (c == '(' || c == '[') ++open;
    if ((c == ')' || c == ']') && --open == 0) return at;
    ++at;
  }
  return code_.size();
}

// A slash behind an operand divides, any other begins a pattern.
bool AwkProgram::is_regex(std::size_t at) const {
  while (at > 0 && (code_[at - 1] == ' ' || code_[at - 1] == '\t'))
    --at;
  if (at == 0) return true;
  const char c = code_[at - 1];
  return !(is_name_char(c) || c == ')' || c == ']' || c == '"' || c == '$');
}

void AwkProgram::run(const Arg& line, const Shell& shell) {
  line_ = line;
  chain_ = 0;
  print_ = kNone;
  brackets_.clear();
  std::size_t steps = 0;
  for (std::size_t at = 0; at < code_.size() && ++steps < limits::kShellRunsMax;) {
    const char c = code_[at];
    if (c == '"') {
      (void)literal(at);
    } else if (c == '#') {
      at = std::min(code_.find('\n', at), code_.size());
    } else if (c == '/' && is_regex(at)) {
      for (++at; at < code_.size() && code_[at] != '/' && code_[at] != '\n'; ++at)
        if (code_[at] == '\\') ++at;
      at = std::min(at + 1, code_.size());
    } else if (is_digit(c) || c == '$') {
      ++at;
    } else if (is_name_char(c)) {
      read_name(at, shell);
    } else if (c == '(') {
      brackets_.push_back(chain_);
      chain_ = ++at;
    } else if (c == ')') {
      ++at;
      if (brackets_.empty()) continue;
      chain_ = brackets_.back();
      brackets_.pop_back();
    } else if (c == '|') {
      read_pipe(at, shell);
    } else {
      ++at;
      if (std::string_view(";{}\n").find(c) != std::string_view::npos) print_ = kNone;
      if (std::string_view(" \t\\+-*%^[]").find(c) == std::string_view::npos) chain_ = at;
    }
  }
}

// print, system(…), NAME = …
void AwkProgram::read_name(std::size_t& at, const Shell& shell) {
  const std::string_view name = word(at);
  at += name.size();
  std::size_t next = at;
  blanks(next);
  const char c = next < code_.size() ? code_[next] : '\0';
  if (name == "print" || name == "printf") {
    print_ = chain_ = at;
    formats_ = name == "printf";
  } else if (is_keyword(name)) {
    chain_ = at;
  } else if (name == "system" && c == '(' && ++commands_ <= kCommandsMax) {
    const Arg command = text(next + 1, closing(next), 0);
    if (!command.text.empty()) (void)shell(command, nullptr);
  } else if (c == '=' && code_.substr(next, 2) != "==" && variables_.size() < 256) {
    variables_.insert_or_assign(std::string(name), text(next + 1, code_.size(), 0));
  }
}

// TEXT | getline [NAME], print … | TEXT; |& is gawk's, both ways.
void AwkProgram::read_pipe(std::size_t& at, const Shell& shell) {
  const std::size_t pipe = at++;
  if (code_.substr(at).starts_with("|")) {
    chain_ = ++at;
    return;
  }
  if (code_.substr(at).starts_with("&")) ++at;
  while (at < code_.size() && (code_[at] == ' ' || code_[at] == '\t' || code_[at] == '\n'))
    ++at;
  if (++commands_ > kCommandsMax) {
    chain_ = at;
    return;
  }
  if (word(at) == "getline") {
    const Arg command = text(chain_, pipe, 0);
    Arg output = command.text.empty() ? Arg::hole("(output)") : shell(command, nullptr);
    if (output.known()) output = Arg::of(std::string_view(output.text).substr(0, output.text.find('\n')));
    at += std::string_view("getline").size();
    std::size_t next = at;
    blanks(next);
    if (const std::string_view name = word(next); !name.empty() && !is_digit(name[0]) && !is_keyword(name)) {
      set(name, std::move(output));
      at = next + name.size();
    } else {
      line_ = std::move(output);
    }
  } else if (print_ != kNone) {
    const Arg command = text(at, code_.size(), 0);
    const Arg into = printed(pipe);
    if (!command.text.empty()) (void)shell(command, &into);
    print_ = kNone;
  }
  chain_ = at;
}

// What the print statement prints whose pipe stands at `end`.
Arg AwkProgram::printed(std::size_t end) const {
  std::size_t from = print_;
  blanks(from);
  if (from < end && code_[from] == '(' && closing(from) < end) {
    std::size_t after = closing(from) + 1;
    blanks(after);
    if (after >= end) {
      end = closing(from);
      ++from;
    }
  }
  if (formats_) return formatted(from, end, 0);
  Arg out;
  bool first = true;
  for (std::size_t at = from; at < end;) {
    if (!first) out.append(" ");
    first = false;
    out.append(text(at, end, 0));
    // to the comma that parts this from the next
    std::size_t open = 0;
    for (; at < end && !(code_[at] == ',' && open == 0); ++at) {
      if (code_[at] == '"') {
        (void)literal(at);
        --at;
      } else if (code_[at] == '(' || code_[at] == '[') {
        ++open;
      } else if ((code_[at] == ')' || code_[at] == ']') && open > 0) {
        --open;
      }
    }
    ++at;
  }
  if (first || trim(code_.substr(from, end - from)).empty()) out = line_;
  out.append("\n");
  return out;
}

// Terms side by side are one text, up to what ends an expression.
Arg AwkProgram::text(std::size_t at, std::size_t end, int depth) const {
  Arg out;
  end = std::min(end, code_.size());
  while (at < end && out.text.size() < limits::kShellValueBytesMax) {
    blanks(at);
    if (at >= end || std::string_view(";{}\n),|<>?:&=~!]").find(code_[at]) != std::string_view::npos) break;
    const std::size_t before = at;
    term(at, end, depth, out);
    if (at == before) ++at;
  }
  return out;
}

void AwkProgram::term(std::size_t& at, std::size_t end, int depth, Arg& out) const {
  const char c = code_[at];
  if (depth > kDepthMax) {
    add_unknown(out, "(computed)");
    at = end;
  } else if (c == '"') {
    out.append(literal(at));
  } else if (c == '(') {
    const std::size_t close = std::min(closing(at), end);
    out.append(text(at + 1, close, depth + 1));
    at = close + 1;
  } else if (c == '$') {
    ++at;
    blanks(at);
    const std::string_view number = word(at);
    out.append(field(number));
    at = number.empty() && at < end && code_[at] == '(' ? std::min(closing(at), end) + 1 : at + number.size();
  } else if (is_digit(c)) {
    const std::string_view number = word(at);
    out.append(number);
    at += number.size();
  } else if (is_name_char(c)) {
    named(at, end, depth, out);
  } else {
    add_unknown(out, "(computed)");  // arithmetic, a pattern
    ++at;
  }
}

void AwkProgram::named(std::size_t& at, std::size_t end, int depth, Arg& out) const {
  const std::string_view name = word(at);
  at += name.size();
  const char next = at < end ? code_[at] : '\0';
  if (next == '(') {
    const std::size_t close = std::min(closing(at), end);
    if (name == "sprintf")
      out.append(formatted(at + 1, close, depth + 1));
    else if (const Arg inner = text(at + 1, close, depth + 1); name == "tolower" && inner.known())
      out.append(to_lower_ascii(inner.text));
    else
      add_unknown(out, "(" + std::string(name) + ")");
    at = close + 1;
    return;
  }
  if (next == '[') {
    const std::size_t close = std::min(closing(at), end);
    const Arg key = text(at + 1, close, depth + 1);
    at = close + 1;
    const bool one_digit = key.known() && key.text.size() == 1 && is_digit(key.text[0]) && key.text[0] != '0';
    const auto index = one_digit ? static_cast<std::size_t>(key.text[0] - '1') : arguments_.size();
    if (name == "ARGV" && index < arguments_.size()) return out.append(arguments_[index]);
    const auto environment = variables_.find("ENVIRON." + key.text);
    if (name == "ENVIRON" && key.known() && environment != variables_.end())
      return out.append(environment->second);
    return add_unknown(out, "(" + std::string(name) + ")");
  }
  if (const auto known = variables_.find(name); known != variables_.end())
    out.append(known->second);
  else if (name.size() >= 2 && name.substr(1) == "FS")
    out.append(" ");
  else if (is_set_somewhere(name))
    add_unknown(out, "(" + std::string(name) + ")");
  // One that is set nowhere is the empty text.
}

// sprintf: %s and its like take the next argument, everything else stands for itself.
Arg AwkProgram::formatted(std::size_t at, std::size_t end, int depth) const {
  std::vector<Arg> arguments;
  for (std::size_t open = 0; at < end && arguments.size() < 32; ++at) {
    arguments.push_back(text(at, end, depth + 1));
    for (; at < end && !(code_[at] == ',' && open == 0); ++at) {
      if (code_[at] == '"') {
        (void)literal(at);
        --at;
      } else if (code_[at] == '(' || code_[at] == '[') {
        ++open;
      } else if ((code_[at] == ')' || code_[at] == ']') && open > 0) {
        --open;
      }
    }
  }
  if (arguments.empty() || !arguments[0].known()) return Arg::hole("(computed)");
  const std::string format = arguments[0].text;
  Arg out;
  std::size_t next = 1;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out.append(std::string_view(format).substr(i, 1));
      continue;
    }
    const auto letter = format.find_first_not_of("0123456789.-+ #", i + 1);
    if (letter == std::string::npos) break;
    if (format[letter] == '%')
      out.append("%");
    else if (next < arguments.size())
      out.append(arguments[next++]);
    i = letter;
  }
  return out;
}

Arg AwkProgram::field(std::string_view number) const {
  if (number == "0") return line_;
  if (const Hole* hole = line_.tainted()) return Arg::hole("(field)", hole->origin, hole->url);
  if (!line_.known() || number.size() != 1 || !is_digit(number[0])) return Arg::hole("(field)");
  std::size_t wanted = static_cast<std::size_t>(number[0] - '0');
  for (const std::string_view part : split(line_.text, ' '))
    if (!trim(part).empty() && --wanted == 0) return Arg::of(trim(part));
  return {};
}

bool AwkProgram::is_set_somewhere(std::string_view name) const {
  if (++looked_for_ > kNamesMax) return true;
  std::size_t times = 0;
  for (auto at = code_.find(name); at != std::string_view::npos; at = code_.find(name, at + name.size()))
    times += word(at) == name && (at == 0 || !is_name_char(code_[at - 1])) ? 1 : 0;
  static constexpr std::string_view kOwn[] = {"NF", "NR", "FNR", "FILENAME", "ARGC", "RSTART", "RLENGTH"};
  return times > 1 || std::find(std::begin(kOwn), std::end(kOwn), name) != std::end(kOwn);
}

}  // namespace weir::shell
