#include "sigma/event_fields.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace weir::sigma {
namespace {

namespace kind = event::kind;
using event::Action;

// Where a program's path is not known: rules ask for the end of a path ("/curl"), and this is where Debian,
// Fedora and macOS keep what users run.
constexpr std::string_view kProgramDir = "/usr/bin/";

struct Url {
  std::string_view scheme, host, port, path, query;
};

Url parts_of(std::string_view url) {
  Url out;
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    out.scheme = url.substr(0, scheme);
    url.remove_prefix(scheme + 3);
  }
  url = url.substr(0, url.find('#'));
  std::string_view authority = url.substr(0, url.find_first_of("/?"));
  std::string_view rest = url.substr(authority.size());
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  out.host = authority.substr(0, colon);
  if (colon != std::string_view::npos) out.port = authority.substr(colon + 1);
  if (out.host.starts_with('[') && out.host.ends_with(']'))
    out.host = out.host.substr(1, out.host.size() - 2);
  const std::size_t query = rest.find('?');
  out.path = rest.substr(0, query);
  if (query != std::string_view::npos) out.query = rest.substr(query + 1);
  return out;
}

constexpr std::array<std::string_view, kEventSources> kCategories = {
    "tool_call", "tool_result", "prompt",           "model_output",       "mcp",
    "memory",    "skill",       "process_creation", "network_connection", "dns_query",
    "proxy",     "webserver",   "file_event",       "file_delete"};

bool is_own(EventSource source) {
  return source < EventSource::process_creation;
}

// Records as JSON, to be shown and tested.
class JsonSink {
 public:
  explicit JsonSink(std::string_view product) : product_(product) {}

  bool begin(EventSource source, std::size_t action) {
    out.push_back({logsource_of(source, product_), Json::object(), action});
    return true;
  }
  bool wants_input() const { return true; }
  void list(std::string_view name, std::span<const std::string_view> values) {
    Json list = Json::array();
    for (const std::string_view value : values)
      list.push(value);
    out.back().fields.set(name, std::move(list));
  }
  void text(std::string_view name, std::string_view value) { out.back().fields.set(name, value); }
  void joined(std::string_view name, std::string_view head, std::string_view tail) {
    out.back().fields.set(name, std::string(head) + std::string(tail));
  }
  void json(std::string_view name, const Json& value) { out.back().fields.set(name, value); }
  void end() {}

  std::vector<Mapped> out;

 private:
  std::string_view product_;
};

// Records laid flat, without a copy.
class FlatSink {
 public:
  FlatSink(const WantedRecords& wanted, FlatEvent& flat, const TakeRecord& take)
      : wanted_(wanted), flat_(flat), take_(take) {}

  bool begin(EventSource source, std::size_t action) {
    if (!wanted_.sources[static_cast<std::size_t>(source)]) return false;
    source_ = source;
    action_ = action;
    flat_.clear();
    return true;
  }
  bool wants_input() const { return wanted_.input; }
  void list(std::string_view name, std::span<const std::string_view> values) {
    for (const std::string_view value : values)
      flat_.add(name, value);
  }
  void text(std::string_view name, std::string_view value) { flat_.add(name, value); }
  void joined(std::string_view name, std::string_view head, std::string_view tail) {
    flat_.add_joined(name, head, tail);
  }
  void json(std::string_view name, const Json& value) { flat_.add(name, value); }
  void end() {
    flat_.seal();
    take_(source_, action_, flat_.fields());
  }

 private:
  const WantedRecords& wanted_;
  FlatEvent& flat_;
  const TakeRecord& take_;
  EventSource source_ = EventSource::tool_call;
  std::size_t action_ = SIZE_MAX;
};

// Agents call a command line "command"; Codex "cmd".
std::string_view command_line(const event::Event& event) {
  const Json& input = event.body["input"];
  const std::string_view command = input["command"].text_or("");
  return command.empty() ? input["cmd"].text_or("") : command;
}

template <class Sink>
class Mapping {
 public:
  Mapping(const event::Event& event, std::span<const Action> actions, Sink& sink)
      : event_(event), actions_(actions), sink_(sink), command_(command_line(event)) {}

