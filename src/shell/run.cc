// One simple command on paper: expand its words, apply its redirections, find out what it is.
#include <algorithm>

#include "base/limits.h"
#include "shell/analyzer.h"
#include "shell/filter.h"

namespace weir::shell {
namespace {

constexpr std::size_t kArgumentsMax = 200'000;  // made by expansion in one analysis

// "/dev/tcp/host/port" -> "host:port", or "".
std::string socket_peer(std::string_view path) {
  for (const std::string_view prefix : {"/dev/tcp/", "/dev/udp/"}) {
    if (!path.starts_with(prefix)) continue;
    std::string peer(path.substr(prefix.size()));
    if (const auto slash = peer.find('/'); slash != std::string::npos) peer[slash] = ':';
    return peer;
  }
  return {};
}

}  // namespace

bool is_shell_name(std::string_view program) {
  static constexpr std::string_view kShells[] = {"sh",   "bash", "zsh", "dash", "ash",  "ksh",
                                                 "mksh", "fish", "csh", "tcsh", "rbash"};
  return std::find(std::begin(kShells), std::end(kShells), program) != std::end(kShells);
}

// X=/srv rm -rf $X: the shell expands before it assigns, but the writer believes X to be /srv; where the
// value is not known otherwise, that belief is the best guess. The names that were set so.
std::vector<std::string> Analyzer::believe_assignments(const Simple& simple, Expander& words, State& state) {
  std::vector<std::string> believed;
  for (const Assignment& assignment : simple.assignments) {
    if (simple.words.empty() || assignment.array || state.variables.contains(assignment.name)) continue;
    Arg value = words.single(assignment.value);
    value.guessed = true;
    state.variables[assignment.name].values = {std::move(value)};
    believed.push_back(assignment.name);
  }
  return believed;
}

// long: the steps of the Bash manual, 3.7.1, one after the other
Stream Analyzer::run_simple(const Simple& simple, const Command& command, State& state, const Stream& in) {
  Stream out;
  std::size_t rounds = 1;
  for (std::size_t round = 0; round < rounds; ++round) {
    if (++runs_ > limits::kShellRunsMax || arguments_ > kArgumentsMax) {
      limit("more than " + std::to_string(limits::kShellRunsMax) + " commands to follow", command.span);
      return Stream::unknown();
    }
    Expander words = expander(state, round);
    Invocation invocation;
    invocation.span = command.span;
    invocation.state = &state;
    invocation.in = in;
    const std::vector<std::string> believed = believe_assignments(simple, words, state);
    for (const Word& word : simple.words) {
      std::vector<Arg> fields = words.fields(word);
      arguments_ += fields.size();
      std::move(fields.begin(), fields.end(), std::back_inserter(invocation.argv));
      if (invocation.argv.size() > limits::kShellWordsMax * 4) {
        limit("a command with more than " + std::to_string(limits::kShellWordsMax * 4) + " arguments",
              command.span);
        break;
      }
    }
    for (const std::string& name : believed)
      state.variables.erase(name);
    for (const Assignment& assignment : simple.assignments) {
      if (invocation.argv.empty())
        assign(assignment, state, false);
      else
        invocation.environment.emplace_back(assignment.name, words.single(assignment.value));
      if (!invocation.environment.empty() && !invocation.argv.empty()) {
        note_variable(invocation.environment.back().first, invocation.environment.back().second, state,
                      command.span);
        run_variable(invocation.environment.back().first, invocation.environment.back().second, state,
                     command.span);
      }
    }
    for (const Assignment& assignment : simple.declared) {
      assign(assignment, state, true);
      if (invocation.argv.size() > 1 && invocation.argv[0].text != "export")
        declare_options(invocation, assignment, state);
    }
    Stream redirected;
    for (const Redirection& redirection : command.redirections)
      redirect(redirection, invocation, redirected);
    rounds = std::max(rounds, words.rounds());
    const bool is_exec =
        !invocation.argv.empty() && invocation.argv[0].text == "exec" && invocation.argv.size() == 1;
    if (invocation.socket && (invocation.argv.empty() || is_exec)) {
      socket_opened_ = true;
      socket_peer_ = invocation.socket_peer;
      socket_span_ = place(command.span);
      for (const int descriptor : invocation.socket_descriptors)
        socket_descriptors_[std::to_string(descriptor)] = invocation.socket_peer;
    }
    if (invocation.argv.empty()) {
      // $(<file): the output is the file
      out = invocation.in.present && simple.words.empty() && simple.assignments.empty() ? invocation.in
                                                                                        : Stream{};
      continue;
    }
    out = dispatch(invocation);
    keep_output(invocation, out);
    if (!invocation.out_paths.empty()) out = Stream::of(Arg{});
  }
  return out;
}

void Analyzer::assign(const Assignment& assignment, State& state, bool exported) {
  constexpr std::size_t kVariablesMax = 1024;
  if (state.variables.size() > kVariablesMax) return;
  Expander words = expander(state);
  Variable fresh;
  if (assignment.array) {
    fresh.array = true;
    bool keyed = false;
    for (std::size_t i = 0; i < assignment.elements.size(); ++i) {
      const bool has_key = i < assignment.keys.size() && !assignment.keys[i].parts.empty();
      keyed = keyed || has_key;
      std::vector<Arg> values = words.fields(assignment.elements[i]);
      if (has_key && values.empty()) values.emplace_back();
      for (Arg& value : values) {
        if (fresh.values.size() >= limits::kShellWordsMax) break;
        fresh.keys.push_back(has_key ? words.single(assignment.keys[i]).text
                                     : std::to_string(fresh.values.size()));
        fresh.values.push_back(std::move(value));
      }
    }
    if (!keyed) fresh.keys.clear();
  } else {
    fresh.values = {words.single(assignment.value)};
    if (fresh.values[0].text.size() > limits::kShellValueBytesMax) fresh.values[0] = Arg::hole("(too long)");
  }
  if (assignment.name.starts_with("WEIR_") && exported)
    emit(verbs::kGuardDisable, ResourceKind::resource, assignment.name, Certainty::possible, state,
         assignment.span)
        .attributes["method"] = "environment";
  if (!assignment.array && assignment.subscript.empty()) {
    note_variable(assignment.name, fresh.values[0], state, assignment.span);
    run_variable(assignment.name, fresh.values[0], state, assignment.span);
  }
  Variable& variable = state.variables[assignment.name];
  fresh.exported = exported || variable.exported;
  if (!assignment.subscript.empty()) {
    if (!variable.array) variable.values.clear();
    variable.array = true;
    return assign_element(variable, words.single(assignment.subscript[0]), assignment.append,
                          std::move(fresh.values[0]));
  }
  if (assignment.append && !variable.values.empty()) {
    if (fresh.array) {
      variable.array = true;
      for (std::size_t i = 0; i < fresh.values.size(); ++i) {
        if (!variable.keys.empty() || !fresh.keys.empty()) {
          while (variable.keys.size() < variable.values.size())
            variable.keys.push_back(std::to_string(variable.keys.size()));
          variable.keys.push_back(fresh.keys.empty() ? std::to_string(variable.values.size())
                                                     : fresh.keys[i]);
        }
        variable.values.push_back(std::move(fresh.values[i]));
      }
      return;
    }
    Arg joined = variable.values[0];
    joined.append(fresh.values[0]);
    fresh.values[0] =
        joined.text.size() > limits::kShellValueBytesMax ? Arg::hole("(too long)") : std::move(joined);
  }
  variable = std::move(fresh);
}

// name[key]=value, name[key]+=value
void Analyzer::assign_element(Variable& variable, const Arg& subscript, bool append, Arg value) {
  while (variable.keys.size() < variable.values.size())
    variable.keys.push_back(std::to_string(variable.keys.size()));
  const std::string key = subscript.known() ? subscript.text : "?";
  const auto found = std::find(variable.keys.begin(), variable.keys.end(), key);
  const auto at = static_cast<std::size_t>(found - variable.keys.begin());
  if (found == variable.keys.end()) {
    if (variable.values.size() >= limits::kShellWordsMax) return;
    variable.keys.push_back(key);
    variable.values.push_back(std::move(value));
  } else if (append) {
    variable.values[at].append(value);
  } else {
    variable.values[at] = std::move(value);
  }
}

// declare -n, -l, -u: what the option makes of the values.
void Analyzer::declare_options(const Invocation& invocation, const Assignment& assignment, State& state) {
  const auto variable = state.variables.find(assignment.name);
  if (variable == state.variables.end()) return;
  for (const Arg& arg : invocation.argv) {
    if (!arg.text.starts_with('-') || arg.text.starts_with("--")) continue;
    if (arg.text.find('n') != std::string::npos) variable->second.reference = true;
    const bool lower = arg.text.find('l') != std::string::npos;
    if (!lower && arg.text.find('u') == std::string::npos) continue;
    for (Arg& value : variable->second.values)
      for (char& c : value.text) {
        if (!value.known()) break;
        if (lower && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (!lower && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
      }
  }
}

void Analyzer::redirect(const Redirection& redirection, Invocation& invocation, Stream&) {
  using Kind = Redirection::Kind;
  State& state = *invocation.state;
  switch (redirection.kind) {
    case Kind::here_document:
      if (redirection.document)
        invocation.in = Stream::of(expander(state).single(redirection.document->body));
      return;
    case Kind::here_string: {
      Arg text = expander(state).single(redirection.target);
      text.append("\n");
      invocation.in = Stream::of(std::move(text));
      return;
    }
    case Kind::duplicate: {
      // A computed descriptor still runs the commands in it; one that `exec` tied to a socket is that socket.
      const Arg descriptor = expander(state).single(redirection.target);
      if (const auto tied = socket_descriptors_.find(descriptor.text); tied != socket_descriptors_.end()) {
        invocation.socket = true;
        invocation.socket_peer = tied->second;
      }
      return;
    }
    default:
      return redirect_to_file(redirection, invocation);
  }
}

void Analyzer::redirect_to_file(const Redirection& redirection, Invocation& invocation) {
  using Kind = Redirection::Kind;
  State& state = *invocation.state;
  const Arg target = expander(state).single(redirection.target);
  if (const std::string peer = socket_peer(target.text); !peer.empty()) {
    invocation.socket = true;
    invocation.socket_peer = peer;
    if (redirection.fd >= 0) invocation.socket_descriptors.push_back(redirection.fd);
    connect(peer, target, state, invocation.span, {{"method", std::string("/dev/tcp")}});
    if (redirection.kind == Kind::read)
      invocation.in = Stream::of(Arg::hole(target.text, Origin::network, peer));
    return;
  }
  if (redirection.kind == Kind::read || redirection.kind == Kind::read_write) {
    if (target.stream || target.tainted() != nullptr) {
      invocation.in = Stream::of(target.stream ? Arg::of(*target.stream) : target);
    } else if (redirection.fd <= 0) {
      const PathInfo info = describe_path(target, environment_, state.cwd);
      invocation.in = Stream::of(Arg::hole("<" + info.path));
      invocation.in.path = info.path;
      if (const auto written = state.written.find(info.path); written != state.written.end())
        invocation.in.data = Arg::of(written->second);
      else if (const auto fetched = state.downloads.find(info.path); fetched != state.downloads.end())
        invocation.in.data = Arg::hole(info.path, Origin::network, fetched->second);
    }
    if (!target.stream && target.tainted() == nullptr)
      file_effect(verbs::kFileRead, target, state, invocation.span);
    if (redirection.kind == Kind::read) return;
  }
  const bool append = redirection.kind == Kind::append || redirection.kind == Kind::append_both;
  if (target.text.starts_with("/dev/fd/")) return;
  file_effect(verbs::kFileWrite, target, state, invocation.span,
              append ? Attributes{{"append", true}} : Attributes{{"truncate", true}});
  const bool output =
      redirection.fd == 1 || redirection.kind == Kind::write_both || redirection.kind == Kind::append_both;
  if (output && target.known())
    invocation.out_paths.push_back(describe_path(target, environment_, state.cwd).path);
}

// What was written to a file earlier in the script is known when it is run later.
void Analyzer::keep_output(const Invocation& invocation, const Stream& out) {
  constexpr std::size_t kFilesMax = 64;
  State& state = *invocation.state;
  for (const std::string& path : invocation.out_paths) {
    if (is_stream_device(path) || state.downloads.size() + state.written.size() > kFilesMax) continue;
    if (const Hole* hole = out.data.tainted())
      state.downloads[path] = hole->url;
    else if (out.present && out.data.known() && out.data.text.size() <= limits::kShellValueBytesMax)
      state.written[path] += out.data.text;
  }
}

Stream Analyzer::dispatch(Invocation& invocation) {
  // An argument that is surely empty of text but unquoted is gone already; what is left begins with the name.
  if (invocation.argv.empty()) return {};
  State& state = *invocation.state;
  CommandRun run;
  run.argv = invocation.argv;
  run.span = place(invocation.span);
  run.where = !state.remote.empty()      ? "remote:" + state.remote
              : !state.container.empty() ? "container:" + state.container
                                         : "";
  if (out_.commands.size() < limits::kShellCommandsMax) out_.commands.push_back(std::move(run));
  const Arg name = invocation.argv[0];
  if (!name.known()) return run_dynamic(invocation);
  if (name.glob && name.text.size() > 1) return run_pattern(invocation);
  if (const auto alias = state.aliases.find(name.text);
      alias != state.aliases.end() && depth_ < limits::kShellDepthMax) {
    Arg text = Arg::of(alias->second);
    for (std::size_t i = 1; i < invocation.argv.size(); ++i) {
      text.append(" ");
      text.append(invocation.argv[i]);
    }
    State inner = state;
    inner.aliases.erase(name.text);
    return walk_text(text, inner, invocation.in, invocation.span, "alias");
  }
  if (const auto function = state.functions.find(name.text); function != state.functions.end())
    return call_function(*function->second, invocation);
  if (auto builtin = run_builtin(name.text, invocation)) return std::move(*builtin);
  return run_program(invocation);
}

Stream Analyzer::call_function(const Command& body, Invocation& invocation) {
  State& state = *invocation.state;
  const std::string name = invocation.argv[0].text;
  if (active_functions_.contains(name) || depth_ >= limits::kShellDepthMax) {
    // Recursion adds nothing new, except that `f | f &` grows without end.
    Effect& effect =
        emit(verbs::kShellExec, ResourceKind::program, name, Certainty::certain, state, invocation.span);
    effect.attributes["recursive_call"] = true;
    if (invocation.in.present) effect.attributes["fork_bomb"] = true;
    return Stream::unknown();
  }
  active_functions_.insert(name);
  const auto outer = state.positional;
  state.positional = std::vector<Arg>(invocation.argv.begin() + 1, invocation.argv.end());
  ++depth_;
  Stream out = walk_command(body, state, invocation.in);
  --depth_;
  state.positional = outer;
  state.exited = false;
  active_functions_.erase(name);
  return out;
}

// The name of the command is computed.
Stream Analyzer::run_dynamic(Invocation& invocation) {
  State& state = *invocation.state;
  const Arg name = invocation.argv[0];
  if (const Hole* hole = name.tainted()) {
    run_remote_code(*hole, invocation, "command name", "sh");
    return Stream::unknown();
  }
  commands_from_input_ = true;
  // "$DIR"/bin/python: which program is clear, only not where it lies.
  const auto slash = name.suffix().rfind('/');
  if (slash != std::string_view::npos && slash + 1 < name.suffix().size()) {
    Invocation inner = invocation;
    inner.argv[0] = Arg::of(name.suffix().substr(slash + 1), name.span);
    inner.argv[0].guessed = true;
    commands_from_input_ = false;
    return run_program(inner);
  }
  opaque("dynamic command name", name.text, invocation.span);
  Effect& effect =
      emit(verbs::kShellExec, ResourceKind::program, name.text, Certainty::opaque, state, invocation.span);
  if (name.decoded) effect.attributes["decoded"] = true;
  // $SUDO rm -rf x: the variable may be empty or a wrapper, so what follows is possible.
  if (invocation.argv.size() > 1 && name.splits && invocation.argv[1].known() &&
      table_.find(base_name(invocation.argv[1].text)) != nullptr) {
    const std::size_t before = out_.effects.size();
    Invocation inner = invocation;
    inner.argv.erase(inner.argv.begin());
    Stream out = dispatch(inner);
    for (std::size_t i = before; i < out_.effects.size(); ++i)
      if (out_.effects[i].certainty == Certainty::certain) out_.effects[i].certainty = Certainty::possible;
    return out;
  }
  return Stream::unknown();
}

// /bin/r? -rf x: a pattern where the name of a command belongs. Whatever it may find is tried on paper.
Stream Analyzer::run_pattern(Invocation& invocation) {
  constexpr std::size_t kProgramsMax = 4;
  State& state = *invocation.state;
  const Arg name = invocation.argv[0];
  // One that many programs match tells nothing of what is meant.
  std::vector<std::string_view> programs = table_.matching(base_name(name.text), kProgramsMax + 1);
  if (programs.size() > kProgramsMax) programs.clear();
  emit(verbs::kShellExec, ResourceKind::program, name.text, Certainty::opaque, state, invocation.span)
      .attributes["pattern"] = true;
  opaque("a pattern as command name", name.text, invocation.span);
  const std::size_t before = out_.effects.size();
  if (depth_ < limits::kShellDepthMax)
    for (const std::string_view program : programs) {
      Invocation inner = invocation;
      State copy = state;
      inner.state = &copy;
      inner.argv[0] = Arg::of(program, name.span);
      ++depth_;
      run_program(inner);
      --depth_;
    }
  for (std::size_t i = before; i < out_.effects.size(); ++i)
    if (out_.effects[i].certainty == Certainty::certain) out_.effects[i].certainty = Certainty::possible;
  return Stream::unknown();
}

// What a program prints, when everything it is given is known: a decoder or editor of text (filter.h), or
// inline code that only prints.
std::optional<Stream> Analyzer::known_output(const Invocation& invocation) {
  const auto decoded = [](std::string text) {
    Stream out = Stream::of(Arg::of(text));
    out.data.decoded = true;
    return out;
  };
  if (printed_) return decoded(*std::exchange(printed_, std::nullopt));
  if (!invocation.in.present || !invocation.in.data.known() || invocation.argv.empty()) return std::nullopt;
  std::vector<std::string_view> argv{base_name(invocation.argv[0].text)};
  for (std::size_t i = 1; i < invocation.argv.size(); ++i) {
    if (!invocation.argv[i].known()) return std::nullopt;
    argv.push_back(invocation.argv[i].text);
  }
  auto filtered = filter_text(argv, invocation.in.data.text);
  // What does not decompress, or only to more than the limit, is encoded all the same.
  static constexpr std::string_view kCompressed[] = {"zcat",  "gzcat", "gunzip",  "bzcat",
                                                     "xzcat", "unxz",  "bunzip2", "zstdcat"};
  if (!filtered && argv.size() == 1 &&
      std::find(std::begin(kCompressed), std::end(kCompressed), argv[0]) != std::end(kCompressed))
    return Stream::of(Arg::hole("(decompressed)", Origin::encoded));
  if (!filtered) return std::nullopt;
  Stream out = Stream::of(Arg::of(filtered->text));
  out.data.decoded = filtered->decodes || invocation.in.data.decoded;
  return out;
}

Stream Analyzer::run_program(Invocation& invocation) {
  State& state = *invocation.state;
  const Arg& name = invocation.argv[0];
  const std::string_view base = base_name(name.text);
  if (name.text.find('/') != std::string::npos) {
    const std::string path = describe_path(name, environment_, state.cwd).path;
    if (state.downloads.contains(path) || state.written.contains(path)) {
      run_script_file(name, invocation, "", {invocation.argv.begin() + 1, invocation.argv.end()});
      return Stream::unknown();
    }
  }
  if (reads_as_sql(invocation)) return run_sql_words(invocation);
  if (const ProgramSpec* spec = table_.find(base)) {
    printed_.reset();
    Stream out = apply(*spec, invocation);
    if ((base == "ed" || base == "ex") && invocation.in.present && invocation.in.data.known())
      run_inline("ex", invocation.in.data, invocation);
    if (base == "make" || base == "gmake") run_makefile(invocation);
    run_settings(invocation);
    if (auto known = known_output(invocation)) return std::move(*known);
    // Words of this very script, changed by a program in a way that is not followed: hidden, should they be
    // run.
    if (invocation.in.present && invocation.in.data.known() && !invocation.in.data.text.empty() &&
        !out.data.known())
      out.data.decoded = true;
    return out;
  }
  // 1A=2 cmd: no assignment, since no name begins so; whoever wrote it means the command after it.
  if (name.text.find('=') != std::string::npos && invocation.argv.size() > 1 &&
      table_.find(base_name(invocation.argv[1].text)) != nullptr) {
    Invocation meant = invocation;
    meant.argv.erase(meant.argv.begin());
    meant.argv[0].guessed = true;
    return run_program(meant);
  }
  const Certainty certainty = name.guessed ? Certainty::possible : Certainty::certain;
  Effect& effect =
      emit(verbs::kShellExec, ResourceKind::program, name.text, certainty, state, invocation.span);
  if (name.text.find('/') != std::string::npos) {
    const PathInfo info = describe_path(name, environment_, state.cwd);
    effect.attributes["script"] = info.path;
    if (info.temporary) effect.attributes["temporary"] = true;
    if (is_disguised(info.path)) effect.attributes["disguised"] = true;
  }
  if (invocation.socket) {
    effect.attributes["socket"] = invocation.socket_peer;
    if (invocation.socket_peer.empty()) return Stream::unknown();
  }
  guess_wrapped(invocation);
  // An unknown program may be a filter: what it was fed may come out.
  if (const Hole* hole = invocation.in.data.tainted())
    return Stream::of(Arg::hole("(output)", hole->origin, hole->url));
  return Stream::unknown();
}

}  // namespace weir::shell
