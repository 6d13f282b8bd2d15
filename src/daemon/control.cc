#include "daemon/control.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/redact.h"
#include "base/time_text.h"
#include "daemon/records.h"
#include "os/clock.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kMessageBytesMax = 400;

Json error_answer(const Error& error) {
  return Json::object({{"error", Json::object({{"code", name(error.code)},
                                               {"what", error.what},
                                               {"where", error.where},
                                               {"hint", error.hint}})}});
}

Json done_answer() {
  return Json::object({{"ok", true}});
}

// What the person gave to the launcher, as digests.
std::shared_ptr<const std::set<std::string>> prompts_of(const Json& list) {
  constexpr std::size_t kPromptsMax = 256;
  auto prompts = std::make_shared<std::set<std::string>>();
  if (!list.is_array()) return prompts;
  for (const auto& digest : list.as_array())
    if (prompts->size() < kPromptsMax && digest.is_string()) prompts->insert(digest.as_string());
  return prompts;
}

// A guarded agent may look, not touch.
bool allowed_to_guarded(std::string_view command) {
  return command == "status";
}

}  // namespace

Control::Control(Parts parts, net::LocalServer& server) : parts_(std::move(parts)), server_(server) {
  parts_.engine.observe_decisions([this](const Notice& notice) { publish(notice); });
  parts_.engine.observe_sessions([this](const Run& run, const std::string& root) {
    server_.send(run.connection, compact(Json::object({{"run_session", root}})) + "\n", net::AfterSend::keep);
  });
  parts_.engine.observe_agents([this](const Run& run, const ProcessKey& agent) {
    const Json line = Json::object({{"run_agent", static_cast<std::int64_t>(agent.pid)},
                                    {"start", static_cast<std::int64_t>(agent.start_ticks)}});
    server_.send(run.connection, compact(line) + "\n", net::AfterSend::keep);
  });
}

Control::~Control() {
  if (prober_.joinable()) prober_.join();
}

void Control::on_line(const net::Message& message) {
  const Reply reply = [this, connection = message.connection](Result<Json> answer) {
    server_.send(connection, compact(answer ? *answer : error_answer(answer.error())) + "\n",
                 net::AfterSend::keep);
  };
  const auto request = parse_json(message.bytes, {.bytes_max = limits::kMiB, .depth_max = 32});
  if (!request || !request->is_object()) {
    reply(request ? Result<Json>(fail("a request must be a JSON object"))
                  : Result<Json>(std::unexpected(request.error())));
    return;
  }
  const std::string command((*request)["cmd"].text_or(""));
  if (!allowed_to_guarded(command) && parts_.runs.is_guarded(os::ancestry(message.peer.pid))) {
    const auto run = parts_.runs.run_of(os::ancestry(message.peer.pid));
    // The launcher itself speaks for its run on the connection it registered with.
    const bool launcher = run && run->pid == message.peer.pid &&
                          (command == "run" || command == "call" || command == "effect" ||
                           command == "holds" || command == "breach" || command == "ended");
    if (!launcher) {
      reply(fail(ErrorCode::denied, "this process belongs to a guarded agent and may not control Weir",
                 "pid " + std::to_string(message.peer.pid), "use a terminal that the agent did not open"));
      return;
    }
  }
  dispatch(command, *request, message, reply);
}

void Control::on_close(net::ConnectionId connection) {
  parts_.runs.remove(connection);
  const std::lock_guard lock(mutex_);
  followers_.erase(connection);
}

void Control::dispatch(const std::string& command, const Json& request, const net::Message& message,
                       const Reply& reply) {
  if (command == "status")
    reply(status());
  else if (command == "held")
    reply(held());
  else if (command == "approve")
    answer_held(request, message, true, reply);
  else if (command == "deny")
    answer_held(request, message, false, reply);
  else if (command == "stop")
    stop_or_resume(request, true, reply);
  else if (command == "resume")
    stop_or_resume(request, false, reply);
  else if (command == "reload")
    reply(reload());
  else if (command == "erase")
    erase(request, reply);
  else if (command == "carried")
    reply(parts_.engine.carried_list());
  else if (command == "vouch")
    vouch(request, message, reply);
  else if (command == "mcp")
    tool_servers(request, message, reply);
  else if (command == "pin")
    reply(change_pin(request));
  else if (command == "run")
    register_run(request, message, reply);
  else if (command == "call")
    seen_call(request, reply);
  else if (command == "effect")
    seen_effect(request, message, reply);
  else if (command == "holds")
    seen_holds(request, message, reply);
  else if (command == "breach" || command == "ended")
    record_of_run(command == "breach" ? "run.breach" : "run.ended", request, message, reply);
  else if (command == "probe")
    probe_now(reply);
  else if (command == "live")
    seen_live(request, reply);
  else if (command == "pod" || command == "credential")
    done_by_person(command, request, reply);
  else if (command == "follow") {
    {
      const std::lock_guard lock(mutex_);
      followers_.insert(message.connection);
    }
    reply(done_answer());
  } else {
    reply(fail("unknown command: " + command, "cmd"));
  }
}

