// Code in other languages that stands in a command line, SQL, and code where a shell command is expected:
// what is found in it (code_scan.h, sql.h) becomes effects.
#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/analyzer.h"
#include "shell/code_scan.h"
#include "shell/sql.h"

namespace weir::shell {
namespace {

bool has_any(std::string_view text, const auto& words) {
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

bool has_call(const CodeScan& found, std::string_view verb) {
  return std::any_of(found.calls.begin(), found.calls.end(),
                     [&](const CodeCall& call) { return call.verb == verb; });
}

// Fetches, and runs what it made of it: by a computed command, or after having written a file.
bool fetches_and_runs(const CodeScan& found, std::string_view code) {
  static constexpr std::string_view kFetchers[] = {"requests.", "urlopen",   "urlretrieve", "urllib",
                                                   "http.get",  "https.get", "fetch(",      "Net::HTTP",
                                                   "open-uri",  "LWP::",     "HTTP::Tiny"};
  if (!has_call(found, verbs::kNetConnect) && !has_any(code, kFetchers)) return false;
  const bool runs = !found.shell.empty() || !found.programs.empty();
  return found.computed_command || (runs && has_call(found, verbs::kFileWrite));
}

// Does the code start programs, by whatever name?
bool starts_programs(std::string_view code) {
  static constexpr std::string_view kWords[] = {"system", "exec",    "spawn",   "open",   "call(",
                                                "run(",   "shell",   "cmd",     "qx",     "%x",
                                                "sys",    "getattr", "Command", "Process"};
  return has_any(code, kWords);
}

// The texts between quotes, `..`, qx{..} and %x(..), at most 64, none longer than 1 KiB.
std::vector<std::string_view> quoted_texts(std::string_view code) {
  constexpr std::size_t kTextsMax = 64, kBytesMax = 1024;
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < code.size() && out.size() < kTextsMax; ++at) {
    const std::string_view rest = code.substr(at);
    const bool bracketed = rest.starts_with("qx") || rest.starts_with("%x");
    char close = rest[0];
    std::size_t begin = 1;
    if (bracketed && rest.size() > 3 && std::string_view("{(/").find(rest[2]) != std::string_view::npos) {
      close = rest[2] == '{' ? '}' : rest[2] == '(' ? ')' : '/';
      begin = 3;
    } else if (std::string_view("'\"`").find(close) == std::string_view::npos) {
      continue;
    }
    const auto end = rest.substr(0, kBytesMax).find(close, begin);
    if (end == std::string_view::npos) continue;
    out.push_back(rest.substr(begin, end - begin));
    at += end;
  }
  return out;
}

}  // namespace

void Analyzer::run_inline(std::string_view language, const Arg& code, Invocation& invocation) {
  if (!code.holes.empty() && code.holes[0].begin == 0 && code.holes[0].end == code.text.size())
    if (const Hole* hole = code.tainted()) return run_remote_code(*hole, invocation, "code", language);
  opaque("inline " + std::string(language), code.text.substr(0, 120), invocation.span);
  const CodeScan found = scan_code(language, code.text);
  const std::size_t before = out_.effects.size();
  ++in_code_;
  follow_code(found, language, invocation);
  --in_code_;
  judge_code(found, language, code, invocation);
  for (std::size_t i = before; i < out_.effects.size(); ++i) {
    Effect& effect = out_.effects[i];
    effect.attributes["inline"] = std::string(language);
    if (effect.certainty == Certainty::certain) effect.certainty = Certainty::possible;
  }
  printed_ = found.printed;
}

// What the code names: files, hosts, commands.
void Analyzer::follow_code(const CodeScan& found, std::string_view language, Invocation& invocation) {
  State& state = *invocation.state;
  const auto argument = [](const std::string& text) {
    return text.empty() ? Arg::hole("(computed)") : Arg::of(text);
  };
  for (const CodeCall& one : found.calls) {
    if (one.verb == verbs::kNetConnect)
      connect(one.resource.empty() ? std::string("(computed)") : one.resource, argument(one.resource), state,
              invocation.span, {});
    else
      file_effect(one.verb, argument(one.resource), state, invocation.span,
                  one.recursive ? Attributes{{"recursive", true}} : Attributes{});
  }
  for (const std::string& text : found.shell) {
    State inner = state;
    walk_text(Arg::of(text), inner, {}, invocation.span, "inline " + std::string(language));
  }
  for (const std::vector<std::string>& argv : found.programs) {
    if (depth_ >= limits::kShellDepthMax) break;
    State inner = state;
    Invocation nested;
    nested.span = invocation.span;
    nested.state = &inner;
    for (const std::string& text : argv)
      nested.argv.push_back(Arg::of(text));
    ++depth_;
    dispatch(nested);
    --depth_;
  }
  if (found.remote_shell)
    emit(verbs::kShellRemote, ResourceKind::host, found.peer, Certainty::possible, state, invocation.span)
        .attributes["method"] = std::string(language);
  if (found.runs_network || found.runs_encoded) {
    const Hole hole{0, 0, found.runs_network ? Origin::network : Origin::encoded, found.url};
    run_remote_code(hole, invocation, "inline", language);
  }
}

// What the code as a whole looks like.
void Analyzer::judge_code(const CodeScan& found, std::string_view language, const Arg& code,
                          Invocation& invocation) {
  State& state = *invocation.state;
  const auto mark = [&](std::string_view flag) {
    emit(verbs::kShellExec, ResourceKind::program, std::string(language), Certainty::possible, state,
         invocation.span)
        .attributes[std::string(flag)] = true;
  };
  note_removing_calls(code.text, state, invocation.span);
  // Which call takes a text is not always seen; one that is a command, in code that starts programs, is run.
  if (found.shell.empty() && found.programs.empty() && starts_programs(code.text))
    for (const std::string_view text : quoted_texts(code.text)) {
      const auto blank = text.find(' ');
      if (blank == std::string_view::npos || table_.find(base_name(text.substr(0, blank))) == nullptr)
        continue;
      State inner = state;
      walk_text(Arg::of(text), inner, {}, invocation.span, language);
    }
  // Languages that are not scanned: a shell named in a string is there to be started.
  static constexpr std::string_view kShells[] = {"\"/bin/sh", "'/bin/sh", "\"/bin/bash", "'/bin/bash",
                                                 "\"/bin/zsh"};
  static constexpr std::string_view kUnscanned[] = {"lisp",   "script", "cpan",  "erlang",
                                                    "elixir", "prolog", "julia", "powershell"};
  const bool unscanned =
      std::find(std::begin(kUnscanned), std::end(kUnscanned), language) != std::end(kUnscanned);
  if (unscanned && has_any(code.text, kShells)) mark("escape");
  static constexpr std::string_view kOpens[] = {"[socket ", "(socket ", "socket.connect"};
  static constexpr std::string_view kRuns[] = {"exec ", "os.execute", "popen", "system"};
  if (unscanned && has_any(code.text, kOpens) && has_any(code.text, kRuns))
    emit(verbs::kShellRemote, ResourceKind::host, "(inline)", Certainty::possible, state, invocation.span)
        .attributes["method"] = std::string(language);
  static constexpr std::string_view kDecoders[] = {"b64decode", "fromhex", "decode64",
                                                   "unhexlify", "atob(",   "unpack("};
  if (found.computed_command && has_any(code.text, kDecoders)) mark("decoded");
  static constexpr std::string_view kSockets[] = {"TCPSocket",           "IO::Socket",  "socket.socket",
                                                  "net.Socket",          "net.connect", "fsockopen",
                                                  "stream_socket_client"};
  if (found.computed_command && !found.remote_shell && has_any(code.text, kSockets))
    emit(verbs::kShellRemote, ResourceKind::host, found.peer, Certainty::possible, state, invocation.span)
        .attributes["method"] = std::string(language);
  if (!found.runs_network && fetches_and_runs(found, code.text))
    run_remote_code(Hole{0, 0, Origin::network, found.url}, invocation, "inline", language);
  // A shell command where code belongs: whoever wrote it meant the command.
  const std::string_view text = code.text;
  const std::string_view first = text.substr(0, text.find(' '));
  const std::string_view next = first.size() < text.size() ? text.substr(first.size() + 1, 1) : "";
  if ((next == "-" || next == "/") && table_.find(first) != nullptr && text.find('(') == text.npos) {
    State inner = state;
    walk_text(code, inner, {}, invocation.span, language);
  }
}

// ---- SQL

void Analyzer::run_sql(const Arg& sql, Call& call) {
  emit_sql(sql, call.program(), call.flags, *call.run.state, call.run.span);
}

void Analyzer::emit_sql(const Arg& sql, std::string_view program, const Attributes& flags, State& state,
                        Span span) {
  if (sql.prefix().empty() && !sql.known()) {
    emit(verbs::kDbWrite, ResourceKind::database, sql.text, Certainty::opaque, state, span)
        .attributes["program"] = std::string(program);
    return opaque("unknown SQL", sql.text, span);
  }
  for (const SqlStatement& statement : classify_sql(sql.text)) {
    if (!statement.shell.empty()) {
      State inner = state;
      walk_text(Arg::of(statement.shell), inner, {}, span, program);
      continue;
    }
    Effect& effect = emit(statement.verb, ResourceKind::database,
                          statement.resource.empty() ? std::string(program) : statement.resource,
                          sql.known() ? Certainty::certain : Certainty::possible, state, span);
    effect.attributes["operation"] = statement.operation;
    effect.attributes["program"] = std::string(program);
    add_flags(effect, flags);
    if (statement.irreversible) effect.attributes["irreversible"] = true;
    if (statement.unbounded) effect.attributes["unbounded"] = true;
  }
}

// SQL typed where a shell is: no program has such a name with such words behind it. It belongs to a database
// that is open somewhere (a console, a pipe, another tool), so it counts as what it says.
bool Analyzer::reads_as_sql(const Invocation& invocation) {
  if (invocation.argv.size() < 2 || invocation.argv[0].text.size() > 8) return false;
  const std::string verb = to_lower_ascii(invocation.argv[0].text);
  const std::string next = to_lower_ascii(invocation.argv[1].text);
  static constexpr std::string_view kObjects[] = {"table",      "database", "schema",  "user",
                                                  "role",       "view",     "index",   "keyspace",
                                                  "tablespace", "owned",    "sequence"};
  const bool object = std::find(std::begin(kObjects), std::end(kObjects), next) != std::end(kObjects);
  if (verb == "drop" || verb == "alter") return object;
  if (verb == "delete") return next == "from" && invocation.argv.size() > 2;
  if (verb == "update") return invocation.argv.size() > 3 && to_lower_ascii(invocation.argv[2].text) == "set";
  // truncate(1) wants a size or a reference; TRUNCATE [TABLE] name has none.
  return verb == "truncate" && std::none_of(invocation.argv.begin() + 1, invocation.argv.end(),
                                            [](const Arg& arg) { return arg.text.starts_with('-'); });
}

Stream Analyzer::run_sql_words(Invocation& invocation) {
  Arg text;
  for (const Arg& arg : invocation.argv) {
    if (!text.text.empty()) text.append(" ");
    text.append(arg);
  }
  emit_sql(text, "(database)", {}, *invocation.state, invocation.span);
  return Stream::unknown();
}

// Lines behind an interpreter that was given nothing are typed into it, when the shell cannot read them.
void Analyzer::note_typed_code(std::string_view script, State& state, Span span) {
  const auto end = script.find('\n');
  if (end == std::string_view::npos) return;
  const ProgramSpec* spec = table_.find(base_name(trim(script.substr(0, end))));
  if (spec == nullptr || spec->language.empty()) return;
  Invocation typed;
  typed.state = &state;
  typed.span = span;
  run_inline(spec->language, Arg::of(script.substr(end + 1)), typed);
}

void Analyzer::note_removing_calls(std::string_view text, const State& state, Span span) {
  static constexpr std::string_view kCalls[] = {
      ".delete(",       ".destroy(",   ".cancel(", ".delete_all(",    ".destroy_all", ".deleteMany(",
      ".dropDatabase(", ".terminate(", ".purge(",  ".delete_bucket(", ".drop_all("};
  text = text.substr(0, 64 * 1024);
  for (const std::string_view call : kCalls) {
    const auto at = text.find(call);
    if (at == std::string_view::npos || at == 0) continue;
    const auto begin = text.find_last_of(" \t\n;('\"", at - 1);
    const std::string_view object = text.substr(begin == std::string_view::npos ? 0 : begin + 1,
                                                at - (begin == std::string_view::npos ? 0 : begin + 1));
    Effect& effect = emit(verbs::kInfraDelete, ResourceKind::resource,
                          std::string(object.substr(0, 128)) + std::string(call.substr(0, call.find('('))),
                          Certainty::possible, state, span);
    effect.attributes["operation"] = std::string(call.substr(1, call.find('(') - 1));
    return;
  }
}

}  // namespace weir::shell
