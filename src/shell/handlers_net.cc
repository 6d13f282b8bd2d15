// Programs that talk to the network: curl and wget, scp and rsync, netcat, socat.
#include <algorithm>

#include "base/bytes.h"
#include "shell/analyzer.h"

namespace weir::shell {
namespace {

// The name under which a URL is saved: the last component of its path.
std::string saved_name(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const auto slash = url.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == url.size()) return "index.html";
  return std::string(url.substr(slash + 1));
}

// [user@]host:path of scp and rsync; a slash before the colon makes it a local path.
std::optional<std::string> remote_host(std::string_view text) {
  if (text.starts_with("rsync://") || text.starts_with("scp://") || text.starts_with("sftp://"))
    return host_of(text).host;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 ||
      text.substr(0, colon).find('/') != std::string_view::npos)
    return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  const auto user = host.rfind('@');
  return std::string(user == std::string_view::npos ? host : host.substr(user + 1));
}

// The words of a path or an identifier: "/v1/userProfiles:batchDelete" -> v1 user profiles batch delete.
std::vector<std::string> words_of(std::string_view text) {
  constexpr std::size_t kWordsMax = 64;
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) words.push_back(to_lower_ascii(word));
    word.clear();
  };
  for (std::size_t i = 0; i < text.size() && words.size() < kWordsMax; ++i) {
    const char c = text[i];
    const bool upper = c >= 'A' && c <= 'Z';
    if (!upper && !(c >= 'a' && c <= 'z')) {
      finish();
      continue;
    }
    if (upper && i > 0 && text[i - 1] >= 'a' && text[i - 1] <= 'z') finish();
    word += c;
  }
  finish();
  return words;
}

bool is_removal(std::string_view word) {
  static constexpr std::string_view kWords[] = {
      "delete",    "remove",     "destroy", "purge",  "drop",    "truncate", "wipe",
      "terminate", "deactivate", "disable", "flush",  "revoke",  "cancel",   "close",
      "erase",     "uninstall",  "reset",   "detach", "archive", "shutdown", "tombstones",
      "unlink",    "evict",      "suspend", "abort",  "clear",   "kill"};
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

// POST /api/v1/admin/tsdb/delete_series, /_delete_by_query, /customers/42/cancel
bool asks_for_removal(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const auto path = url.find('/');
  if (path == std::string_view::npos) return false;
  const std::vector<std::string> words = words_of(url.substr(path, url.find('?') - path));
  return std::any_of(words.begin(), words.end(), [](const std::string& word) { return is_removal(word); });
}

bool replaces_settings(std::string_view url) {
  const std::vector<std::string> words = words_of(url.substr(0, url.find('?')));
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "settings" || word == "config" || word == "acl" || word == "policy";
  });
}

// GraphQL: the first field of a mutation says what is done (GraphQL October 2021, 2.3). JSON: the members
// that by custom name an operation. The operation when it takes something away, or "".
std::string removal_in_body(std::string_view body) {
  body = body.substr(0, 64 * 1024);
  const auto names_removal = [](std::string_view name) {
    const std::vector<std::string> words = words_of(name);
    return std::any_of(words.begin(), words.end(), [](const std::string& word) { return is_removal(word); });
  };
  if (const auto mutation = body.find("mutation"); mutation != std::string_view::npos) {
    std::string_view rest = body.substr(mutation + 8);
    for (int part = 0; part < 2; ++part) {  // the operation's own name, then the field's
      const auto open = std::min(rest.find('{'), rest.size());
      const std::string_view head =
          part == 0 ? rest.substr(0, open) : rest.substr(0, rest.find_first_of("(}\\"));
      if (names_removal(head.substr(0, head.find('('))))
        return std::string(trim(head.substr(0, head.find('('))));
      rest = open < rest.size() ? rest.substr(open + 1) : std::string_view{};
    }
  }
  for (const std::string_view key :
       {"\"action\"", "\"method\"", "\"op\"", "\"operation\"", "\"command\"", "\"type\""}) {
    const auto at = body.find(key);
    if (at == std::string_view::npos) continue;
    const auto open = body.find('"', at + key.size());
    if (open == std::string_view::npos) continue;
    const std::string_view value = body.substr(open + 1, body.find('"', open + 1) - open - 1);
    if (names_removal(value)) return std::string(value.substr(0, 128));
  }
  return {};
}

