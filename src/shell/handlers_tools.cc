// git, docker and kill: where the table alone would not tell.
#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"
#include "shell/analyzer.h"

namespace weir::shell {
namespace {

// Settings of git whose value is a program that git will run.
bool runs_program(std::string_view key) {
  static constexpr std::string_view kKeys[] = {"core.pager",      "core.editor",  "core.sshcommand",
                                               "core.fsmonitor",  "core.askpass", "diff.external",
                                               "sequence.editor", "gpg.program",  "core.gitproxy"};
  const std::string lower = to_lower_ascii(key);
  return std::find(std::begin(kKeys), std::end(kKeys), lower) != std::end(kKeys) ||
         lower.ends_with(".textconv") || lower.ends_with(".helper") || lower.starts_with("pager.") ||
         lower.ends_with(".cmd") || lower.ends_with(".clean") || lower.ends_with(".smudge");
}

// A ref without its namespace: refs/heads/main -> main.
std::string branch_name(std::string_view ref) {
  if (ref.starts_with("refs/heads/")) ref.remove_prefix(11);
  return std::string(ref);
}

// The commands of a Dockerfile's RUN instructions ("Dockerfile reference", shell and exec form,
// here-documents), at most 256.
std::vector<std::string> image_commands(std::string_view file) {
  constexpr std::size_t kCommandsMax = 256;
  std::vector<std::string> out;
  const auto lines = split(file, '\n');
  for (std::size_t i = 0; i < lines.size() && out.size() < kCommandsMax; ++i) {
    std::string_view line = trim(lines[i]);
    if (line.size() < 4 || to_lower_ascii(line.substr(0, 3)) != "run" || (line[3] != ' ' && line[3] != '\t'))
      continue;
    std::string command;
    line = trim(line.substr(4));
    while (line.starts_with("--"))
      line = trim(line.substr(std::min(line.find(' '), line.size())));
    const bool document = line.starts_with("<<");
    while (line.ends_with('\\') && i + 1 < lines.size()) {
      command.append(line.substr(0, line.size() - 1)).append(" ");
      do
        line = trim(lines[++i]);
      while (line.starts_with('#') && i + 1 < lines.size());
    }
    command.append(line);
    if (document) {
      const std::string_view from =
          std::string_view(command).substr(std::min(command.find_first_not_of("<-\"'"), command.size()));
      const std::string end(trim(from));
      const std::string word = end.substr(0, end.find_first_of("\"' "));
      command.clear();
      while (++i < lines.size() && trim(lines[i]) != word)
        command.append(lines[i]).append("\n");
    } else if (command.starts_with('[')) {
      // ["rm", "-rf", "/x"]: words that no shell reads
      if (const auto words = parse_json(command); words && words->is_array()) {
        command.clear();
        for (const Json& word : words->as_array()) {
          std::string quoted;
          for (const char c : word.text_or(""))
            quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
          command += "'" + quoted + "' ";
        }
      }
    }
    out.push_back(std::move(command));
  }
  return out;
}

}  // namespace

void Analyzer::git_config(Call& call, std::string_view key, const Arg& value) {
  const bool alias = to_lower_ascii(key).starts_with("alias.");
  std::string_view text = value.text;
  if (alias && !text.starts_with('!')) return;
  if (!alias && !runs_program(key)) return;
  if (text.starts_with('!')) text.remove_prefix(1);
  if (text.empty() || text == "true" || text == "false" || text == "cat" || text == "store" ||
      text == "cache")
    return;
  const std::size_t before = out_.effects.size();
  State inner = *call.run.state;
  walk_text(Arg::of(text), inner, {}, call.run.span, "git " + std::string(key));
  for (std::size_t i = before; i < out_.effects.size(); ++i)
    if (out_.effects[i].certainty == Certainty::certain) out_.effects[i].certainty = Certainty::possible;
}

void Analyzer::git_push(Call& call) {
  State& state = *call.run.state;
  const bool force = call.flags.contains("force");
  const bool deletes = call.has("--delete") || call.has("-d");
  const std::string remote = call.operands.empty() ? "" : call.operands[0].text;
  std::vector<std::string> refs;
  for (std::size_t i = 1; i < call.operands.size(); ++i)
    refs.push_back(call.operands[i].text);
  if (refs.empty()) refs.emplace_back();
  for (const std::string& whole : refs) {
    std::string_view ref = whole;
    const bool plus = ref.starts_with('+');
    if (plus) ref.remove_prefix(1);
    const auto colon = ref.find(':');
    const bool removes = deletes || (colon == 0 && ref.size() > 1);
    const std::string branch = branch_name(colon == std::string_view::npos ? ref : ref.substr(colon + 1));
    const std::string resource = remote + (branch.empty() ? "" : "/" + branch);
    Effect& push = emit(verbs::kVcsPush, ResourceKind::repository, resource.empty() ? "(default)" : resource,
                        branch.find('$') == std::string::npos ? Certainty::certain : Certainty::possible,
                        state, call.run.span);
    add_flags(push, call.flags);
    if (force || plus) push.attributes["force"] = true;
    if (!branch.empty()) push.attributes["branch"] = branch;
    if (!remote.empty()) push.attributes["repository"] = remote;
    if (removes) push.attributes["delete"] = true;
    if (!removes && !call.has("--mirror") && !call.has("--prune")) continue;
    Effect& rewrite =
        emit(verbs::kVcsRewrite, ResourceKind::repository, resource.empty() ? "(default)" : resource,
             Certainty::certain, state, call.run.span);
    rewrite.attributes["operation"] = "push --delete";
    rewrite.attributes["irreversible"] = true;
    rewrite.attributes["remote_branch"] = true;
    if (!branch.empty()) rewrite.attributes["branch"] = branch;
  }
}

void Analyzer::handle_git(Call& call) {
  State& state = *call.run.state;
  for (const Call::Option& option : call.options) {
    if ((option.name != "-c" && option.name != "--config-env") || !option.value) continue;
    const auto equals = option.value->text.find('=');
    if (equals == std::string::npos) continue;
    Arg value = Arg::of(std::string_view(option.value->text).substr(equals + 1));
    git_config(call, std::string_view(option.value->text).substr(0, equals), value);
  }
  const std::string_view operation = call.operation;
  if (operation == "push") git_push(call);
  if (operation == "config" && call.operands.size() >= 2) {
    git_config(call, call.operands[0].text, call.operands[1]);
    const Arg target = call.has("--global")   ? Arg::of("~/.gitconfig")
                       : call.has("--system") ? Arg::of("/etc/gitconfig")
                                              : Arg::of(".git/config");
    file_effect(verbs::kFileWrite, target, state, call.run.span, {{"key", call.operands[0].text}});
  }
  if ((operation == "clone" || operation == "fetch" || operation == "pull" || operation == "ls-remote") &&
      !call.operands.empty()) {
    const Arg& source = call.operands[0];
    note_offensive(base_name(source.text), state, call.run.span);
    const bool url = source.text.find("://") != std::string::npos;
    const auto colon = source.text.find(':');
    if (url)
      connect(source.text, source, state, call.run.span, {{"download", true}});
    else if (colon != std::string::npos && source.text.substr(0, colon).find('/') == std::string::npos)
      connect(source.text.substr(0, colon), source, state, call.run.span, {{"download", true}});
  }
}

void Analyzer::handle_docker(Call& call) {
  State& state = *call.run.state;
  std::string mounts;
  bool root = false, socket = false;
  for (const Call::Option& option : call.options) {
    if (!option.value) continue;
    std::string source;
    if (option.name == "-v" || option.name == "--volume") {
      source = option.value->text.substr(0, option.value->text.find(':'));
    } else if (option.name == "--mount") {
      const auto at = option.value->text.find("source=");
      const auto shorter = option.value->text.find("src=");
      const auto from = at != std::string::npos        ? at + 7
                        : shorter != std::string::npos ? shorter + 4
                                                       : std::string::npos;
      if (from != std::string::npos)
        source = option.value->text.substr(from, option.value->text.find(',', from) - from);
    }
    if (source.empty() || (source[0] != '/' && source[0] != '.' && source[0] != '~')) continue;
    const PathInfo info = describe_path(Arg::of(source), environment_, state.cwd);
    root = root || info.root_like;
    socket = socket || info.path.ends_with("docker.sock") || info.path.ends_with("containerd.sock");
    mounts += (mounts.empty() ? "" : ",") + info.path;
  }
  if (mounts.empty()) return;
  for (auto effect = out_.effects.rbegin(); effect != out_.effects.rend(); ++effect)
    if (effect->verb == verbs::kContainerRun) {
      effect->attributes["mounts"] = mounts;
      if (root) effect->attributes["mounts_root"] = true;
      if (socket) effect->attributes["mounts_socket"] = true;
      return;
    }
}

// docker build: the RUN lines of a Dockerfile that is at hand run inside a container that is made for them.
void Analyzer::handle_image_build(Call& call) {
  const Arg* given = call.value("-f");
  if (given == nullptr) given = call.value("--file");
  if (given == nullptr && !call.operands.empty() && call.operands[0].text == "-") given = &call.operands[0];
  std::vector<Arg> files;
  if (given != nullptr) {
    files.push_back(*given);
  } else {
    // Beside what is built, or in it.
    const std::string place = call.operands.empty() ? "." : call.operands[0].text;
    for (const std::string_view name : {"Dockerfile", "Containerfile"})
      files.push_back(Arg::of(place + "/" + std::string(name)));
  }
  for (const Arg& file : files) {
    const auto text = script_text(file, call.run);
    if (!text) continue;
    if (const Hole* hole = text->tainted()) return run_remote_code(*hole, call.run, "pipe", call.program());
    State inner = *call.run.state;
    inner.container = "(build)";
    for (const std::string& command : image_commands(text->text))
      walk_text(Arg::of(command), inner, {}, call.run.span, "RUN");
  }
}

// mkfifo: a pipe that a shell and a socket may share; finish() looks at the three together.
void Analyzer::handle_fifo(Call& call) {
  fifo_made_ = fifo_made_ || !call.operands.empty();
}

// kill, pkill, killall: the table has the effect; ending Weir itself is more.
void Analyzer::handle_kill(Call& call) {
  for (const Arg& operand : call.operands) {
    const std::string_view text = operand.text;
    if (const std::string_view kind = table_.service_class(base_name(text));
        kind == "protection" && operand.known()) {
      Effect& stop = emit(verbs::kServiceChange, ResourceKind::service, operand.text, Certainty::certain,
                          *call.run.state, call.run.span);
      stop.attributes["action"] = "stop";
      stop.attributes["service_class"] = std::string(kind);
    }
    if (text.find("weir") == std::string_view::npos) continue;
    emit(verbs::kGuardDisable, ResourceKind::process, operand.text,
         operand.known() ? Certainty::certain : Certainty::possible, *call.run.state, call.run.span)
        .attributes["method"] = std::string(call.program());
  }
}

}  // namespace weir::shell
