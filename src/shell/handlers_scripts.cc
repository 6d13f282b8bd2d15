// sed, awk and editors: small languages that are mostly given in the command line, and can start programs.
#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/analyzer.h"
#include "shell/code_awk.h"
#include "shell/code_scan.h"

namespace weir::shell {
namespace {

constexpr std::size_t kLinesMax = 16;  // of known input that a script is followed for

// One command of a sed script that leaves sed: `e COMMAND`, `e` alone, `s/…/COMMAND/e`.
struct SedRun {
  std::string command;
  bool pattern_space = false;  // what was read is the command
};

// GNU sed 4.8, "sed scripts": addresses, then one letter; what belongs to it ends with the line or at `;`.
class SedScript {
 public:
  explicit SedScript(std::string_view script) : script_(script) {}

  std::vector<SedRun> runs() {
    std::vector<SedRun> out;
    std::vector<std::string> replaced;
    while (at_ < script_.size() && out.size() < 64) {
      skip_address();
      if (at_ >= script_.size()) break;
      const char letter = script_[at_++];
      if (letter == 's' || letter == 'y') {
        const std::string replacement = parts();
        const std::string_view flags = until(";}\n#");
        const std::string_view plain = flags.substr(0, flags.find('w'));
        if (letter == 's' && plain.find('e') != std::string_view::npos) out.push_back({replacement, false});
        if (letter == 's' && replaced.size() < 16) replaced.push_back(replacement);
      } else if (letter == 'e') {
        const std::string_view command = trim(until("\n"));
        // `e;p` and `e}` in one line: a bare e is followed by the next command.
        const bool bare = command.empty() || command[0] == ';' || command[0] == '}';
        out.push_back({bare ? std::string() : std::string(command), bare});
        // What runs is what earlier commands made of the line.
        for (const std::string& text : replaced)
          if (bare) out.push_back({text, false});
        if (bare) at_ -= command.size();
      } else if (std::string_view("aicrRwW").find(letter) != std::string_view::npos) {
        text();
      } else if (std::string_view(":btT").find(letter) != std::string_view::npos) {
        (void)until(";\n}");
      } else if (letter == '#') {
        (void)until("\n");
      }
    }
    return out;
  }

 private:
  std::string_view until(std::string_view ends) {
    const std::size_t end = std::min(script_.find_first_of(ends, at_), script_.size());
    const std::string_view out = script_.substr(at_, end - at_);
    at_ = end;
    return out;
  }

  // 5, $, 1~2, /pattern/I, \cpatternc, two of them with a comma, and `!`; blanks and semicolons before.
  void skip_address() {
    while (at_ < script_.size()) {
      const char c = script_[at_];
      if (c == '/' || (c == '\\' && at_ + 1 < script_.size())) {
        if (c == '\\') ++at_;
        const char delimiter = script_[at_++];
        (void)delimited(delimiter, true);
        while (at_ < script_.size() && (script_[at_] == 'I' || script_[at_] == 'M'))
          ++at_;
      } else if (std::string_view(" \t\n;{},!$~+0123456789").find(c) != std::string_view::npos) {
        ++at_;
      } else {
        return;
      }
    }
  }

  // Up to the unescaped delimiter, which is passed; an escaped one stands for itself. In a pattern one in
  // brackets does too.
  std::string delimited(char delimiter, bool pattern) {
    std::string out;
    for (; at_ < script_.size() && script_[at_] != delimiter; ++at_) {
      const char c = script_[at_];
      if (c == '[' && pattern) {
        const auto close = script_.find(']', std::min(at_ + 2, script_.size()));
        if (close != std::string_view::npos &&
            script_.substr(at_, close - at_).find('\n') == std::string_view::npos)
          at_ = close;
      } else if (c == '\\' && at_ + 1 < script_.size()) {
        ++at_;
        if (script_[at_] != delimiter && script_[at_] != '\n') out += c;
      }
      out += script_[at_];
    }
    at_ = std::min(at_ + 1, script_.size());
    return out;
  }