  void read_event() {
    const std::string& what = event_.kind;
    if (what == kind::kToolCall)
      tool_call();
    else if (what == kind::kToolResult)
      tool_result();
    else if (what == kind::kPrompt)
      said(EventSource::prompt);
    else if (what == kind::kModelOutput)
      said(EventSource::model_output);
  }

  void read_action(const Action& action, std::size_t index) {
    action_ = &action;
    index_ = index;
    const std::string& verb = action.verb;
    if (verb == "shell.exec")
      process(action);
    else if (verb == "net.connect" || verb == "net.send")
      connection(action);
    else if (verb == "file.write" || verb == "file.delete")
      file(action);
    else if (verb == "memory.write")
      with_name(EventSource::memory, "path", action.resource);
    else if (verb == "skill.load")
      with_name(EventSource::skill, "name", action.resource);
    else if (verb == "mcp.call")
      mcp(action);
  }

 private:
  std::string_view tool() const { return event_.body["tool"].text_or(event_.data["tool"].text_or("")); }

  bool begin(EventSource source) {
    if (!sink_.begin(source, index_)) return false;
    named_.clear();
    if (action_ != nullptr) text("certainty", event::name(action_->certainty));
    if (is_own(source))
      own_fields();
    else
      host_fields();
    return true;
  }

  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    named_.push_back(name);
    sink_.text(name, value);
  }

  // What every record of Weir's own log sources has. A sub-agent is of its root's session: it does not shed
  // that one's past.
  void own_fields() {
    text("agent", event_.agent.name);
    text("session", event_.root.empty() ? event_.session : event_.root);
    text("user", event_.user);
    text("host", event_.host);
    text("assurance", event::name(event_.assurance));
    text("time", event_.time.source);
  }

  void host_fields() {
    text("User", event_.user);
    text("Computer", event_.host);
  }

  // The call's arguments under their own names, where Weir gives that name to nothing else, and all of them
  // below "input".
  void arguments() {
    const Json& input = event_.body["input"];
    if (!input.is_object()) return;
    for (const auto& [name, value] : input.as_object()) {
      const bool taken = name == "input" || std::find(named_.begin(), named_.end(), name) != named_.end();
      if (!taken) sink_.json(name, value);
    }
    if (!command_.empty() && !input["command"].is_string()) sink_.text("command", command_);
    if (sink_.wants_input()) sink_.json("input", input);
  }

  void tool_call() {
    if (!begin(EventSource::tool_call)) return;
    text("tool", tool());
    text("cwd", event_.body["cwd"].text_or(""));
    verbs();
    arguments();
    sink_.end();
  }

  // What the call would do, each verb once: a rule that reads a command's text may ask what it means.
  void verbs() {
    if (actions_.empty()) return;
    std::vector<std::string_view> verbs;
    for (const Action& action : actions_)
      if (std::find(verbs.begin(), verbs.end(), action.verb) == verbs.end()) verbs.push_back(action.verb);
    named_.push_back("verbs");
    sink_.list("verbs", verbs);
  }

  void tool_result() {
    if (!begin(EventSource::tool_result)) return;
    text("tool", tool());
    const Json& output = event_.body["output"];
    if (output.is_string())
      sink_.text("output", output.as_string());
    else if (!output.is_null())
      sink_.joined("output", compact(output), "");
    if (event_.data.has("failed")) sink_.json("failed", event_.data["failed"]);
    sink_.end();
  }

  void said(EventSource source) {
    if (!begin(source)) return;
    sink_.text("text", event_.body["text"].text_or(""));
    sink_.end();
  }

  void with_name(EventSource source, std::string_view name, std::string_view value) {
    if (!begin(source)) return;
    text(name, value);
    arguments();
    sink_.end();
  }

  void mcp(const Action& action) {
    if (!begin(EventSource::mcp)) return;
    const std::string_view name = action.resource;
    const std::size_t slash = name.find('/');
    text("server", name.substr(0, slash));
    if (slash != std::string_view::npos) text("tool", name.substr(slash + 1));
    arguments();
    sink_.end();
  }

  // The words of the command that the Action comes from; the whole when it is not a part of it.
  std::string_view command_of(const Action& action) const {
    if (action.span.begin >= action.span.end || action.span.end > command_.size()) return command_;
    return command_.substr(action.span.begin, action.span.end - action.span.begin);
  }

  void process(const Action& action) {
    if (action.resource.empty() || !begin(EventSource::process_creation)) return;
    const bool has_path = action.resource.find('/') != std::string::npos;
    sink_.joined("Image", has_path ? "" : kProgramDir, action.resource);
    text("CommandLine", command_of(action));
    text("CurrentDirectory", event_.body["cwd"].text_or(""));
    text("ParentCommandLine", command_);
    sink_.end();
  }

  void file(const Action& action) {
    const bool deletes = action.verb == "file.delete";
    if (action.resource.empty() || !begin(deletes ? EventSource::file_delete : EventSource::file_event))
      return;
    text("TargetFilename", action.resource);
    text("Image", action.attrs["program"].text_or(""));
    sink_.end();
  }

  void connection(const Action& action) {
    const std::string_view address = action.attrs["url"].text_or(action.resource);
    const Url url = parts_of(address);
    const std::string_view host = action.attrs["host"].text_or(url.host);
    const bool is_address = parse_address(host).has_value();
    if (begin(EventSource::network_connection)) {
      text("Initiated", "true");
      text(is_address ? "DestinationIp" : "DestinationHostname", host);
      text("DestinationPort", action.attrs["port"].text_or(url.port));
      text("Image", action.attrs["program"].text_or(""));
      sink_.end();
    }
    if (!is_address && !host.empty() && begin(EventSource::dns_query)) {
      text("QueryName", host);
      sink_.end();
    }
    if (url.scheme != "http" && url.scheme != "https") return;
    web(EventSource::proxy, action, address, url);
    web(EventSource::webserver, action, address, url);  // the same request seen from the other side
  }

  void web(EventSource source, const Action& action, std::string_view address, const Url& url) {
    if (!begin(source)) return;
    text("c-uri", address);
    sink_.text("cs-host", url.host);
    sink_.text("r-dns", url.host);
    text("c-uri-stem", url.path);
    text("c-uri-query", url.query);
    text("cs-uri-stem", url.path);
    text("cs-uri-query", url.query);
    const std::size_t dot = url.path.rfind('.');
    if (dot != std::string_view::npos && url.path.find('/', dot) == std::string_view::npos)
      text("c-uri-extension", url.path.substr(dot + 1));
    text("cs-method", action.attrs["method"].text_or(""));
    text("c-useragent", action.attrs["user_agent"].text_or(""));
    sink_.end();
  }

  const event::Event& event_;
  std::span<const Action> actions_;
  Sink& sink_;
  std::string_view command_;
  const Action* action_ = nullptr;  // the record is about this one; null: about the event
  std::size_t index_ = SIZE_MAX;
  std::vector<std::string_view> named_;  // fields of the record that Weir named
};

template <class Sink>
void map_all(const event::Event& event, std::span<const Action> actions, Sink& sink) {
  Mapping mapping(event, actions, sink);
  mapping.read_event();
  for (std::size_t i = 0; i < actions.size(); ++i)
    mapping.read_action(actions[i], i);
}

}  // namespace

LogSource logsource_of(EventSource source, std::string_view product) {
  return {.category = std::string(kCategories[static_cast<std::size_t>(source)]),
          .product = is_own(source) ? "weir" : std::string(product),
          .service = "",
          .definition = ""};
}

std::vector<Mapped> records_of(const event::Event& event, std::span<const Action> actions,
                               std::string_view product) {
  JsonSink sink(product);
  map_all(event, actions, sink);
  return std::move(sink.out);
}

void visit_records(const event::Event& event, std::span<const Action> actions, const WantedRecords& wanted,
                   FlatEvent& flat, const TakeRecord& take) {
  FlatSink sink(wanted, flat, take);
  map_all(event, actions, sink);
}

}  // namespace weir::sigma