bool is_sent(const Call& call) {
  return call.flags.contains("upload") || call.flags.contains("_upload_file");
}

}  // namespace

// curl, wget and programs like them. The table names options; here URLs meet output files.
void Analyzer::handle_fetch(Call& call) {
  Invocation& run = call.run;
  State& state = *run.state;
  const bool wget = call.program() == "wget" || call.program() == "wget2" || call.program() == "aria2c" ||
                    call.program() == "axel";
  std::vector<Arg> urls = call.operands;
  for (const Call::Option& option : call.options)
    if (option.name == "--url" && option.value) urls.push_back(*option.value);
  if (const auto method = call.flags.find("method"); method == call.flags.end())
    call.flags["method"] = is_sent(call) ? (call.flags.contains("_upload_file") ? "PUT" : "POST") : "GET";
  if (call.flags.contains("_upload_file")) call.flags["upload"] = true;
  const Arg* output = nullptr;
  for (const Call::Option& option : call.options)
    if (option.spec != nullptr && option.spec->role == Role::write && option.value &&
        option.spec->flag == "_output")
      output = &*option.value;
  const bool named = call.flags.contains("_remote_name") || (wget && output == nullptr);
  const bool to_stdout =
      !named && (output == nullptr || output->text == "-" || output->text == "/dev/stdout");
  const bool local_body = call.flags.contains("_head_only");
  for (const Arg& url : urls) {
    if (url.text.empty()) continue;
    Attributes flags = call.flags;
    flags["download"] = !is_sent(call);
    connect(url.text, url, state, run.span, flags);
    out_.effects.back().attributes.emplace("url", url.text.substr(0, 1024));
    judge_request(call, url);
    Arg target = output != nullptr ? *output : Arg::of(saved_name(url.text));
    if (output == nullptr && !url.known()) target = Arg::hole(saved_name(url.text));
    if (const Arg* directory = call.value("-P"); directory != nullptr && wget && output == nullptr) {
      Arg joined = *directory;
      joined.append("/");
      joined.append(target);
      target = std::move(joined);
    }
    if (to_stdout || local_body) continue;
    if (output == nullptr) file_effect(verbs::kFileWrite, target, state, run.span, {{"download", true}});
    const PathInfo info = describe_path(target, environment_, state.cwd);
    if (state.downloads.size() < 64) state.downloads[info.path] = url.text;
  }
  if (run.in.present && run.in.data.text.size() > 0 && is_sent(call) && !run.in.path.empty())
    file_effect(verbs::kFileRead, Arg::of(run.in.path), state, run.span, {{"sent", true}});
  if (to_stdout && !urls.empty())
    call.out = Stream::of(Arg::hole("(network)", Origin::network, urls[0].text));
  else
    call.out = Stream::of(Arg{});
}

// What an HTTP request asks for: its method (RFC 9110), the words of its path, the operation in its body.
void Analyzer::judge_request(Call& call, const Arg& url) {
  const auto* given = std::get_if<std::string>(&call.flags["method"]);
  const std::string method = given != nullptr ? to_lower_ascii(*given) : "get";
  const bool changes = method != "get" && method != "head" && method != "options";
  bool removes = method == "delete" || (changes && asks_for_removal(url.text));
  // A setting that is put in place of another.
  removes = removes || (method == "put" && replaces_settings(url.text));
  std::string operation;
  for (const Call::Option& option : call.options)
    if (changes && operation.empty() && option.spec != nullptr && option.spec->role == Role::data &&
        option.value)
      operation = removal_in_body(option.value->text);
  if (changes && operation.empty() && call.run.in.present && call.run.in.data.known())
    operation = removal_in_body(call.run.in.data.text);
  if (!removes && operation.empty()) return;
  Effect& removal =
      emit(verbs::kInfraDelete, ResourceKind::url, url.text.substr(0, 1024),
           url.known() ? Certainty::certain : Certainty::possible, *call.run.state, call.run.span);
  removal.attributes["method"] = given != nullptr ? *given : std::string("GET");
  removal.attributes["what"] = "http";
  if (!operation.empty()) removal.attributes["operation"] = operation;
  removal.attributes["irreversible"] = true;
}

