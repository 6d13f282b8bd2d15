// What touches the machine and its people rather than a project: moved and disguised files, changed times,
// AppleScript, searches for secrets, settings of the shell that hide or record what is typed.
#include <algorithm>

#include "base/bytes.h"
#include "shell/analyzer.h"

namespace weir::shell {
namespace {

bool contains_any(std::string_view text, const auto& words) {
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

std::string_view directory_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

// Where programs of the system lie.
bool is_system_program(std::string_view path) {
  static constexpr std::string_view kPlaces[] = {"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"};
  return std::find(std::begin(kPlaces), std::end(kPlaces), directory_of(path)) != std::end(kPlaces);
}

// Names of files that hold what lets the finder act as somebody else (MITRE ATT&CK T1552, T1555).
bool names_secret(std::string_view pattern) {
  static constexpr std::string_view kNames[] = {"id_rsa",
                                                "id_dsa",
                                                "id_ecdsa",
                                                "id_ed25519",
                                                ".netrc",
                                                ".pgpass",
                                                ".git-credentials",
                                                "credentials",
                                                "accesstokens",
                                                "access_tokens",
                                                "token_cache",
                                                ".gnupg",
                                                ".kdbx",
                                                "shadow",
                                                "bash_history",
                                                "zsh_history",
                                                "password",
                                                "passwd",
                                                "secret",
                                                "wallet.dat",
                                                "login data",
                                                "cookies",
                                                "key4.db",
                                                "logins.json",
                                                ".ovpn",
                                                ".pem",
                                                ".p12",
                                                ".pfx",
                                                ".ppk",
                                                ".htpasswd",
                                                "kubeconfig",
                                                ".aws",
                                                "token",
                                                ".env"};
  return contains_any(to_lower_ascii(pattern), kNames);
}

// Words that are searched for in other people's files to find passwords.
bool asks_for_secret(std::string_view pattern) {
  static constexpr std::string_view kWords[] = {"password",   "passwd",     "passphrase",  "secret_key",
                                                "api_key",    "apikey",     "private key", "aws_secret",
                                                "aws_access", "credential", "bearer "};
  return contains_any(to_lower_ascii(pattern), kWords);
}

// The text in the AppleScript string that begins at the quote `at`; `at` moves behind it.
std::string apple_string(std::string_view code, std::size_t& at) {
  std::string out;
  for (++at; at < code.size() && code[at] != '"'; ++at) {
    if (code[at] == '\\' && at + 1 < code.size()) ++at;
    out += code[at];
  }
  if (at < code.size()) ++at;
  return out;
}

}  // namespace

bool is_disguised(std::string_view path) {
  static constexpr std::string_view kOther[] = {".pdf",  ".doc", ".docx", ".xls", ".xlsx", ".png", ".jpg",
                                                ".jpeg", ".gif", ".mp3",  ".mp4", ".ico",  ".svg", ".csv"};
  for (const std::string_view part : split(path, '/')) {
    if (part.ends_with(' ')) return true;
    if (part.size() > 2 && part.find_first_not_of('.') == std::string_view::npos) return true;
  }
  std::string_view name = base_name(path);
  const auto is_other = [](std::string_view suffix) {
    return std::find(std::begin(kOther), std::end(kOther), suffix) != std::end(kOther);
  };
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  if (is_other(name.substr(dot))) return true;  // a script, for it is run, with the name of a picture
  name = name.substr(0, dot);
  const auto before = name.rfind('.');
  return before != std::string_view::npos && before > 0 && is_other(name.substr(before));
}

// A place beyond the project, which somebody else's secrets may be in.
bool Analyzer::searches_wide(const Arg& root, const State& state) const {
  const PathInfo info = describe_path(root, environment_, state.cwd);
  if (!info.prefix_known) return false;
  return !info.inside_workspace.value_or(false) && !info.temporary && !info.cache;
}

// find DIR -name id_rsa: a search for secrets outside the project.
void Analyzer::note_search(const std::vector<Arg>& roots, const std::vector<Arg>& argv, std::size_t from,
                           const State& state, Span span) {
  const bool wide =
      std::any_of(roots.begin(), roots.end(), [&](const Arg& root) { return searches_wide(root, state); });
  if (!wide) return;
  for (std::size_t i = from; i + 1 < argv.size(); ++i) {
    static constexpr std::string_view kTests[] = {"-name",      "-iname", "-path",  "-ipath",
                                                  "-wholename", "-regex", "-iregex"};
    if (std::find(std::begin(kTests), std::end(kTests), argv[i].text) == std::end(kTests)) continue;
    if (!names_secret(argv[i + 1].text)) continue;
    emit(verbs::kSecretRead, ResourceKind::secret, argv[i + 1].text, Certainty::possible, state, span)
        .attributes["hunt"] = true;
    return;
  }
}

// grep -r password /: the same by content; history | grep -i pass too.
void Analyzer::handle_grep(Call& call) {
  const State& state = *call.run.state;
  const Arg* pattern = call.value("-e");
  if (pattern == nullptr) pattern = call.value("--regexp");
  std::size_t first = 0;
  if (pattern == nullptr && !call.operands.empty() && !call.flags.contains("_pattern_given")) {
    pattern = &call.operands[0];
    first = 1;
  }
  if (pattern == nullptr) return;
  bool wide = false;
  const bool recursive = call.flags.contains("recursive") || call.program() == "rgrep" ||
                         call.program() == "rg" || call.program() == "ag" || call.program() == "ack";
  for (std::size_t i = first; i < call.operands.size() && recursive; ++i)
    wide = wide || searches_wide(call.operands[i], state);
  const std::string_view source =
      call.run.in.path.empty() ? std::string_view(call.run.in.data.text) : std::string_view(call.run.in.path);
  static constexpr std::string_view kTyped[] = {"_history", ".history", "(history)"};
  const bool typed = call.run.in.present && contains_any(source, kTyped);
  static constexpr std::string_view kShort[] = {"pass", "token", "secret", "-p "};
  const bool asked =
      asks_for_secret(pattern->text) || (typed && contains_any(to_lower_ascii(pattern->text), kShort));
  if (!asked || (!wide && !typed)) return;
  emit(verbs::kSecretRead, ResourceKind::secret, pattern->text, Certainty::possible, state, call.run.span)
      .attributes["hunt"] = true;
}

// mv: what leaves its place stays, unless it goes where things are thrown away.
void Analyzer::handle_move(Call& call) {
  State& state = *call.run.state;
  handle_copy(call);
  const Arg* into = call.value("-t");
  if (into == nullptr) into = call.value("--target-directory");
  std::vector<Arg> sources = call.operands;
  if (into == nullptr && !sources.empty()) {
    into = &call.operands.back();
    sources.pop_back();
  }
  if (into == nullptr) return;
  const PathInfo target = describe_path(*into, environment_, state.cwd);
  const bool lost = target.path == "/dev/null" || target.path.starts_with("/dev/null/");
  for (const Arg& source : sources) {
    const PathInfo from = describe_path(source, environment_, state.cwd);
    const bool outside = from.prefix_known && !from.inside_workspace.value_or(false) && !from.temporary;
    const bool gone = lost || (outside && target.temporary) || from.root_like;
    Attributes flags = call.flags;
    flags["moved"] = true;
    if (gone) flags["recursive"] = true;
    file_effect(gone ? verbs::kFileDelete : verbs::kFileMove, source, state, call.run.span, flags);
    note_disguise(source, *into, state, call.run.span);
  }
}

// A program of the system under another name, where nobody expects it: cp /bin/sh /tmp/crond.
void Analyzer::note_disguise(const Arg& source, const Arg& target, const State& state, Span span) {
  const PathInfo from = describe_path(source, environment_, state.cwd);
  const PathInfo to = describe_path(target, environment_, state.cwd);
  if (!from.known || !is_system_program(from.path) || to.system || is_system_program(to.path)) return;
  if (base_name(from.path) == base_name(to.path)) return;
  // into a directory it keeps its name
  if (!to.known || !to.temporary || target.text.ends_with('/') || to.path == "/tmp" ||
      to.path == "/var/tmp" || to.path == "/dev/shm")
    return;
  Effect* effect = file_effect(verbs::kFileWrite, target, state, span);
  if (effect != nullptr) effect->attributes["disguised"] = true;
}

// touch -r /bin/sh x: the file gets the times of another, so that it does not stand out.
void Analyzer::handle_touch(Call& call) {
  const Arg* reference = call.value("-r");
  if (reference == nullptr) reference = call.value("--reference");
  const bool one_time = (call.has("-a") || call.has("-m")) && (call.has("-t") || call.has("-d"));
  if (reference == nullptr && !one_time) return;
  if (reference != nullptr) {
    const PathInfo info = describe_path(*reference, environment_, call.run.state->cwd);
    if (!info.system && !is_system_program(info.path)) return;
  }
  for (const Arg& operand : call.operands)
    if (Effect* effect = file_effect(verbs::kFileChmod, operand, *call.run.state, call.run.span))
      effect->attributes["false_times"] = true;
}

// AppleScript: the shell commands in it, passwords that it asks for, files that the Finder deletes.
void Analyzer::handle_osascript(Call& call) {
  State& state = *call.run.state;
  Arg all;
  for (const Call::Option& option : call.options)
    if (option.name == "-e" && option.value) {
      if (!all.text.empty()) all.append("\n");
      all.append(*option.value);
    }
  if (all.text.empty()) {
    if (!call.operands.empty()) run_script_file(call.operands[0], call.run, "osascript", {});
    if (!call.operands.empty() || !call.run.in.present) return;
    all = call.run.in.data;
  }
  opaque("inline applescript", all.text, call.run.span);
  const std::string lower = to_lower_ascii(all.text);
  constexpr std::string_view kRuns = "do shell script";
  for (auto at = lower.find(kRuns); at != std::string::npos; at = lower.find(kRuns, at)) {
    auto quote = lower.find('"', at);
    if (quote == std::string::npos) break;
    State inner = state;
    inner.elevated = inner.elevated || lower.find("administrator privileges", quote) != std::string::npos;
    const std::string command = apple_string(all.text, quote);
    walk_text(Arg::of(command), inner, {}, call.run.span, "osascript");
    at = quote;
  }
  const bool asks = lower.find("hidden answer") != std::string::npos;
  if (asks)
    emit(verbs::kSecretRead, ResourceKind::secret, "what the user types", Certainty::certain, state,
         call.run.span)
        .attributes["prompt"] = true;
  if (lower.find("login item") != std::string::npos && lower.find("make") != std::string::npos)
    emit(verbs::kPersistSchedule, ResourceKind::service, "login item", Certainty::certain, state,
         call.run.span);
  const bool removes = lower.find("delete") != std::string::npos;
  const bool copies = lower.find("duplicate") != std::string::npos;
  for (auto at = lower.find("file \""); at != std::string::npos && (removes || copies);
       at = lower.find("file \"", at)) {
    at += 5;
    const std::string path = apple_string(all.text, at);
    if (copies && names_secret(path))
      emit(verbs::kSecretRead, ResourceKind::secret, path, Certainty::possible, state, call.run.span);
    else
      file_effect(removes ? verbs::kFileDelete : verbs::kFileRead, Arg::of(path), state, call.run.span);
  }
}

// trap '... $BASH_COMMAND ...' DEBUG: everything that is typed goes where the writer wants it.
void Analyzer::note_trap(const Invocation& invocation) {
  const std::vector<Arg>& argv = invocation.argv;
  const bool every =
      std::any_of(argv.begin() + 2, argv.end(), [](const Arg& arg) { return arg.text == "DEBUG"; });
  if (!every || argv[1].text.find("BASH_COMMAND") == std::string::npos) return;
  if (argv[1].text.find('>') == std::string::npos && argv[1].text.find('|') == std::string::npos) return;
  emit(verbs::kSecretRead, ResourceKind::secret, "what is typed", Certainty::certain, *invocation.state,
       invocation.span)
      .attributes["keylog"] = true;
}

// A script or a repository that has the name of an attacker's tool.
void Analyzer::note_offensive(std::string_view name, const State& state, Span span) {
  if (name.ends_with(".git")) name.remove_suffix(4);
  const ProgramSpec* spec = table_.find(name);
  if (spec == nullptr) return;
  for (const EffectRule& rule : spec->effects)
    for (const auto& [key, value] : rule.attributes)
      if (rule.verb == verbs::kShellExec && key == "offensive") {
        emit(verbs::kShellExec, ResourceKind::program, std::string(name), Certainty::certain, state, span)
            .attributes["offensive"] = true;
        return;
      }
}

// Variables that change what other programs do: libraries put in front of theirs, the record of what is
// typed.
void Analyzer::note_variable(std::string_view name, const Arg& value, const State& state, Span span) {
  static constexpr std::string_view kLibraries[] = {"LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES"};
  if (std::find(std::begin(kLibraries), std::end(kLibraries), name) != std::end(kLibraries)) {
    if (value.text.empty()) return;
    const PathInfo info = describe_path(value, environment_, state.cwd);
    if (!info.temporary && base_name(info.path).substr(0, 1) != ".") return;
    emit(verbs::kShellExec, ResourceKind::program, std::string(name), Certainty::certain, state, span)
        .attributes["preload"] = true;
    return;
  }
  static constexpr std::string_view kSenders[] = {"logger", "tee ",     "curl",   "wget",
                                                  "nc ",    "/dev/tcp", "script "};
  const bool recorded = (name == "PROMPT_COMMAND" || name == "PS1" || name == "PS2" || name == "PS4") &&
                        contains_any(value.text, kSenders);
  if (recorded)
    emit(verbs::kSecretRead, ResourceKind::secret, "what is typed", Certainty::certain, state, span)
        .attributes["keylog"] = true;
  const bool blinded = (name == "HISTFILE" && (value.text.empty() || value.text == "/dev/null")) ||
                       ((name == "HISTSIZE" || name == "HISTFILESIZE") && value.text == "0");
  if (blinded) note_history_off(std::string(name), state, span);
}

void Analyzer::note_history_off(std::string how, const State& state, Span span) {
  Effect& effect =
      emit(verbs::kServiceChange, ResourceKind::service, "shell history", Certainty::certain, state, span);
  effect.attributes["what"] = "logs";
  effect.attributes["method"] = std::move(how);
}

// The script that the makers of a program publish to install it is a package, not a stranger's code.
bool Analyzer::run_installer(const Hole& hole, Invocation& invocation, std::string_view how) {
  if (hole.origin != Origin::network || hole.url.empty()) return false;
  const std::string_view package = table_.installer(hole.url);
  if (package.empty()) return false;
  Effect& effect = emit(verbs::kPkgInstall, ResourceKind::package, std::string(package), Certainty::certain,
                        *invocation.state, invocation.span);
  effect.attributes["manager"] = "installer";
  effect.attributes["scripts"] = true;
  effect.attributes["url"] = hole.url;
  effect.attributes["via"] = std::string(how);
  return true;
}

}  // namespace weir::shell
