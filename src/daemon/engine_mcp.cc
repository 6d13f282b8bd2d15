// Calls and offers of tool servers, seen on the wire between a client and a server: they belong to the
// session of the agent whose client it is, and a call that the agent's hook announced is not judged twice.
#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "daemon/engine.h"
#include "daemon/engine_tree.h"
#include "guard/content.h"
#include "ingest/mcp_wire.h"
#include "os/clock.h"
#include "os/process.h"

namespace weir::daemon {
namespace {

namespace kind = event::kind;
using event::Event;

constexpr std::size_t kAnnouncedMax = 256;

// More than that its schema could not be used.
bool speaks_against(const Json& mcp) {
  const Json& flags = mcp["flags"];
  return flags.is_array() && std::ranges::any_of(flags.as_array(), [](const Json& flag) {
           return flag.text_or("") != "schema_unchecked";
         });
}

bool of_server(const Event& event) {
  return event.kind == kind::kToolCall && event.data["tool"].text_or("").starts_with("mcp__");
}

std::string digest_of(const Event& event) {
  return digest_text(sha256(canonical(Json::array({event.data["tool"], event.body["input"]}))));
}

}  // namespace

// The session that the agent above the wrapper spoke for last. None spoke: a session of the wire's own, which
// a client without hooks has anyway.
void Engine::join_agent(Event& event, pid_t client) const {
  const auto chain = os::ancestry(client);
  const std::lock_guard lock(mutex_);
  for (const auto& process : chain) {
    const auto it = roots_of_agents_.find({process.pid, process.start_ticks});
    if (it == roots_of_agents_.end()) continue;
    event.data.set("wire_session", event.session);
    event.session = event.root = it->second;
    event.agent.name = it->second.substr(0, it->second.find(':'));
    return;
  }
}

// What is known of the server's descriptions becomes part of the event, before anything judges it.
Status Engine::look_at_server(Event& event) {
  const bool offered = event.kind == kind::kOffered;
  if (!offered && !of_server(event)) return {};
  const auto orders = [pack = pack()](const Json& descriptor, bool to_model) {
    if (pack->detectors() == nullptr) return false;
    Event text;
    text.kind = kind::kToolResult;
    text.body = descriptor;
    detect::ScanWorkspace workspace;
    for (const auto& finding : guard::findings_in(text, *pack->detectors(), workspace))
      if (finding.evidence_class == "injection" && (!to_model || finding.severity >= event::Severity::high))
        return true;
    return false;
  };
  if (offered) return mcp_.look(event, os::wall_ns(), orders);
  return mcp_.look_call(event, orders);
}

// A call on the wire that a hook of the same session announced, and nothing speaks against: it was judged
// there, and its result will be told by the hook.
bool Engine::explain_call(Tree& tree, Event& event, const Answer& answer) {
  if (!of_server(event) || event.plane != event::plane::kWire || speaks_against(event.body["mcp"]))
    return false;
  const std::string digest = digest_of(event);
  for (auto it = tree.announced.begin(); it != tree.announced.end(); ++it) {
    if (it->first != digest) continue;
    event.kind = kind::kLifecycle;
    event.data.set("explained_by", it->second);
    tree.announced.erase(it);
    tree.guard->admit(event);
    tree.guard->note(event);
    const Status queued = commit_event(tree, event, [answer](const Status& committed) {
      if (committed)
        answer(ingest::explained_mcp());
      else
        answer(ingest::failure_answer(ingest::kMcp, "Call", committed.error()));
    });
    if (!queued) answer(ingest::failure_answer(ingest::kMcp, "Call", queued.error()));
    return true;
  }
  return false;
}

// Of a hook's call that was let run: the wire sees it next.
void Engine::announce_call(Tree& tree, const Event& event) {
  if (!of_server(event) || event.plane != event::plane::kHook) return;
  if (event.data["phase"].text_or("") == "permission") return;
  if (tree.announced.size() >= kAnnouncedMax) tree.announced.pop_front();
  const auto id = event.corr.find("tool_use_id");
  tree.announced.emplace_back(digest_of(event), id == event.corr.end() ? event.id : id->second);
}

}  // namespace weir::daemon
