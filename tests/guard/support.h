// What the tests of the guard share: the shipped pack, packs of a few lines, calls of an agent, and a small
// made-up machine that answers the guard's questions.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "content.h"
#include "guard/conformance.h"
#include "guard/guard.h"
#include "guard/request.h"

namespace weir::guard::testing {

inline constexpr std::int64_t kSecondNs = 1'000'000'000;
inline constexpr std::int64_t kStartNs = std::int64_t{1'800'000'000} * kSecondNs;

// The shipped catalogues and policies. Detectors take tenths of a second to compile.
inline PackSources shipped_sources(bool detectors = false) {
  PackSources sources;
  for (const auto& file : content_files()) {
    NamedText text{std::string(file.name), std::string(file.bytes)};
    if (file.name.starts_with("policies/") && file.name.ends_with(".cedar")) sources.policies.push_back(text);
    if (file.name == "policies/weir.cedarschema") sources.schema = text;
    if (file.name.starts_with("paths/")) sources.paths.push_back(text);
    if (file.name.starts_with("commands/")) sources.commands.push_back(text);
    if (file.name.starts_with("facts/")) sources.facts.push_back(text);
    if (file.name.starts_with("flow/")) sources.flow.push_back(text);
    if (!detectors) continue;
    if (file.name.starts_with("rules/secrets/") && file.name.ends_with(".toml"))
      sources.secrets.push_back(text);
    if (file.name == "detect/injection.json") sources.injection.push_back(text);
  }
  return sources;
}

inline std::shared_ptr<const Pack> shipped_pack() {
  static const auto pack = Pack::load(shipped_sources(true));
  if (!pack) ADD_FAILURE() << pack.error().message();
  CHECK(pack);
  return *pack;
}

// The shipped pack as a profile has it.
inline std::shared_ptr<const Pack> profile_pack(std::string_view name) {
  PackSources sources = shipped_sources(true);
  const std::string folder = "profiles/" + std::string(name);
  for (const auto& file : content_files()) {
    NamedText text{std::string(file.name), std::string(file.bytes)};
    if (file.name == folder + ".yaml") sources.profile = text;
    if (file.name.starts_with(folder + "/") && file.name.ends_with(".cedar"))
      sources.policies.push_back(text);
  }
  const auto pack = Pack::load(sources);
  if (!pack) ADD_FAILURE() << pack.error().message();
  CHECK(pack);
  return *pack;
}

// The shipped catalogues with these policies; base.allow is there unless told otherwise.
inline std::shared_ptr<const Pack> pack_of(const std::string& policies, bool base_allow = true) {
  PackSources sources = shipped_sources();
  sources.policies = {
      {"test.cedar",
       (base_allow ? "@id(\"base.allow\") permit (principal, action, resource);\n" : "") + policies}};
  auto pack = Pack::load(sources);
  if (!pack) ADD_FAILURE() << pack.error().message();
  CHECK(pack);
  return *pack;
}

// The machine as the guard is told of it. What is not named exists and leads to itself.
struct Machine {
  std::map<std::string, std::string> links;    // path → where it leads
  std::map<std::string, std::string> scripts;  // path → text
  std::string workspace = "/workspace";
  std::string branch = "feature";
  std::set<std::string> asked;  // keys of all questions

  Json answer(const Question& question) {
    asked.insert(question.key());
    switch (question.kind) {
      case Question::Kind::workspace:
        return Json::object({{"root", workspace}});
      case Question::Kind::git_head:
        return Json::object({{"branch", branch}});
      case Question::Kind::script:
        if (const auto it = scripts.find(question.subject); it != scripts.end())
          return Json::object({{"digest", "sha256:of-" + it->second}, {"text", it->second}});
        return {};
      case Question::Kind::path:
        break;
    }
    const auto slash = question.subject.rfind('/');
    return Json::object(
        {{"resolved", resolved(question.subject)},
         {"parent", resolved(question.subject.substr(0, slash)) + question.subject.substr(slash)},
         {"exists", true}});
  }

  // Links among the directories on the way count too.
  std::string resolved(const std::string& path) const {
    for (const auto& [link, target] : links)
      if (path == link || path.starts_with(link + "/")) return target + path.substr(link.size());
    return path;
  }
};

inline event::Event tool_call(const std::string& tool, Json input, const std::string& cwd = "/workspace") {
  event::Event event;
  event.kind = event::kind::kToolCall;
  event.agent.name = "claude-code";
  event.session = event.root = "claude-code:test";
  event.plane = event::plane::kHook;
  event.source = "claude-code/PreToolUse";
  event.time.wall_ns = kStartNs;
  event.data = Json::object({{"tool", tool}});
  event.body = Json::object({{"tool", tool}, {"input", std::move(input)}, {"cwd", cwd}});
  return event;
}

inline event::Event shell_call(const std::string& command, const std::string& cwd = "/workspace") {
  return tool_call("Bash", Json::object({{"command", command}}), cwd);
}

// One session tree with its machine and its clock; gives ids as a rim would.
class Session {
 public:
  explicit Session(std::shared_ptr<const Pack> pack, GuardOptions options = {.home = "/home/ann"})
      : guard(std::move(pack), std::move(options)) {}

  // Passes a call through admit, prepare, decide.
  event::Decision call(event::Event event) {
    stamp(event);
    if (event.corr["tool_use_id"].empty()) event.corr["tool_use_id"] = "call-" + std::to_string(number_);
    guard.admit(event);
    answers.clear();
    for (auto open = guard.prepare(event, answers); !open.empty(); open = guard.prepare(event, answers))
      for (const auto& question : open)
        answers[question.key()] = machine.answer(question);
    supplied.decision_id = "decision-" + std::to_string(number_);
    const event::Decision decision = guard.decide(event, answers, supplied);
    expect_conforming(event, decision);
    return decision;
  }
  event::Decision run(const std::string& command) { return call(shell_call(command)); }

  // The result of an earlier call comes.
  void result(const std::string& tool_use_id, bool not_run) {
    event::Event event = shell_call("");
    event.kind = event::kind::kToolResult;
    event.corr["tool_use_id"] = tool_use_id;
    event.data = Json::object({{"tool", "Bash"}, {"not_run", not_run}});
    stamp(event);
    guard.admit(event);
    guard.note(event);
  }

  // The user says something.
  void say(const std::string& text, const std::string& speaker = "user",
           event::Assurance assurance = event::Assurance::claimed) {
    event::Event event = tool_call("", Json::object());
    event.kind = event::kind::kPrompt;
    event.source = "claude-code/UserPromptSubmit";
    event.data = Json::object();
    if (speaker != "user") event.data.set("spoken_by", speaker);
    event.assurance = assurance;
    event.body = Json::object({{"text", text}});
    stamp(event);
    guard.admit(event);
    guard.note(event);
  }

  // Something happens that wants no verdict.
  void note(event::Event event) {
    stamp(event);
    guard.admit(event);
    guard.note(event);
  }

  // A tool answers with a text.
  void read(const std::string& text) {
    event::Event event = tool_call("WebFetch", Json::object());
    event.kind = event::kind::kToolResult;
    event.body = Json::object({{"output", text}});
    stamp(event);
    guard.admit(event);
    guard.note(event);
  }

  // A call and what its tool returned.
  void answered(event::Event call, const std::string& output) {
    call.corr["tool_use_id"] = "answered-" + std::to_string(number_);
    event::Event event = call;
    (void)this->call(std::move(call));
    event.kind = event::kind::kToolResult;
    event.body.set("output", output);
    note(std::move(event));
  }

  // The agent reads a file that holds this text; a person lets it where that is asked.
  void read_file(const std::string& path, const std::string& text) {
    event::Event call = tool_call("Read", Json::object({{"file_path", path}}));
    call.corr["tool_use_id"] = "read-" + path;
    (void)this->call(call);
    event::Event event = tool_call("Read", Json::object());
    event.kind = event::kind::kToolResult;
    event.corr["tool_use_id"] = "read-" + path;
    event.body = Json::object({{"output", text}});
    note(event);
  }

  Status answer(const std::string& approval_id, bool yes, const std::string& subject = "uid:1000") {
    event::Event event;
    event.kind = event::kind::kApproval;
    event.data = Json::object(
        {{"approval_id", approval_id},
         {"answer", yes ? "approve" : "deny"},
         {"approver", Json::object({{"authority", "local-pin"}, {"subject", subject}, {"method", "pin"}})}});
    stamp(event);
    guard.admit(event);
    return guard.answer(event);
  }

  void control(const std::string& what, const std::string& reason = "") {
    event::Event event;
    event.kind = event::kind::kControl;
    event.data = Json::object({{"control", what}});
    if (!reason.empty()) event.data.set("reason", reason);
    stamp(event);
    guard.admit(event);
    guard.note(event);
  }

  Guard guard;
  Machine machine;
  Supplied supplied;
  Answers answers;  // of the last call
  std::int64_t now_ns = kStartNs;

 private:
  // Whatever a test does, its requests are of the types that the schema declares.
  void expect_conforming(const event::Event& event, const event::Decision& decision) const {
    const cedar::Schema* schema = guard.pack().schema();
    if (schema == nullptr) return;
    const GuardOptions options;
    const Situation situation{event, guard.state(), options, decision.mode, decision.isolation};
    const Requests requests(situation, guard.pack());
    for (const auto& action : decision.actions)
      EXPECT_EQ(mismatch(requests.of(action), *schema), "") << compact(event::to_json(action));
  }

  void stamp(event::Event& event) {
    event.id = "event-" + std::to_string(++number_);
    event.time.wall_ns = event.time.mono_ns = now_ns;
  }
  int number_ = 0;
};

inline bool has_policy(const event::Decision& decision, std::string_view id) {
  for (const auto& hit : decision.policies)
    if (hit.policy == id) return true;
  return false;
}

inline std::string described(const event::Decision& decision) {
  std::string text = std::string(event::name(decision.verdict)) + " (" + decision.reason + ")";
  for (const auto& hit : decision.policies)
    text += " " + hit.policy;
  for (const auto& action : decision.actions)
    text += "\n  " + canonical(event::to_json(action));
  return text;
}

}  // namespace weir::guard::testing