  // Of s and y: the second part.
  std::string parts() {
    if (at_ >= script_.size()) return {};
    const char delimiter = script_[at_++];
    (void)delimited(delimiter, true);
    return delimited(delimiter, false);
  }

  // Of a, i, c and the names of files: to the end of the line, further where that is escaped.
  void text() {
    do {
      (void)until("\n");
      ++at_;
    } while (at_ < script_.size() && at_ >= 2 && script_[at_ - 2] == '\\');
  }

  std::string_view script_;
  std::size_t at_ = 0;
};

// What stands in a replacement for something else is not known: &, \1.
Arg replacement_text(std::string_view text) {
  Arg out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    if (escape && text[i + 1] >= '0' && text[i + 1] <= '9') {
      out.append_hole("(match)");
      ++i;
    } else if (escape) {
      out.append(text.substr(++i, 1));
    } else if (text[i] == '&') {
      out.append_hole("(match)");
    } else {
      out.append(text.substr(i, 1));
    }
  }
  return out;
}

// Lines of known input, or one that stands for all of it.
std::vector<Arg> lines_of(const Stream& in) {
  std::vector<Arg> lines;
  if (in.present && in.data.known()) {
    for (const std::string_view line : split(in.data.text, '\n'))
      if (!trim(line).empty() && lines.size() < kLinesMax) lines.push_back(Arg::of(line));
    return lines;
  }
  const Hole* hole = in.data.tainted();
  lines.push_back(hole != nullptr ? Arg::hole("(line)", hole->origin, hole->url) : Arg::hole("(line)"));
  return lines;
}

}  // namespace

// A script that stands in a file: <(…), standard input, or written earlier.
std::optional<Arg> Analyzer::script_text(const Arg& file, const Invocation& run) const {
  if (file.stream) return Arg::of(*file.stream);
  if (file.text == "-" || file.text == "/dev/stdin")
    return run.in.present ? std::optional(run.in.data) : std::nullopt;
  const auto written = run.state->written.find(describe_path(file, environment_, run.state->cwd).path);
  if (written == run.state->written.end()) return std::nullopt;
  return Arg::of(written->second);
}

void Analyzer::follow_sed(std::string_view script, Call& call) {
  for (const SedRun& one : SedScript(script).runs()) {
    State inner = *call.run.state;
    if (!one.pattern_space) {
      walk_text(replacement_text(one.command), inner, {}, call.run.span, "sed");
      continue;
    }
    for (const Arg& line : lines_of(call.run.in))
      run_code("sh", line, call.run, "sed");
  }
}

void Analyzer::handle_sed(Call& call) {
  State& state = *call.run.state;
  const bool in_place = call.has("-i") || call.has("--in-place") || call.has("-I");
  std::vector<Arg> operands = call.operands;
  // BSD: sed -i '' script file
  if (in_place && !operands.empty() && operands[0].text.empty()) operands.erase(operands.begin());
  std::string script;
  bool script_given = false;
  const auto add = [&](const Arg& part) {
    script += (script.empty() ? "" : "\n") + part.text;
    script_given = true;
  };
  for (const Call::Option& option : call.options) {
    if (!option.value) continue;
    if (option.name == "-e" || option.name == "--expression") add(*option.value);
    if (option.name == "-f" || option.name == "--file") {
      script_given = true;
      if (const auto text = script_text(*option.value, call.run)) add(*text);
    }
  }
  if (!script_given && !operands.empty()) {
    add(operands[0]);
    operands.erase(operands.begin());
  }
  for (const Arg& operand : operands)
    file_effect(in_place ? verbs::kFileWrite : verbs::kFileRead, operand, state, call.run.span,
                in_place ? Attributes{{"in_place", true}} : Attributes{});
  follow_sed(script, call);
  if (!in_place && operands.empty() && call.run.in.present && !call.run.in.data.known()) {
    const Hole* hole = call.run.in.data.tainted();
    call.out =
        Stream::of(hole != nullptr ? Arg::hole("(output)", hole->origin, hole->url) : Arg::hole("(output)"));
  }
}

