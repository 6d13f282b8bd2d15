// Builtins of the shell that change what the rest of the script means.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/analyzer.h"

namespace weir::shell {
namespace {

// Arguments joined as eval does.
Arg joined(const std::vector<Arg>& argv, std::size_t from) {
  Arg text;
  for (std::size_t i = from; i < argv.size(); ++i) {
    if (i > from) text.append(" ");
    text.append(argv[i]);
  }
  return text;
}

bool entirely_unknown(const Arg& arg) {
  return arg.holes.size() == 1 && arg.holes[0].begin == 0 && arg.holes[0].end == arg.text.size();
}

constexpr std::string_view kSilent[] = {":",       "true",     "false",    "test",     "[",       "wait",
                                        "fg",      "bg",       "getopts",  "complete", "compopt", "disown",
                                        "logout",  "break",    "continue", "suspend",  "local",   "popd",
                                        "unalias", "autoload", "setopt",   "unsetopt"};

// They may print something, which is not followed.
constexpr std::string_view kPrinting[] = {"pwd",    "jobs",    "hash",    "help",    "shopt", "times",
                                          "bind",   "compgen", "caller",  "dirs",    "umask", "ulimit",
                                          "export", "declare", "typeset", "readonly"};

// `shift n`. A count above what there is shifts nothing (POSIX XCU 2.14); one that is not known or no plain
// number leaves the parameters unknown.
void shift(const std::vector<Arg>& argv, State& state) {
  if (!state.positional) return;
  const std::string_view text = argv.size() > 1 ? std::string_view(argv[1].text) : "1";
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool plain = error == std::errc{} && end == text.data() + text.size();
  if (!plain || (argv.size() > 1 && !argv[1].known())) {
    state.positional.reset();
  } else if (count <= state.positional->size()) {
    state.positional->erase(state.positional->begin(),
                            state.positional->begin() + static_cast<std::ptrdiff_t>(count));
  }
}

// type -P rm, command -v rm: wherever it lies, it is that program.
Stream path_of_program(const std::vector<Arg>& argv, std::size_t from) {
  while (from < argv.size() && argv[from].text.starts_with('-'))
    ++from;
  if (from >= argv.size() || !argv[from].known()) return Stream::unknown();
  Arg path = Arg::of(argv[from].text + "\n");
  path.guessed = true;
  return Stream::of(std::move(path));
}

}  // namespace

// long: a table of names and what each does
std::optional<Stream> Analyzer::run_builtin(std::string_view name, Invocation& invocation) {
  State& state = *invocation.state;
  const std::vector<Arg>& argv = invocation.argv;
  if (name == "cd" || name == "pushd" || name == "chdir") {
    change_directory(invocation);
    return Stream{};
  }
  if (name == "pwd" && state.cwd) return Stream::of(Arg::of(*state.cwd + "\n"));
  if (std::find(std::begin(kSilent), std::end(kSilent), name) != std::end(kSilent)) return Stream{};
  if (std::find(std::begin(kPrinting), std::end(kPrinting), name) != std::end(kPrinting))
    return Stream::unknown();
  if (name == "type" || name == "whence") return path_of_program(argv, 1);
  if (name == "exit" || name == "return") {
    state.exited = true;
    return Stream{};
  }
  if (name == "eval") {
    const Arg text = joined(argv, 1);
    if (text.text.empty()) return Stream{};
    run_code("sh", text, invocation, "eval");
    return Stream::unknown();
  }
  if (name == "source" || name == ".") {
    run_source(invocation);
    return Stream::unknown();
  }
  if (auto prefixed = run_prefix(name, invocation)) return prefixed;
  if (name == "trap") {
    const std::size_t at = argv.size() > 1 && argv[1].text == "--" ? 2 : 1;
    if (argv.size() > at + 1 && !argv[at].text.starts_with("-")) {
      State inner = state;
      walk_text(argv[at], inner, {}, invocation.span, "trap");
      note_trap(invocation);
    }
    return Stream{};
  }
  if (name == "alias") {
    run_alias(invocation);
    return Stream{};
  }
  if (name == "unset") {
    run_unset(invocation);
    return Stream{};
  }
  if (name == "let") {
    Expander words = expander(state);
    for (std::size_t i = 1; i < argv.size(); ++i)
      if (argv[i].known()) (void)words.arithmetic(argv[i].text);
    return Stream{};
  }
  if (name == "set" || name == "shift") {
    run_set(invocation);
    return Stream{};
  }
  if (name == "read" || name == "mapfile" || name == "readarray") {
    run_read(invocation);
    return Stream{};
  }
  return std::nullopt;
}

// exec, command, builtin: what follows is the command.
std::optional<Stream> Analyzer::run_prefix(std::string_view name, Invocation& invocation) {
  const std::vector<Arg>& argv = invocation.argv;
  if (name == "exec" || name == "command" || name == "builtin" || name == "noglob" || name == "nocorrect") {
    std::size_t at = 1;
    for (; at < argv.size() && argv[at].text.starts_with('-'); ++at) {
      if (name == "command" && (argv[at].text == "-v" || argv[at].text == "-V"))
        return path_of_program(argv, at);
      if (name == "exec" && argv[at].text == "-a") ++at;
    }
    if (at >= argv.size()) return Stream{};
    Invocation inner = invocation;
    inner.argv.erase(inner.argv.begin(), inner.argv.begin() + static_cast<std::ptrdiff_t>(at));
    return dispatch(inner);
  }
  return std::nullopt;
}

void Analyzer::change_directory(Invocation& invocation) {
  State& state = *invocation.state;
  const Arg* target = nullptr;
  for (std::size_t i = 1; i < invocation.argv.size(); ++i) {
    const std::string& text = invocation.argv[i].text;
    if (text == "--" || (text.starts_with('-') && text.size() > 1)) continue;
    target = &invocation.argv[i];
    break;
  }
  if (target == nullptr) {
    if (environment_.home.empty() || !state.remote.empty() || !state.container.empty())
      state.cwd = "~";
    else
      state.cwd = environment_.home;
  } else if (target->text == "-") {
    const auto old = state.variables.find("OLDPWD");
    if (old != state.variables.end() && !old->second.values.empty() && old->second.values[0].known())
      state.cwd = old->second.values[0].text;
    else
      state.cwd.reset();
    return;
  } else {
    const PathInfo info = describe_path(*target, environment_, state.cwd);
    const std::optional<std::string> before = state.cwd;
    if (info.known && info.prefix_known)
      state.cwd = info.path;
    else
      state.cwd.reset();
    if (before) state.variables["OLDPWD"].values = {Arg::of(*before)};
  }
}

void Analyzer::run_source(Invocation& invocation) {
  if (invocation.argv.size() < 2) return;
  const Arg path = invocation.argv[1];
  if (path.stream) {
    walk_text(Arg::of(*path.stream), *invocation.state, {}, invocation.span, "source");
    return;
  }
  if (const Hole* hole = path.tainted()) return run_remote_code(*hole, invocation, "substitution", "source");
  if (path.text == "/dev/stdin" && invocation.in.present)
    return run_code("sh", invocation.in.data, invocation, "source");
  run_script_file(path, invocation, "sh", {});
}

void Analyzer::run_set(Invocation& invocation) {
  State& state = *invocation.state;
  const std::vector<Arg>& argv = invocation.argv;
  if (argv[0].text == "shift") return shift(argv, state);
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const bool dashes = argv[i].text == "--";
    if (!dashes && (argv[i].text.starts_with('-') || argv[i].text.starts_with('+'))) {
      if (argv[i].text == "+o" && i + 1 < argv.size() && argv[i + 1].text == "history")
        note_history_off("set +o history", state, invocation.span);
      if (argv[i].text == "-o" || argv[i].text == "+o") ++i;
      continue;
    }
    state.positional =
        std::vector<Arg>(argv.begin() + static_cast<std::ptrdiff_t>(dashes ? i + 1 : i), argv.end());
    return;
  }
}