void Control::answer_held(const Json& request, const net::Message& message, bool yes, const Reply& reply) {
  const std::string id(request["id"].text_or(""));
  const Status pin = parts_.pin.check(std::string(request["pin"].text_or("")), os::monotonic_ns());
  if (!pin) {
    parts_.log.warn("an approval was not accepted", {{"id", id}, {"why", pin.error().what}});
    reply(std::unexpected(pin.error()));
    return;
  }
  const guard::Approver approver{"local-pin", "uid:" + std::to_string(message.peer.uid), "pin",
                                 os::wall_ns()};
  parts_.engine.approve(id, yes, approver, [reply](const Status& status) {
    reply(status ? Result<Json>(done_answer()) : std::unexpected(status.error()));
  });
}

void Control::stop_or_resume(const Json& request, bool stop, const Reply& reply) {
  const std::string session(request["session"].text_or(""));
  if (session.empty() && !request["all"].bool_or(false)) {
    reply(fail("say which session, or all", "session"));
    return;
  }
  const auto done = [reply](const Status& status) {
    reply(status ? Result<Json>(done_answer()) : std::unexpected(status.error()));
  };
  if (stop) {
    // Stopping needs no PIN: a person in a hurry must not look for it.
    // The launchers first: the tree ends while the stop becomes durable.
    const std::string reason(request["reason"].text_or(""));
    const std::size_t told = stop_runs(session, reason);
    parts_.engine.stop(session, reason, [done, told](const Status& status) {
      // A run that was named by its id, or that has made no call yet, has no session to stop.
      const bool enough = !status && status.error().code == ErrorCode::not_found && told > 0;
      done(enough ? Status{} : status);
    });
    return;
  }
  if (const Status pin = parts_.pin.check(std::string(request["pin"].text_or("")), os::monotonic_ns());
      !pin) {
    reply(std::unexpected(pin.error()));
    return;
  }
  parts_.engine.resume(session, done);
}

std::size_t Control::stop_runs(const std::string& session, const std::string& reason) {
  std::size_t told = 0;
  for (const auto& run : parts_.runs.list()) {
    const bool named = session.empty() || run.id == session ||
                       std::any_of(run.sessions.begin(), run.sessions.end(), [&](const std::string& root) {
                         return root.find(session) != std::string::npos;
                       });
    if (!named) continue;
    ++told;
    server_.send(
        run.connection,
        compact(Json::object({{"stop", session.empty() ? "all" : session}, {"reason", reason}})) + "\n",
        net::AfterSend::keep);
  }
  return told;
}

void Control::erase(const Json& request, const Reply& reply) {
  const std::string session(request["session"].text_or(""));
  if (session.empty()) {
    reply(fail("say which session", "session"));
    return;
  }
  if (const Status pin = parts_.pin.check(std::string(request["pin"].text_or("")), os::monotonic_ns());
      !pin) {
    reply(std::unexpected(pin.error()));
    return;
  }
  parts_.engine.erase(session, [this, reply](const Result<std::string>& root) {
    if (!root && root.error().code != ErrorCode::erased) {
      reply(std::unexpected(root.error()));
      return;
    }
    const std::string& name = root ? *root : root.error().where;
    if (root) parts_.log.info("a session was erased", {{"root", name}});
    reply(Json::object({{"ok", true}, {"root", name}, {"erased", root.has_value()}}));
  });
}

// On record first: a label that is gone without a trace would be a hole. Nothing is recorded of what cannot
// be.
void Control::vouch(const Json& request, const net::Message& message, const Reply& reply) {
  if (const Status pin = parts_.pin.check(std::string(request["pin"].text_or("")), os::monotonic_ns());
      !pin) {
    reply(std::unexpected(pin.error()));
    return;
  }
  const std::string path(request["path"].text_or(""));
  if (const Status may = parts_.engine.may_vouch(path); !may) {
    reply(std::unexpected(may.error()));
    return;
  }
  const Json facts =
      Json::object({{"path", to_valid_utf8(path)}, {"by", "uid:" + std::to_string(message.peer.uid)}});
  (void)record("label.vouch", facts, [this, path, reply](const Status& status) {
    if (!status) {
      reply(std::unexpected(status.error()));
      return;
    }
    const auto gone = parts_.engine.vouch(path);
    reply(gone ? Result<Json>(Json::object({{"ok", true}, {"labels", static_cast<std::uint64_t>(*gone)}}))
               : std::unexpected(gone.error()));
  });
}