// system(), pipes and getline, once for each line of known input.
void Analyzer::follow_awk(const Arg& code, const std::vector<Arg>& operands, Call& call) {
  AwkProgram program(code.text);
  std::vector<Arg> arguments;
  for (const Arg& operand : operands)
    if (operand.text.find('=') == std::string::npos) arguments.push_back(operand);
  const auto assign = [&](const Arg& assignment) {
    const auto equals = assignment.text.find('=');
    if (equals == std::string::npos || equals > assignment.prefix().size()) return;
    Arg value = assignment.known() ? Arg::of(std::string_view(assignment.text).substr(equals + 1))
                                   : Arg::hole("(value)");
    program.set(std::string_view(assignment.text).substr(0, equals), std::move(value));
  };
  for (const Call::Option& option : call.options)
    if ((option.name == "-v" || option.name == "--assign") && option.value) assign(*option.value);
  for (const Arg& operand : operands)
    assign(operand);
  for (const auto& [name, value] : call.run.environment)
    program.set("ENVIRON." + name, value);
  for (const auto& [name, variable] : call.run.state->variables)
    if (variable.exported && variable.values.size() == 1) program.set("ENVIRON." + name, variable.values[0]);
  program.set_arguments(std::move(arguments));
  const auto shell = [&](const Arg& command, const Arg* printed) {
    State inner = *call.run.state;
    const Stream in = printed != nullptr ? Stream::of(*printed) : Stream{};
    // A command that is wholly unknown is what came in.
    if (command.prefix().empty() && !command.known()) {
      run_code("sh", command, call.run, "awk");
      return Arg::hole("(output)");
    }
    const Stream out = walk_text(command, inner, in, call.run.span, "awk");
    return out.data.text.empty() ? Arg::hole("(output)") : out.data;
  };
  for (const Arg& line : lines_of(call.run.in))
    program.run(line, shell);
}

void Analyzer::handle_awk(Call& call) {
  State& state = *call.run.state;
  Arg code;
  bool given = false;
  const auto add = [&](const Arg& part) {
    if (!code.text.empty()) code.append("\n");
    code.append(part);
  };
  for (const Call::Option& option : call.options) {
    if (!option.value) continue;
    const bool file = option.name == "-f" || option.name == "--file";
    const bool source = option.name == "-e" || option.name == "--source";
    given = given || file || source;
    if (source) add(*option.value);
    if (file)
      if (const auto text = script_text(*option.value, call.run)) add(*text);
  }
  std::vector<Arg> operands = call.operands;
  if (!given && !operands.empty()) {
    add(operands[0]);
    operands.erase(operands.begin());
  }
  for (const Arg& operand : operands)
    if (operand.text.find('=') == std::string::npos)
      file_effect(verbs::kFileRead, operand, state, call.run.span);
  const std::string& text = code.text;
  if (text.empty()) return;
  if (trim(text).starts_with("BEGIN") && text.find("system") == std::string::npos)
    printed_ = scan_code("awk", text).printed;
  if (text.find("system") != std::string::npos || text.find("/inet/") != std::string::npos)
    run_inline("awk", code, call.run);
  if (AwkProgram::leaves_awk(text)) follow_awk(code, operands, call);
}

// vi +'!cmd', less '+!cmd', vim -S <(…): commands of the editor where a line number or a pattern may stand.
void Analyzer::handle_editor(Call& call) {
  for (const Arg& operand : call.operands) {
    if (!operand.known() || operand.text.size() < 2 || operand.text[0] != '+') continue;
    const std::string_view text =
        std::string_view(operand.text).substr(operand.text.starts_with("++") ? 2 : 1);
    const CodeScan found = scan_code("ex", text);
    if (!found.shell.empty() || !found.calls.empty() || !found.programs.empty() || found.computed_command)
      run_inline("ex", Arg::of(text), call.run);
  }
  if (const Arg* file = call.value("-S"); file != nullptr)
    if (const auto text = script_text(*file, call.run)) run_inline("ex", *text, call.run);
}

}  // namespace weir::shell
