#include "guard/understand.h"

#include <algorithm>

#include "base/hash.h"
#include "guard/beyond_pod.h"
#include "guard/carried_out.h"
#include "guard/path_facts.h"
#include "guard/shell_actions.h"
#include "ingest/tools.h"

namespace weir::guard {
namespace {

using event::Action;
using event::Certainty;
using ingest::ToolKind;
using ingest::ToolUse;
namespace kind = event::kind;

// Collects Actions of one event, completing paths and counting what does not fit.
class Reading {
 public:
  Reading(const event::Event& event, const SessionState& state, const GuardOptions& options, const Pack& pack,
          const Answers& answers, ShellReadings* readings)
      : event_(event),
        state_(state),
        options_(options),
        pack_(pack),
        answers_(answers),
        readings_(readings),
        facts_(state, options, pack, answers) {
    cwd_ = event.body["cwd"].text_or("");
    out_.assumptions = Json::object();
    if (!cwd_.empty()) out_.assumptions.set("cwd", cwd_);
    if (!state.workspace.empty()) out_.assumptions.set("workspace", state.workspace);
  }

  Understanding take() && { return std::move(out_); }

  void read() {
    if (event_.kind == kind::kToolCall)
      tool_call();
    else if (event_.kind == kind::kConfigChange)
      config_change();
    else if (event_.kind == kind::kConnection)
      connection();
    else if (event_.kind == kind::kProgram)
      program();
    else if (event_.kind == kind::kOffered)
      offered();
    else
      of_session();
  }

 private:
  void tool_call() {
    const std::string tool(event_.body["tool"].text_or(event_.data["tool"].text_or("")));
    const ToolUse use = ingest::tool_use(event_.agent.name, tool, event_.body["input"]);
    if (!use.cwd.empty()) cwd_ = absolute_path(use.cwd, cwd_, options_.home);
    Action call{"tool.call",        "Tool", use.server.empty() ? tool : use.server + "/" + use.tool,
                Certainty::certain, {},     Json::object({{"kind", ingest::name(use.kind)}})};
    if (!use.opaque.empty()) call.attrs.set("opaque", true);
    if (use.unsandboxed) call.attrs.set("unsandboxed", true);
    add(std::move(call));
    by_kind(use);
  }

  void by_kind(const ToolUse& use) {
    switch (use.kind) {
      case ToolKind::shell:
        shell(use);
        break;
      case ToolKind::stdin_write:
        add_simple("shell.stdin", "Process", use.target);
        break;
      case ToolKind::web_fetch:
        add_url("net.connect", use.url);
        break;
      case ToolKind::web_search:
        add_simple("net.connect", "Service", "web-search");
        break;
      case ToolKind::mcp:
        tool_of_server(use);
        break;
      case ToolKind::agent_spawn:
        add_simple("agent.spawn", "Agent", use.target);
        break;
      case ToolKind::agent_message:
        add_simple("agent.message", "Agent", use.target);
        break;
      case ToolKind::skill:
        add_simple("skill.load", "Skill", use.target);
        break;
      case ToolKind::schedule:
        add_simple("persist.schedule", "Service", use.tool);
        break;
      case ToolKind::memory:
        add_simple("memory.write", "Memory", use.tool);
        break;
      default:
        break;
    }
    for (const auto& path : use.paths)
      add_path(path);
  }

  // What the daemon knows of the tool's description stands in the event (daemon/mcp_book.h).
  void tool_of_server(const ToolUse& use) {
    Action action{"mcp.call", "Tool", use.server + "/" + use.tool, Certainty::certain, {}, Json::object()};
    set_flags(action, event_.body["mcp"]["flags"]);
    add(std::move(action));
  }

  // Each tool, prompt or text that a server offers is an Action, so that each can be kept back alone.
  void offered() {
    const std::string server(event_.data["server"].text_or(""));
    const Json& items = event_.body["items"];
    if (!items.is_array()) return;
    for (const auto& item : items.as_array()) {
      Action action{"mcp.offer",        "Tool", server + "/" + std::string(item["name"].text_or("")),
                    Certainty::certain, {},     Json::object({{"kind", event_.data["offered"]}})};
      set_flags(action, item["flags"]);
      add(std::move(action));
    }
  }

  static void set_flags(Action& action, const Json& flags) {
    if (!flags.is_array()) return;
    for (const auto& flag : flags.as_array())
      action.attrs.set(flag.text_or(""), true);
  }

  void shell(const ToolUse& use) {
    const ShellPlace place{cwd_, options_.home, state_.workspace};
    ShellReading reading = read_line(use.command, place);
    follow_scripts(reading, place, 0);
    for (auto& action : reading.actions)
      add(std::move(action));
  }

  ShellReading read_line(std::string_view command, const ShellPlace& place) {
    const auto& agent = event_.agent.name;
    return readings_ != nullptr ? readings_->read(command, place, pack_.commands(), agent)
                                : read_shell(command, place, pack_.commands(), agent);
  }