Result<Json> Control::change_pin(const Json& request) {
  if (parts_.pin.is_set())
    TRY_STATUS(parts_.pin.check(std::string(request["old"].text_or("")), os::monotonic_ns()));
  TRY_STATUS(parts_.pin.set(std::string(request["new"].text_or(""))));
  TRY_STATUS(record("pin.changed", Json::object()));
  return done_answer();
}

Result<Json> Control::reload() {
  TRY(const auto pack, load_pack(parts_.pack));
  const std::string old = parts_.engine.pack()->policy_digest();
  Json facts = activation_facts(*pack, parts_.pack.proofs_dir);
  facts.set("before", old);
  TRY_STATUS(record("pack.activated", facts));
  parts_.engine.use_pack(pack);
  parts_.engine.reload_planner();
  parts_.log.info("policies reloaded", {{"pack", pack->policy_digest()}});
  Json answer = Json::object({{"ok", true},
                              {"pack", pack->policy_digest()},
                              {"profile", pack->profile()},
                              {"policies", static_cast<std::uint64_t>(pack->policy_count())}});
  // A mistake in the planner's settings keeps no policy from being in force, but whoever made it is here now.
  if (const Json planner = parts_.engine.planner_status(); planner.has("problem"))
    answer.set("planner_problem", planner["problem"]);
  return answer;
}

// The files as the pod of this launcher shows them. Its process waits for the answer and has run nothing, so
// it cannot have gone, nor stand for another one.
Result<os::FileView> view_of_pod(const Json& pod, pid_t launcher) {
  const std::int64_t process = pod["process"].int_or(0);
  const auto chain = process > 1 && process <= INT32_MAX ? os::ancestry(static_cast<pid_t>(process))
                                                         : std::vector<os::ProcessInfo>();
  const bool below = chain.size() > 1 && std::any_of(chain.begin() + 1, chain.end(),
                                                     [&](const auto& one) { return one.pid == launcher; });
  if (!below) return fail("the pod's process is none of this launcher's", "pod");
  return os::FileView::of_process(static_cast<pid_t>(process));
}

// Answered when the entry is durable: the launcher starts the agent after that.
void Control::register_run(const Json& request, const net::Message& message, const Reply& reply) {
  Run run;
  run.id = request["id"].text_or("");
  run.pid = message.peer.pid;
  run.start_ticks = message.peer.start_ticks;
  run.observe = request["mode"].text_or("enforce") == "observe";
  run.isolation = request["isolation"].text_or("");
  run.agent = request["agent"].text_or("");
  run.connection = message.connection;
  run.prompts = prompts_of(request["prompts"]);
  const bool shielded = run.isolation == "shielded";
  const bool in_pod = shielded || request.has("pod");
  if (!shielded && !run.isolation.empty() && run.isolation != "same_user")
    return reply(fail("no such isolation of a run", "isolation", "same_user or shielded"));
  if (in_pod) {
    auto view = view_of_pod(request["pod"], message.peer.pid);
    if (!view) return reply(std::unexpected(view.error()));
    run.view = *std::move(view);
  }
  parts_.runs.add(run);
  const Json facts = Json::object({{"run", run.id},
                                   {"agent", run.agent},
                                   {"mode", run.observe ? "observe" : "enforce"},
                                   {"isolation", run.isolation},
                                   {in_pod ? "pod" : "shield", request[in_pod ? "pod" : "shield"]},
                                   {"warnings", request["warnings"]}});
  (void)record("run.started", facts, [reply](const Status& status) {
    reply(status ? Result<Json>(done_answer()) : std::unexpected(status.error()));
  });
}

void Control::record_of_run(std::string_view what, const Json& request, const net::Message& message,
                            const Reply& reply) {
  for (const auto& run : parts_.runs.list()) {
    if (run.connection != message.connection) continue;
    Json facts = Json::object({{"run", run.id}});
    if (request["facts"].is_object())
      for (const auto& [key, value] : request["facts"].as_object())
        if (key != "run") facts.set(key, value);
    (void)record(what, facts, [reply](const Status& status) {
      reply(status ? Result<Json>(done_answer()) : std::unexpected(status.error()));
    });
    return;
  }
  reply(fail("no run is registered on this connection", "cmd"));
}

