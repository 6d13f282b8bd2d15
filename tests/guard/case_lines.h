// Calls written in a line, and the world they are made in: what tests/cases/policy and docs/cookbook.md
// share. The format stands in tests/cases/policy/README.md.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "guard/support.h"

namespace weir::guard::testing {

// What stays in force from line to line of one policy.
struct CaseWorld {
  std::string policy = {};
  std::string agent = "claude-code";
  std::string subagent = {};  // its type; "" for the main agent
  std::string branch = "feature";
  std::string isolation = "same_user";
  std::vector<std::pair<std::string, std::string>> links = {};
  std::vector<std::pair<int, std::string>> before = {};  // calls made earlier in the session
  std::vector<std::string> approved = {};                // calls that a person let pass, after those
  std::vector<std::string> said = {};                    // prompts of the user, before anything else
  std::vector<std::pair<std::string, std::string>> answered = {};  // then calls with what they returned
  std::vector<std::string> results = {};                           // then texts that tools answered
  std::vector<flow::CarriedFile> carried = {};  // files with a label that the call reads or runs
  std::vector<std::string> credentials = {};    // then what .env held when it was read
};

inline std::pair<std::string, std::string> first_word(std::string_view text) {
  text = trim(text);
  const auto end = text.find(' ');
  if (end == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, end)), std::string(trim(text.substr(end)))};
}

// Of a program in a pod that began just now. What lies in /usr is fixed.
inline event::Event pod_event(std::string_view kind, const std::string& whose, const std::string& program) {
  constexpr std::int64_t kJustNowNs = kStartNs * 2;
  event::Event event = tool_call("", Json::object());
  event.kind = kind;
  event.plane = event::plane::kOs;
  event.source = "weir/pod";
  event.assurance = event::Assurance::kernel;
  event.data =
      Json::object({{"from", whose}, {"branch_ns", kJustNowNs}, {"fixed", program.starts_with("/usr/")}});
  event.body = Json::object({{"program", program}});
  return event;
}

// "WHOSE PROGRAM HOST:PORT [holding PATH]": a connection.
inline event::Event connection_of(std::string_view what) {
  const auto [whose, rest] = first_word(what);
  const auto [program, after] = first_word(rest);
  const auto [place, held] = first_word(after);
  const auto colon = place.rfind(':');
  event::Event event = pod_event(event::kind::kConnection, whose, program);
  event.body.set("host", place.substr(0, colon))
      .set("port", static_cast<std::int64_t>(std::stoi(place.substr(colon + 1))));
  if (const auto [word, path] = first_word(held); word == "holding")
    event.body.set("holds", Json::array({Json::object({{"kind", "file"}, {"name", path}})}));
  return event;
}

// "WHOSE PROGRAM ARGS...": a program that begins.
inline event::Event program_of(std::string_view what) {
  const auto [whose, rest] = first_word(what);
  std::vector<std::string> argv;
  for (auto [word, after] = first_word(rest); !word.empty(); std::tie(word, after) = first_word(after))
    argv.push_back(word);
  event::Event event = pod_event(event::kind::kProgram, whose, argv.empty() ? "" : argv[0]);
  event.data.set("how", "exec").set("first", false);
  event.body.set("argv", Json::strings(argv)).set("cwd", "/workspace");
  return event;
}

// "SERVER/TOOL FLAG...": a tool that a server offers, or that is called; the flags as the daemon finds them
// (daemon/mcp_book.h).
inline event::Event of_server(bool offer, std::string_view what) {
  const auto [name, rest] = first_word(what);
  Json flags = Json::array();
  for (auto [word, after] = first_word(rest); !word.empty(); std::tie(word, after) = first_word(after))
    flags.push(word);
  const std::string server = name.substr(0, name.find('/'));
  const std::string tool = name.substr(name.find('/') + 1);
  event::Event event = tool_call("mcp__" + server + "__" + tool, Json::object());
  event.plane = event::plane::kWire;
  event.body.set("mcp", Json::object({{"flags", flags}}));
  if (!offer) return event;
  event.kind = event::kind::kOffered;
  event.data = Json::object({{"server", server}, {"offered", "tool"}});
  event.body = Json::object({{"items", Json::array({Json::object({{"name", tool}, {"flags", flags}})})}});
  return event;
}