// dig $(base64 < secret).example.org: a name that is computed carries what it is computed from.
void Analyzer::handle_dns(Call& call) {
  for (const Arg& operand : call.operands) {
    if (operand.known() || operand.holes[0].begin > 0 || !operand.suffix().starts_with('.')) continue;
    if (operand.suffix().find('.', 1) == std::string_view::npos) continue;
    connect(operand.text, operand, *call.run.state, call.run.span, {{"dns", true}, {"carries", true}});
  }
}

// zsh/net/tcp: a connection whose descriptor stands in $REPLY afterwards.
void Analyzer::handle_ztcp(Call& call) {
  if (call.operands.empty() || call.has("-c")) return;
  std::string peer = call.operands[0].text;
  if (call.operands.size() > 1) peer += ":" + call.operands[1].text;
  connect(peer, call.operands[0], *call.run.state, call.run.span, {{"method", std::string("ztcp")}});
  socket_opened_ = socket_in_reply_ = true;
  socket_peer_ = peer;
  socket_span_ = place(call.run.span);
}

// sftp host <<< "put file": what its commands send and fetch.
void Analyzer::handle_sftp(Call& call) {
  Invocation& run = call.run;
  if (!run.in.present || !run.in.data.known()) return;
  for (std::string_view line : split(run.in.data.text, '\n')) {
    line = trim(line);
    const bool puts = line.starts_with("put ") || line.starts_with("mput ");
    if (!puts) continue;
    std::string_view path = trim(line.substr(line.find(' ')));
    path = path.substr(0, path.find(' '));
    file_effect(verbs::kFileRead, Arg::of(path), *run.state, run.span, {{"sent", true}});
  }
}

// Programs that take statements on their input: nsupdate, the control socket of a proxy.
void Analyzer::handle_statements(Call& call) {
  Invocation& run = call.run;
  if (!run.in.present || !run.in.data.known()) return;
  static constexpr std::string_view kVerbs[] = {"delete", "remove", "disable", "shutdown", "clear", "del",
                                                "drop",   "purge",  "kill",    "stop",     "flush"};
  for (std::string_view line : split(run.in.data.text, '\n')) {
    line = trim(line);
    for (const std::string_view prefix : {"update ", "prereq "})
      if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
    const std::string first = to_lower_ascii(line.substr(0, line.find(' ')));
    if (std::find(std::begin(kVerbs), std::end(kVerbs), first) == std::end(kVerbs)) continue;
    Effect& effect = emit(verbs::kInfraDelete, ResourceKind::resource, std::string(line.substr(0, 256)),
                          Certainty::certain, *run.state, run.span);
    effect.attributes["program"] = std::string(call.program());
    effect.attributes["operation"] = first;
  }
}

// scp, rsync: the last operand is where to.
void Analyzer::handle_remote_copy(Call& call) {
  Invocation& run = call.run;
  State& state = *run.state;
  if (call.operands.size() < 2) {
    for (const Arg& operand : call.operands)
      if (const auto host = remote_host(operand.text)) connect(*host, operand, state, run.span, call.flags);
    return;
  }
  const Arg& target = call.operands.back();
  const auto target_host = remote_host(target.text);
  Attributes flags = call.flags;
  const bool deletes = flags.contains("delete");
  flags.erase("delete");
  for (std::size_t i = 0; i + 1 < call.operands.size(); ++i) {
    const Arg& source = call.operands[i];
    const auto host = remote_host(source.text);
    if (host) {
      Attributes direction = flags;
      direction["download"] = true;
      connect(*host, source, state, run.span, direction);
    } else {
      Attributes direction = flags;
      if (target_host) direction["sent"] = true;
      file_effect(verbs::kFileRead, source, state, run.span, direction);
      if (flags.contains("remove_source")) file_effect(verbs::kFileDelete, source, state, run.span, flags);
    }
  }
  if (target_host) {
    flags["upload"] = true;
    connect(*target_host, target, state, run.span, flags);
    if (deletes) {
      Effect& mirror = emit(verbs::kInfraDelete, ResourceKind::resource, target.text,
                            target.known() ? Certainty::certain : Certainty::possible, state, run.span);
      mirror.attributes["what"] = "mirror";
      mirror.attributes["irreversible"] = true;
    }
    return;
  }
  file_effect(verbs::kFileWrite, target, state, run.span, flags);
  if (deletes) {
    flags["recursive"] = true;
    flags["mirror"] = true;
    file_effect(verbs::kFileDelete, target, state, run.span, flags);
  }
}