namespace {

struct ReadOptions {
  std::vector<std::string> names;
  bool array = false;      // mapfile, read -a
  bool whole = false;      // read -d '': all lines are one
  bool keep_ends = false;  // mapfile without -t
};

ReadOptions read_options(const std::vector<Arg>& argv) {
  static constexpr std::string_view kTakesValue[] = {"-p", "-t", "-n", "-N", "-d", "-u",
                                                     "-i", "-C", "-c", "-s", "-O"};
  ReadOptions out;
  const bool lines = argv[0].text != "read";
  out.array = lines;
  out.keep_ends = lines;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string& text = argv[i].text;
    if (!text.starts_with('-') || text.size() < 2) {
      if (argv[i].known()) out.names.push_back(text);
      continue;
    }
    if (!lines && text.find('a') != std::string::npos) out.array = true;
    if (lines && text.find('t') != std::string::npos) out.keep_ends = false;
    if (!lines && text.ends_with('d') && i + 1 < argv.size()) out.whole = argv[i + 1].text.empty();
    const std::string last{'-', text.back()};
    const bool flag = (lines && last == "-t") || (!lines && last == "-s");
    if (!flag && std::find(std::begin(kTakesValue), std::end(kTakesValue), last) != std::end(kTakesValue))
      ++i;
  }
  if (out.names.empty()) out.names.push_back(lines ? "MAPFILE" : "REPLY");
  return out;
}