// "$ COMMAND", "Read PATH", "Write PATH", "Edit PATH", "config PATH", "notice NAME", "prompt SPEAKER
// TEXT", "connect WHOSE PROGRAM HOST:PORT [holding PATH]", "begin WHOSE PROGRAM ARGS...",
// "offer SERVER/TOOL FLAG...", "calls SERVER/TOOL FLAG...", or {"tool": …, "input": …}.
inline std::optional<event::Event> event_of(std::string_view what, const CaseWorld& world) {
  const auto [word, rest] = first_word(what);
  std::optional<event::Event> event;
  if (word == "$") {
    event =
        world.agent == "codex" ? tool_call("exec_command", Json::object({{"cmd", rest}})) : shell_call(rest);
  } else if (word == "Read" || word == "Write" || word == "Edit") {
    Json input = Json::object({{"file_path", rest}});
    if (word == "Write") input.set("content", "text");
    if (word == "Edit") input.set("old_string", "a").set("new_string", "b");
    event = tool_call(word, std::move(input));
  } else if (word == "config") {
    event = tool_call("", Json::object());
    event->kind = event::kind::kConfigChange;
    event->data = Json::object();
    event->body = Json::object({{"path", rest}, {"cwd", "/workspace"}});
  } else if (word == "notice") {
    event = tool_call("", Json::object());
    event->kind = event::kind::kLifecycle;
    event->source = world.agent + "/" + rest;
    event->data = event->body = Json::object();
  } else if (word == "prompt") {
    const auto [speaker, text] = first_word(rest);
    event = tool_call("", Json::object());
    event->kind = event::kind::kPrompt;
    event->source = world.agent + "/UserPromptSubmit";
    event->data = Json::object();
    if (speaker != "user") event->data.set("spoken_by", speaker);
    event->body = Json::object({{"text", text}});
  } else if (word == "connect") {
    event = connection_of(rest);
  } else if (word == "begin") {
    event = program_of(rest);
  } else if (word == "offer" || word == "calls") {
    event = of_server(word == "offer", rest);
  } else if (word.starts_with("{")) {
    if (const auto json = parse_json(trim(what)); json)
      event = tool_call(std::string((*json)["tool"].text_or("")), (*json)["input"]);
  }
  if (!event) return event;
  event->agent.name = world.agent;
  event->agent.type = world.subagent;
  if (!world.subagent.empty()) event->agent.id = "helper-1";
  return event;
}

// Makes the session's machine as the world says, and the calls that came before.
inline void enter(const CaseWorld& world, Session& session) {
  session.machine.branch = world.branch;
  session.supplied.isolation = world.isolation;
  for (const auto& [path, target] : world.links)
    session.machine.links[path] = target;
  constexpr std::string_view kAttested = "attested: ";
  for (const auto& text : world.said)
    if (text.starts_with(kAttested))
      session.say(text.substr(kAttested.size()), "user", event::Assurance::attested);
    else
      session.say(text);
  for (const auto& [times, earlier] : world.before)
    for (int i = 0; i < times; ++i) {
      const auto event = event_of(earlier, world);
      ASSERT_TRUE(event) << earlier;
      (void)session.call(*event);
    }
  for (const auto& earlier : world.approved) {
    const auto event = event_of(earlier, world);
    ASSERT_TRUE(event) << earlier;
    const auto held = session.call(*event);
    ASSERT_TRUE(session.answer(held.approval_id, true)) << earlier;
    ASSERT_EQ(session.call(*event).verdict, event::Verdict::allow) << earlier;
  }
  for (const auto& [call, output] : world.answered) {
    auto event = event_of(call, world);
    ASSERT_TRUE(event) << call;
    session.answered(*std::move(event), output);
  }
  for (const auto& text : world.results)
    session.read(text);
  for (const auto& text : world.credentials)
    session.read_file("/workspace/.env", text);
  session.supplied.carried = world.carried;
}

// "runs PATH", "reads PATH", "loads PATH"; with "own" before it the session wrote the file itself.
inline bool add_carried(const std::string& text, CaseWorld& world) {
  auto [use, path] = first_word(text);
  const bool own = use == "own";
  if (own) std::tie(use, path) = first_word(path);
  auto files = flow::carried_from_json(Json::array({Json::object(
      {{"use", use}, {"path", path}, {"session", "claude-code:earlier"}, {"seq", 12}, {"own", own}})}));
  world.carried.insert(world.carried.end(), files.begin(), files.end());
  return !files.empty();
}

// A line that changes the world; false when it is none.
inline bool apply_directive(const std::string& word, const std::string& rest, CaseWorld& world) {
  if (word == "agent") {
    world.agent = rest;
  } else if (word == "subagent") {
    world.subagent = rest;
  } else if (word == "branch") {
    world.branch = rest;
  } else if (word == "isolation") {
    world.isolation = rest;
  } else if (word == "link") {
    const auto arrow = rest.find(" -> ");
    if (arrow == std::string::npos) return false;
    world.links.emplace_back(rest.substr(0, arrow), rest.substr(arrow + 4));
  } else if (word == "before") {
    const auto [times, what] = first_word(rest);
    world.before.emplace_back(std::atoi(times.c_str()), what);
  } else if (word == "approved") {
    world.approved.push_back(rest);
  } else if (word == "credentials") {
    world.credentials.push_back(rest);
  } else if (word == "said") {
    world.said.push_back(rest);
  } else if (word == "result") {
    world.results.push_back(rest);
  } else if (word == "answered") {
    const auto json = parse_json(rest);
    if (!json) return false;
    const Json& output = (*json)["output"];
    world.answered.emplace_back(rest, output.is_string() ? output.as_string() : canonical(output));
  } else if (word == "carried") {
    return add_carried(rest, world);
  } else {
    return false;
  }
  return true;
}

}  // namespace weir::guard::testing
