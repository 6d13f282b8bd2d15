#include "sigma/event_fields.h"

#include <algorithm>

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

void set_text(Json& fields, std::string_view name, std::string_view value) {
  if (!value.empty()) fields.set(name, value);
}

class Mapping {
 public:
  Mapping(const event::Event& event, std::string_view product) : event_(event), product_(product) {}

  std::vector<Mapped> take() && { return std::move(out_); }

  void read_event() {
    const std::string& what = event_.kind;
    if (what == kind::kToolCall)
      tool_call();
    else if (what == kind::kToolResult)
      tool_result();
    else if (what == kind::kPrompt || what == kind::kModelOutput)
      add_weir(what == kind::kPrompt ? "prompt" : "model_output",
               Json::object({{"text", event_.body["text"].text_or("")}}));
  }

  void read_action(const Action& action, std::size_t index) {
    const std::size_t before = out_.size();
    const std::string& verb = action.verb;
    if (verb == "shell.exec")
      process(action);
    else if (verb == "net.connect" || verb == "net.send")
      connection(action);
    else if (verb == "file.write" || verb == "file.delete" || verb == "file.chmod")
      file(action);
    else if (verb == "memory.write")
      add_weir("memory", with_input(Json::object({{"path", action.resource}})));
    else if (verb == "skill.load")
      add_weir("skill", with_input(Json::object({{"name", action.resource}})));
    else if (verb == "mcp.call")
      mcp(action);
    for (std::size_t i = before; i < out_.size(); ++i) {
      out_[i].action = index;
      out_[i].fields.set("certainty", event::name(action.certainty));
    }
  }

 private:
  std::string_view tool() const { return event_.body["tool"].text_or(event_.data["tool"].text_or("")); }

  // What every record of Weir's own log sources has.
  void add_weir(std::string_view category, Json fields) {
    set_text(fields, "agent", event_.agent.name);
    set_text(fields, "session", event_.session);
    set_text(fields, "user", event_.user);
    set_text(fields, "host", event_.host);
    set_text(fields, "assurance", event::name(event_.assurance));
    set_text(fields, "time", event_.time.source);
    out_.push_back({{.category = std::string(category), .product = "weir", .service = "", .definition = ""},
                    std::move(fields)});
  }

  // The call's arguments under their own names, and all of them below "input".
  Json with_input(Json fields) const {
    const Json& input = event_.body["input"];
    if (!input.is_object()) return fields;
    for (const auto& [name, value] : input.as_object())
      if (!fields.has(name)) fields.set(name, value);
    fields.set("input", input);
    return fields;
  }

  void tool_call() {
    Json fields = Json::object({{"tool", tool()}});
    set_text(fields, "cwd", event_.body["cwd"].text_or(""));
    add_weir("tool_call", with_input(std::move(fields)));
  }

  void tool_result() {
    Json fields = Json::object({{"tool", tool()}});
    const Json& output = event_.body["output"];
    if (!output.is_null()) fields.set("output", output.is_string() ? output : Json(compact(output)));
    if (event_.data.has("failed")) fields.set("failed", event_.data["failed"]);
    add_weir("tool_result", std::move(fields));
  }

  void mcp(const Action& action) {
    const std::string_view name = action.resource;
    const std::size_t slash = name.find('/');
    Json fields = Json::object({{"server", name.substr(0, slash)}});
    if (slash != std::string_view::npos) fields.set("tool", name.substr(slash + 1));
    add_weir("mcp", with_input(std::move(fields)));
  }

  void add_host(std::string_view category, Json fields) {
    set_text(fields, "User", event_.user);
    set_text(fields, "Computer", event_.host);
    out_.push_back({{.category = std::string(category),
                     .product = std::string(product_),
                     .service = "",
                     .definition = ""},
                    std::move(fields)});
  }

  // The words of the command that the Action comes from; the whole when it is not a part of it.
  std::string_view command_of(const Action& action) const {
    const std::string_view all = event_.body["input"]["command"].text_or("");
    if (action.span.begin >= action.span.end || action.span.end > all.size()) return all;
    return all.substr(action.span.begin, action.span.end - action.span.begin);
  }

  void process(const Action& action) {
    if (action.resource.empty()) return;
    Json fields = Json::object();
    const bool has_path = action.resource.find('/') != std::string::npos;
    fields.set("Image", has_path ? action.resource : std::string(kProgramDir) + action.resource);
    set_text(fields, "CommandLine", command_of(action));
    set_text(fields, "CurrentDirectory", event_.body["cwd"].text_or(""));
    set_text(fields, "ParentCommandLine", event_.body["input"]["command"].text_or(""));
    add_host("process_creation", std::move(fields));
  }

  void file(const Action& action) {
    if (action.resource.empty()) return;
    Json fields = Json::object({{"TargetFilename", action.resource}});
    set_text(fields, "Image", action.attrs["program"].text_or(""));
    add_host(action.verb == "file.delete" ? "file_delete" : "file_event", std::move(fields));
  }

  void connection(const Action& action) {
    const std::string_view text = action.attrs["url"].text_or(action.resource);
    const Url url = parts_of(text);
    const std::string_view host = action.attrs["host"].text_or(url.host);
    const std::string_view port = action.attrs["port"].text_or(url.port);
    const bool address = parse_address(host).has_value();
    Json fields = Json::object({{"Initiated", "true"}});
    set_text(fields, address ? "DestinationIp" : "DestinationHostname", host);
    set_text(fields, "DestinationPort", port);
    set_text(fields, "Image", action.attrs["program"].text_or(""));
    add_host("network_connection", std::move(fields));
    if (!address && !host.empty()) add_host("dns_query", Json::object({{"QueryName", host}}));
    if (url.scheme == "http" || url.scheme == "https") web(action, text, url);
  }

  // Fields of `category: proxy`, and of webserver: the same request seen from the other side.
  void web(const Action& action, std::string_view text, const Url& url) {
    Json fields = Json::object({{"c-uri", text}, {"cs-host", url.host}, {"r-dns", url.host}});
    set_text(fields, "c-uri-stem", url.path);
    set_text(fields, "c-uri-query", url.query);
    set_text(fields, "cs-uri-stem", url.path);
    set_text(fields, "cs-uri-query", url.query);
    const std::size_t dot = url.path.rfind('.');
    if (dot != std::string_view::npos && url.path.find('/', dot) == std::string_view::npos)
      set_text(fields, "c-uri-extension", url.path.substr(dot + 1));
    set_text(fields, "cs-method", action.attrs["method"].text_or(""));
    set_text(fields, "c-useragent", action.attrs["user_agent"].text_or(""));
    add_host("proxy", fields);
    add_host("webserver", std::move(fields));
  }

  const event::Event& event_;
  std::string_view product_;
  std::vector<Mapped> out_;
};

}  // namespace

std::vector<Mapped> records_of(const event::Event& event, std::span<const Action> actions,
                               std::string_view product) {
  Mapping mapping(event, product);
  mapping.read_event();
  for (std::size_t i = 0; i < actions.size(); ++i)
    mapping.read_action(actions[i], i);
  return std::move(mapping).take();
}

}  // namespace weir::sigma