  // A script file that would run is read like the command line itself, once its text is known.
  void follow_scripts(ShellReading& reading, const ShellPlace& place, int depth) {
    constexpr int kDepthMax = 3;
    if (depth >= kDepthMax) return;
    for (const std::string& path : reading.scripts) {
      const Question question{Question::Kind::script, path};
      const auto answer = answers_.find(question.key());
      if (answer == answers_.end()) {
        out_.questions.push_back(question);
        continue;
      }
      if (!answer->second.is_object()) continue;
      note_assumption("scripts", path, answer->second["digest"]);
      const Json* text = answer->second.find("text");
      if (text == nullptr || !is_shell_script(path, text->text_or(""))) continue;
      ShellReading inner = read_line(text->text_or(""), place);
      follow_scripts(inner, place, depth + 1);
      for (auto& action : inner.actions) {
        action.attrs.set("script", path);
        action.span = {};
        add(std::move(action));
      }
    }
  }

  void add_path(const ingest::ToolPath& path) {
    const char* verb = "file.read";
    if (path.use == ingest::PathUse::write || path.use == ingest::PathUse::edit) verb = "file.write";
    if (path.use == ingest::PathUse::remove) verb = "file.delete";
    Action action{verb, "Path",        absolute_path(path.path, cwd_, options_.home), Certainty::certain,
                  {},   Json::object()};
    if (action.resource.empty()) {
      action.resource = path.path;
      action.certainty = Certainty::possible;
    }
    if (path.use == ingest::PathUse::search) action.attrs.set("search", true);
    add(std::move(action));
  }

  void add_url(const char* verb, const std::string& url) {
    add({verb, "Url", url, Certainty::certain, {}, Json::object({{"url", url}})});
  }

  void add_simple(const char* verb, const char* type, const std::string& resource) {
    add({verb,
         type,
         resource,
         resource.empty() ? Certainty::possible : Certainty::certain,
         {},
         Json::object()});
  }

  // A prompt, a notice. Of a prompt that the user did not speak also who did.
  void of_session() {
    Action action{std::string(event_.kind), "Event", event_.source, Certainty::certain, {}, Json::object()};
    const std::string_view speaker = event_.data["spoken_by"].text_or("");
    if (event_.kind == kind::kPrompt && !speaker.empty())
      action.attrs.set(speaker == "agent" ? "spoken_by_agent" : "spoken_by_tool", true);
    add(std::move(action));
  }

  // A connection that the kernel saw, held against the calls that are running.
  void connection() {
    const Sighting seen = sighting_of(event_);
    const Explanation why = state_.running.explain(seen, pack_.commands());
    const std::string& host = seen.host.empty() ? seen.address : seen.host;
    const std::string place = host.contains(':') ? "[" + host + "]" : host;  // RFC 3986, 3.2.2
    Action action{"effect.connect",   "Host", place + ":" + std::to_string(seen.port),
                  Certainty::certain, {},     Json::object()};
    action.attrs.set("host", host);
    action.attrs.set("port", std::to_string(seen.port));
    action.attrs.set("program", seen.program);
    set_explanation(action, why);
    if (const auto hosts = hosts_held(event_); !hosts.empty())
      action.attrs.set("from_hosts", Json::strings(hosts));
    add(std::move(action));
    for (auto& carried : carried_out(event_, why, state_.running, pack_.paths(), options_.home))
      add(std::move(carried));
  }

  // A program that the kernel saw begin: itself, and what it does beyond the pod, unless the call that it
  // belongs to said so and was judged with it.
  void program() {
    const Sighting seen = sighting_of(event_);
    const Explanation why = state_.running.explain_program(seen);
    Action action{"effect.exec",      "Program", seen.program.substr(seen.program.rfind('/') + 1),
                  Certainty::certain, {},        Json::object()};
    action.attrs.set("program", seen.program);
    set_explanation(action, why);
    add(std::move(action));
    // What the shell of a call runs was read with the call; what the agent starts for itself is its own deed,
    // and nobody asked about programs beside it.
    if (why.by == "shell" || why.by == "agent" || why.by == "launcher") return;
    if (why.by == "helper" && seen.first) return;
    std::vector<std::string> argv;
    if (const Json& words = event_.body["argv"]; words.is_array())
      for (const auto& word : words.as_array())
        argv.emplace_back(word.text_or(""));
    for (auto& one :
         beyond_pod(argv, {cwd_, options_.home, state_.workspace}, pack_.commands(), event_.agent.name)) {
      if (state_.running.said(seen, one)) continue;
      one.attrs.set("program", seen.program);
      add(std::move(one));
    }
  }

  static void set_explanation(Action& action, const Explanation& why) {
    action.attrs.set(why.explained ? "what" : "unexplained_by", why.by);
    if (!why.explained) action.attrs.set("unexplained", true);
    if (why.by == "late" || why.by == "orphan") action.attrs.set(std::string(why.by), true);
    if (!why.tool_use_id.empty()) action.attrs.set("intent", why.tool_use_id);
  }

