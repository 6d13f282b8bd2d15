// One hook call from bytes to answer, through the one door.
//
//   Engine engine(parts);
//   engine.handle({.agent = "claude-code", .event = "PreToolUse", .payload = …, .peer = …}, [](HookAnswer
//   answer) { … });
//
// The answer comes on another thread, after everything it rests on is durable. Whatever goes wrong on the way
// becomes a refusal in one place: fail_closed().
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/anomalies.h"
#include "daemon/carried_files.h"
#include "daemon/commit_authors.h"
#include "daemon/committer.h"
#include "daemon/effect.h"
#include "daemon/mcp_book.h"
#include "daemon/planner.h"
#include "daemon/project_packs.h"
#include "daemon/runs.h"
#include "daemon/speakers.h"
#include "daemon/strands.h"
#include "guard/guard.h"
#include "ingest/hook.h"
#include "net/local_server.h"
#include "store/query.h"

namespace weir::daemon {

struct HookCall {
  std::string agent;
  std::string event;
  std::string payload;
  net::Peer peer;
  std::int64_t received_ns = 0;  // monotonic
  bool of_planner = false;       // a planner's own process makes it; handle() finds out
};

// What a live viewer gets of each decision, without the call's secrets (shown.h).
struct Notice {
  event::Decision decision;
  std::string agent;
  std::string tool;
  std::string summary;  // what the call would do, one line, printable
  std::string run;      // id of the registered run, ""
  std::string tool_use_id;
};

struct HeldCall {
  std::string root;
  std::string session;
  std::string agent;
  std::string tool;
  std::string reason;
  std::string summary;
  std::int64_t expires_ns = 0;
};

struct EngineOptions {
  std::string home;
  std::string host;
  std::string user;
  std::string boot;
  std::string build;
  bool observe = false;
  std::string isolation = "same_user";
  std::string weir_state;         // this installation's own directories
  std::string weir_config;        // also where the settings of a planner are
  std::string stop_file;          // holds the reason while `weir stop --all` is in force; outlives a restart
  std::string carried_file;       // labels of files over sessions; "": kept in memory only
  AnomalyOptions anomalies = {};  // without alerts: unusual calls are not looked for
  std::function<bool()> await_index;  // waits until the index knows all that is durable; false: it does not
};

class Engine {
 public:
  using Answer = std::function<void(ingest::HookAnswer)>;
  using Observer = std::function<void(const Notice&)>;

  Engine(store::Store& store, store::Query& query, Committer& committer, Runs& runs,
         std::shared_ptr<const guard::Pack> pack, EngineOptions options, os::Log log);
  ~Engine();

  void handle(HookCall call, const Answer& answer);

  // Calls seen in an agent's own transcript: each must have come through a hook. Submitted by the launcher.
  void transcript_call(const std::string& agent, event::Event event,
                       const std::function<void(bool diverged)>& done);

  // A connection that a program of this run wants to make. The answer comes after it is durable; of one that
  // a policy wants to ask about when a person has answered, which may be never.
  struct EffectVerdict {
    bool allow = false;
    std::string reason;
    bool of_agent = false;  // the agent's own process makes it
    bool brings = false;    // what is heard from there is a stranger's; packages have their own rules
  };
  using EffectAnswer = std::function<void(const EffectVerdict&)>;
  void effect(const Run& run, Effect effect, EffectAnswer answer);
  // A file of the run's pod, or all that is directly in a directory, can hold what a program heard from
  // `place`, a connection of the run that brings something: it carries that label from now on.
  void holds(const Run& run, const std::string& path, bool below, const std::string& place);

  // Control. `done` gets the outcome after it is durable.
  using Done = std::function<void(Status)>;
  void approve(const std::string& approval_id, bool yes, const guard::Approver& approver, const Done& done);
  void stop(const std::string& session_or_all, const std::string& reason, const Done& done);
  void resume(const std::string& session_or_all, const Done& done);
  // Destroys the content of the tree that `session` belongs to, in the store and in memory; proofs, stops and
  // verdicts stay. `done` gets the tree's root when that is durable. Errors: not_found; erased, when there
  // was no content.
  void erase(const std::string& session, const std::function<void(Result<std::string>)>& done);
  void use_pack(std::shared_ptr<const guard::Pack> pack);
  void set_verified(const std::string& agent,
                    const std::string& level);  // by probes: "none", "shim", "agent"