// {"cmd":"call","agent","session","root","tool","tool_use_id"}: the launcher saw a finished call in the
// transcript.
void Control::seen_call(const Json& request, const Reply& reply) {
  event::Event event;
  event.kind = event::kind::kToolCall;
  event.agent.name = request["agent"].text_or("");
  event.session = request["session"].text_or("");
  event.root = request["root"].text_or("");
  event.data.set("tool", request["tool"]);
  event.corr["tool_use_id"] = request["tool_use_id"].text_or("");
  if (event.root.empty() || event.corr["tool_use_id"].empty()) {
    reply(fail("a call needs root and tool_use_id"));
    return;
  }
  const std::string agent = event.agent.name;
  const std::string id = event.corr["tool_use_id"];
  parts_.engine.transcript_call(agent, std::move(event), [reply, id](bool diverged) {
    reply(Json::object({{"ok", true}, {"tool_use_id", id}, {"diverged", diverged}}));
  });
}

// {"cmd":"effect","id","chain",…}: a program in the run's pod wants to connect.
void Control::seen_effect(const Json& request, const net::Message& message, const Reply& reply) {
  const auto runs = parts_.runs.list();
  const auto run = std::find_if(runs.begin(), runs.end(),
                                [&](const Run& one) { return one.connection == message.connection; });
  if (run == runs.end()) return reply(fail("no run is registered on this connection", "cmd"));
  auto effect = effect_from(request);
  const std::int64_t id = request["id"].int_or(-1);
  if (!effect)
    return reply(Json::object({{"effect", id}, {"allow", false}, {"reason", effect.error().message()}}));
  parts_.engine.effect(*run, *std::move(effect), [reply, id](const Engine::EffectVerdict& verdict) {
    reply(Json::object({{"effect", id},
                        {"allow", verdict.allow},
                        {"reason", verdict.reason},
                        {"of_agent", verdict.of_agent},
                        {"brings", verdict.brings}}));
  });
}

// {"cmd":"holds","path","below","place"}: what the run heard from `place` can be in this file of its pod.
void Control::seen_holds(const Json& request, const net::Message& message, const Reply& reply) {
  const auto runs = parts_.runs.list();
  const auto run = std::find_if(runs.begin(), runs.end(),
                                [&](const Run& one) { return one.connection == message.connection; });
  if (run == runs.end()) return reply(fail("no run is registered on this connection", "cmd"));
  parts_.engine.holds(*run, std::string(request["path"].text_or("")), request["below"].bool_or(false),
                      std::string(request["place"].text_or("")));
  reply(Json::object({{"ok", true}}));
}

void Control::probe_now(const Reply& reply) {
  if (probing_.exchange(true)) {
    // They are being tried for somebody else: what the last round saw is at most a minute old.
    reply(Json::object({{"ok", parts_.probes.all_refused()}, {"paths", parts_.probes.report()}}));
    return;
  }
  if (prober_.joinable()) prober_.join();
  prober_ = std::thread([this, reply] {
    const Json answer = parts_.probes.run_now();
    probing_ = false;
    reply(answer);
  });
}

void Control::seen_live(const Json& request, const Reply& reply) {
  const LiveSighting seen{.path = std::string(request["path"].text_or("")),
                          .version = std::string(request["version"].text_or("")),
                          .refused = request["refused"].bool_or(false),
                          .detail = std::string(request["detail"].text_or("")),
                          .wall_ns = os::wall_ns()};
  if (const Status noted = parts_.probes.note_live(seen); !noted) {
    reply(std::unexpected(noted.error()));
    return;
  }
  (void)record("probe.live",
               Json::object({{"path", seen.path}, {"version", seen.version}, {"refused", seen.refused}}),
               [reply](const Status& status) {
                 reply(status ? Result<Json>(done_answer()) : std::unexpected(status.error()));
               });
}