  // A hook that asks about a settings change: Weir's own files and the agent's.
  void config_change() {
    const std::string path(event_.body["path"].text_or(""));
    add({"config.change",
         "Path",
         absolute_path(path, cwd_, options_.home),
         Certainty::certain,
         {},
         Json::object()});
  }

  void add(Action action) {
    if (out_.actions.size() >= limits::kActionsMax) {
      if (!cut_)
        out_.actions.back() = {
            "shell.exec", "Program",
            "",           Certainty::opaque,
            {},           Json::object({{"opaque_reason", "more actions than Weir judges at once"}})};
      cut_ = true;
      return;
    }
    if (action.resource_type == "Path") facts_.complete(action, out_.questions, out_.assumptions);
    if (action.verb == "vcs.push") complete_push(action);
    out_.actions.push_back(std::move(action));
  }

  // A push that names no branch goes to the current one.
  void complete_push(Action& action) {
    std::string branch(action.attrs["branch"].text_or(""));
    if (branch.empty() || branch == "HEAD") {
      const Question question{Question::Kind::git_head, cwd_};
      const auto answer = answers_.find(question.key());
      if (answer == answers_.end()) {
        if (!cwd_.empty()) out_.questions.push_back(question);
      } else {
        branch = answer->second["branch"].text_or("");
      }
      if (!branch.empty()) action.attrs.set("branch", branch);
    }
    if (is_shared_branch(branch)) action.attrs.set("shared_branch", true);
  }

  void note_assumption(const char* group, const std::string& key, const Json& value) {
    Json* object = out_.assumptions.find(group);
    if (object == nullptr) {
      out_.assumptions.set(group, Json::object());
      object = out_.assumptions.find(group);
    }
    object->set(key, value);
  }

  const event::Event& event_;
  const SessionState& state_;
  const GuardOptions& options_;
  const Pack& pack_;
  const Answers& answers_;
  ShellReadings* readings_;
  PathFacts facts_;
  std::string cwd_;
  Understanding out_;
  bool cut_ = false;
};

}  // namespace

Understanding understand(const event::Event& event, const SessionState& state, const GuardOptions& options,
                         const Pack& pack, const Answers& answers, ShellReadings* readings) {
  Reading reading(event, state, options, pack, answers, readings);
  reading.read();
  return std::move(reading).take();
}

std::string workspace_of(const event::Event& event, const Answers& answers, const GuardOptions& options) {
  const auto answer =
      answers.find(Question{Question::Kind::workspace, std::string(event.body["cwd"].text_or(""))}.key());
  if (answer == answers.end()) return {};
  std::string root(answer->second["root"].text_or(""));
  // A home directory or the root of the disk is no workspace: everything would be inside it.
  if (root == "/" || root == options.home || path_within(options.home, root)) return {};
  return root;
}

void adopt_workspace(const event::Event& event, const Answers& answers, const GuardOptions& options,
                     SessionState& state) {
  if (state.workspace.empty()) state.workspace = workspace_of(event, answers, options);
}

std::string call_digest(const event::Event& event, const std::vector<event::Action>& actions,
                        const Json& assumptions, const std::string& policy_digest) {
  const std::string_view tool = event.body["tool"].text_or("");
  // The canonical form of one object, its names in their order, written without the object.
  constexpr std::size_t kUsualBytes = 2048;
  std::string text;
  text.reserve(kUsualBytes);
  text += "{\"actions\":[";
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (i > 0) text += ',';
    event::append_canonical(text, actions[i]);
  }
  append_json_string(text += "],\"agent\":", event.agent.name);
  if (event.kind != kind::kToolCall) append_canonical(text += ",\"body\":", event.body);
  append_canonical(text += ",\"cwd\":", event.body["cwd"]);
  append_canonical(text += ",\"input\":",
                   ingest::identity_input(event.agent.name, tool, event.body["input"]));
  append_json_string(text += ",\"kind\":", event.kind);
  append_json_string(text += ",\"policy\":", policy_digest);
  append_canonical(text += ",\"scripts\":", assumptions["scripts"]);
  append_json_string(text += ",\"session\":", event.session);
  append_json_string(text += ",\"tool\":", tool);
  text += '}';
  return digest_text(sha256(text));
}

event::Event command_event(std::string_view command, std::string_view cwd) {
  event::Event event;
  event.id = "inspect";
  event.kind = kind::kToolCall;
  event.agent.name = "claude-code";
  event.session = event.root = "inspect";
  event.plane = event::plane::kSelf;
  event.source = "inspect";
  event.data = Json::object({{"tool", "Bash"}});
  event.body =
      Json::object({{"tool", "Bash"}, {"input", Json::object({{"command", command}})}, {"cwd", cwd}});
  return event;
}

}  // namespace weir::guard