// A line cut at IFS into at most `count` fields, the last with all the rest (POSIX XCU read).
std::vector<std::string> cut_fields(std::string_view line, std::string_view ifs, std::size_t count) {
  const auto blank = [&](char c) {
    return (c == ' ' || c == '\t' || c == '\n') && ifs.find(c) != std::string_view::npos;
  };
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < line.size() && blank(line[at]))
    ++at;
  while (out.size() + 1 < count && at < line.size()) {
    const auto end = std::min(line.find_first_of(ifs, at), line.size());
    out.emplace_back(line.substr(at, end - at));
    at = end;
    while (at < line.size() && blank(line[at]))
      ++at;
    if (at < line.size() && at == end && ifs.find(line[at]) != std::string_view::npos) ++at;
  }
  std::string_view rest = line.substr(at);
  while (!rest.empty() && blank(rest.back()))
    rest.remove_suffix(1);
  out.emplace_back(rest);
  while (out.size() < count && count != SIZE_MAX)
    out.emplace_back();
  return out;
}

}  // namespace

// The lines of known input are values the variables may take; unknown input is a hole that keeps its origin.
void Analyzer::run_read(Invocation& invocation) {
  State& state = *invocation.state;
  constexpr std::size_t kLinesMax = 3;
  const ReadOptions options = read_options(invocation.argv);
  const Arg& data = invocation.in.data;
  if (!invocation.in.present || !data.known() || data.text.empty()) {
    for (const std::string& name : options.names) {
      const Hole* hole = data.tainted();
      const Arg value =
          hole != nullptr ? Arg::hole("$" + name, hole->origin, hole->url) : Arg::hole("$" + name);
      state.variables[name] = Variable{{value}, options.array, false, false, {}};
    }
    return;
  }
  std::string ifs = " \t\n";
  if (const auto found = state.variables.find("IFS");
      found != state.variables.end() && !found->second.values.empty() && found->second.values[0].known())
    ifs = found->second.values[0].text;
  for (const auto& [name, value] : invocation.environment)
    if (name == "IFS" && value.known()) ifs = value.text;
  std::vector<std::string_view> lines =
      options.whole ? std::vector<std::string_view>{data.text} : split(data.text, '\n');
  if (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  if (invocation.argv[0].text != "read") {
    Variable all{{}, true, false, false, {}};
    for (std::size_t i = 0; i < std::min(lines.size(), limits::kShellWordsMax); ++i)
      all.values.push_back(Arg::of(std::string(lines[i]) + (options.keep_ends ? "\n" : "")));
    state.variables[options.names[0]] = std::move(all);
    return;
  }
  if (options.array) {
    Variable fields{{}, true, false, false, {}};
    for (const std::string& field : cut_fields(lines[0], ifs, limits::kShellWordsMax))
      if (!field.empty()) fields.values.push_back(Arg::of(field));
    state.variables[options.names[0]] = std::move(fields);
    return;
  }
  for (const std::string& name : options.names)
    state.variables[name] = Variable{};
  for (std::size_t i = 0; i < std::min(lines.size(), kLinesMax); ++i) {
    const auto fields = cut_fields(lines[i], ifs, options.names.size());
    for (std::size_t k = 0; k < options.names.size(); ++k)
      state.variables[options.names[k]].values.push_back(Arg::of(fields[k]));
  }
}

void Analyzer::run_alias(Invocation& invocation) {
  for (std::size_t i = 1; i < invocation.argv.size(); ++i) {
    const Arg& arg = invocation.argv[i];
    const auto equals = arg.text.find('=');
    if (equals == std::string::npos || equals == 0 || !arg.known() || invocation.state->aliases.size() > 256)
      continue;
    invocation.state->aliases[arg.text.substr(0, equals)] = arg.text.substr(equals + 1);
  }
}

void Analyzer::run_unset(Invocation& invocation) {
  State& state = *invocation.state;
  for (std::size_t i = 1; i < invocation.argv.size(); ++i) {
    const std::string& name = invocation.argv[i].text;
    if (name == "-f" && i + 1 < invocation.argv.size()) {
      state.functions.erase(invocation.argv[i + 1].text);
    } else if (!name.starts_with('-')) {
      state.variables.insert_or_assign(name, Variable{});
      note_variable(name, {}, state, invocation.span);
      if (name.starts_with("WEIR_"))
        emit(verbs::kGuardDisable, ResourceKind::resource, name, Certainty::certain, state, invocation.span)
            .attributes["method"] = "environment";
    }
  }
}

// ---- code

void Analyzer::run_remote_code(const Hole& hole, Invocation& invocation, std::string_view how,
                               std::string_view interpreter) {
  if (run_installer(hole, invocation, how)) return;
  const bool network = hole.origin == Origin::network;
  Effect& effect = emit(verbs::kCodeRunRemote, ResourceKind::url,
                        hole.url.empty() ? (network ? "(network)" : "(encoded)") : hole.url,
                        Certainty::certain, *invocation.state, invocation.span);
  effect.attributes["code_origin"] = network ? "network" : "encoded";
  effect.attributes["via"] = std::string(how);
  if (!interpreter.empty()) effect.attributes["interpreter"] = std::string(interpreter);
  if (!hole.url.empty()) {
    const HostPort peer = host_of(hole.url);
    effect.attributes["url"] = hole.url;
    effect.attributes["host"] = peer.host;
    if (!peer.scheme.empty()) effect.attributes["scheme"] = peer.scheme;
  }
  opaque(network ? "code from the network" : "encoded code", hole.url, invocation.span);
}

// Text that a shell would run: eval, sh -c, a pipe into sh, a here-document.
void Analyzer::run_code(std::string_view language, const Arg& code, Invocation& invocation,
                        std::string_view how) {
  State& state = *invocation.state;
  if (code.decoded)
    emit(verbs::kShellExec, ResourceKind::program, std::string(language), Certainty::certain, state,
         invocation.span)
        .attributes["decoded"] = true;
  if (!language.empty() && language != "sh" && !is_shell_name(language))
    return run_inline(language, code, invocation);
  if (entirely_unknown(code)) {
    if (const Hole* hole = code.tainted()) return run_remote_code(*hole, invocation, how, language);
    // A shell on a stream that nobody knows: what comes out of a program, or a person.
    commands_from_input_ = true;
    opaque(how == "eval" ? "eval of unknown text" : "unknown code for " + std::string(language), code.text,
           invocation.span);
    Effect& effect = emit(verbs::kShellExec, ResourceKind::program, std::string(language), Certainty::opaque,
                          state, invocation.span);
    effect.attributes["via"] = std::string(how);
    effect.attributes["code"] = code.text.substr(0, 256);
    return;
  }
  const bool same_shell = how == "eval" || how == "source";
  State inner = state;
  State& target = same_shell ? state : inner;
  if (!same_shell) target.functions.clear();
  for (const auto& [name, value] : invocation.environment)
    target.variables[name] = Variable{{value}, false, true, false, {}};
  walk_text(code, target, {}, invocation.span, how);
}

void Analyzer::run_script_file(const Arg& path, Invocation& invocation, std::string_view language,
                               std::vector<Arg> arguments) {
  State& state = *invocation.state;
  const PathInfo info = describe_path(path, environment_, state.cwd);
  const std::string program = language.empty() ? path.text : std::string(language);
  file_effect(verbs::kFileRead, path, state, invocation.span);
  Effect& effect = emit(verbs::kShellExec, ResourceKind::program, program,
                        path.known() ? Certainty::certain : Certainty::possible, state, invocation.span);
  effect.attributes["script"] = info.path;
  if (info.inside_workspace) effect.attributes["inside_workspace"] = *info.inside_workspace;
  if (const auto fetched = state.downloads.find(info.path); fetched != state.downloads.end()) {
    const Hole hole{0, 0, Origin::network, fetched->second};
    return run_remote_code(hole, invocation, "file", language);
  }
  if (is_disguised(info.path)) effect.attributes["disguised"] = true;
  note_offensive(base_name(info.path), state, invocation.span);
  const bool shell = language.empty() || language == "sh" || is_shell_name(language);
  const auto written = state.written.find(info.path);
  if (written == state.written.end() || depth_ >= limits::kShellDepthMax) return;
  if (!shell) {
    const ProgramSpec* interpreter = table_.find(language);
    if (interpreter != nullptr && !interpreter->language.empty())
      run_inline(interpreter->language, Arg::of(written->second), invocation);
    return;
  }
  State inner = state;
  inner.positional = std::move(arguments);
  inner.written.erase(info.path);  // a script that calls itself adds nothing
  walk_text(Arg::of(written->second), inner, {}, invocation.span, "script");
}

}  // namespace weir::shell