void Analyzer::handle_netcat(Call& call) {
  Invocation& run = call.run;
  State& state = *run.state;
  const bool listens = call.flags.contains("_listen");
  const Arg* program = nullptr;
  for (const Call::Option& option : call.options)
    if (option.spec != nullptr && option.spec->flag == "_runs" && option.value) program = &*option.value;
  std::string host = call.operands.empty() ? "" : call.operands[0].text;
  std::string port = call.operands.size() > 1 ? call.operands[1].text : "";
  if (const Arg* local = call.value("-p"); local != nullptr && listens) port = local->text;
  if (listens && call.operands.size() == 1 && port.empty()) std::swap(host, port);
  const std::string peer = host + (port.empty() ? "" : ":" + port);
  if (listens) {
    emit(verbs::kNetListen, ResourceKind::host, peer.empty() ? "(any)" : peer, Certainty::certain, state,
         run.span);
  } else if (!call.operands.empty()) {
    Attributes flags;
    if (call.flags.contains("_scan")) flags["scan"] = true;
    if (run.in.present && !call.flags.contains("_scan")) flags["upload"] = true;
    Arg whole = call.operands[0];
    if (!port.empty()) whole.append(":" + port);
    connect(whole.text, whole, state, run.span, flags);
    if (!run.in.path.empty() && run.in.data.tainted() == nullptr)
      file_effect(verbs::kFileRead, Arg::of(run.in.path), state, run.span, {{"sent", true}});
  }
  netcat_peer_ = peer.empty() ? "(any)" : peer;
  socket_span_ = place(run.span);
  if (program != nullptr) {
    Effect& effect = emit(verbs::kShellRemote, ResourceKind::host, peer, Certainty::certain, state, run.span);
    effect.attributes["method"] = std::string(call.program());
    effect.attributes["direction"] = listens ? "bind" : "reverse";
    effect.attributes["runs"] = program->text;
  }
  call.out = Stream::of(Arg::hole("(network)", Origin::network, peer));
}

void Analyzer::handle_socat(Call& call) {
  Invocation& run = call.run;
  State& state = *run.state;
  bool network = false, runs = false, listens = false;
  std::string peer;
  for (const Arg& operand : call.operands) {
    const std::string kind =
        to_lower_ascii(std::string_view(operand.text).substr(0, operand.text.find_first_of(":,")));
    const auto colon = operand.text.find(':');
    const std::string rest =
        colon == std::string::npos ? "" : operand.text.substr(colon + 1, operand.text.find(',') - colon - 1);
    if (kind == "exec" || kind == "system" || kind == "shell") {
      runs = true;
      State inner = state;
      walk_text(Arg::of(rest), inner, {}, run.span, "socat");
    } else if (kind.find("listen") != std::string::npos || kind.ends_with("-l")) {
      network = listens = true;
      peer = rest;
      emit(verbs::kNetListen, ResourceKind::host, rest, Certainty::certain, state, run.span);
    } else if (kind.starts_with("tcp") || kind.starts_with("udp") || kind.starts_with("openssl") ||
               kind.starts_with("ssl") || kind.starts_with("sctp")) {
      network = true;
      peer = rest;
      connect(rest, operand, state, run.span, {});
    } else if (kind == "file" || kind == "open" || kind == "create" || kind == "gopen") {
      file_effect(kind == "create" ? verbs::kFileWrite : verbs::kFileRead, Arg::of(rest), state, run.span);
    }
  }
  if (!network && !runs) handle_statements(call);
  if (!network || !runs) return;
  Effect& effect = emit(verbs::kShellRemote, ResourceKind::host, peer, Certainty::certain, state, run.span);
  effect.attributes["method"] = "socat";
  effect.attributes["direction"] = listens ? "bind" : "reverse";
}

}  // namespace weir::shell
