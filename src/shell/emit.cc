// Writing effects down, with the attributes every effect of its kind has.
#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/analyzer.h"

namespace weir::shell {

std::string_view name(Certainty certainty) {
  switch (certainty) {
    case Certainty::certain:
      return "certain";
    case Certainty::possible:
      return "possible";
    case Certainty::opaque:
      return "opaque";
  }
  return "opaque";
}

std::string_view name(ResourceKind kind) {
  static constexpr std::string_view kNames[] = {"program", "file",       "host",     "url",
                                                "package", "repository", "resource", "database",
                                                "process", "service",    "agent",    "secret"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool Effect::flag(std::string_view attribute) const {
  const auto found = attributes.find(attribute);
  if (found == attributes.end()) return false;
  const bool* value = std::get_if<bool>(&found->second);
  return value != nullptr && *value;
}

std::string_view Effect::text(std::string_view attribute) const {
  const auto found = attributes.find(attribute);
  if (found == attributes.end()) return {};
  const std::string* value = std::get_if<std::string>(&found->second);
  return value != nullptr ? std::string_view(*value) : std::string_view{};
}

namespace {
// "...", "name " or a dot-file in a place that is everybody's.
bool hides_itself(const PathInfo& info) {
  if (!info.known || info.glob) return false;
  std::size_t place = 0;  // components of the temporary place itself
  for (const std::string_view part : split(info.path, '/')) {
    ++place;
    if (part.size() > 1 && part.ends_with(' ')) return true;
    // "..." as a directory; as the last part it stands for "and so on"
    if (part.size() > 2 && part.find_first_not_of('.') == std::string_view::npos &&
        !info.path.ends_with(part))
      return true;
    if (info.temporary && place > 2 && part.size() > 1 && part[0] == '.') return true;
  }
  return false;
}
}  // namespace

void add_flags(Effect& effect, const Attributes& flags) {
  for (const auto& [key, value] : flags)
    if (!key.starts_with('_')) effect.attributes.emplace(key, value);
}

Effect& Analyzer::emit(std::string_view verb, ResourceKind kind, std::string resource, Certainty certainty,
                       const State& state, Span span) {
  if (out_.effects.size() >= limits::kShellEffectsMax) {
    limit("more than " + std::to_string(limits::kShellEffectsMax) + " effects", span);
    return out_.effects.back();
  }
  constexpr std::size_t kResourceMax = 4096;
  if (resource.size() > kResourceMax) resource.resize(kResourceMax);
  Effect& effect = out_.effects.emplace_back();
  effect.verb = verb;
  effect.kind = kind;
  effect.resource = std::move(resource);
  effect.certainty = certainty;
  effect.span = place(span);
  if (!state.remote.empty()) effect.attributes["remote"] = state.remote;
  if (!state.container.empty()) effect.attributes["container"] = state.container;
  if (state.elevated) effect.attributes["elevated"] = true;
  return effect;
}

Effect* Analyzer::file_effect(std::string_view verb, const Arg& path, const State& state, Span span,
                              const Attributes& flags) {
  if (path.text.empty() || path.text == "-" || is_stream_device(path.text)) return nullptr;
  const bool elsewhere = !state.remote.empty() || !state.container.empty();
  static const Environment kNowhere;
  const PathInfo info = describe_path(path, elsewhere ? kNowhere : environment_, state.cwd);
  if (is_stream_device(info.path)) return nullptr;
  if (verb != verbs::kFileRead && !elsewhere) guard_path(info, verb, state, span);
  Effect& effect = emit(verb, ResourceKind::file, info.path,
                        info.known && !path.guessed ? Certainty::certain : Certainty::possible, state, span);
  add_flags(effect, flags);
  if (!info.known) effect.attributes["unknown"] = info.prefix_known ? "partial" : "prefix";
  const auto set = [&](std::string_view key, bool value) {
    if (value) effect.attributes.emplace(key, true);
  };
  if (info.inside_workspace) effect.attributes["inside_workspace"] = *info.inside_workspace;
  set("glob", info.glob);
  set("root_like", info.root_like);
  set("workspace_root", info.workspace_root);
  set("system", info.system);
  set("temporary", info.temporary);
  set("cache", info.cache);
  set("device", info.device);
  set("root_if_empty", info.root_if_empty);
  if (verb == verbs::kFileWrite) set("disguised", hides_itself(info));
  return &effect;
}

// Weir's own state, configuration, sockets and programs.
void Analyzer::guard_path(const PathInfo& info, std::string_view verb, const State& state, Span span) {
  static constexpr std::string_view kPlaces[] = {"/.config/weir", "/.local/state/weir", "/.local/share/weir",
                                                 "/.cache/weir",  "/etc/weir",          "/var/lib/weir",
                                                 "/run/weir"};
  const std::string_view path = info.path;
  bool ours = std::any_of(std::begin(kPlaces), std::end(kPlaces), [&](std::string_view p) {
    const auto at = path.find(p);
    return at != std::string_view::npos && (at + p.size() == path.size() || path[at + p.size()] == '/');
  });
  ours = ours || (path.starts_with("/run/user/") && path.find("/weir") != std::string_view::npos);
  const std::string_view base = base_name(path);
  const bool program = base == "weir-hook" || base == "weir" || base == "weir-main" ||
                       base == "weir.service" || base == "weir.sock";
  const bool installed = path.find("/bin/") != std::string_view::npos ||
                         path.find("/systemd/") != std::string_view::npos || base == "weir.sock";
  if (!ours && !(program && installed)) return;
  const Certainty certainty = info.known ? Certainty::certain : Certainty::possible;
  emit(verbs::kGuardDisable, ResourceKind::file, info.path, certainty, state, span).attributes["method"] =
      std::string(verb);
}

HostPort host_of(std::string_view url) {
  HostPort out;
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos && scheme < 16) {
    out.scheme = to_lower_ascii(url.substr(0, scheme));
    url.remove_prefix(scheme + 3);
  }
  url = url.substr(0, url.find_first_of("/?#"));
  if (const auto user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
  if (url.starts_with('[')) {
    const auto close = std::min(url.find(']'), url.size());
    out.host = url.substr(1, close - 1);
    url = close < url.size() ? url.substr(close + 1) : std::string_view{};
    if (url.starts_with(':')) out.port = url.substr(1);
    return out;
  }
  const auto colon = url.find(':');
  out.host = to_lower_ascii(url.substr(0, colon));
  if (colon != std::string_view::npos) out.port = url.substr(colon + 1);
  return out;
}

void Analyzer::connect(std::string_view target, const Arg& arg, const State& state, Span span,
                       const Attributes& flags) {
  if (target.empty()) return;
  const HostPort peer = host_of(target);
  const bool known = arg.known();
  const std::string resource = peer.port.empty() ? peer.host : peer.host + ":" + peer.port;
  Effect& effect =
      emit(verbs::kNetConnect, ResourceKind::host, resource.empty() ? std::string(target) : resource,
           known && !arg.guessed ? Certainty::certain : Certainty::possible, state, span);
  add_flags(effect, flags);
  effect.attributes["host"] = peer.host;
  if (!peer.port.empty()) effect.attributes["port"] = peer.port;
  if (target.find("://") != std::string_view::npos) {
    effect.attributes["url"] = std::string(target.substr(0, 1024));
    effect.attributes["scheme"] = peer.scheme;
  }
  const std::string_view h = peer.host;
  if (const std::string_view kind = table_.host_class(h); !kind.empty())
    effect.attributes["host_class"] = std::string(kind);
  if (h == "localhost" || h == "::1" || h == "0.0.0.0" || h.starts_with("127."))
    effect.attributes["loopback"] = true;
  if (!known) effect.attributes["unknown"] = "partial";
}

void Analyzer::opaque(std::string reason, std::string detail, Span span) {
  constexpr std::size_t kOpaqueMax = 256;
  if (out_.opaque.size() >= kOpaqueMax) return;
  if (detail.size() > 256) detail.resize(256);
  const Span at = place(span);
  for (const Opaque& have : out_.opaque)
    if (have.reason == reason && have.span == at) return;
  out_.opaque.push_back({std::move(reason), std::move(detail), at});
}

void Analyzer::limit(std::string reason, Span span) {
  if (out_.limited) return;
  out_.limited = true;
  out_.opaque.push_back({"limit", std::move(reason), place(span)});
}

// Loops and rounds write the same effect more than once; and a shell spread over several commands is judged
// here.
void Analyzer::finish() {
  const State state;
  if (socket_opened_ && commands_from_input_) {
    Effect& remote =
        emit(verbs::kShellRemote, ResourceKind::host, socket_peer_, Certainty::certain, state, socket_span_);
    remote.attributes["method"] = "/dev/tcp";
    remote.span = socket_span_;
  }
  if (fifo_made_ && !netcat_peer_.empty() && (interactive_shell_ || commands_from_input_)) {
    Effect& remote =
        emit(verbs::kShellRemote, ResourceKind::host, netcat_peer_, Certainty::certain, state, socket_span_);
    remote.attributes["method"] = "fifo";
    remote.span = socket_span_;
  }
  std::vector<Effect> unique;
  unique.reserve(out_.effects.size());
  for (Effect& effect : out_.effects) {
    std::string key = std::string(effect.verb) + '\0' + effect.resource + '\0' +
                      std::to_string(effect.span.begin) + ':' + std::to_string(effect.span.end) +
                      std::string(name(effect.certainty));
    for (const auto& [attribute, value] : effect.attributes)
      key += '\0' + attribute + '=' +
             (std::holds_alternative<bool>(value) ? (std::get<bool>(value) ? "1" : "0")
                                                  : std::get<std::string>(value));
    if (seen_.insert(std::move(key)).second) unique.push_back(std::move(effect));
  }
  out_.effects = std::move(unique);
}

}  // namespace weir::shell
