// Interpreters and what runs other commands: shells, python and its like, find, xargs, parallel.
#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/analyzer.h"

namespace weir::shell {

Analyzer::Handler Analyzer::handler_named(std::string_view name) {
  static constexpr std::pair<std::string_view, Handler> kHandlers[] = {
      {"shell", &Analyzer::handle_shell},
      {"interpreter", &Analyzer::handle_interpreter},
      {"find", &Analyzer::handle_find},
      {"xargs", &Analyzer::handle_xargs},
      {"git", &Analyzer::handle_git},
      {"fetch", &Analyzer::handle_fetch},
      {"copy", &Analyzer::handle_copy},
      {"remote_copy", &Analyzer::handle_remote_copy},
      {"netcat", &Analyzer::handle_netcat},
      {"socat", &Analyzer::handle_socat},
      {"dd", &Analyzer::handle_dd},
      {"tar", &Analyzer::handle_tar},
      {"awk", &Analyzer::handle_awk},
      {"sed", &Analyzer::handle_sed},
      {"tee", &Analyzer::handle_tee},
      {"kill", &Analyzer::handle_kill},
      {"cat", &Analyzer::handle_cat},
      {"echo", &Analyzer::handle_echo},
      {"printf", &Analyzer::handle_printf},
      {"decode", &Analyzer::handle_decode},
      {"parallel", &Analyzer::handle_parallel},
      {"docker", &Analyzer::handle_docker},
      {"fifo", &Analyzer::handle_fifo},
      {"move", &Analyzer::handle_move},
      {"touch", &Analyzer::handle_touch},
      {"dns", &Analyzer::handle_dns},
      {"statements", &Analyzer::handle_statements},
      {"sftp", &Analyzer::handle_sftp},
      {"ztcp", &Analyzer::handle_ztcp},
      {"grep", &Analyzer::handle_grep},
      {"osascript", &Analyzer::handle_osascript},
      {"editor", &Analyzer::handle_editor},
      {"powershell", &Analyzer::handle_powershell},
      {"image_build", &Analyzer::handle_image_build}};
  for (const auto& [known, handler] : kHandlers)
    if (known == name) return handler;
  return nullptr;
}

// bash -lc 'code' name args | bash script args | bash < stream
void Analyzer::handle_shell(Call& call) {
  Invocation& run = call.run;
  State& state = *run.state;
  const std::string program(call.program());
  bool code = false, from_stdin = false, interactive = false;
  std::size_t at = 1;
  for (; at < run.argv.size(); ++at) {
    const std::string& text = run.argv[at].text;
    if (text == "--" || text == "-") {
      ++at;
      break;
    }
    if (text.size() < 2 || (text[0] != '-' && text[0] != '+')) break;
    if (text.starts_with("--")) {
      if (text == "--rcfile" || text == "--init-file") ++at;
      continue;
    }
    code = code || text.find('c') != std::string::npos;
    from_stdin = from_stdin || text.find('s') != std::string::npos;
    interactive = interactive || text.find('i') != std::string::npos;
    if (text.ends_with('o') || text.ends_with('O')) ++at;
  }
  interactive_shell_ = interactive_shell_ || interactive;
  if (run.socket) {
    Effect& remote =
        emit(verbs::kShellRemote, ResourceKind::host, run.socket_peer, Certainty::certain, state, run.span);
    remote.attributes["method"] = "/dev/tcp";
  }
  if (code) {
    if (at >= run.argv.size()) return;
    Invocation inner = run;
    State copy = state;
    copy.positional =
        at + 2 < run.argv.size()
            ? std::vector<Arg>(run.argv.begin() + static_cast<std::ptrdiff_t>(at) + 2, run.argv.end())
            : std::vector<Arg>{};
    if (at + 1 < run.argv.size()) copy.zero = run.argv[at + 1];
    inner.state = &copy;
    return run_code("sh", run.argv[at], inner, program + " -c");
  }
  if (at < run.argv.size() && !from_stdin && run.argv[at].text != "/dev/stdin") {
    const Arg& script = run.argv[at];
    if (script.stream) return run_code("sh", Arg::of(*script.stream), run, "substitution");
    if (const Hole* hole = script.tainted()) return run_remote_code(*hole, run, "substitution", program);
    return run_script_file(script, run, program,
                           {run.argv.begin() + static_cast<std::ptrdiff_t>(at) + 1, run.argv.end()});
  }
  if (!run.in.present) {
    interactive_shell_ = true;
    commands_from_input_ = commands_from_input_ || socket_in_reply_;
    if (in_code_ > 0 && state.remote.empty() && state.container.empty())
      emit(verbs::kShellExec, ResourceKind::program, program, Certainty::certain, state, run.span)
          .attributes["escape"] = true;
    return;
  }
  if (!fifo_made_ && !run.in.path.empty() && !run.in.data.known() && run.in.data.tainted() == nullptr)
    return run_script_file(Arg::of(run.in.path), run, program, {});
  // echo 'rm x' | sh: a command line that is written so that nobody reads it as one
  if (run.in.printed)
    emit(verbs::kShellExec, ResourceKind::program, program, Certainty::certain, state, run.span)
        .attributes["decoded"] = true;
  run_code("sh", run.in.data, run, "pipe");
}

void Analyzer::handle_interpreter(Call& call) {
  Invocation& run = call.run;
  std::string_view language;
  for (const ProgramSpec* spec : call.chain)
    if (!spec->language.empty()) language = spec->language;
  for (const Call::Option& option : call.options) {
    if (option.spec == nullptr) continue;
    if (option.spec->role == Role::code) return;  // apply_role saw it
    if (option.name == "-m" && option.value) {
      // python -m pip install x
      Invocation inner = run;
      inner.argv = {*option.value};
      inner.argv.insert(inner.argv.end(), call.operands.begin(), call.operands.end());
      if (const ProgramSpec* module = table_.find(option.value->text)) call.out = apply(*module, inner);
      return;
    }
  }
  const bool from_stdin =
      call.operands.empty() || call.operands[0].text == "-" || call.operands[0].text == "/dev/stdin";
  if (!from_stdin) {
    const Arg& script = call.operands[0];
    if (script.stream) return run_code(language, Arg::of(*script.stream), run, "substitution");
    if (const Hole* hole = script.tainted())
      return run_remote_code(*hole, run, "substitution", call.program());
    return run_script_file(script, run, call.program(), {});
  }
  if (run.in.present && !run.in.data.text.empty()) run_code(language, run.in.data, run, "pipe");
}

// ---- find

// What find hands to a command: something at or below each root. Without a test the first is the root itself.
static Arg found_below(const Arg& root, bool filtered) {
  if (!filtered) return root;
  Arg arg = root;
  if (!arg.text.ends_with('/')) arg.append("/");
  arg.append_hole("(found)");
  return arg;
}

void Analyzer::find_exec(Call& call, const std::vector<Arg>& roots, std::size_t from, std::size_t to,
                         bool filtered) {
  if (from >= to || depth_ >= limits::kShellDepthMax) return;
  for (const Arg& root : roots) {
    Invocation inner = call.run;
    State copy = *call.run.state;
    inner.state = &copy;
    inner.in = {};
    inner.argv.clear();
    const Arg match = found_below(root, filtered);
    for (std::size_t i = from; i < to; ++i) {
      Arg arg = call.run.argv[i];
      const auto braces = arg.text.find("{}");
      if (braces != std::string::npos && arg.known()) {
        const std::string text = arg.text;
        Arg joined = Arg::of(std::string_view(text).substr(0, braces), arg.span);
        joined.append(match);
        joined.append(std::string_view(text).substr(braces + 2));
        arg = std::move(joined);
      }
      inner.argv.push_back(std::move(arg));
    }
    ++depth_;
    ++in_code_;
    const std::size_t before = out_.effects.size();
    dispatch(inner);
    --in_code_;
    for (std::size_t i = before; i < out_.effects.size() && filtered; ++i)
      if (out_.effects[i].verb.starts_with("file.")) out_.effects[i].attributes["filtered"] = true;
    --depth_;
  }
}

void Analyzer::find_actions(Call& call, const std::vector<Arg>& roots, std::size_t from) {
  static constexpr std::string_view kTests[] = {
      "-name", "-iname", "-path",  "-ipath", "-wholename", "-regex", "-iregex",
      "-type", "-mtime", "-mmin",  "-atime", "-amin",      "-ctime", "-cmin",
      "-size", "-user",  "-group", "-perm",  "-newer",     "-empty", "-mindepth",
      "-uid",  "-gid",   "-links", "-inum",  "-lname",     "-xtype", "-nouser"};
  const std::vector<Arg>& argv = call.run.argv;
  State& state = *call.run.state;
  bool filtered = false;
  const bool only_empty = std::any_of(argv.begin() + static_cast<std::ptrdiff_t>(from), argv.end(),
                                      [](const Arg& arg) { return arg.text == "-empty"; });
  for (std::size_t i = from; i < argv.size(); ++i) {
    const std::string& text = argv[i].text;
    if (std::find(std::begin(kTests), std::end(kTests), text) != std::end(kTests)) {
      // -type d with nothing else takes everything, only in another order
      filtered = filtered || (text != "-type" && text != "-mindepth");
    } else if (text == "-delete") {
      for (const Arg& root : roots) {
        Attributes flags{{"recursive", true}};
        if (filtered) flags["filtered"] = true;
        // What is empty loses nothing but its name.
        if (only_empty) flags["empty"] = true;
        file_effect(only_empty ? verbs::kFileWrite : verbs::kFileDelete, root, state, call.run.span, flags);
      }
    } else if (text == "-exec" || text == "-execdir" || text == "-ok" || text == "-okdir") {
      std::size_t end = i + 1;
      while (end < argv.size() && argv[end].text != ";" &&
             !(argv[end].text == "+" && argv[end - 1].text == "{}"))
        ++end;
      find_exec(call, roots, i + 1, end, filtered);
      i = end;
    } else if ((text == "-fprint" || text == "-fprintf" || text == "-fls" || text == "-fprint0") &&
               i + 1 < argv.size()) {
      file_effect(verbs::kFileWrite, argv[++i], state, call.run.span);
    }
  }
}

void Analyzer::handle_find(Call& call) {
  const std::vector<Arg>& argv = call.run.argv;
  std::vector<Arg> roots;
  std::size_t i = 1;
  while (i < argv.size() && (argv[i].text == "-H" || argv[i].text == "-L" || argv[i].text == "-P" ||
                             argv[i].text == "-E" || argv[i].text == "-x" || argv[i].text == "-X" ||
                             argv[i].text == "-s" || argv[i].text.starts_with("-O")))
    ++i;
  for (; i < argv.size(); ++i) {
    const std::string& text = argv[i].text;
    if (text.starts_with('-') || text == "(" || text == "!" || text == ")" || text == ",") break;
    roots.push_back(argv[i]);
  }
  if (roots.empty()) roots.push_back(Arg::of("."));
  constexpr std::size_t kRootsMax = 32;
  if (roots.size() > kRootsMax) roots.resize(kRootsMax);
  find_actions(call, roots, i);
  note_search(roots, argv, i, *call.run.state, call.run.span);
  Arg found = roots.size() == 1 ? found_below(roots[0], true) : Arg::hole("(found)");
  found.splits = true;
  call.out = Stream::of(std::move(found));
}

// ---- xargs, parallel

void Analyzer::handle_xargs(Call& call) {
  Invocation& run = call.run;
  if (depth_ >= limits::kShellDepthMax) return;
  Invocation inner = run;
  State copy = *run.state;
  inner.state = &copy;
  inner.in = {};
  inner.argv.assign(
      run.argv.begin() + static_cast<std::ptrdiff_t>(call.command == 0 ? run.argv.size() : call.command),
      run.argv.end());
  if (inner.argv.empty()) return;
  // What stands on standard input: known words, words that begin alike, or anything.
  std::vector<Arg> words;
  const Arg& data = run.in.data;
  if (run.in.present && data.known()) {
    std::string text = data.text;
    std::replace(text.begin(), text.end(), '\n', ' ');
    for (const std::string_view word : split(text, ' '))
      if (!trim(word).empty() && words.size() < limits::kShellWordsMax) words.push_back(Arg::of(trim(word)));
  } else if (data.holes.size() == 1 && data.holes[0].end == data.text.size()) {
    words.push_back(data);
  } else {
    const Hole* hole = data.tainted();
    words.push_back(hole != nullptr ? Arg::hole("(input)", hole->origin, hole->url) : Arg::hole("(input)"));
  }
  for (Arg& word : words)
    word.splits = !word.known();
  const Arg* replace = call.value("-I");
  if (replace == nullptr) replace = call.value("--replace");
  const std::string mark = replace != nullptr                        ? replace->text
                           : call.has("-i") || call.has("--replace") ? "{}"
                                                                     : "";
  if (mark.empty()) {
    inner.argv.insert(inner.argv.end(), words.begin(), words.end());
  } else {
    const bool placed = std::any_of(inner.argv.begin(), inner.argv.end(),
                                    [&](const Arg& arg) { return arg.text.find(mark) != std::string::npos; });
    if (!placed) inner.argv.insert(inner.argv.end(), words.begin(), words.end());
    for (Arg& arg : inner.argv) {
      const auto at = arg.text.find(mark);
      if (at == std::string::npos || !arg.known() || words.empty()) continue;
      const std::string text = arg.text;
      arg = Arg::of(std::string_view(text).substr(0, at), arg.span);
      Arg word = words[0];
      word.splits = false;
      arg.append(word);
      arg.append(std::string_view(text).substr(at + mark.size()));
    }
  }
  // xargs sh -c: the input itself becomes code
  if (is_shell_name(base_name(inner.argv[0].text)) && run.argv.back().text.starts_with('-') &&
      run.argv.back().text.ends_with('c')) {
    opaque("code from standard input", run.in.data.text, run.span);
    emit(verbs::kShellExec, ResourceKind::program, inner.argv[0].text, Certainty::opaque, *run.state,
         run.span)
        .attributes["from_input"] = true;
  }
  ++depth_;
  call.out = dispatch(inner);
  --depth_;
  call.command = 0;  // done here
}

// parallel cmd {} ::: a b -> one shell command with the known arguments, or an unknown one
void Analyzer::handle_parallel(Call& call) {
  Invocation& run = call.run;
  if (call.command == 0) return;
  std::vector<Arg> command, arguments;
  bool after = false;
  for (std::size_t i = call.command; i < run.argv.size(); ++i) {
    if (run.argv[i].text == ":::" || run.argv[i].text == "::::")
      after = true;
    else
      (after ? arguments : command).push_back(run.argv[i]);
  }
  if (arguments.empty() && run.in.present && run.in.data.known())
    for (const std::string_view line : split(run.in.data.text, '\n'))
      if (!line.empty()) arguments.push_back(Arg::of(line));
  if (arguments.empty()) arguments.push_back(Arg::hole("(input)"));
  constexpr std::size_t kPassesMax = 16;
  if (arguments.size() > kPassesMax) arguments.resize(kPassesMax);
  for (const Arg& argument : arguments) {
    Arg text;
    bool placed = false;
    for (const Arg& part : command) {
      if (!text.text.empty()) text.append(" ");
      const auto at = part.text.find("{}");
      if (at == std::string::npos) {
        text.append(part);
        continue;
      }
      text.append(std::string_view(part.text).substr(0, at));
      text.append(argument);
      text.append(std::string_view(part.text).substr(at + 2));
      placed = true;
    }
    if (!placed) {
      text.append(" ");
      text.append(argument);
    }
    State inner = *run.state;
    walk_text(text, inner, {}, run.span, "parallel");
    if (is_shell_name(base_name(command.empty() ? std::string_view{} : std::string_view(command[0].text))))
      run_parallel_shell(command, argument, run);
  }
  call.command = 0;  // done here
}

// parallel bash -c 'rm {}': how its words are quoted again differs between versions; here as they stand.
void Analyzer::run_parallel_shell(const std::vector<Arg>& command, const Arg& argument, Invocation& run) {
  if (depth_ >= limits::kShellDepthMax) return;
  if (command.back().text == "{}" || command.back().text == "-c")
    emit(verbs::kShellExec, ResourceKind::program, command[0].text, Certainty::opaque, *run.state, run.span)
        .attributes["from_input"] = true;
  Invocation inner = run;
  State copy = *run.state;
  inner.state = &copy;
  inner.in = {};
  inner.argv.clear();
  for (const Arg& part : command) {
    const auto at = part.text.find("{}");
    Arg arg = part;
    if (at != std::string::npos && part.known()) {
      arg = Arg::of(std::string_view(part.text).substr(0, at), part.span);
      arg.append(argument);
      arg.append(std::string_view(part.text).substr(at + 2));
    }
    inner.argv.push_back(std::move(arg));
  }
  ++depth_;
  dispatch(inner);
  --depth_;
}

}  // namespace weir::shell