// {"cmd":"pod","what":"committed"|"discarded","facts"}: a person brought a pod's changes to the host, or
// threw them away. {"cmd":"credential","what":"added"|"revoked"|"removed","facts"}: what they keep changed.
void Control::done_by_person(const std::string& subject, const Json& request, const Reply& reply) {
  constexpr std::size_t kFactsBytesMax = 8 * limits::kKiB;  // counts and ids of the catalogue
  const std::string what(request["what"].text_or(""));
  const bool known = subject == "pod" ? what == "committed" || what == "discarded"
                                      : what == "added" || what == "revoked" || what == "removed";
  if (!known) {
    reply(fail(subject == "pod" ? "what happened to the pod is `committed` or `discarded`"
                                : "what happened to the credential is `added`, `revoked` or `removed`",
               "what"));
    return;
  }
  if (!request["facts"].is_object() || canonical(request["facts"]).size() > kFactsBytesMax) {
    reply(fail("facts must be an object of at most 8 KiB", "facts"));
    return;
  }
  (void)record(subject + "." + what, request["facts"], [reply](const Status& status) {
    reply(status ? Result<Json>(done_answer()) : std::unexpected(status.error()));
  });
}

Status Control::record(std::string_view what, const Json& facts, std::function<void(const Status&)> done) {
  Commit commit;
  commit.entries.push_back(system_entry(what, os::wall_ns(), facts));
  commit.urgent = true;
  commit.done = std::move(done);
  parts_.committer.submit(std::move(commit));
  return {};
}

Json Control::status() const {
  const auto pack = parts_.engine.pack();
  std::vector<std::string> sessions = parts_.engine.live_roots();
  std::erase_if(sessions, [](const auto& root) { return is_probe_root(root); });
  Json runs = Json::array();
  for (const auto& run : parts_.runs.list())
    runs.push(Json::object({{"id", run.id},
                            {"pid", static_cast<std::int64_t>(run.pid)},
                            {"agent", run.agent},
                            {"mode", run.observe ? "observe" : "enforce"},
                            {"isolation", run.isolation}}));
  return Json::object({{"running", true},
                       {"since", rfc3339(parts_.started_ns)},
                       {"isolation", parts_.isolation},
                       {"mode", parts_.observe ? "observe" : "enforce"},
                       {"stopped_all", parts_.engine.all_stopped()},
                       {"pin_set", parts_.pin.is_set()},
                       {"policies", static_cast<std::uint64_t>(pack->policy_count())},
                       {"pack", pack->policy_digest()},
                       {"profile", pack->profile()},
                       {"sessions", Json::strings(sessions)},
                       {"runs", std::move(runs)},
                       {"held", held()["held"]},
                       {"committed", parts_.committer.committed()},
                       {"anomalies", parts_.engine.anomaly_status()},
                       {"carried", parts_.engine.carried_status()},
                       {"forgotten", parts_.engine.forgotten()},
                       {"planner", parts_.engine.planner_status()},
                       {"prompts_not_believed", parts_.engine.prompts_not_believed()},
                       {"paths", parts_.probes.report()}});
}

Json Control::held() const {
  Json list = Json::array();
  for (const auto& [id, call] : parts_.engine.held())
    list.push(Json::object({{"id", id},
                            {"session", call.session},
                            {"agent", call.agent},
                            {"tool", call.tool},
                            {"call", call.summary},
                            {"reason", call.reason},
                            {"expires", rfc3339(call.expires_ns)}}));
  return Json::object({{"held", std::move(list)}});
}

void Control::publish(const Notice& notice) {
  std::set<net::ConnectionId> targets;
  {
    const std::lock_guard lock(mutex_);
    targets = followers_;
  }
  for (const auto& run : parts_.runs.list())
    if (run.id == notice.run) targets.insert(run.connection);
  if (targets.empty()) return;
  Json policies = Json::array();
  for (const auto& hit : notice.decision.policies)
    policies.push(hit.policy);
  Json anomalies = Json::array();
  for (const auto& finding : notice.decision.findings)
    if (is_anomaly(finding))
      anomalies.push(Json::object(
          {{"rule", finding.rule}, {"message", printable_redacted(finding.message, kMessageBytesMax)}}));
  const std::string line = compact(Json::object({{"decision", notice.decision.id},
                                                 {"session", notice.decision.session},
                                                 {"root", notice.decision.root},
                                                 {"agent", notice.agent},
                                                 {"tool", notice.tool},
                                                 {"tool_use_id", notice.tool_use_id},
                                                 {"call", notice.summary},
                                                 {"verdict", event::name(notice.decision.verdict)},
                                                 {"would", event::name(notice.decision.would)},
                                                 {"reason", notice.decision.reason},
                                                 {"approval_id", notice.decision.approval_id},
                                                 {"approved", notice.decision.approval.has_value()},
                                                 {"policies", std::move(policies)},
                                                 {"anomalies", std::move(anomalies)}})) +
                           "\n";
  for (const auto connection : targets)
    server_.send(connection, line, net::AfterSend::keep);
}

}  // namespace weir::daemon