  std::vector<std::pair<std::string, HeldCall>> held() const;
  std::vector<std::string> live_roots() const;
  // What sessions in memory had to forget to stay bounded, {facts, correlations, sessions}: their facts may
  // be less than true.
  Json forgotten() const;
  std::shared_ptr<const guard::Pack> pack() const;
  bool all_stopped() const;
  void observe_decisions(Observer observer);
  // Told once for each session tree that appears in a registered run. Set before the first call.
  using SessionObserver = std::function<void(const Run& run, const std::string& root)>;
  void observe_sessions(SessionObserver observer) { session_observer_ = std::move(observer); }
  // Told once for each agent of a registered run that calls a hook. Set before the first call.
  using AgentObserver = std::function<void(const Run& run, const ProcessKey& agent)>;
  void observe_agents(AgentObserver observer) { agent_observer_ = std::move(observer); }
  void drain();
  // The settings of the planner anew, and its end before drain() when the daemon stops.
  void reload_planner() { planner_.configure(options_.weir_config); }
  void end_planning() { planner_.stop(); }
  Json planner_status() const { return planner_.status(); }
  // Writes down what was learned of agents; after the last call was answered.
  void keep_learned() { anomalies_.keep(); }
  Json anomaly_status() const { return anomalies_.status(); }
  Json carried_status() const { return carried_.status(); }
  Json carried_list() const { return carried_.list(); }
  Result<std::size_t> vouch(const std::string& path) { return carried_.vouch(path); }
  Status may_vouch(const std::string& path) const { return carried_.may_vouch(path); }
  McpBook& tool_servers() { return mcp_; }
  // Prompts since the start that were not the user's words although a hook said so.
  std::uint64_t prompts_not_believed() const { return prompts_not_believed_; }

 private:
  struct Tree;
  struct Outcome;
  Result<std::shared_ptr<Tree>> tree_of(const std::string& root, std::size_t thread);
  std::shared_ptr<Tree> known_tree(const std::string& root);
  Status rebuild(Tree& tree);
  void identify(event::Event& event, const HookCall& call,
                const std::vector<os::ProcessInfo>& ancestry) const;
  void note_speaker(event::Event& event, const HookCall& call, const std::vector<os::ProcessInfo>& ancestry,
                    const std::optional<Run>& run);
  Result<Outcome> decide(Tree& tree, event::Event event, const std::optional<Run>& run);
  std::shared_ptr<const Anomalies::Seen> look_for_anomalies(const guard::Guard& guard,
                                                            const event::Event& event,
                                                            const guard::Answers& answers);
  Status use_project(guard::Guard& guard, const event::Event& event, const os::FileView& view,
                     guard::Answers& answers);
  Result<Commit> seal(const Outcome& outcome);
  void record_receipt(const event::Decision& decision, const ingest::HookAnswer& rendered,
                      std::int64_t received_ns);
  void judge(Tree& tree, const HookCall& call, event::Event event, const std::optional<Run>& run,
             const Answer& answer);
  void note(Tree& tree, const HookCall& call, event::Event event, const std::optional<Run>& run,
            const Answer& answer);
  Status commit_event(const Tree& tree, event::Event& event, Done done);
  event::Event control_event(const std::string& root, std::string_view kind, Json data) const;
  struct Seen {
    Run run;
    Effect effect;
    event::Event event;
    EffectAnswer answer;
  };
  std::string root_of_effect(const Run& run, const Effect& effect, std::optional<std::size_t> agent_at);
  void note_agent(const event::Event& event, const std::optional<Run>& run);
  void join_agent(event::Event& event, pid_t client) const;
  Status look_at_server(event::Event& event);
  bool explain_call(Tree& tree, event::Event& event, const Answer& answer);
  static void announce_call(Tree& tree, const event::Event& event);
  void judge_effect(const std::shared_ptr<Seen>& seen, std::size_t thread);
  bool note_source(const Seen& seen, const event::Decision& decision);
  void hold_effect(const Notice& notice, const std::shared_ptr<Seen>& seen);
  void release_effect(const std::string& approval_id);
  void fail_closed(const HookCall& call, const Answer& answer, const Error& error);
  Result<std::string> root_of(const std::string& session);
  Status erase_tree(const std::string& root);
  std::shared_ptr<const event::Event> worth_planning(const HookCall& call, const event::Event& event) const;
  void plan_later(const std::shared_ptr<const event::Event>& prompt);
  void note_plan(const event::Event& prompt, const PlannerResult& result, const Planner::Dropped& dropped);
  void remember_held(const Notice& notice, const event::Event& event);
  void note_forgotten(Tree& tree);
  void tell(const Notice& notice);

  store::Store& store_;
  store::Query& query_;
  Committer& committer_;
  Runs& runs_;
  EngineOptions options_;
  os::Log log_;
  mutable std::mutex mutex_;  // guards the members below
  std::shared_ptr<const guard::Pack> pack_;
  ProjectPacks projects_;
  std::map<std::string, std::shared_ptr<Tree>> trees_;
  bool evicted_ = false;  // some tree was taken out of memory
  std::map<std::string, HeldCall> held_;
  std::map<std::string, std::shared_ptr<Seen>> held_effects_;             // by approval
  std::map<std::string, std::pair<std::string, std::uint64_t>> sources_;  // by run and place: root, seq
  std::map<ProcessKey, std::string> roots_of_agents_;  // the session that each spoke for last
  std::map<std::string, std::string> verified_;        // by agent
  std::string stopped_all_;                            // reason; "" when not stopped
  std::vector<Observer> observers_;
  SessionObserver session_observer_;
  AgentObserver agent_observer_;
  Anomalies anomalies_;
  CarriedFiles carried_;
  CommitAuthors commit_authors_;
  McpBook mcp_;
  Planner planner_;
  Speakers speakers_;
  std::atomic<std::uint64_t> prompts_not_believed_{0};
  std::vector<std::shared_ptr<guard::WorkMemory>> memories_;  // by thread of strands_
  Strands strands_;                                           // last: its threads use everything above
};

}  // namespace weir::daemon
