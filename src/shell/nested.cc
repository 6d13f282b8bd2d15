// Text that reaches a shell by a side door: recipes of make, variables whose value a shell runs.
#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/analyzer.h"

namespace weir::shell {
namespace {

// The commands of a makefile: lines that begin with a tab, and what stands behind "target: ;".
std::string recipes_of(std::string_view makefile) {
  std::string out;
  for (std::string_view line : split(makefile, '\n')) {
    const auto inline_recipe = line.find(';');
    if (!line.starts_with('\t')) {
      if (inline_recipe == std::string_view::npos || line.find(':') > inline_recipe) continue;
      line.remove_prefix(inline_recipe + 1);
    }
    line.remove_prefix(std::min(line.find_first_not_of(" \t@-+"), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) {
      out += line[i];
      if (line.substr(i).starts_with("$$")) ++i;
    }
    out += '\n';
  }
  return out;
}

// Prompts: text in which bash runs the substitutions.
bool is_prompt(std::string_view name) {
  return name == "PS0" || name == "PS1" || name == "PS4";
}

// Variables whose value bash, git, man or less give to a shell.
bool runs_value(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "PROMPT_COMMAND", "PAGER",      "GIT_PAGER",           "MANPAGER",        "EDITOR",
      "VISUAL",         "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF",
      "LESSOPEN",       "LESSCLOSE"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// Sub-commands are named like programs (`qm shutdown 100`); a program's own options behind the name, or a
// word before it that says so, tell that a command begins at `at`.
bool begins_command(const std::vector<Arg>& argv, std::size_t at) {
  const std::string& before = argv[at - 1].text;
  if (at > 1 && (before == "--" || before == "exec" || before == "run")) return true;
  if (before.starts_with('-')) return false;  // its value, more likely
  return argv[at + 1].text.size() > 1 && argv[at + 1].text.starts_with('-');
}

}  // namespace

// make with a makefile that is known: on standard input, or written earlier in the script.
void Analyzer::run_makefile(Invocation& invocation) {
  State& state = *invocation.state;
  std::vector<std::string> files;
  for (std::size_t i = 1; i < invocation.argv.size(); ++i) {
    const std::string& text = invocation.argv[i].text;
    if ((text == "-f" || text == "--file") && i + 1 < invocation.argv.size()) {
      if (const Arg& file = invocation.argv[++i]; file.stream) {
        State inner = state;
        walk_text(Arg::of(recipes_of(*file.stream)), inner, {}, invocation.span, "make");
      } else {
        files.push_back(file.text);
      }
    } else if (text.starts_with("-f") && text.size() > 2)
      files.push_back(text.substr(2));
    else if (text.starts_with("--file="))
      files.push_back(text.substr(7));
    else if (text.starts_with("SHELL=") && invocation.argv[i].known()) {
      // what runs every recipe
      State inner = state;
      walk_text(Arg::of(text.substr(6)), inner, {}, invocation.span, "make");
    }
  }
  if (files.empty()) files = {"GNUmakefile", "makefile", "Makefile"};
  for (const std::string& file : files) {
    Arg text;
    if (file == "-" || file == "/dev/stdin") {
      if (!invocation.in.present || !invocation.in.data.known()) continue;
      text = invocation.in.data;
    } else {
      const auto written = state.written.find(describe_path(Arg::of(file), environment_, state.cwd).path);
      if (written == state.written.end()) continue;
      text = Arg::of(written->second);
    }
    State inner = state;
    walk_text(Arg::of(recipes_of(text.text)), inner, {}, invocation.span, "make");
  }
}

// ssh -o ProxyCommand=TEXT, apt-get -o APT::Update::Pre-Invoke::=TEXT: settings whose value a shell runs.
void Analyzer::run_settings(const Invocation& invocation) {
  static constexpr std::string_view kSettings[] = {
      "ProxyCommand=", "LocalCommand=", "KnownHostsCommand=",
      "Invoke::=",     "Invoke=",       "Post-Invoke-Success::="};
  const std::vector<Arg>& argv = invocation.argv;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    if (!argv[i].known() || (argv[i - 1].text != "-o" && !argv[i].text.starts_with("-o"))) continue;
    for (const std::string_view setting : kSettings) {
      const auto at = argv[i].text.find(setting);
      if (at == std::string::npos) continue;
      State inner = *invocation.state;
      walk_text(Arg::of(argv[i].text.substr(at + setting.size())), inner, {}, invocation.span, setting);
      break;
    }
  }
}

// A program that the catalogue does not know may run what stands behind it: `chronic rm -rf x`,
// `mytool --exec 'rm -rf x'`. What it would do is possible.
void Analyzer::guess_wrapped(Invocation& invocation) {
  static constexpr std::string_view kRunning[] = {"-c",     "-e",        "-x",    "--exec",  "--command",
                                                  "--cmd",  "--run",     "--sh",  "--shell", "--eval",
                                                  "--call", "--execute", "--cmd", "-Command"};
  const std::vector<Arg>& argv = invocation.argv;
  if (depth_ >= limits::kShellDepthMax) return;
  const std::size_t before = out_.effects.size();
  for (std::size_t i = 1; i < argv.size(); ++i) {
    if (!argv[i].known()) continue;
    std::string_view text = argv[i].text;
    const auto equals = text.starts_with("--") ? text.find('=') : std::string_view::npos;
    const std::string_view option =
        equals != std::string_view::npos ? text.substr(0, equals) : argv[i - 1].text;
    if (equals != std::string_view::npos) text.remove_prefix(equals + 1);
    const auto blank = text.find(' ');
    if (table_.find(base_name(text.substr(0, blank))) == nullptr) continue;
    State inner = *invocation.state;
    ++depth_;
    if (blank != std::string_view::npos) {
      if (std::find(std::begin(kRunning), std::end(kRunning), option) != std::end(kRunning))
        walk_text(Arg::of(text), inner, {}, invocation.span, base_name(argv[0].text));
    } else if (i + 1 < argv.size() && equals == std::string_view::npos && begins_command(argv, i)) {
      Invocation nested = invocation;
      nested.state = &inner;
      nested.argv.assign(argv.begin() + static_cast<std::ptrdiff_t>(i), argv.end());
      dispatch(nested);
      i = argv.size();
    }
    --depth_;
  }
  for (std::size_t i = before; i < out_.effects.size(); ++i)
    if (out_.effects[i].certainty == Certainty::certain) out_.effects[i].certainty = Certainty::possible;
}

void Analyzer::run_variable(std::string_view name, const Arg& value, State& state, Span span) {
  if (value.text.empty()) return;
  State inner = state;
  // A shell that starts reads this file first.
  if (name == "BASH_ENV" || name == "ENV") {
    Invocation started;
    started.state = &inner;
    started.span = span;
    if (value.stream)
      walk_text(Arg::of(*value.stream), inner, {}, span, name);
    else if (name == "BASH_ENV")
      run_script_file(value, started, "sh", {});
    return;
  }
  Arg text = value;
  if (is_prompt(name)) {
    if (value.text.find("$(") == std::string::npos && value.text.find('`') == std::string::npos) return;
    text = Arg::of(": \"");
    text.append(value);
    text.append("\"");
  } else if (!runs_value(name) || !value.known()) {
    return;
  }
  walk_text(text, inner, {}, span, name);
}

}  // namespace weir::shell
